// Writes vectors/names.json, events.json, mmr.json, seal.json, proof.json and trie.json.
//   node scripts/run.mjs scripts/make-vectors.ts
// Written from docs/wire.md alone, as plainly as can be, on another implementation of BLAKE3: nothing of packages/core is
// used, so that its tests hold it against something that cannot be wrong in the same way.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { blake3 } from "@noble/hashes/blake3.js";

type Bytes = Uint8Array;

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
const hex = (bytes: Bytes): string => Buffer.from(bytes).toString("hex");
const joined = (...pieces: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(pieces));
const filled = (length: number, byte: number): Bytes => new Uint8Array(length).fill(byte);
const H = (tag: string, ...pieces: readonly Bytes[]): Bytes => blake3(joined(...pieces), { context: utf8(`sinter 1 ${tag}`) });

function number(length: number, value: number | bigint): Bytes {
  return Uint8Array.from({ length }, (_, at) => Number((BigInt(value) >> BigInt(8 * (length - 1 - at))) & 0xffn));
}

function varint(value: number): Bytes {
  return value < 0x80 ? Uint8Array.of(value) : joined(Uint8Array.of((value % 0x80) | 0x80), varint(Math.floor(value / 0x80)));
}

function write(name: string, about: string, content: Record<string, unknown>): void {
  const generator = "scripts/make-vectors.ts";
  const text = JSON.stringify({ generator, about, ...content }, undefined, 2);
  writeFileSync(new URL(`../vectors/${name}.json`, import.meta.url), `${text}\n`);
}

// --- names ---

interface Epoch {
  readonly index: number;
  readonly nonce: Bytes;
}

const network = H("network", utf8("demo"));
const epochs: readonly Epoch[] = [
  { index: 0, nonce: filled(16, 0xa1) },
  { index: 1, nonce: filled(16, 0xb2) },
  { index: 0x01020304, nonce: Uint8Array.from({ length: 16 }, (_, at) => at) },
];
const authors = [filled(32, 7), Uint8Array.from({ length: 32 }, (_, at) => 255 - at)];
const subjectOf = (path: string): Bytes => H("subject", network, utf8(path));
const feedOf = (author: Bytes, subject: Bytes): Bytes => H("feed", author, subject);
const laneOf = (feed: Bytes, { index, nonce }: Epoch): Bytes => H("lane", feed, number(4, index), nonce);
const plainEpoch = ({ index, nonce }: Epoch) => ({ index, nonce: hex(nonce) });

function names(): void {
  const paths = ["log", "workspace/alpha", "workspace/alpha/object/votes", "workspace/ä/日本", Array(8).fill("x".repeat(64)).join("/")];
  const spaceOf = (path: string) => path.split("/").slice(0, 2).join("/");
  const subjects = paths.map((path) => {
    const space = hex(H("space", network, utf8(spaceOf(path))));
    return { path, spacePath: spaceOf(path), space, subject: hex(subjectOf(path)) };
  });
  const lanes = authors.flatMap((author) =>
    epochs.map((epoch) => {
      const feed = feedOf(author, subjectOf("workspace/alpha"));
      return { author: hex(author), path: "workspace/alpha", feed: hex(feed), epoch: plainEpoch(epoch), lane: hex(laneOf(feed, epoch)) };
    }),
  );
  const networks = ["demo", "ä", "x".repeat(128)].map((name) => ({ name, network: hex(H("network", utf8(name))) }));
  const hybrids = [0, 1].map((salt) => {
    const ed25519 = Uint8Array.from({ length: 32 }, (_, at) => 3 * at + salt);
    const falcon = Uint8Array.from({ length: 897 }, (_, at) => (at === 0 ? 9 : 5 * at + salt));
    return { ed25519: hex(ed25519), falcon: hex(falcon), author: hex(H("author", Uint8Array.of(2), ed25519, falcon)) };
  });
  const about = "Ids of networks, of hybrid authors, and of the spaces, subjects, feeds and lanes of the network demo.";
  write("names", about, { networks, subjects, hybrids, lanes });
}

// --- events ---

