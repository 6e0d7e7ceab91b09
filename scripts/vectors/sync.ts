import { classical, hybrid } from "./authors.js";
import { type Bytes, filled, H, hex, joined, number, prefixed, utf8, varint, write } from "./bytes.js";
import type { Parts } from "./events.js";
import { type Epoch, epochs } from "./names.js";
import { checkpointOf, laneIn, nodeIn } from "./proofs.js";
import { covering } from "./ranges.js";
import { blocksOf } from "./segments.js";

// Messages of sync, as docs/wire.md lays them out. What they say is plain: bytes in hexadecimal, numbers, words.

const u8 = (value: number): Bytes => number(1, value);
const bytes = (text: string): Bytes => new Uint8Array(Buffer.from(text, "hex"));
const of = (byte: number, length = 32): string => hex(filled(length, byte));

interface Place {
  readonly author: string;
  readonly subject: string;
  readonly epoch: { readonly index: number; readonly nonce: string };
}
interface Row extends Place {
  readonly size: number;
  readonly headId: string;
  readonly freezeAt: number;
  readonly hybridSize: number;
}

const place: Place = { author: of(1), subject: of(2), epoch: { index: 300, nonce: of(3, 16) } };
const rows: readonly Row[] = [
  { ...place, size: 70_000, headId: of(4), freezeAt: 0, hybridSize: 69_000 },
  { ...place, subject: of(5), size: 8, headId: of(6), freezeAt: 9, hybridSize: 0 },
  { ...place, author: of(7), epoch: { index: 0, nonce: of(8, 16) }, size: 0, headId: of(0), freezeAt: 0, hybridSize: 0 },
];

function placeBytes({ author, subject, epoch }: Place): Bytes {
  return joined(bytes(author), bytes(subject), varint(epoch.index), bytes(epoch.nonce));
}

function rowBytes({ author, subject, epoch, ...row }: Row, before: Row | undefined): Bytes {
  const same = [author === before?.author, subject === before?.subject, epoch.nonce === before?.epoch.nonce];
  const bits = [...same, row.freezeAt > 0, row.hybridSize > 0].map((isSet, at) => (isSet ? 2 ** at : 0));
  const unless = (isSet: boolean | undefined, text: string) => bytes(isSet ? "" : text);
  const where = joined(unless(same[0], author), unless(same[1], subject), varint(epoch.index), unless(same[2], epoch.nonce));
  const numbers = [row.freezeAt, row.hybridSize].filter((value) => value > 0).map(varint);
  return joined(u8(bits.reduce((sum, bit) => sum + bit, 0)), where, varint(row.size), unless(row.size === 0, row.headId), ...numbers);
}

const rowsBytes = (list: readonly Row[]): Bytes => joined(varint(list.length), ...list.map((row, at) => rowBytes(row, list[at - 1])));

/** A key behind another: how many bytes they have in common, and the rest. */
function behind(key: string, before: string): Bytes {
  let shared = 0;
  while (
    2 * shared < Math.min(key.length, before.length) &&
    key.slice(2 * shared, 2 * shared + 2) === before.slice(2 * shared, 2 * shared + 2)
  )
    shared++;
  return joined(u8(shared), bytes(key.slice(2 * shared)));
}

const symbols = Array.from({ length: 34 }, (_, index) => {
  const expected = index === 0 ? 1_000_000 : Math.floor((8_000_000 * (index + 1)) / (2 * index + 3) ** 2);
  return { lane: index, row: 0xffff_ffff - index, check: 77, count: expected + (index === 33 ? 0 : (index % 7) * 100 - 300) };
});

/** Each as zig-zag by which it is off what is expected, in as many bits as the largest takes. */
function countsBytes(list: readonly { readonly count: number }[], from: number): Bytes {
  const off = list.map(({ count }, at) => {
    const index = from + at;
    const expected = index === 0 ? 1_000_000 : Math.floor((8_000_000 * (index + 1)) / (2 * index + 3) ** 2);
    return count < expected ? 2 * (expected - count) - 1 : 2 * (count - expected);
  });
  const width = Math.max(...off) === 0 ? 0 : Math.max(...off).toString(2).length;
  const text = width === 0 ? "" : off.map((value) => value.toString(2).padStart(width, "0")).join("");
  const padded = text.padEnd(8 * Math.ceil(text.length / 8), "0");
  return joined(
    u8(width),
    Uint8Array.from(padded.match(/.{8}/g) ?? [], (bits) => Number.parseInt(bits, 2)),
  );
}

