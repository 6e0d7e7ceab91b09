import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Peer, toHex } from "@sinter/core";
import { expect, test, vi } from "vitest";
import { backupNames } from "./backup-manifest.js";
import { connectControl } from "./control/client.js";
import { readStoreRecord } from "./held-data.js";
import { LmdbStore } from "./lmdb-store.js";
import { open } from "./open.js";
import { freshDir, opened, read, readTexts, refusalOf, texts, withPeer } from "./open-stores.suite.js";
import { restore } from "./restore.js";
import { dataFileName } from "./store-lock.js";

const subject = "team/notes";
const finished = ["backup.json", "backup.keys.json", "backup.mdb"];
const runner = fileURLToPath(new URL("../../../scripts/run.mjs", import.meta.url));
const fixture = fileURLToPath(new URL("../fixtures/copier.ts", import.meta.url));
const beside = (dir: string, name: string): string => join(dirname(dir), name);

/** In a process of its own, which is killed once so many pieces are copied. */
function copier(from: string, what: "backup" | "restore", to: string, pieces: number, before = "") {
  const script = `${before} exec "$0" "$@"`;
  return spawnSync("sh", ["-c", script, process.execPath, runner, fixture, from, what, to, String(pieces)], { encoding: "utf8" });
}

/** (feed, epoch nonce, seq) and the id that stands there, of all a peer's events. */
async function places(peer: Peer): Promise<Map<string, string>> {
  const nonces = new Map((await peer.feeds(subject)).map(({ author, epoch, nonce }) => [`${author} ${epoch}`, nonce]));
  const events = await read(peer, subject, { system: true });
  return new Map(events.map(({ author, epoch, seq, id }) => [`${author} ${nonces.get(`${author} ${epoch}`)} ${seq}`, id]));
}

async function instanceOf(dir: string): Promise<string> {
  const store = new LmdbStore(join(dir, dataFileName));
  const record = readStoreRecord(store, dir);
  await store.close();
  return toHex(record?.instance ?? new Uint8Array(0));
}

function expectNoFork(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): void {
  const shared = [...left].filter(([place]) => right.has(place));
  expect(shared.length).toBeGreaterThan(0);
  expect(shared.filter(([place, id]) => right.get(place) !== id)).toEqual([]);
}

test("a backup restored elsewhere forks nobody: both stores go on, each in an epoch of its own", async () => {
  const dir = freshDir();
  const [backup, other] = [beside(dir, "backup"), beside(dir, "other")];
  const original = await opened(dir, { control: "none" });
  await original.append(subject, texts("before"));
  const report = await original.backup(backup);
  await original.append(subject, texts("after", "after that"));
  expect(readdirSync(backup).sort()).toEqual(finished);
  expect(report).toMatchObject({ dir: backup, network: "test", author: original.author, keys: "included" });

  const restored = await restore({ backup, dir: other });
  expect(restored).toMatchObject({ dir: other, network: "test", author: original.author, keys: "included", events: 1, problems: [] });
  const copy = await opened(other, { control: "none" });
  expect([copy.author, copy.id]).toEqual([original.author, original.id]);
  expect(await readTexts(copy, subject)).toEqual(["before"]);
  expect((await copy.append(subject, texts("by the restored"))).epoch).toBe(1);
  expect((await original.append(subject, texts("by the original"))).epoch).toBe(0);

  expectNoFork(await places(original), await places(copy));
  for (const peer of [original, copy]) expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
});

test("each restore is an instance of its own, also in the place of a store that was lost", async () => {
  const dir = freshDir();
  const backup = beside(dir, "backup");
  await withPeer(dir, async (peer) => {
    await peer.append(subject, texts("one"));
    await peer.backup(backup);
    await peer.append(subject, texts("lost"));
  });
  const lost = await withPeer(dir, places);
  const instances = new Set([await instanceOf(dir)]);
  rmSync(dir, { recursive: true });
  const written: Map<string, string>[] = [lost];
  for (const each of [dir, beside(dir, "second"), beside(dir, "third")]) {
    await restore({ backup, dir: each });
    // Said in its record, whatever inode it was given: not left to what the file system keeps.
    instances.add(await instanceOf(each));
    await withPeer(each, async (peer) => {
      expect((await peer.append(subject, texts(each))).epoch).toBe(1);
      written.push(await places(peer));
    });
  }
  expect(instances.size).toBe(4);
  for (const left of written) for (const right of written) expectNoFork(left, right);
  expect(new Set(written.flatMap((map) => [...map.values()])).size).toBe(2 + 3 * 2);
});