interface Parts {
  readonly kind: number;
  readonly codec: number;
  readonly stamp: readonly [wallMs: number, counter: number];
  readonly payload: Bytes;
  readonly key?: Bytes;
  readonly causal?: Bytes;
  readonly origin?: { readonly epoch: Epoch; readonly seq: number; readonly stamp: readonly [number, number]; readonly id: Bytes };
  readonly keyEpoch?: number;
}

const stampBytes = ([wallMs, counter]: readonly [number, number]): Bytes => joined(number(6, wallMs), number(2, counter));

function headOf({ kind, codec, stamp, payload, key, causal, origin, keyEpoch }: Parts): Bytes {
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

function sampleParts(): readonly Parts[] {
  const wallMs = 1_795_000_000_000;
  const { full, changes } = deltas();
  const branched = { epoch: epochs[0] as Epoch, size: 9, headId: filled(32, 0xcc) };
  const epochOpened = joined(number(4, branched.epoch.index), branched.epoch.nonce, number(8, branched.size), branched.headId);
  const origin = { epoch: epochs[2] as Epoch, seq: 2 ** 40 + 1, stamp: [wallMs - 5000, 3], id: filled(32, 0xdd) } as const;
  const big = Uint8Array.from({ length: 2500 }, (_, at) => at % 251);
  return [
    { kind: 2, codec: 0, stamp: [wallMs, 0], payload: epochOpened, causal: full },
    { kind: 128, codec: 0, stamp: [wallMs, 1], payload: utf8("hello") },
    { kind: 255, codec: 2, stamp: [wallMs + 1, 0], payload: new Uint8Array(0), key: utf8("k") },
    { kind: 33, codec: 1, stamp: [wallMs + 1, 0xffff], payload: Uint8Array.of(0xa0), key: filled(200, 0x6b), causal: changes },
    { kind: 60, codec: 3, stamp: [2 ** 48 - 2, 0], payload: big, origin },
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

function events(): void {
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
  const blocks = [blockOf(all, ids, 1, 4), blockOf(all, ids, 5, 6)];
  const about = "The events of one lane, in order, and the two blocks they stand in. previous of the first is zeros.";
  write("events", about, { lane: hex(lane), events: listed, blocks });
}

function blockOf(all: readonly Bytes[], ids: readonly Bytes[], first: number, last: number): Record<string, unknown> {
  const own = joined(...all.slice(first - 1, last));
  const previous = ids[first - 2] ?? filled(32, 0);
  const header = joined(Uint8Array.of(1, 0), number(2, last - first + 1), number(4, own.length), number(8, first), previous);
  return { firstSeq: first, count: last - first + 1, bytes: hex(joined(header, own)) };
}

// --- Merkle Mountain Range ---

interface Place {
  readonly height: number;
  readonly index: number;
}

const leafAt = (index: number): Bytes => H("event", number(8, index));

function node({ height, index }: Place): Bytes {
  if (height === 0) return leafAt(index);
  return H("mmr parent", node({ height: height - 1, index: 2 * index }), node({ height: height - 1, index: 2 * index + 1 }));
}

/** The fewest nodes that cover the leaves `from` to `to` − 1, from left to right. */
function covering(from: number, to: number): Place[] {
  if (from === to) return [];
  let height = 0;
  while (from % 2 ** (height + 1) === 0 && from + 2 ** (height + 1) <= to) height++;
  return [{ height, index: from / 2 ** height }, ...covering(from + 2 ** height, to)];
}

const proofBytes = (places: readonly Place[]): string => hex(joined(number(1, places.length), ...places.map(node)));

function inclusion(size: number, leafIndex: number): Record<string, unknown> {
  const peaks = covering(0, size);
  const own = peaks.find(({ height, index }) => Math.floor(leafIndex / 2 ** height) === index) as Place;
  const path = Array.from({ length: own.height }, (_, height) => ({ height, index: Math.floor(leafIndex / 2 ** height) ^ 1 }));
  return { size, leafIndex, leaf: hex(leafAt(leafIndex)), proof: proofBytes([...path, ...peaks.filter((peak) => peak !== own)]) };
}

function mmr(): void {
  const sizes = [1, 2, 3, 4, 5, 7, 8, 11, 63, 64, 65, 127, 128, 200];
  const roots = sizes.map((size) => ({ size, root: hex(H("mmr root", number(8, size), ...covering(0, size).map(node))) }));
  const asked = [
    [1, 0],
    [2, 1],
    [3, 2],
    [7, 0],
    [7, 5],
    [7, 6],
    [64, 33],
    [65, 64],
    [200, 0],
    [200, 131],
    [200, 199],
  ] as const;
  const pairs = [
    [1, 1],
    [1, 2],
    [2, 3],
    [3, 7],
    [5, 8],
    [7, 11],
    [8, 8],
    [63, 64],
    [64, 65],
    [65, 200],
    [127, 128],
    [128, 200],
  ] as const;
  const consistency = pairs.map(([oldSize, newSize]) => {
    const proof = proofBytes([...covering(0, oldSize), ...covering(oldSize, newSize)]);
    return { oldSize, newSize, proof };
  });
  const about = "Leaf i, from 0, is the hash of the u64 i under the tag `sinter 1 event`. Proofs are bytes: a count and the hashes.";
  write("mmr", about, { roots, inclusion: asked.map(([size, leafIndex]) => inclusion(size, leafIndex)), consistency });
}

// --- seals ---

const seed = filled(32, 0x11);
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
  format: "der",
  type: "pkcs8",
});
const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" })).subarray(-32);

/** Levels from the leaves up; a last odd one rises unchanged. */
function levels(bottom: readonly Bytes[]): (readonly Bytes[])[] {
  if (bottom.length === 1) return [bottom];
  const above: Bytes[] = [];
  for (let at = 0; at < bottom.length; at += 2) {
    const [left, right] = [bottom[at] as Bytes, bottom[at + 1]];
    above.push(right === undefined ? left : H("seal parent", left, right));
  }
  return [bottom, ...levels(above)];
}

function sealOver(count: number): Record<string, unknown> {
  const stamp = [1_795_000_000_000 + count, count] as const;
  const heads = Array.from({ length: count }, (_, index) => {
    const lane = H("lane", number(4, index));
    return { lane, size: 3 ** index, mmrRoot: H("mmr root", number(4, index)), headId: H("event", number(4, index)) };
  }).sort((left, right) => Buffer.compare(left.lane, right.lane));
  const leaves = heads.map(({ lane, size, mmrRoot, headId }) => H("head", lane, number(8, size), mmrRoot, headId));
  const tree = levels(leaves);
  const [root] = tree.at(-1) as readonly [Bytes];
  const message = joined(utf8("sinter/1/seal\n"), publicKey, stampBytes(stamp), number(4, count), root);
  const listed = heads.map(({ lane, size, mmrRoot, headId }, index) => {
    const path = tree.flatMap((level, up) => level[Math.floor(index / 2 ** up) ^ 1] ?? []).map(hex);
    const leaf = hex(leaves[index] as Bytes);
    return { index, lane: hex(lane), size, mmrRoot: hex(mmrRoot), headId: hex(headId), leaf, path };
  });
  return { stamp, heads: listed, root: hex(root), message: hex(message), signature: hex(new Uint8Array(sign(null, message, privateKey))) };
}

function seals(): void {
  const about = "Seals over 1 to 7 heads by one author. The seed is that of its Ed25519 key; a path holds the siblings from the bottom.";
  write("seal", about, { seed: hex(seed), author: hex(publicKey), seals: [1, 2, 3, 4, 7].map(sealOver) });
}

// --- checkpoints and event proofs ---

const prefixed = (bytes: Bytes): Bytes => joined(varint(bytes.length), bytes);

interface Lane {
  readonly subject: Bytes;
  readonly epoch: Epoch;
  readonly ids: readonly Bytes[];
  readonly events: readonly Parts[];
}

function laneIn(path: string, epoch: Epoch, events: readonly Parts[]): Lane {
  const subject = subjectOf(path);
  const lane = laneOf(feedOf(publicKey, subject), epoch);
  const ids: Bytes[] = [];
  for (const [index, parts] of events.entries()) {
    const previous = ids.at(-1) ?? filled(32, 0);
    ids.push(H("event", lane, previous, number(8, index + 1), H("payload", parts.payload), headOf(parts)));
  }
  return { subject, epoch, ids, events };
}

/** Over leaves given by the array; `node` above has leaves of its own. */
function nodeIn(ids: readonly Bytes[], { height, index }: Place): Bytes {
  if (height === 0) return ids[index] as Bytes;
  return H("mmr parent", nodeIn(ids, { height: height - 1, index: 2 * index }), nodeIn(ids, { height: height - 1, index: 2 * index + 1 }));
}

/** `beside` other lanes stand under the seal. */
function checkpointOf({ subject, epoch, ids, events }: Lane, beside: number): Bytes {
  const size = ids.length;
  const mmrRoot = H("mmr root", number(8, size), ...covering(0, size).map((place) => nodeIn(ids, place)));
  const headId = ids.at(-1) as Bytes;
  const stamp = stampBytes((events.at(-1) as Parts).stamp);
  const lane = laneOf(feedOf(publicKey, subject), epoch);
  const others = Array.from({ length: beside }, (_, index) => ({ lane: filled(32, 50 * index + 3), leaf: H("head", number(4, index)) }));
  const heads = [{ lane, leaf: H("head", lane, number(8, size), mmrRoot, headId) }, ...others];
  heads.sort((left, right) => Buffer.compare(left.lane, right.lane));
  const index = heads.findIndex((head) => head.lane === lane);
  const tree = levels(heads.map(({ leaf }) => leaf));
  const [root] = tree.at(-1) as readonly [Bytes];
  const message = joined(utf8("sinter/1/seal\n"), publicKey, stamp, number(4, heads.length), root);
  const path = tree.flatMap((level, up) => level[Math.floor(index / 2 ** up) ^ 1] ?? []);
  const place = joined(publicKey, subject, number(4, epoch.index), epoch.nonce);
  const seal = joined(stamp, number(4, heads.length), number(4, index), number(1, path.length), ...path);
  const signature = new Uint8Array(sign(null, message, privateKey));
  return joined(number(1, 1), place, number(8, size), mmrRoot, headId, seal, signature);
}

function proofOf(lane: Lane, asked: { readonly path: string; readonly seq: number; readonly beside: number; readonly form: 0 | 1 }): Bytes {
  const { path, seq, beside, form } = asked;
  const parts = lane.events[seq - 1] as Parts;
  const event = form === 0 ? prefixed(joined(headOf(parts), parts.payload)) : joined(prefixed(headOf(parts)), H("payload", parts.payload));
  const named = joined(prefixed(utf8("demo")), prefixed(utf8(path)));
  const peaks = covering(0, lane.ids.length);
  const own = peaks.find(({ height, index }) => Math.floor((seq - 1) / 2 ** height) === index) as Place;
  const up = Array.from({ length: own.height }, (_, height) => ({ height, index: Math.floor((seq - 1) / 2 ** height) ^ 1 }));
  const hashes = [...up, ...peaks.filter((peak) => peak !== own)].map((place) => nodeIn(lane.ids, place));
  const previous = lane.ids[seq - 2] ?? filled(32, 0);
  const inclusionBytes = joined(number(1, hashes.length), ...hashes);
  return joined(
    number(1, 1),
    number(1, form),
    named,
    number(1, 1),
    number(8, seq),
    previous,
    event,
    inclusionBytes,
    checkpointOf(lane, beside),
  );
}

function proofs(): void {
  const epoch = epochs[1] as Epoch;
  const path = "workspace/ä/日本";
  const plain = (count: number): Parts[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: 128,
      codec: 0,
      stamp: [1_795_000_000_000, index],
      payload: utf8(`event ${index + 1}`),
    }));
  const wanted = [
    { events: plain(1), seq: 1, beside: 0, form: 0 },
    { events: plain(7), seq: 3, beside: 2, form: 0 },
    { events: plain(7), seq: 7, beside: 2, form: 1 },
    { events: [...plain(2), { ...plain(1)[0], ...sampleParts()[3], stamp: [1_795_000_000_001, 0] }], seq: 3, beside: 4, form: 0 },
    { events: plain(40), seq: 20, beside: 6, form: 1 },
  ] as const;
  const listed = wanted.map(({ events: all, seq, beside, form }) => {
    const lane = laneIn(path, epoch, all as readonly Parts[]);
    const bytes = proofOf(lane, { path, seq, beside, form });
    const { payload, stamp, kind } = all[seq - 1] as Parts;
    const shows = { network: "demo", subject: path, epoch: plainEpoch(epoch), seq, id: hex(lane.ids[seq - 1] as Bytes), stamp, kind };
    const payloadShown = form === 0 ? { payload: hex(payload) } : { payloadHash: hex(H("payload", payload)) };
    const text = `sinter-proof:${Buffer.from(bytes).toString("base64url")}`;
    return { text, checkpoint: hex(checkpointOf(lane, beside)), shows: { ...shows, ...payloadShown, size: lane.ids.length } };
  });
  const about = "Proofs of events by the author of seal.json, in the subject of one lane, and the checkpoint that each ends with.";
  write("proof", about, { seed: hex(seed), author: hex(publicKey), proofs: listed });
}