function symbolsBytes(from: number): Bytes {
  const told = symbols.slice(from);
  const groups = [told.slice(0, 32), told.slice(32)].filter((group) => group.length > 0);
  const parts = groups.map((group, at) => {
    const items = group.map(({ lane, row, check }) => joined(number(4, lane), number(4, row), number(4, check)));
    return joined(...items, countsBytes(group, from + 32 * at));
  });
  return joined(varint(from), varint(1_000_000), varint(told.length), ...parts);
}

const digest = { root: of(9, 16), sum: of(10, 8), rows: 1_000_000 };
const digestBytes = joined(bytes(digest.root), bytes(digest.sum), varint(digest.rows));
const keys = [of(1, 96), `${of(1, 95)}02`] as const;
const cuts = [
  { digits: 0, prefix: "" },
  { digits: 3, prefix: "1230" },
  { digits: 4, prefix: "1234" },
];
const cutBytes = cuts.map(({ digits, prefix }, at) => joined(u8(digits), behind(prefix, cuts[at - 1]?.prefix ?? "")));
const children = [
  { digits: 5, key: "010130", hash: of(11, 16) },
  { digits: 192, key: of(1, 96), hash: of(12, 16) },
];
const childBytes = (before: string) =>
  joined(
    varint(2),
    ...children.map(({ digits, key, hash }, at) => joined(u8(digits), behind(key, children[at - 1]?.key ?? before), bytes(hash))),
  );

interface Said {
  readonly says: Record<string, unknown>;
  readonly bytes: Bytes;
}

const askHead = joined(u8(4), varint(300), varint(2));
const tellHead = joined(u8(5), varint(300), varint(2));

function asks(): Said[] {
  const each: readonly (readonly [Record<string, unknown>, Bytes])[] = [
    [{ kind: "rows", after: of(5, 96) }, joined(u8(1), prefixed(bytes(of(5, 96))))],
    [{ kind: "buckets", count: 65_536 }, joined(u8(2), varint(65_536))],
    [
      { kind: "bucket rows", count: 4_096, buckets: [0, 1, 300, 4_095], after: "" },
      joined(u8(3), varint(4_096), varint(4), ...[0, 0, 298, 3_794].map(varint), varint(0)),
    ],
    [{ kind: "symbols", from: 20, count: 30 }, joined(u8(4), varint(20), varint(30))],
    [{ kind: "items", items: [{ lane: 1, row: 0xffff_ffff }] }, joined(u8(5), varint(1), number(4, 1), number(4, 0xffff_ffff))],
    [{ kind: "branches", places: cuts }, joined(u8(6), varint(3), ...cutBytes)],
    [{ kind: "leaves", keys }, joined(u8(7), varint(2), behind(keys[0], ""), behind(keys[1], keys[0]))],
  ];
  return each.map(([ask, laid]) => ({ says: { kind: "ask", session: 300, round: 2, ask }, bytes: joined(askHead, laid) }));
}

function tells(): Said[] {
  const each: readonly (readonly [Record<string, unknown>, Bytes])[] = [
    [{ kind: "rows", rows, next: of(5, 96) }, joined(u8(1), rowsBytes(rows), prefixed(bytes(of(5, 96))))],
    [{ kind: "rows", rows: [] }, joined(u8(1), varint(0), varint(0))],
    [{ kind: "buckets", digests: of(6, 16) }, joined(u8(2), varint(2), filled(16, 6))],
    [{ kind: "symbols", from: 0, rows: 1_000_000, symbols }, joined(u8(3), symbolsBytes(0))],
    [{ kind: "symbols", from: 33, rows: 1_000_000, symbols: symbols.slice(33) }, joined(u8(3), symbolsBytes(33))],
    [
      { kind: "branches", below: [children, [], children] },
      joined(u8(4), varint(3), childBytes(""), varint(0), childBytes(children[1]?.key ?? "")),
    ],
    [{ kind: "cannot" }, u8(5)],
  ];
  return each.map(([tell, laid]) => ({ says: { kind: "tell", session: 300, round: 2, tell }, bytes: joined(tellHead, laid) }));
}