test("a backup whose files are put in place by hand goes on in an epoch of its own as well", async () => {
  const { backup, other } = await backedUp();
  mkdirSync(other);
  cpSync(join(backup, backupNames.data), join(other, dataFileName));
  cpSync(join(backup, backupNames.keys), join(other, "keys.json"));
  await withPeer(other, async (peer) => {
    expect((await peer.append(subject, texts("two"))).epoch).toBe(1);
    expect(await peer.audit()).toMatchObject({ ok: true });
  });
});

test("while appends go on, a backup holds one moment: all that was acknowledged before it, and a sound store", async () => {
  const dir = freshDir();
  const peer = await opened(dir, { control: "none" });
  const filler = Array.from({ length: 500 }, (_, index) => ({ payload: new Uint8Array(1_000).fill(index) }));
  for (let batch = 0; batch < 10; batch++) await peer.append(subject, filler);
  const goes = new AbortController();
  let acknowledged = 0;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let round = 0; !goes.signal.aborted; round++) {
      const receipt = await peer.append(`team/storm/${writer}/${round % 50}`, filler.slice(0, 1 + (round % 7)));
      acknowledged += receipt.count;
    }
  });
  const rounds: { readonly backup: string; readonly least: number }[] = [];
  for (let round = 0; round < 4; round++) {
    const seen = acknowledged;
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(seen + 50), { timeout: 20_000 });
    const backup = beside(dir, `backup-${round}`);
    rounds.push({ backup, least: 5_000 + acknowledged });
    await peer.backup(backup);
  }
  goes.abort();
  await Promise.all(writers);

  for (const { backup, least } of rounds) {
    const { events, problems } = await restore({ backup, dir: `${backup}-restored` });
    expect(problems).toEqual([]);
    expect(events).toBeGreaterThanOrEqual(least);
    expect(await withPeer(`${backup}-restored`, (copy) => copy.audit())).toMatchObject({ ok: true });
  }
});

test("keys go along for their owner alone, or are left out, and then the store waits for its own", async () => {
  const dir = freshDir();
  const [backup, bare, other] = [beside(dir, "backup"), beside(dir, "bare"), beside(dir, "other")];
  const keys = await withPeer(dir, async (peer) => {
    await peer.append(subject, texts("one"));
    await peer.backup(backup);
    expect(await peer.backup(bare, { keys: "leave out" })).toMatchObject({ keys: "left out" });
    return readFileSync(join(dir, "keys.json"));
  });
  expect([statSync(backup).mode & 0o777, ...finished.map((name) => statSync(join(backup, name)).mode & 0o777)]).toEqual([
    0o700, 0o600, 0o600, 0o600,
  ]);
  expect(readFileSync(join(backup, backupNames.keys)).equals(keys)).toBe(true);
  expect(readdirSync(bare).sort()).toEqual(["backup.json", "backup.mdb"]);

  expect(await restore({ backup: bare, dir: other })).toMatchObject({ keys: "left out" });
  expect(await refusalOf(open({ dir: other }))).toMatchObject({
    code: "corrupt",
    message: expect.stringContaining("keys.json is missing"),
  });
  writeFileSync(join(other, "keys.json"), keys, { mode: 0o600 });
  expect(await withPeer(other, (peer) => readTexts(peer, subject))).toEqual(["one"]);
});

test("a holder backs up for another process, to a path of that process", async () => {
  const dir = freshDir();
  await opened(dir);
  const client = await connectControl({ dir });
  if (client === undefined) throw new Error("nobody serves the store");
  await client.append(subject, texts("one"));
  const seen: number[] = [];
  const report = await client.backup(beside(dir, "backup"), { progress: ({ bytes }) => seen.push(bytes) });
  expect(report).toMatchObject({ keys: "included", bytes: statSync(join(beside(dir, "backup"), backupNames.data)).size });
  expect(seen.length).toBeGreaterThan(0);
  expect(await refusalOf(client.backup(beside(dir, "backup")))).toMatchObject({ code: "exists" });
  await client.close();
  expect(await restore({ backup: beside(dir, "backup"), dir: beside(dir, "other") })).toMatchObject({ events: 1 });
});

