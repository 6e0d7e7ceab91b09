import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
});

afterEach(() => rmSync(dir, { recursive: true }));

test("sync says what went each way, for programs and for people; where the two still differ it exits 1", async () => {
  const told = await finish(setting, ["sync", "127.0.0.1:7400", "--json"]);
  const counts = { sent: 1, received: 2, bytesOut: 30, bytesIn: 40, rounds: 3, ms: 5, peer: "dd".repeat(32) };
  expect([told.code, told.stdout.json]).toEqual([0, [{ converged: true, ...counts }]]);
  expect((await finish(setting, ["sync", "127.0.0.1:7400"])).stdout.text).toBe(
    "2 events came, 1 went, in 3 rounds and 5 ms; both hold the same\n",
  );
  const failed = await finish(setting, ["sync", "127.0.0.1:1"]);
  expect([failed.code, failed.stdout.text]).toEqual([
    1,
    "2 events came, 1 went, in 3 rounds and 5 ms; they do not hold the same: no answer\n",
  ]);
});

test("an address alone makes no store; an invite does", async () => {
  const none = join(dir, "none");
  const refused = await finish(setting, ["sync", "127.0.0.1:7400", "--data", none]);
  expect([refused.code, refused.stderr]).toEqual([1, `sinter: there is no store at ${none}. Use an invite to begin a new store with.\n`]);
  expect((await finish(setting, ["sync", "sinter1.abc", "--data", none])).code).toBe(0);
  expect(setting.stores.linking).toEqual({ sync: {}, invite: "sinter1.abc" });
});

test("what is said of links and their pace is handed on; the secret comes from its file, or from the environment", async () => {
  const file = join(dir, "secret");
  writeFileSync(file, "a secret of this network\n");
  const session = start({ ...setting, env: { ...setting.env, SINTER_SECRET: "the secret of the environment" } }, [
    ...["up", "--json", "--listen", "127.0.0.1:7400", "127.0.0.1:7401", "--join", "10.0.0.1:7400", "--secret-file", file],
    ...["--spaces", "team/alpha", "--delta-chunk-bytes", "1024", "--delta-window-chunks", "2", "--retrans-timeout", "1.5s"],
    ...["--heartbeat", "100", "--suspect-timeout", "1m", "--sync-interval", "2h", "--reconciler", "descent"],
  ]);
  await vi.waitFor(() => expect(session.stdout.lines.length).toBeGreaterThan(0));
  session.interrupt();
  expect(await session.done).toBe(0);
  const sync = {
    ...{ chunkBytes: 1024, windowChunks: 2, retransMs: 1500, heartbeatMs: 100 },
    ...{ suspectMs: 60_000, intervalMs: 7_200_000, reconciler: "descent" },
  };
  expect(setting.stores.linking).toEqual({
    sync,
    secret: "a secret of this network\n",
    spaces: ["team/alpha"],
    listen: ["127.0.0.1:7400", "127.0.0.1:7401"],
    join: ["10.0.0.1:7400"],
  });
});

test("wrong flags are told of: a time that is none, a file that is not there, a reconciler nobody knows", async () => {
  const time = await finish(setting, ["sync", "127.0.0.1:7400", "--heartbeat", "soon"]);
  expect([time.code, time.stderr]).toEqual([2, 'sinter: "soon" is no time. Give one such as 750ms, 2s or 1m.\n']);
  const file = await finish(setting, ["sync", "127.0.0.1:7400", "--secret-file", join(dir, "none")]);
  expect([file.code, file.stderr]).toEqual([2, expect.stringContaining("cannot be read (ENOENT)")]);
  expect((await finish(setting, ["sync", "127.0.0.1:7400", "--reconciler", "magic"])).code).toBe(2);
});
