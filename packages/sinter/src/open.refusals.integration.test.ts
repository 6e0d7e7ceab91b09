import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { metaKey, type StoreFailure, storeFormat } from "@sinter/core";
import { open as openLmdb } from "lmdb";
import { expect, onTestFinished, test, vi } from "vitest";
import { keyFileName } from "./key-file.js";
import { LmdbStore } from "./lmdb-store.js";
import { open } from "./open.js";
import { freshDir, HolderProcess, opened, readTexts, refusalOf, texts, withPeer } from "./open-stores.suite.js";
import { dataFileName } from "./store-lock.js";
import { WorkerCompute } from "./worker-compute.js";

const subject = "team/notes";
const patience = { timeout: 60_000 };

async function storeWith(...lines: readonly string[]): Promise<string> {
  const dir = freshDir();
  await withPeer(dir, (peer) => peer.append(subject, texts(...lines)));
  return dir;
}

/** It must not have kept the store from the next, nor changed it. */
async function expectUnharmed(dir: string, ...lines: readonly string[]): Promise<void> {
  expect(await withPeer(dir, (peer) => readTexts(peer, subject))).toEqual(lines);
}

test("in use by this very process: the second is told by whom, and the first goes on", async () => {
  const dir = freshDir();
  const first = await opened(dir, { holder: { kind: "peer", what: "the first" } });
  const error = await refusalOf(open({ dir }));
  expect([error.code, error.message]).toEqual(["in-use", expect.stringMatching(new RegExp(`process ${process.pid} \\(the first, since `))]);
  expect((await first.append(subject, texts("x"))).seq(0)).toBe(1);
  expect(existsSync(join(dir, "control.sock"))).toBe(true);
  await first.close();
  await expectUnharmed(dir, "x");
});

test("of several opens at once one succeeds", async () => {
  const dir = freshDir();
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => open({ dir, network: "test" })));
  const winners = all.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  expect(winners.length).toBe(1);
  for (const each of all) if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "in-use" });
  await winners[0]?.append(subject, texts("x"));
  await winners[0]?.close();
  await expectUnharmed(dir, "x");
});

test("in use by another process: told by which; killed, it leaves nothing stale and nothing acknowledged is lost", async () => {
  const dir = freshDir();
  const [one, two] = [new HolderProcess(dir), new HolderProcess(dir)];
  await vi.waitFor(() => expect([one.lines.length, two.lines.length].every((count) => count > 0)).toBe(true), patience);
  const [holder, other] = one.lines[0]?.["code"] === undefined ? [one, two] : [two, one];
  expect([other.lines[0]?.["code"], await other.done]).toEqual(["in-use", 0]);
  const error = await refusalOf(open({ dir }));
  expect([error.code, error.message]).toEqual([
    "in-use",
    expect.stringContaining(`process ${holder.child.pid} (the holder of a test, since `),
  ]);
  await vi.waitFor(() => expect(holder.lines.length).toBeGreaterThan(20), patience);
  holder.child.kill("SIGKILL");
  expect(await holder.done).toBe("SIGKILL");
  expect(existsSync(join(dir, "control.sock"))).toBe(true);
  const peer = await opened(dir);
  const [feed] = await peer.feeds("log");
  expect([feed?.epoch, (feed?.size ?? 0) >= holder.lines.length]).toEqual([0, true]);
  const ids: string[] = [];
  for await (const { id } of peer.events("log")) ids.push(id);
  expect(ids.slice(0, holder.lines.length)).toEqual(holder.lines.map(({ id }) => id));
  const next = await peer.append("log", texts("after"));
  expect([next.epoch, next.seq(0)]).toEqual([0, (feed?.size ?? 0) + 1]);
  expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
});

test("another network than the store's is refused by both names", async () => {
  const dir = await storeWith("x");
  const error = await refusalOf(open({ dir, network: "another" }));
  expect([error.code, error.message]).toEqual(["wrong-store", expect.stringMatching(/network test.*another/)]);
  await expectUnharmed(dir, "x");
});

test("a network that is no name leaves nothing behind", async () => {
  const dir = freshDir();
  for (const network of ["", "x".repeat(129), "a\nb"]) expect((await refusalOf(open({ dir, network }))).code).toBe("usage");
  expect(existsSync(dir)).toBe(false);
});

test("missing keys are not made anew", async () => {
  const dir = await storeWith("x");
  const [keys, aside] = [join(dir, keyFileName), join(dir, "aside")];
  copyFileSync(keys, aside);
  rmSync(keys);
  const error = await refusalOf(open({ dir }));
  expect([error.code, error.message, existsSync(keys)]).toEqual(["corrupt", expect.stringContaining(keyFileName), false]);
  copyFileSync(aside, keys);
  chmodSync(keys, 0o600);
  await expectUnharmed(dir, "x");
});