test("called off, or left by its peer, a backup leaves nothing behind", async () => {
  const dir = freshDir();
  const backup = beside(dir, "backup");
  mkdirSync(beside(dir, "empty"));
  const peer = await opened(dir, { control: "none" });
  await peer.append(subject, [{ payload: new Uint8Array(8_000_000) }]);
  const stop = new AbortController();
  const called = refusalOf(peer.backup(backup, { signal: stop.signal, progress: () => stop.abort() }));
  expect(await refusalOf(peer.backup(beside(dir, "second")))).toMatchObject({ code: "busy" });
  expect(await called).toMatchObject({ code: "aborted" });
  let closed: Promise<void> | undefined;
  const left = refusalOf(peer.backup(beside(dir, "empty"), { progress: () => (closed ??= peer.close()) }));
  expect(await left).toMatchObject({ code: "stopped" });
  await closed;
  expect([existsSync(backup), readdirSync(beside(dir, "empty"))]).toEqual([false, []]);
  // The store was let go of in order.
  expect(await withPeer(dir, (again) => again.audit())).toMatchObject({ ok: true, events: 1 });
});

test("killed at any moment, neither leaves what looks finished, and what was there before is as it was", async () => {
  const dir = freshDir();
  await withPeer(dir, (peer) => peer.append(subject, [{ payload: new Uint8Array(12_000_000) }]));
  const whole = beside(dir, "whole");
  await withPeer(dir, (peer) => peer.backup(whole));
  for (const pieces of [1, 12]) {
    const [backup, other] = [beside(dir, `backup-${pieces}`), beside(dir, `other-${pieces}`)];
    expect(copier(dir, "backup", backup, pieces).signal).toBe("SIGKILL");
    expect(await refusalOf(restore({ backup, dir: other }))).toMatchObject({
      code: "corrupt",
      message: expect.stringContaining("never finished"),
    });
    expect(await refusalOf(withPeer(dir, (peer) => peer.backup(backup)))).toMatchObject({ code: "exists" });
    expect(copier(whole, "restore", other, pieces).signal).toBe("SIGKILL");
    expect(existsSync(other)).toBe(false);
    const [left = ""] = readdirSync(dirname(dir)).filter((name) => name.startsWith(`other-${pieces}.unfinished-`));
    expect(existsSync(join(dirname(dir), left, dataFileName))).toBe(false);
    expect(await restore({ backup: whole, dir: other })).toMatchObject({ events: 1 });
  }
  expect(await withPeer(dir, (peer) => peer.audit())).toMatchObject({ ok: true, events: 1 });
});

test("a disk too small is told of as such, by both, and nothing is left on it", async () => {
  const dir = freshDir();
  const [backup, other] = [beside(dir, "backup"), beside(dir, "other")];
  await withPeer(dir, async (peer) => {
    await peer.append(subject, [{ payload: new Uint8Array(4_000_000) }]);
    await peer.backup(backup);
  });
  for (const [from, what] of [
    [dir, "backup"],
    [backup, "restore"],
  ] as const) {
    // No file may grow beyond 2000 blocks: a write fails half-way, as on a disk that fills up.
    const { stdout } = copier(from, what, other, 1_000, "ulimit -f 2000;");
    expect(JSON.parse(stdout)).toMatchObject({ code: "disk-full" });
    expect(readdirSync(dirname(dir)).sort()).toEqual(["backup", "data"]);
  }
});

/** A sound backup, and a place that is free. */
async function backedUp(): Promise<{ readonly backup: string; readonly other: string; readonly dir: string }> {
  const dir = freshDir();
  const backup = beside(dir, "backup");
  await withPeer(dir, async (peer) => {
    await peer.append(subject, texts("one"));
    await peer.backup(backup);
  });
  return { dir, backup, other: beside(dir, "other") };
}