// --- rows and their trie ---

interface Row {
  readonly key: string;
  readonly row: string;
}

interface Subtree {
  /** Digits above it. */
  readonly depth: number;
  readonly hash: Bytes;
  /** Of any of its leaves. */
  readonly key: string;
}

const bytesOf = (text: string): Bytes => new Uint8Array(Buffer.from(text, "hex"));
const LEAF_DEPTH = 192;

/** The record of a branch at `depth`: its children by rising digit. */
function record(depth: number, children: readonly Subtree[]): Bytes {
  const from = 2 * Math.floor(depth / 2);
  const each = children.map((child) => {
    const digits = child.key.slice(from, child.depth);
    return joined(number(1, child.depth), child.hash, bytesOf(digits.length % 2 === 0 ? digits : `${digits}0`));
  });
  return joined(bitmapOf(depth, children), ...each);
}

function bitmapOf(depth: number, children: readonly Subtree[]): Bytes {
  return number(
    2,
    children.reduce((sum, { key }) => sum + 2 ** Number.parseInt(key[depth] as string, 16), 0),
  );
}

function pathOf(digits: string): string {
  return digits.length % 2 === 0 ? `${digits}80` : `${digits}8`;
}

function subtree(rows: readonly Row[], records: Record<string, string>): Subtree {
  const [first] = rows as readonly [Row];
  if (rows.length === 1) return { depth: LEAF_DEPTH, hash: H("trie leaf", bytesOf(first.key), bytesOf(first.row)), key: first.key };
  let depth = 0;
  while (rows.every(({ key }) => key[depth] === first.key[depth])) depth++;
  const digits = [...new Set(rows.map(({ key }) => key[depth] as string))].sort();
  const children = digits.map((digit) =>
    subtree(
      rows.filter(({ key }) => key[depth] === digit),
      records,
    ),
  );
  records[pathOf(first.key.slice(0, depth))] = hex(record(depth, children));
  const hash = H("trie branch", number(1, depth), bitmapOf(depth, children), ...children.map((child) => child.hash));
  return { depth, hash, key: first.key };
}

