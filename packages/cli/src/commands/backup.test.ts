import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataFileName } from "sinter";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let backup: string;
let setting: Setting;
const author = "a".repeat(64);
const at = "2026-11-21T00:00:00.000Z";

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "cli-backup-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  [dir, backup] = [join(folder, "data"), join(folder, "backup")];
  mkdirSync(dir);
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
  setting.stores.at(dir).add("team/notes", { payload: Buffer.from("x") });
});

const atTerminal = { stderrIs: "a terminal" } as const;
const run = (argv: readonly string[], at?: typeof atTerminal) =>
  finish(setting, argv, (session) => (session.stderr.isTTY = at !== undefined));

test("backup says where it went and that the secret keys did, for people and for programs", async () => {
  const human = await run(["backup", backup], atTerminal);
  expect([human.code, human.stdout.lines]).toEqual([
    0,
    [`backed up network home, author aaaaaaaa, 0 MiB, to ${backup} (with its secret keys: keep it safe)`],
  ]);
  expect(human.stderr).toContain("0 MiB of 0 MiB copied");
  const machine = await run(["backup", `${backup}-2`, "--without-keys", "--json"]);
  expect(machine.stdout.json).toEqual([
    { dir: `${backup}-2`, network: "home", author, keys: "left out", bytes: 2048, crc32: "dddddddd", at },
  ]);
  expect(machine.stderr).toBe("");
});

test("backup beside a holder is made by the holder; a place that is taken or a store that is not there is refused", async () => {
  const peer = await setting.stores.open({ dir, holder: { kind: "peer", what: "a peer" } });
  expect((await run(["backup", backup])).code).toBe(0);
  const again = await run(["backup", backup]);
  await peer.close();
  expect([again.code, again.stdout.text, again.stderr]).toEqual([1, "", `sinter: ${backup} is not empty. Name another.\n`]);
  const nowhere = await run(["backup", `${backup}-2`, "--data", `${dir}-none`]);
  expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("there is no store at")]);
  expect((await run(["backup"])).code).toBe(2);
});

test("backup's help says what a copy put back in place is not told from", async () => {
  const { code, stdout } = await run(["backup", "--help"]);
  expect(code).toBe(0);
  for (const said of [
    "a snapshot of the disk",
    "What others know of its feeds sets that",
    "The secret keys go along",
    "mode 0600",
    "sinter backup /mnt",
  ])
    expect(stdout.text).toContain(said);
});

test("an interrupted backup exits 1 and says so", async () => {
  const session = start(setting, ["backup", backup]);
  session.interrupt();
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toMatch(/^sinter: (interrupted|called off)\. .+\n$/);
});

test("restore says what came back and how it goes on", async () => {
  await run(["backup", backup]);
  const human = await run(["restore", backup, "--data", `${dir}-2`], atTerminal);
  expect([human.code, human.stdout.lines]).toEqual([
    0,
    [`restored network home, author aaaaaaaa, 1 event, to ${dir}-2: it goes on in an epoch of its own`],
  ]);
  expect(human.stderr).toContain("1 of 2 events verified");
  const machine = await run(["restore", backup, "--data", `${dir}-3`, "--json"]);
  expect(machine.stdout.json).toEqual([
    { dir: `${dir}-3`, network: "home", author, keys: "included", bytes: 2048, at, events: 1, problems: [] },
  ]);
  expect(machine.stderr).toBe("");
});

test("restore without keys says where they belong; what was unsound comes back only when asked for", async () => {
  setting.stores.at(dir).audit = {
    ok: false,
    events: 1,
    feeds: 1,
    views: 0,
    problems: [{ what: "chain", where: "seq 1", detail: "the id differs" }],
  };
  await run(["backup", backup, "--without-keys"]);
  const refused = await run(["restore", backup, "--data", `${dir}-2`]);
  expect([refused.code, refused.stderr]).toEqual([1, "sinter: the store was not sound. Try --unsound.\n"]);
  const accepted = await run(["restore", backup, "--data", `${dir}-2`, "--unsound"]);
  expect([accepted.code, accepted.stdout.lines]).toEqual([
    0,
    [
      "chain at seq 1: the id differs",
      `restored network home, author aaaaaaaa, 1 event, to ${dir}-2: it goes on in an epoch of its own`,
      `Next: put its own keys.json, with mode 0600, at ${dir}-2/keys.json`,
    ],
  ]);
});

test("restore of what is no backup is one line that says so", async () => {
  const { code, stderr } = await run(["restore", backup]);
  expect([code, stderr]).toEqual([1, `sinter: there is no backup in ${backup}. Name another.\n`]);
  expect((await run(["restore"])).code).toBe(2);
});