test("a damaged backup is named, whichever byte of it it is, and nothing is made of it", async () => {
  const { backup, other } = await backedUp();
  const { length } = readFileSync(join(backup, backupNames.data));
  const flips: [string, number][] = Array.from({ length: 24 }, (_, index) => [backupNames.data, Math.floor((index * (length - 1)) / 23)]);
  flips.push([backupNames.keys, 0], [backupNames.keys, 100]);
  for (const [name, at] of flips) {
    const path = join(backup, name);
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(path, bytes);
    expect(await refusalOf(restore({ backup, dir: other }))).toMatchObject({
      code: "corrupt",
      message: expect.stringContaining(`${path} is damaged`),
    });
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(path, bytes);
  }
  expect(existsSync(other)).toBe(false);
  appendFileSync(join(backup, backupNames.data), "x");
  expect((await refusalOf(restore({ backup, dir: other }))).message).toContain(`it has ${length + 1} of ${length} bytes`);
  truncateSync(join(backup, backupNames.data), length);
  expect(await restore({ backup, dir: other })).toMatchObject({ events: 1 });
});

test("a manifest that is damaged, of a later version, or of another store is refused", async () => {
  const { backup, other, dir } = await backedUp();
  const path = join(backup, backupNames.manifest);
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const refusals = [
    [{ ...manifest, author: "b".repeat(64) }, "corrupt", "describes another store"],
    [{ ...manifest, network: "elsewhere" }, "corrupt", "describes another store"],
    [{ ...manifest, data: {} }, "corrupt", "is damaged"],
    [{ format: 2 }, "wrong-store", "has format 2"],
  ] as const;
  for (const [changed, code, message] of refusals) {
    writeFileSync(path, JSON.stringify(changed));
    expect(await refusalOf(restore({ backup, dir: other }))).toMatchObject({ code, message: expect.stringContaining(message) });
  }
  expect(await refusalOf(restore({ backup: dir, dir: other }))).toMatchObject({ code: "not-found" });
  expect(await refusalOf(restore({ backup: beside(dir, "none"), dir: other }))).toMatchObject({ code: "not-found" });
  expect(readdirSync(dirname(dir)).sort()).toEqual(["backup", "data"]);
});

test("nothing is restored over anything, and an empty directory will do", async () => {
  const { backup, other, dir } = await backedUp();
  expect(await refusalOf(restore({ backup, dir }))).toMatchObject({ code: "exists", message: expect.stringContaining("is not empty") });
  expect(await withPeer(dir, (peer) => readTexts(peer, subject))).toEqual(["one"]);
  mkdirSync(other);
  await restore({ backup, dir: other });
  expect([statSync(other).mode & 0o777, readdirSync(other).sort()]).toEqual([0o700, ["keys.json", dataFileName]]);
  expect(await refusalOf(restore({ backup, dir: join(beside(dir, "none"), "below") }))).toMatchObject({ code: "not-found" });
  const stop = AbortSignal.abort();
  expect(await refusalOf(restore({ backup, dir: beside(dir, "third"), signal: stop }))).toMatchObject({ code: "aborted" });
});

test("what was unsound when it was backed up is refused, and restored as it is when asked for", async () => {
  const { dir, other } = await backedUp();
  const store = new LmdbStore(join(dir, dataFileName));
  const [block] = [...store.keys.range({ from: Uint8Array.of(8), to: Uint8Array.of(9) })];
  if (block === undefined) throw new Error("no block");
  const [key, value] = block;
  const changed = value.slice();
  changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
  await new Promise<void>((done) => store.commit([[key.slice(), changed]], () => done()));
  await store.close();
  const unsound = beside(dir, "unsound");
  await withPeer(dir, (peer) => peer.backup(unsound));
  const refused = await refusalOf(restore({ backup: unsound, dir: other }));
  expect(refused).toMatchObject({ code: "corrupt", message: expect.stringContaining("was not sound when it was backed up") });
  const { problems } = await restore({ backup: unsound, dir: other, unsound: "accept" });
  expect(problems.length).toBeGreaterThan(0);
  expect(await withPeer(other, (peer) => peer.audit())).toMatchObject({ ok: false });
});

test("a finished backup stays what it is when it is copied and moved", async () => {
  const { backup, other, dir } = await backedUp();
  cpSync(backup, beside(dir, "copied"), { recursive: true });
  renameSync(beside(dir, "copied"), beside(dir, "moved"));
  expect(await restore({ backup: beside(dir, "moved"), dir: other })).toMatchObject({ events: 1, problems: [] });
});