function sessions(): Said[] {
  const hello = { kind: "hello", from: 1, to: 2, number: 3, nonce: of(1, 16), salt: of(2, 16) };
  const begins = joined(varint(1), varint(2), varint(3), filled(16, 1), filled(16, 2), number(6, 1_795_000_000_000));
  const some = { kind: "some", hidden: [of(3, 16), of(4, 16)] };
  const open = { kind: "open", session: 300, scope: of(1, 8), digest };
  const opened = { kind: "opened", session: 300 };
  const openBytes = joined(u8(2), varint(300), filled(8, 1), digestBytes);
  return [
    {
      says: { ...hello, interest: some, syncs: "no", wallMs: 1_795_000_000_000 },
      bytes: joined(u8(1), begins, u8(1), varint(2), filled(16, 3), filled(16, 4)),
    },
    { says: { ...hello, interest: { kind: "all" }, syncs: "yes", wallMs: 1_795_000_000_000 }, bytes: joined(u8(1), begins, u8(2)) },
    { says: open, bytes: joined(openBytes, u8(0)) },
    { says: { ...open, ask: { kind: "symbols", from: 0, count: 20 } }, bytes: joined(openBytes, u8(4), varint(0), varint(20)) },
    { says: { ...opened, digest, tell: { kind: "cannot" } }, bytes: joined(u8(3), varint(300), u8(0), digestBytes, u8(5)) },
    { says: { ...opened, digest: "same" }, bytes: joined(u8(3), varint(300), u8(1), u8(0)) },
    { says: { ...opened, digest: "other scope" }, bytes: joined(u8(3), varint(300), u8(2), u8(0)) },
    {
      says: { kind: "difference", session: 300, part: 1, parts: 2, rows },
      bytes: joined(u8(6), varint(300), varint(1), varint(2), rowsBytes(rows)),
    },
    { says: { kind: "settled", session: 300, missing: 128 }, bytes: joined(u8(7), varint(300), varint(128)) },
    { says: { kind: "held", number: 7, rows }, bytes: joined(u8(8), varint(7), rowsBytes(rows)) },
    { says: { kind: "heard", number: 7 }, bytes: joined(u8(9), varint(7)) },
  ];
}

function streams(range: Bytes): Said[] {
  const want = (from: number, previous: string) => ({ kind: "want", stream: 4, place, from, previous });
  const wantBytes = joined(u8(10), varint(4), placeBytes(place));
  const chunk = { kind: "chunk", stream: 4, seq: 200, position: "last", hash: hex(chunkHash(4, 200, 1, range)), bytes: hex(range) };
  const nacks = ["out of window", "damaged"].map((reason, at) => ({
    says: { kind: "nack", stream: 4, seq: 3, reason },
    bytes: joined(u8(13), varint(4), varint(3), u8(at)),
  }));
  const gone = ["unknown", "nothing newer", "evicted", "another history", "not in scope", "busy"].map((reason, at) => ({
    says: { kind: "gone", stream: 4, reason },
    bytes: joined(u8(14), varint(4), u8(at)),
  }));
  return [
    { says: want(1, of(0)), bytes: joined(wantBytes, varint(1)) },
    { says: want(128, of(5)), bytes: joined(wantBytes, varint(128), filled(32, 5)) },
    {
      says: { kind: "chunk", stream: 4, seq: 0, position: "within", bytes: of(1, 5) },
      bytes: joined(u8(11), varint(4), varint(0), u8(0), prefixed(filled(5, 1))),
    },
    { says: chunk, bytes: joined(u8(11), varint(4), varint(200), u8(3), bytes(chunk.hash), prefixed(range)) },
    { says: { kind: "ack", stream: 4, seq: 201, window: 16 }, bytes: joined(u8(12), varint(4), varint(201), varint(16)) },
    ...nacks,
    ...gone,
    { says: { kind: "enough", stream: 4 }, bytes: joined(u8(15), varint(4)) },
    { says: { kind: "push", range: hex(range) }, bytes: joined(u8(16), prefixed(range)) },
  ];
}

function singles(): Said[] {
  const falcon = hybrid.keys.subarray(33);
  const shown = { suite: 2, ed25519: hex(hybrid.keys.subarray(1, 33)), falcon: hex(falcon) };
  return [
    { says: { kind: "want fork", place }, bytes: joined(u8(17), placeBytes(place)) },
    { says: { kind: "fork", proof: of(8, 50) }, bytes: joined(u8(18), u8(1), prefixed(filled(50, 8))) },
    { says: { kind: "fork", keys: shown, proof: of(8, 5) }, bytes: joined(u8(18), hybrid.keys, prefixed(filled(5, 8))) },
    { says: { kind: "want seal", place }, bytes: joined(u8(19), placeBytes(place)) },
    { says: { kind: "seal", checkpoint: of(9, 60) }, bytes: joined(u8(20), prefixed(filled(60, 9))) },
    {
      says: { kind: "want payloads", place, seqs: [1, 2, 300] },
      bytes: joined(u8(21), placeBytes(place), varint(3), varint(0), varint(0), varint(297)),
    },
    {
      says: { kind: "payload", place, seq: 300, bytes: of(4, 30) },
      bytes: joined(u8(22), placeBytes(place), varint(300), prefixed(filled(30, 4))),
    },
    { says: { kind: "ping", number: 9 }, bytes: joined(u8(23), varint(9)) },
    { says: { kind: "pong", number: 2 ** 40 }, bytes: joined(u8(24), varint(2 ** 40)) },
  ];
}

