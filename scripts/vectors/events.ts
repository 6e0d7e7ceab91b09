import { type Bytes, filled, H, hex, joined, number, utf8, varint, write } from "./bytes.js";
import { authors, type Epoch, epochs, feedOf, laneOf, plainEpoch, subjectOf } from "./names.js";

export interface Parts {
  readonly kind: number;
  readonly codec: number;
  readonly stamp: readonly [wallMs: number, counter: number];
  readonly payload: Bytes;
  readonly key?: Bytes;
  readonly causal?: Bytes;
  readonly origin?: { readonly epoch: Epoch; readonly seq: number; readonly stamp: readonly [number, number]; readonly id: Bytes };
  readonly keyEpoch?: number;
}

export const stampBytes = ([wallMs, counter]: readonly [number, number]): Bytes => joined(number(6, wallMs), number(2, counter));

export function headOf({ kind, codec, stamp, payload, key, causal, origin, keyEpoch }: Parts): Bytes {
  const sections: readonly (Bytes | undefined)[] = [
    key && joined(varint(key.length), key),
    causal,
    origin && joined(number(4, origin.epoch.index), origin.epoch.nonce, number(8, origin.seq), stampBytes(origin.stamp), origin.id),
    keyEpoch === undefined ? undefined : number(4, keyEpoch),
  ];
  const flags = sections.reduce((sum, section, bit) => (section === undefined ? sum : sum + 2 ** bit), 0);
  const extension = joined(...sections.filter((section) => section !== undefined));
  const header = joined(Uint8Array.of(1, kind, flags, codec), stampBytes(stamp), number(4, payload.length));
  return flags === 0 ? header : joined(header, number(2, extension.length), extension);
}

/** Full: two lanes of others. Changes: the second of them grown, a third that is new. */
function deltas(): { readonly full: Bytes; readonly changes: Bytes } {
  const entry = (index: number, feed: number, epoch: number, size: number) =>
    joined(varint(index), filled(32, feed), varint(epoch), filled(16, feed + 1), varint(size));
  return {
    full: joined(varint(1), varint(2), entry(0, 0x31, 0, 5), entry(1, 0x41, 300, 70_000)),
    changes: joined(varint(0), varint(2), joined(varint(1), varint(128)), entry(2, 0x51, 2, 2 ** 40)),
  };
}

/** What an event says that names a lens, and one on the bus of control. */
const lens = { version: 300, digest: filled(32, 0xee), name: "record({tags:or-set(text),title:register(text)})" };
const lensPayload = joined(Uint8Array.of(1), varint(lens.version), lens.digest, utf8(lens.name));
const control = { kind: 200, data: Uint8Array.from({ length: 2500 }, (_, at) => at % 251) };
const controlPayload = joined(Uint8Array.of(control.kind), control.data);

/** Of a transaction: each operation's kind and payload, one behind the other. */
function transaction(...operations: readonly (readonly [kind: number, payload: Bytes])[]): Bytes {
  return joined(...operations.flatMap(([kind, payload]) => [Uint8Array.of(kind), varint(payload.length), payload]));
}

export function sampleParts(): readonly Parts[] {
  const wallMs = 1_795_000_000_000;
  const { full, changes } = deltas();
  const branched = { epoch: epochs[0] as Epoch, size: 9, headId: filled(32, 0xcc) };
  const epochOpened = joined(number(4, branched.epoch.index), branched.epoch.nonce, number(8, branched.size), branched.headId);
  const origin = { epoch: epochs[2] as Epoch, seq: 2 ** 40 + 1, stamp: [wallMs - 5000, 3], id: filled(32, 0xdd) } as const;
  const both = transaction([30, utf8("ui")], [33, Uint8Array.of(1)], [43, filled(130, 0x61)]);
  return [
    { kind: 2, codec: 0, stamp: [wallMs, 0], payload: epochOpened, causal: full },
    { kind: 128, codec: 0, stamp: [wallMs, 1], payload: utf8("hello") },
    { kind: 255, codec: 2, stamp: [wallMs + 1, 0], payload: new Uint8Array(0), key: utf8("k") },
    { kind: 33, codec: 1, stamp: [wallMs + 1, 0xffff], payload: Uint8Array.of(0xa0), key: filled(200, 0x6b), causal: changes },
    { kind: 4, codec: 0, stamp: [wallMs + 2, 0], payload: lensPayload },
    { kind: 45, codec: 0, stamp: [wallMs + 2, 1], payload: both },
    { kind: 50, codec: 0, stamp: [wallMs + 3, 0], payload: utf8("custom"), key: utf8("field") },
    { kind: 60, codec: 3, stamp: [2 ** 48 - 2, 0], payload: controlPayload, origin },
    { kind: 20, codec: 0, stamp: [2 ** 48 - 1, 0], payload: utf8("x"), key: utf8("a"), causal: Uint8Array.of(1, 0), origin, keyEpoch: 5 },
  ];
}