function trieOf(rows: readonly Row[]): Record<string, unknown> {
  const records: Record<string, string> = {};
  const top = rows.length === 0 ? undefined : subtree(rows, records);
  if (top !== undefined && top.depth > 0) records[pathOf("")] = hex(record(0, [top]));
  return { rows, root: hex(top?.hash ?? filled(32, 0)), records };
}

function trie(): void {
  const rows = Array.from({ length: 24 }, (_, index) => {
    const [space, subject, lane] = [H("space", number(1, index % 3)), H("subject", number(1, index % 8)), H("lane", number(1, index))];
    return { key: hex(joined(space, subject, lane)), row: hex(H("row", number(1, index))) };
  });
  const near = ["00", "01", "10", "ff"].map((end) => ({ key: `${"ab".repeat(95)}${end}`, row: "11".repeat(32) }));
  const states = [
    [1, 0],
    [2 ** 53 - 1, 77],
  ].map(([size, freezeAt]) => {
    const [lane, headId] = [filled(32, 0x21), filled(32, 0x43)];
    const row = H("row", lane, number(8, size as number), headId, number(8, freezeAt as number));
    return { lane: hex(lane), size, headId: hex(headId), freezeAt, row: hex(row) };
  });
  const about = "Hashes of rows, and tries of some rows: their root, and by their path the records of the store's table 0b.";
  write("trie", about, { rows: states, tries: [[], rows.slice(0, 1), rows.slice(0, 2), near, rows].map(trieOf) });
}

names();
events();
mmr();
seals();
proofs();
trie();
