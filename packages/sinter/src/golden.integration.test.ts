import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  asId,
  authorKey,
  decodeAuthorKeys,
  decodeFrontierRecord,
  decodeHeadRecord,
  decodeHybridRecord,
  decodeStoreRecord,
  encodeStoreRecord,
  fromHex,
  isMalformed,
  metaKey,
  type Peer,
  SinterError,
  type StoredStoreRecord,
  storeFormat,
  tableRange,
  text,
  verifyInclusion,
} from "@sinter/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Contents, contentsOf, copyStore, type Golden, goldens } from "./golden-store.suite.js";
import { LmdbStore } from "./lmdb-store.js";
import { createNodeHasher } from "./node-hasher.js";
import { open } from "./open.js";
import { freshDir } from "./open-stores.suite.js";
import { fileIdentity } from "./store-instance.js";
import { dataFileName } from "./store-lock.js";

const FUTURE = storeFormat + 1;

function copyOf(golden: Golden): string {
  const dir = mkdtempSync(join(tmpdir(), "sinter-golden-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  copyStore(golden.dir, dir);
  return dir;
}

async function opened(dir: string): Promise<Peer> {
  const peer = await open({ dir, control: "none" });
  onTestFinished(() => peer.close());
  return peer;
}

const bytesOf = (hex: string): Uint8Array => {
  const bytes = fromHex(hex, hex.length / 2);
  if (isMalformed(bytes)) throw new Error(bytes.reason);
  return bytes;
};

async function read<T>(dir: string, look: (store: LmdbStore) => T): Promise<T> {
  const store = new LmdbStore(join(dir, dataFileName));
  try {
    return look(store);
  } finally {
    await store.close();
  }
}

function storeRecord({ keys }: LmdbStore): StoredStoreRecord {
  const record = decodeStoreRecord(keys.get(metaKey("store")) ?? new Uint8Array(0));
  if (isMalformed(record)) throw new Error(record.reason);
  return record;
}

/** The copy as its own, unmoved store: so that what opens it has no reason to write. */
async function withStoreRecord(dir: string, change: (record: Uint8Array) => Uint8Array): Promise<void> {
  const store = new LmdbStore(join(dir, dataFileName));
  const record = store.keys.get(metaKey("store"));
  if (record === undefined) throw new Error("the fixture has no store record");
  await new Promise<void>((done, fail) =>
    store.commit([[metaKey("store"), change(record)]], (failure) => (failure === undefined ? done() : fail(new Error(failure.reason)))),
  );
  await store.close();
}

/** Where this store's author goes on in a subject once it is another instance. An epoch but the first begins with its opening. */
function nextIn({ contents: { feeds, author } }: Golden, subject: string): { readonly epoch: number; readonly seq: number } {
  const epochs = feeds.filter((feed) => feed.subject === subject && feed.author === author).map(({ epoch }) => epoch);
  return epochs.length === 0 ? { epoch: 0, seq: 1 } : { epoch: Math.max(...epochs) + 1, seq: 2 };
}

test("there is one of every format up to this program's", () => {
  expect(goldens.map(({ format }) => format)).toEqual(Array.from({ length: storeFormat }, (_, index) => index + 1));
});

describe.each(goldens)("a store of format $format", (golden) => {
  const { format, contents: expected } = golden;

  test("is as it was left, small, and of the author and network it says", async () => {
    const sizes = readdirSync(golden.dir, { recursive: true, encoding: "utf8" }).map((name) => statSync(join(golden.dir, name)));
    expect(sizes.reduce((sum, each) => sum + (each.isFile() ? each.size : 0), 0)).toBeLessThanOrEqual(400 * 1024);
    const record = await read(copyOf(golden), storeRecord);
    expect([record.format, record.networkName]).toEqual([format, expected.network]);
    expect(asId(record.author)).toEqual(bytesOf(expected.author));
  });

  test("holds what it held when it was written, and is of this program's format from then on", async () => {
    const dir = copyOf(golden);
    const peer = await opened(dir);
    expect(await contentsOf(peer)).toMatchObject(expected);
    const stored = expected.feeds.reduce((sum, { size }) => sum + size, 0);
    const withdrawn = (expected.forks ?? []).reduce((sum, fork) => sum + fork.withdrawn, 0);
    const { feeds, views = 0 } = expected;
    expect(await peer.audit()).toEqual({ ok: true, events: stored + withdrawn, feeds: feeds.length, views, problems: [] });
    await peer.close();
    expect((await read(dir, storeRecord)).format).toBe(storeFormat);
  });

  test("has proofs that are checked from what is written down alone", () => {
    const hasher = createNodeHasher();
    for (const { id, seq, size, root, path } of expected.proofs) {
      const claim = { leaf: bytesOf(id), leafIndex: seq - 1, size, root: bytesOf(root), proof: path.map(bytesOf) };
      expect(verifyInclusion(hasher, claim)).toBe(true);
      expect(verifyInclusion(hasher, { ...claim, leaf: new Uint8Array(32) })).toBe(false);
    }
    expect(expected.proofs.length).toBeGreaterThan(expected.feeds.length);
  });

  test("goes on: what a copy appends stands in a new epoch, and nothing that was there changes", async () => {
    const dir = copyOf(golden);
    const peer = await opened(dir);
    const subjects = ["log", "workspace/alpha/large", "today"];
    const next = subjects.map((subject) => nextIn(golden, subject));
    for (const [index, subject] of subjects.entries()) {
      const receipt = await peer.append(subject, [{ payload: new TextEncoder().encode(`now in ${subject}`) }]);
      expect({ epoch: receipt.epoch, seq: receipt.seq(0) }).toEqual(next[index]);
    }
    await peer.close();

    const again = await opened(dir);
    const { events, feeds, root } = await contentsOf(again);
    expect(root).not.toBe(expected.root);
    for (const [path, before] of Object.entries(expected.events)) expect(events[path]?.slice(0, before.length)).toMatchObject(before);
    for (const feed of expected.feeds) expect(feeds).toContainEqual(expect.objectContaining(feed));
    const added = next.reduce((sum, { seq }) => sum + seq, 0);
    expect(Object.values(events).flat().length).toBe(Object.values(expected.events).flat().length + added);
    expect((await again.audit()).problems).toEqual([]);
    expect((await again.append("log", [{ payload: new Uint8Array(3) }])).epoch).toBe(next[0]?.epoch);
  });
});

test.each(goldens)("a store as of a later format than $format is refused, with what to do about it, and left as it is", async (golden) => {
  const dir = copyOf(golden);
  await withStoreRecord(dir, (record) => Uint8Array.of(FUTURE, ...record.subarray(1), 0xff));
  const file = join(dir, dataFileName);
  const before = { bytes: readFileSync(file), ...fileIdentity(file) };
  const refusal = await open({ dir, control: "none" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(SinterError);
  expect(refusal).toMatchObject({ code: "wrong-store", fix: expect.stringContaining("newer version") });
  expect((refusal as SinterError).message).toContain(String(FUTURE));
  expect({ bytes: readFileSync(file), ...fileIdentity(file) }).toEqual(before);
  // The refusal lets go of the store: it can be looked at again at once.
  await expect(open({ dir, control: "none" })).rejects.toMatchObject({ code: "wrong-store" });
});

test("an unmoved store of an earlier format is written anew before anything else, and says so", async () => {
  const [first] = goldens as [Golden];
  const dir = copyOf(first);
  const { ino, birthtimeNs } = statSync(join(dir, dataFileName), { bigint: true });
  await withStoreRecord(dir, (bytes) => {
    const record = decodeStoreRecord(bytes) as StoredStoreRecord;
    return encodeStoreRecord({ ...record, inode: ino, birthNs: birthtimeNs }).with(0, first.format);
  });
  const { instance } = await read(dir, storeRecord);
  await (await opened(dir)).close();
  expect(await read(dir, storeRecord)).toMatchObject({ format: storeFormat, instance });
});

test("records of today's formats with a later version are malformed: what a later program writes is not taken for something else", async () => {
  const newest = goldens.at(-1) as Golden;
  const versioned = await read(copyOf(newest), ({ keys }) => {
    const first = (table: Parameters<typeof tableRange>[0]) => [...keys.range(tableRange(table))][0]?.[1].slice();
    return [
      { decode: decodeStoreRecord, bytes: keys.get(metaKey("store")) },
      { decode: decodeFrontierRecord, bytes: keys.get(metaKey("frontier")) },
      { decode: decodeHeadRecord, bytes: first("head") },
      { decode: decodeHybridRecord, bytes: first("hybrid") },
      { decode: decodeAuthorKeys, bytes: keys.get(authorKey(asId(bytesOf(newest.contents.author)))) },
    ];
  });
  for (const { decode, bytes = new Uint8Array(1) } of versioned) {
    expect(isMalformed(decode(bytes)), decode.name).toBe(false);
    const later = decode(bytes.with(0, (bytes[0] as number) + 1));
    expect(isMalformed(later) && later.reason, decode.name).toMatch(/of (version|suite) \d; this program (reads|knows)/);
  }
});

test("the newest holds something of everything", () => {
  const { feeds, forks, wanted, views, events } = (goldens.at(-1) as Golden).contents satisfies Contents;
  const all = Object.values(events).flat();
  const author = (goldens.at(-1) as Golden).contents.author;
  expect(new Set(feeds.map(({ epoch }) => epoch))).toEqual(new Set([0, 1]));
  expect(feeds.every((feed) => feed.author !== author || feed.hybridSize === (feed.freezeAt === undefined ? feed.size : 0))).toBe(true);
  expect(feeds.some((feed) => feed.author !== author && feed.hybridSize > 0)).toBe(true);
  expect(forks.map(({ whose }) => whose).sort()).toEqual(["another's", "own"]);
  expect([wanted.length, all.filter(({ absent }) => absent === "wanted").length]).toEqual([1, 1]);
  expect(all.filter(({ absent }) => absent === "redacted").length).toBe(1);
  expect(all.filter(({ origin }) => origin !== undefined).length).toBe(3);
  // A lens, operations alone and several in one event, and what is said beside them.
  for (const kind of [4, 30, 31, 33, 34, 43, 45, 46, 47, 60]) expect(all.map((event) => event.kind)).toContain(kind);
  expect(views).toBe(5);
});

test("a table of the newest goes on from what its trie has, to the root that it has where it is folded anew", async () => {
  const dir = copyOf(goldens.at(-1) as Golden);
  const path = "workspace/alpha/stock";
  const count = (table: "viewTrie" | "viewChanged") => read(dir, ({ keys }) => [...keys.range(tableRange(table))].length);
  expect([await count("viewTrie"), await count("viewChanged")]).toEqual([1, 1]);
  const [peer, exported, other] = [await opened(dir), freshDir(), freshDir()];
  await peer.export(path, exported);
  const anew = await open({ dir: other, network: "golden", control: "none" });
  onTestFinished(() => anew.close());
  await anew.import(exported);
  const [table, same] = [await peer.table(path, text), await anew.table(path, text)];
  await same.current();
  expect([table.get("apples"), table.get("pears"), await table.root()]).toEqual(["8", undefined, await same.root()]);
});
