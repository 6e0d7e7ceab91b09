// Writes packages/sinter/fixtures/golden/v3/: a small store of every kind of thing, expected.json with what it holds, and some
// of its subjects as segments. Its keys.json stays as it is once it is there.
//   node scripts/run.mjs scripts/make-golden.ts
// Made once a format version and then kept: that later versions read the file is what it is for. Those of earlier formats are
// what earlier programs wrote, and nothing makes them again.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type NewEvent,
  offeredRange,
  orSet,
  type Peer,
  pnCounter,
  type RangeOffer,
  record,
  register,
  type Signatures,
  text as textElement,
} from "@sinter/core";
import { dataFileName, keyFileName, open } from "sinter";
import { madeFalconKey } from "../packages/sinter/src/falcon-key-thread.js";
import { contentsOf, copyStore, goldenPlace } from "../packages/sinter/src/golden-store.suite.js";
import { createNodeHasher } from "../packages/sinter/src/node-hasher.js";

const FORMAT = 3;
const NETWORK = "golden";
/** More than a block holds. */
const LARGE_BYTES = 9_000;
/** More than the events between two full causal deltas, some groups of 64, and more than a block holds. */
const MANY = 260;
const LINE_CHARS = 24;
const SEGMENTS = {
  votes: "workspace/alpha/object/votes",
  notes: "workspace/notes",
  returned: "workspace/returned",
  forked: "foreign/forked",
  wanted: "foreign/wanted",
  issue: "workspace/alpha/object/42",
};
/** Read through types: besides the one of which there are segments. */
const TYPED = {
  tags: "workspace/alpha/tags",
  count: "workspace/alpha/count",
  title: "workspace/alpha/title",
  stock: "workspace/alpha/stock",
};

const place = goldenPlace(FORMAT);
const hasher = createNodeHasher();
const scratch = mkdtempSync(join(tmpdir(), "sinter-golden-"));
const at = (name: string) => join(scratch, name);

// Stamps are of early 2026, so that no machine finds them in its future.
let wallMs = Date.UTC(2026, 0, 2);
Date.now = () => wallMs++;

/** Known to everybody: this author has no secrets. */
async function keysText(): Promise<string> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const { secret, publicKey } = (await madeFalconKey()).reveal();
  const author = { type: "hybrid", seed: base64(Buffer.alloc(32, 0x33)), falcon: { secret: base64(secret), public: base64(publicKey) } };
  const peer = { type: "ed25519", seed: base64(Buffer.alloc(32, 0x44)) };
  return `${JSON.stringify({ format: 2, secret: "none: these are keys for tests", author, peer }, null, 2)}\n`;
}

/** One event a line: a change of the format is seen in the difference. */
const inLines = (value: unknown): string =>
  [/\[[^[\]{}]*\]/g, /\{[^{}]*\}/g].reduce(
    (json, flat) => json.replace(flat, (all) => JSON.stringify(JSON.parse(all))),
    JSON.stringify(value, null, 1),
  );

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const texts = (...lines: readonly string[]): NewEvent[] => lines.map((line) => ({ payload: text(line) }));

function counted(from: number, count: number): NewEvent[] {
  return Array.from({ length: count }, (_, index) => ({ payload: text(`event ${from + index} `.padEnd(LINE_CHARS, ".")) }));
}

async function live<T>(name: string, work: (peer: Peer) => Promise<T>, signatures: Signatures = "ed25519"): Promise<T> {
  const peer = await open({ dir: at(name), network: NETWORK, control: "none", signatures });
  try {
    return await work(peer);
  } finally {
    await peer.close();
  }
}

/** The whole of a subject's first lane, with bytes of its own. */
function offerOf(peer: Peer, subject: string): RangeOffer {
  const [named] = [...peer.view.subjects(subject)];
  const [lane] = named === undefined ? [] : [...peer.view.lanes(named.id)];
  const offer = offeredRange(peer.view, hasher, { lane: lane?.number ?? 0, from: 1, bytes: Number.POSITIVE_INFINITY });
  if (offer === undefined) throw new Error(`nothing of ${subject} to offer`);
  return { ...offer, blocks: offer.blocks.map((block) => block.slice()) };
}

/** Does some work, and then the disk is as it was before. */
async function rolledBack<T>(name: string, work: (peer: Peer) => Promise<T>): Promise<T> {
  const file = join(at(name), dataFileName);
  const before = readFileSync(file);
  const result = await live(name, work);
  writeFileSync(file, before);
  return result;
}

/** What this author wrote is here twice: as others hold it, and as it went on after its disk was put back. Of one subject both
 * are known, which is a fork; of the other only what others hold, and what it lacks is appended again. */
async function ownReturns(): Promise<void> {
  const [back, forked] = [SEGMENTS.returned, "workspace/forked"];
  await live("golden", async (peer) => {
    await peer.append(back, texts("1", "2"));
    await peer.append(forked, texts("1", "2"));
  });
  const [held, first] = await rolledBack("golden", async (peer) => {
    await peer.append(back, texts("3"));
    await peer.append(forked, texts("first 3"));
    return [offerOf(peer, back), offerOf(peer, forked)] as const;
  });
  const second = await live("golden", async (peer) => {
    await peer.append(back, texts("another 3"));
    await peer.append(forked, texts("second 3", "second 4"));
    return offerOf(peer, forked);
  });
  const proof = await live("witness", async (peer) => {
    await peer.take(first);
    await peer.take(second);
    return (await peer.forks())[0]?.proof ?? new Uint8Array(0);
  });
  await live("golden", async (peer) => {
    await peer.take(held);
    await peer.accuse(proof);
    await peer.append(forked, texts("after that"));
  });
}

