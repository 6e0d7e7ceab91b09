import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataFileName } from "sinter";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let archive: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-export-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  archive = join(dir, "archive");
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
  setting.stores.at(dir).add("team/notes", { payload: Buffer.from("x") });
});

const run = (...argv: readonly string[]) => finish(setting, ["export", ...argv]);

test("export says what went where, and how much of it was new", async () => {
  const human = await run("team/notes", archive);
  expect([human.code, human.stderr]).toEqual([0, ""]);
  expect(human.stdout.lines).toEqual([
    `exported team/notes, 1 event in 1 feed, 0 MiB, to ${archive}: 1 segment written, 2 kept, 0 removed`,
  ]);
  const segments = { written: 1, kept: 2, removed: 0 };
  const report = { dir: archive, network: "home", subject: "team/notes", feeds: 1, events: 1, bytes: 2048, segments, lacks: "nothing" };
  expect((await run("team/notes", archive, "--json")).stdout.json).toEqual([report]);
});

test("an export without payloads that the store wants says so", async () => {
  setting.stores.at(dir).lacks = "payloads";
  const { code, stdout } = await run("team/notes", archive);
  expect([code, stdout.lines[1]]).toEqual([0, "payloads that this store still wants are not in it; segments of before stay"]);
});

test("its progress is for terminals", async () => {
  const { stderr } = await finish(setting, ["export", "team/notes", archive], (session) => (session.stderr.isTTY = true));
  expect(stderr).toContain("1 of 2 events exported");
});

test("export beside a holder is made by the holder", async () => {
  const peer = await setting.stores.open({ dir, holder: { kind: "peer", what: "a peer" } });
  const { code } = await run("team/notes", archive);
  await peer.close();
  expect([code, setting.stores.opened]).toEqual([0, 1]);
  expect(setting.stores.at(archive).subjects.has("team/notes")).toBe(true);
});

test("a subject or store that is not there, and a line that lacks something, are told apart", async () => {
  expect((await run("none", archive)).stderr).toBe("sinter: nobody has written to none. Name another.\n");
  expect((await run("team/notes", archive, "--data", `${dir}-none`)).stderr).toContain("there is no store at");
  expect((await run("team/notes")).code).toBe(2);
  expect((await run("\ufffd", archive)).code).toBe(2);
});

test("an interrupted export exits 1 and says so", async () => {
  const session = start(setting, ["export", "team/notes", archive]);
  session.interrupt();
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toMatch(/^sinter: (interrupted|called off)\. .+\n$/);
});
