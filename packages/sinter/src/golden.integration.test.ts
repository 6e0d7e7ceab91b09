import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asId, decodeStoreRecord, fromHex, isMalformed, metaKey, type Peer, SinterError, verifyInclusion } from "@sinter/core";
import { expect, onTestFinished, test } from "vitest";
import { type Contents, contentsOf, copyStore, expectedFileName, goldenDir } from "./golden-store.suite.js";
import { LmdbStore } from "./lmdb-store.js";
import { createNodeHasher } from "./node-hasher.js";
import { open } from "./open.js";
import { fileIdentity } from "./store-instance.js";
import { dataFileName } from "./store-lock.js";

const { contents: expected } = JSON.parse(readFileSync(join(goldenDir, expectedFileName), "utf8")) as { readonly contents: Contents };
const FUTURE = 2;

function goldenCopy(): string {
  const dir = mkdtempSync(join(tmpdir(), "sinter-golden-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  copyStore(goldenDir, dir);
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

test("a store of format 1 holds what it held when it was written", async () => {
  const peer = await opened(goldenCopy());
  expect(await contentsOf(peer)).toEqual(expected);
  const events = Object.values(expected.events).flat().length;
  expect(await peer.audit()).toEqual({ ok: true, events, feeds: expected.feeds.length, problems: [] });
  expect(new Set(expected.feeds.map(({ epoch }) => epoch))).toEqual(new Set([0, 1]));
});

test("its proofs are checked from what is written down alone", () => {
  const hasher = createNodeHasher();
  for (const { id, seq, size, root, path } of expected.proofs) {
    const claim = { leaf: bytesOf(id), leafIndex: seq - 1, size, root: bytesOf(root), proof: path.map(bytesOf) };
    expect(verifyInclusion(hasher, claim)).toBe(true);
    expect(verifyInclusion(hasher, { ...claim, leaf: new Uint8Array(32) })).toBe(false);
  }
  expect(expected.proofs.length).toBeGreaterThan(expected.feeds.length);
});

test("it goes on: what a copy appends stands in a new epoch, and nothing that was there changes", async () => {
  const dir = goldenCopy();
  const peer = await opened(dir);
  const append = (subject: string) => peer.append(subject, [{ payload: new TextEncoder().encode(`now in ${subject}`) }]);
  const receipts = [await append("log"), await append("workspace/alpha/large"), await append("today")];
  // Two epochs before, one, none; in a new epoch the event that opens it comes first.
  expect(receipts.map(({ epoch }) => epoch)).toEqual([2, 1, 0]);
  expect(receipts.map((receipt) => receipt.seq(0))).toEqual([2, 2, 1]);
  await peer.close();

  const again = await opened(dir);
  const { events, feeds, root } = await contentsOf(again);
  expect(root).not.toBe(expected.root);
  for (const [path, before] of Object.entries(expected.events)) expect(events[path]?.slice(0, before.length)).toEqual(before);
  for (const feed of expected.feeds) expect(feeds).toContainEqual(feed);
  expect(Object.values(events).flat().length).toBe(Object.values(expected.events).flat().length + 5);
  expect((await again.audit()).problems).toEqual([]);
  expect((await again.append("log", [{ payload: new Uint8Array(3) }])).epoch).toBe(2);
});

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

test("a store of a later format is refused, with what to do about it, and left as it is", async () => {
  const dir = goldenCopy();
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

test("the fixture is small, and of the author and network it says", () => {
  expect(statSync(join(goldenDir, dataFileName)).size).toBeLessThanOrEqual(200 * 1024);
  const dir = goldenCopy();
  const store = new LmdbStore(join(dir, dataFileName));
  onTestFinished(() => store.close());
  const record = decodeStoreRecord(store.keys.get(metaKey("store")) ?? new Uint8Array(0));
  if (isMalformed(record)) throw new Error(record.reason);
  expect(record.networkName).toBe(expected.network);
  expect(asId(record.author)).toEqual(bytesOf(expected.author));
});