/** Feeds of others: of a hybrid author and of classical ones, one that forked, and one of which a payload has not come. */
async function foreignFeeds(): Promise<void> {
  const shared = SEGMENTS.votes;
  await live("hybrid", (peer) => peer.append(shared, texts("of a hybrid author", "and more")), "hybrid");
  await live("hybrid", (peer) => peer.export(shared, at("hybrid-export")));
  await live("forked", (peer) => peer.append(SEGMENTS.forked, texts("1", "2", "3")));
  const first = await rolledBack("forked", async (peer) => {
    await peer.append(SEGMENTS.forked, texts("first 4", "first 5"));
    return offerOf(peer, SEGMENTS.forked);
  });
  const second = await live("forked", async (peer) => {
    await peer.append(SEGMENTS.forked, texts("second 4"));
    return offerOf(peer, SEGMENTS.forked);
  });
  await live("wanted", (peer) => peer.append(SEGMENTS.wanted, texts("here", "not here", "here too")));
  // Taken back in an epoch of a copy, which does not come along.
  cpSync(at("wanted"), at("wanted-copy"), { recursive: true });
  const lacking = await live("wanted-copy", async (peer) => {
    await peer.redact(SEGMENTS.wanted, { epoch: 0, seq: 2 });
    return offerOf(peer, SEGMENTS.wanted);
  });
  await live("golden", async (peer) => {
    await peer.import(at("hybrid-export"));
    for (const offer of [first, second, lacking]) await peer.take(offer);
  });
}

async function firstLife(peer: Peer): Promise<void> {
  await peer.append("log", counted(0, 1));
  await peer.append("log", counted(1, MANY - 1));
  await peer.append(SEGMENTS.votes, [
    { payload: text('{"add":1}'), codec: "json", kind: 33 },
    { payload: Uint8Array.of(0xa1, 0x61, 0x61, 0x01), codec: "cbor", key: text("dark-mode") },
    { payload: new Uint8Array(0), kind: 255 },
  ]);
  await peer.append("workspace/alpha/large", [
    { payload: text("before") },
    { payload: Uint8Array.from({ length: LARGE_BYTES }, (_, index) => index % 251) },
    { payload: text("behind") },
  ]);
  await peer.append(SEGMENTS.notes, texts("one", "a secret", "three"));
  await peer.redact(SEGMENTS.notes, { seq: 2 });
  // Lanes that one seal covers together.
  await Promise.all(["a", "b", "c"].map((name) => peer.append(`workspace/beta/ä/${name}`, counted(0, 2))));
}

const issueType = () => record({ title: register(textElement), votes: pnCounter(), tags: orSet(textElement) });

/** Operations of every shape, alone and several in one event, behind the lens that their author named; and what is said beside them. */
async function typedSubjects(peer: Peer): Promise<void> {
  const tags = await peer.subject(TYPED.tags, orSet(textElement));
  await tags.add("ui");
  await tags.add("dark");
  await tags.remove("ui");
  await tags.control.publish({ kind: 200, data: text("beside the operations") });
  await tags.publish({ data: text("among them") });
  const count = await peer.subject(TYPED.count, pnCounter());
  await count.increment(5);
  await count.decrement(2);
  const title = await peer.subject(TYPED.title, register(textElement));
  await title.set("Dark mode");
  const issue = await peer.subject(SEGMENTS.issue, issueType());
  await issue.change((it) => {
    it.title.set("Dark mode");
    it.tags.add("ui");
    it.votes.increment(1);
  });
  // A key of the table changes once its root was asked for: what is on disk of its trie does not have that.
  const stock = await peer.table(TYPED.stock, textElement);
  for (const key of ["apples", "pears", "plums"]) await stock.put(key, "7");
  await stock.delete("pears");
  await stock.root();
  await stock.put("apples", "8");
  for (const subject of [tags, count, title, issue, stock]) await subject.close();
}

/** In a copy, so in epochs of its own. */
async function secondLife(peer: Peer): Promise<void> {
  const issue = await peer.subject(SEGMENTS.issue, issueType());
  await issue.change((it) => it.title.set("Dark mode, at last"));
  await issue.close();
  await peer.append("log", counted(MANY, 5));
  await peer.append("workspace/beta/ä/a", counted(2, 1));
  await peer.append("only/later", [{ payload: text("new"), key: new Uint8Array(200).fill(7), codec: "protobuf" }]);
}

async function exportSome(peer: Peer) {
  rmSync(place.segmentsDir, { recursive: true, force: true });
  mkdirSync(place.segmentsDir, { recursive: true });
  const exported = [];
  for (const [folder, subject] of Object.entries(SEGMENTS)) {
    await peer.export(subject, join(place.segmentsDir, folder));
    exported.push({ folder, subject, files: readdirSync(join(place.segmentsDir, folder)).sort() });
  }
  return exported;
}

const keyFile = join(place.dir, keyFileName);
try {
  mkdirSync(place.dir, { recursive: true });
  if (!existsSync(keyFile)) writeFileSync(keyFile, await keysText());
  mkdirSync(at("golden"));
  copyFileSync(keyFile, join(at("golden"), keyFileName));
  chmodSync(join(at("golden"), keyFileName), 0o600);
  await ownReturns();
  await foreignFeeds();
  await live("golden", firstLife);
  await live("golden", typedSubjects);
  copyStore(at("golden"), at("copy"));
  await live("copy", secondLife);
  const { contents, segments } = await live("copy", async (peer) => ({
    segments: await exportSome(peer),
    contents: await contentsOf(peer),
  }));
  copyStore(at("copy"), place.dir);
  chmodSync(keyFile, 0o644);
  const about = { generator: "scripts/make-golden.ts", format: FORMAT };
  writeFileSync(place.expectedFile, `${inLines({ about, contents, segments })}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
