import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { Command } from "commander";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";
import type { OpenStore } from "../terminal/io.js";
import { addAppend } from "./append.js";
import { addAudit } from "./audit.js";
import { addBackup } from "./backup.js";
import { addBench } from "./bench.js";
import { addCat } from "./cat.js";
import { type Registry, wholeNumber } from "./context.js";
import { addExport } from "./export.js";
import { addFeeds } from "./feeds.js";
import { addImport } from "./import.js";
import { addKeys } from "./keys.js";
import { addProve } from "./prove.js";
import { addRedact } from "./redact.js";
import { addRestore } from "./restore.js";
import { addStatus } from "./status.js";
import { addUp } from "./up.js";
import { addVerify } from "./verify.js";
import { addWanted } from "./wanted.js";

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
});

afterEach(() => rmSync(dir, { recursive: true }));

test("feeds, status and keys, for programs and for people", async () => {
  setting.stores.at(dir).add("team/notes", { payload: Buffer.from("x") });
  const feeds = await finish(setting, ["feeds", dir, "--json"]);
  expect(feeds.stdout.json).toMatchObject([{ subject: "team/notes", epoch: 0, size: 1 }]);
  expect((await finish(setting, ["feeds"])).stdout.text).toBe("team/notes  aaaaaaaa  epoch 0  1 event  head 00000000\n");
  const status = await finish(setting, ["status", dir, "--json"]);
  const subjects = [{ path: "team/notes", events: 1 }];
  expect(status.stdout.json).toEqual([
    { peer: "b".repeat(64), author: "a".repeat(64), root: "c".repeat(64), subjects, links: [], forks: 0 },
  ]);
  expect((await finish(setting, ["status"])).stdout.lines).toHaveLength(5);
  const keys = await finish(setting, ["keys", "--data", dir, "--json"]);
  expect(keys.stdout.json).toEqual([{ peer: "b".repeat(64), author: "a".repeat(64), keyFile: `${dir}/keys.json` }]);
  expect((await finish(setting, ["keys"])).stdout.lines[2]).toBe(`key file  ${dir}/keys.json`);
});

test("audit of a sound store exits 0, of an unsound one 1 and names what is wrong", async () => {
  setting.stores.at(dir).add("s", { payload: Buffer.from("x") });
  const sound = await finish(setting, ["audit", "--json"], (session) => (session.stderr.isTTY = true));
  expect([sound.code, sound.stdout.json]).toEqual([0, [{ ok: true, events: 1, feeds: 1, views: 0, problems: [] }]]);
  expect(sound.stderr).toContain("1 of 2 events verified");
  expect((await finish(setting, ["audit", dir])).stdout.text).toBe("sound: 1 event in 1 feed\n");
  const problems = [{ what: "chain", where: "s, seq 1", detail: "the id differs" }];
  setting.stores.at(dir).audit = { ok: false, events: 1, feeds: 1, views: 0, problems };
  const unsound = await finish(setting, ["audit", "--json"]);
  expect([unsound.code, unsound.stdout.json]).toEqual([1, [{ ok: false, events: 1, feeds: 1, views: 0, problems }]]);
  const human = await finish(setting, ["audit"]);
  expect(human.stdout.lines).toEqual(["chain at s, seq 1: the id differs", "not sound: 1 problem among 1 event in 1 feed"]);
  expect(human.stderr).toBe("");
  setting.stores.at(dir).audit = { ok: true, events: 1, feeds: 1, views: 2, problems: [] };
  expect((await finish(setting, ["audit"])).stdout.text).toBe("sound: 1 event in 1 feed, 2 views\n");
});

test("audit --repair says what was mended, then what the audit finds", async () => {
  const problem = { what: "proof", where: "s (lane 0)", detail: "the nodes of group 0 are missing" };
  const contents = setting.stores.at(dir);
  contents.audit = { ok: false, events: 0, feeds: 0, views: 0, problems: [problem] };
  contents.mended = [{ what: "proof", where: "lane 0", detail: "nodes of 1 groups written anew" }];
  expect((await finish(setting, ["audit"])).code).toBe(1);

  const human = await finish(setting, ["audit", "--repair"]);
  expect([human.code, human.stdout.lines]).toEqual([
    0,
    ["mended: proof at lane 0: nodes of 1 groups written anew", "sound: 0 events in 0 feeds"],
  ]);
  const machine = await finish(setting, ["audit", "--repair", "--json"]);
  expect(machine.stdout.json).toEqual([{ ok: true, events: 0, feeds: 0, views: 0, problems: [], mended: contents.mended }]);
});