function described({ payload, key, causal, origin, ...rest }: Parts): Record<string, unknown> {
  return {
    ...rest,
    payload: hex(payload),
    ...(key && { key: hex(key) }),
    ...(causal && { causal: hex(causal) }),
    ...(origin && { origin: { ...origin, epoch: plainEpoch(origin.epoch), id: hex(origin.id) } }),
  };
}

export function events(): void {
  const epoch = epochs[1] as Epoch;
  const lane = laneOf(feedOf(authors[0] as Bytes, subjectOf("workspace/alpha")), epoch);
  const ids: Bytes[] = [];
  const all: Bytes[] = [];
  const listed = sampleParts().map((parts, index) => {
    const head = headOf(parts);
    const payloadHash = H("payload", parts.payload);
    const previous = ids.at(-1) ?? filled(32, 0);
    const id = H("event", lane, previous, number(8, index + 1), payloadHash, head);
    ids.push(id);
    all.push(joined(head, parts.payload));
    const hashes = { previous: hex(previous), payloadHash: hex(payloadHash), id: hex(id) };
    return { seq: index + 1, parts: described(parts), headLength: head.length, bytes: hex(all.at(-1) as Bytes), ...hashes };
  });
  const blocks = [blockOf(all, ids, 1, 4), blockOf(all, ids, 5, 9)];
  const stubs = sampleParts().map((parts) => joined(headOf(parts), H("payload", parts.payload)));
  const lacking = (absent: readonly number[]) => all.map((whole, index) => (absent.includes(index + 1) ? (stubs[index] as Bytes) : whole));
  const withoutPayloads = [
    { absent: [2, 4], ...blockOf(lacking([2, 4]), ids, 1, 4, [2, 4]) },
    { absent: [6, 8], ...blockOf(lacking([6, 8]), ids, 5, 9, [6, 8]) },
  ];
  const [seq, id] = [2, ids[1] as Bytes];
  const payload = hex(joined(number(4, epoch.index), epoch.nonce, number(8, seq), id));
  const about =
    "The events of one lane, in order, and the two blocks they stand in. previous of the first is zeros. The same blocks without " +
    "the payloads of some events, by their seq; what the payload of an event says that redacts the second; and what the fifth says, " +
    "which names a lens, and the eighth, which is on the bus of control.";
  const redaction = { epoch: plainEpoch(epoch), seq, id: hex(id), payload };
  const named = { ...lens, digest: hex(lens.digest), payload: hex(lensPayload) };
  const said = { kind: control.kind, data: hex(control.data), payload: hex(controlPayload) };
  write("events", about, { lane: hex(lane), events: listed, blocks, withoutPayloads, redaction, lens: named, control: said });
}

function blockOf(
  all: readonly Bytes[],
  ids: readonly Bytes[],
  first: number,
  last: number,
  absent: readonly number[] = [],
): Record<string, unknown> {
  const list = absent.length === 0 ? [] : [number(2, absent.length), ...absent.map((seq) => number(2, seq - first))];
  const own = joined(...list, ...all.slice(first - 1, last));
  const previous = ids[first - 2] ?? filled(32, 0);
  const flags = absent.length === 0 ? 0 : 1;
  const header = joined(Uint8Array.of(1, flags), number(2, last - first + 1), number(4, own.length), number(8, first), previous);
  return { firstSeq: first, count: last - first + 1, bytes: hex(joined(header, own)) };
}