test("another store's keys, keys open to others and damaged ones are refused", async () => {
  const [dir, other] = [await storeWith("x"), await storeWith("y")];
  const keys = join(dir, keyFileName);
  const own = join(dir, "aside");
  copyFileSync(keys, own);
  copyFileSync(join(other, keyFileName), keys);
  expect((await refusalOf(open({ dir }))).code).toBe("wrong-store");
  writeFileSync(keys, "{}");
  expect((await refusalOf(open({ dir }))).code).toBe("corrupt");
  copyFileSync(own, keys);
  chmodSync(keys, 0o644);
  const error = await refusalOf(open({ dir }));
  expect([error.code, error.fix]).toEqual(["permission", expect.stringContaining("chmod 600")]);
  chmodSync(keys, 0o600);
  await expectUnharmed(dir, "x");
});

test.for([
  ["texts", (db: ReturnType<typeof openLmdb>) => db.put("somebody's", "data")],
  ["bytes", (db: ReturnType<typeof openLmdb>) => db.put(Buffer.from([5, 0, 0, 0, 0]), Buffer.from("data"))],
] as const)("an LMDB database of somebody else's, of %s, is left alone", async ([kind, put]) => {
  const dir = freshDir();
  mkdirSync(dir);
  const foreign = () =>
    openLmdb({ path: join(dir, dataFileName), noSubdir: true, ...(kind === "bytes" && { keyEncoding: "binary", encoding: "binary" }) });
  const before = foreign();
  await put(before);
  await before.close();
  expect((await refusalOf(open({ dir }))).code).toBe("wrong-store");
  expect(existsSync(join(dir, keyFileName))).toBe(false);
  const after = foreign();
  expect([...after.getKeys()].length).toBe(1);
  await after.close();
});

test("a file that is no database is left alone", async () => {
  const dir = freshDir();
  mkdirSync(dir);
  const file = join(dir, dataFileName);
  writeFileSync(file, "no database at all. ".repeat(1000));
  const error = await refusalOf(open({ dir }));
  expect([error.code, error.message, statSync(file).size]).toEqual(["wrong-store", expect.stringContaining(file), 20_000]);
  expect((await refusalOf(open({ dir }))).code).toBe("wrong-store");
});

test("a store that was cut short by a broken copy is said to be damaged", async () => {
  const dir = await storeWith("x");
  const file = join(dir, dataFileName);
  const whole = readFileSync(file);
  for (const length of [8192, 1000]) {
    truncateSync(file, length);
    expect((await refusalOf(open({ dir }))).code).toBe("corrupt");
  }
  writeFileSync(file, whole);
  await expectUnharmed(dir, "x");
});

test("a store of a later version is not touched", async () => {
  const dir = await storeWith("x");
  const rewrite = async (version: number) => {
    const store = new LmdbStore(join(dir, dataFileName));
    const record = store.keys.get(metaKey("store")) as Uint8Array;
    record[0] = version;
    await new Promise<StoreFailure | undefined>((done) => store.commit([[metaKey("store"), record]], done));
    await store.close();
  };
  await rewrite(storeFormat + 1);
  const error = await refusalOf(open({ dir }));
  expect([error.code, error.message, error.fix]).toEqual([
    "wrong-store",
    expect.stringContaining(`version ${storeFormat + 1}`),
    expect.stringContaining("newer version"),
  ]);
  await rewrite(storeFormat);
  await expectUnharmed(dir, "x");
});

test.for([
  ["ENOSPC: no space left on device", "disk-full"],
  ["EIO: i/o error", "internal"],
] as const)("a store that cannot be founded (%s) is not half made", async ([reason, code]) => {
  const dir = freshDir();
  const commit = vi
    .spyOn(LmdbStore.prototype, "commit")
    .mockImplementationOnce((_batch, done) => queueMicrotask(() => done({ reason, outcome: "unknown" })));
  onTestFinished(() => commit.mockRestore());
  expect((await refusalOf(open({ dir }))).code).toBe(code);
  expect((await withPeer(dir, (peer) => peer.append(subject, texts("x")))).seq(0)).toBe(1);
});

test("where the control socket cannot be served the open fails, and holds nothing", async () => {
  const dir = await storeWith("x");
  mkdirSync(join(dir, "control.sock"));
  const closed = vi.spyOn(WorkerCompute.prototype, "close");
  onTestFinished(() => closed.mockRestore());
  await expect(open({ dir })).rejects.toThrow(/control\.sock/);
  // The peer that ran already was closed as any other.
  expect(closed).toHaveBeenCalledTimes(1);
  await expectUnharmed(dir, "x");
  rmSync(join(dir, "control.sock"), { recursive: true });
  const peer = await opened(dir);
  expect(await readTexts(peer, subject)).toEqual(["x"]);
});