test("audit --repair of a store that somebody holds names the holder and mends nothing", async () => {
  const peer = await setting.stores.open({ dir, holder: { kind: "peer", what: "a peer" } });
  const refused = await finish(setting, ["audit", "--repair"]);
  await peer.close();
  expect([refused.code, refused.stdout.text]).toEqual([1, ""]);
  expect(refused.stderr).toContain(`process ${process.pid} holds`);
});

test("audit of a store too damaged to open reports that as the problem", async () => {
  const open: OpenStore = async () => Promise.reject(new SinterError("corrupt", "the head record is cut short", "Restore a backup."));
  const stores = Object.assign(new MemoryStores(), { open });
  const damaged = await finish({ ...setting, stores }, ["audit", "--json"]);
  expect(damaged.code).toBe(1);
  expect(damaged.stdout.json).toEqual([
    { ok: false, events: 0, feeds: 0, views: 0, problems: [{ what: "store", where: dir, detail: "the head record is cut short" }] },
  ]);
  expect((await finish({ ...setting, stores }, ["status"])).stderr).toBe("sinter: the head record is cut short. Restore a backup.\n");
});

test("commands that only read refuse a missing or an empty directory and make none", async () => {
  const missing = join(dir, "none");
  for (const command of [["cat", "s"], ["feeds"], ["status"], ["keys"], ["audit"]]) {
    const { code, stderr } = await finish(setting, [...command, "--data", missing]);
    expect(code).toBe(1);
    expect(stderr).toBe(`sinter: there is no store at ${missing}. Make one with: sinter up, or name another with --data DIR.\n`);
  }
  expect(existsSync(missing)).toBe(false);
  mkdirSync(missing);
  expect((await finish(setting, ["status", missing])).code).toBe(1);
  const file = join(dir, dataFileName);
  for (const command of ["status", "audit", "up"]) {
    const { code, stderr } = await finish(setting, [command, file]);
    expect([code, stderr]).toEqual([1, `sinter: ${file} is a file, not a directory. Name the store's directory with --data DIR.\n`]);
  }
  expect((await finish(setting, ["up", join(file, "x")])).stderr).toContain("x lies below a file, not a directory.");
});

test("bench measures on a store of its own and leaves none", async () => {
  const dirs: string[] = [];
  const stores = new MemoryStores();
  const open: OpenStore = (options) => {
    dirs.push(options.dir);
    return stores.open(options);
  };
  const { code, stdout } = await finish({ ...setting, stores: Object.assign(new MemoryStores(), { open }) }, [
    "bench",
    "--events",
    "1500",
    "--json",
  ]);
  expect(code).toBe(0);
  expect(stdout.json).toMatchObject([
    { bench: "append-batch", unit: "events/s" },
    { bench: "append-one" },
    { bench: "read", events: 2_000 },
  ]);
  expect(existsSync(dirs[0])).toBe(false);
  const human = await finish(setting, ["bench", "--events", "1000"]);
  expect(human.stdout.lines).toHaveLength(3);
});

test("an interrupted bench exits 1 and says so on one line", async () => {
  const session = start(setting, ["bench", "--events", "1000"]);
  session.interrupt();
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toBe("sinter: interrupted. Give the command again to go on.\n");
});

test("each command registers its own name with a summary, and begins nothing by that", () => {
  const adds = {
    up: addUp,
    append: addAppend,
    cat: addCat,
    feeds: addFeeds,
    audit: addAudit,
    backup: addBackup,
    restore: addRestore,
    export: addExport,
    import: addImport,
    prove: addProve,
    verify: addVerify,
    redact: addRedact,
    wanted: addWanted,
    keys: addKeys,
    status: addStatus,
    bench: addBench,
  };
  for (const [name, add] of Object.entries(adds)) {
    const program = new Command();
    const begun: unknown[] = [];
    add({ program, context: {} as Registry["context"], chosen: (work) => begun.push(work) });
    expect(program.commands.map((command) => command.name())).toEqual([name]);
    expect(program.commands[0].summary()).not.toBe("");
    expect(begun).toEqual([]);
  }
});

test("a whole number is digits within its bounds", () => {
  const parse = wholeNumber(1, 20);
  expect([parse("1"), parse("20")]).toEqual([1, 20]);
  for (const text of ["0", "21", "1.5", "1e1", "-3", "", "x"]) expect(() => parse(text)).toThrow("from 1 to 20");
});