/** Why, and bytes that say nothing for that reason. */
function refused(said: readonly Said[]): { readonly why: string; readonly bytes: string }[] {
  const row = rowBytes(rows[0] as Row, undefined);
  const same = joined(u8(16), row.subarray(1));
  const listed: readonly (readonly [string, Bytes])[] = [
    ["a type that is not assigned", u8(25)],
    ["nothing is asked", joined(askHead, u8(0))],
    ["a kind of tell that is not assigned", joined(tellHead, u8(6))],
    ["a number longer than it needs to be", joined(u8(23), Uint8Array.of(0x89, 0))],
    ["more rows than a message holds", joined(u8(8), varint(7), varint(4_097), filled(50, 0))],
    ["four thousand million rows in a few bytes", joined(u8(8), varint(7), varint(2 ** 32), filled(12, 0))],
    ["a first row like the one before it", joined(u8(8), varint(7), varint(1), u8(1), row.subarray(33))],
    ["a row that repeats its author, subject and nonce", joined(u8(8), varint(7), varint(2), row, same)],
    ["a row that is frozen at 0", joined(u8(8), varint(7), varint(1), u8(8), placeBytes(place), varint(0), varint(0))],
    ["versions that end before they begin", joined(u8(1), varint(2), varint(1), varint(3), filled(38, 1), u8(2))],
    ["part 2 of 2", joined(u8(6), varint(300), varint(2), varint(2), varint(0))],
    ["a bucket behind the last", joined(askHead, u8(3), varint(4), varint(1), varint(4), varint(0))],
    ["a digit behind the last one", joined(askHead, u8(6), varint(1), u8(3), u8(0), Uint8Array.of(0x12, 0x34))],
    ["a key that repeats what it has in common", joined(askHead, u8(7), varint(2), u8(0), filled(96, 1), u8(0), filled(96, 1))],
    ["a key that has more in common than there is", joined(askHead, u8(7), varint(1), u8(1), filled(95, 1))],
    ["counts of more bits than they need", joined(tellHead, u8(3), varint(0), varint(9), varint(1), filled(12, 1), u8(2), u8(0x40))],
    ["a bit behind the last count", joined(tellHead, u8(3), varint(0), varint(9), varint(1), filled(12, 1), u8(1), u8(0xc0))],
    ["event 0 is wanted", joined(u8(10), varint(4), placeBytes(place), varint(0))],
    ["a fork by an author of suite 3", joined(u8(18), u8(3), prefixed(filled(5, 8)))],
  ];
  const cut = said.map(({ says, bytes: all }) => ({
    why: `the last byte of a ${says["kind"]} is missing`,
    bytes: hex(all.subarray(0, -1)),
  }));
  return [...listed.map(([why, laid]) => ({ why, bytes: hex(laid) })), ...cut];
}

function chunkHash(stream: number, seq: number, isLast: number, piece: Bytes): Bytes {
  return H("chunk", varint(stream), varint(seq), u8(isLast), piece).subarray(0, 16);
}

/** Of a lane of five events the first three, in two blocks. */
function rangeBytes(): Bytes {
  const path = "workspace/ä/日本";
  const events: Parts[] = ["one", "two", "three", "four", "five"].map((text, at) => ({
    ...{ kind: 128, codec: 0, stamp: [1_795_000_000_000, at], payload: utf8(text) },
  }));
  const lane = laneIn(path, epochs[0] as Epoch, events);
  const proof = [...covering(0, 3), ...covering(3, 5)].map((at) => nodeIn(lane.ids, at));
  const head = joined(prefixed(utf8(path)), u8(1), checkpointOf(lane, 2), u8(proof.length), ...proof);
  return joined(head, ...blocksOf(lane, [2, 3]));
}

export function sync(): void {
  const range = rangeBytes();
  const said = [...sessions(), ...asks(), ...tells(), ...streams(range), ...singles()];
  const about =
    "Messages of sync: their bytes and what they say, and bytes that are none. A range of the first three of five events by the author of seal.json.";
  write("sync", about, {
    author: hex(classical.id),
    range: { bytes: hex(range), path: "workspace/ä/日本", blocks: 2, lastSeq: 3 },
    messages: said.map(({ says, bytes: laid }) => ({ bytes: hex(laid), says })),
    refused: refused(said),
  });
}
