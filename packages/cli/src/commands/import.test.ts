import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImportedFeed } from "@sinter/core";
import { dataFileName } from "sinter";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let archive: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-import-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  archive = join(dir, "archive");
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
  for (const text of ["x", "y"]) setting.stores.at(archive).add("team/notes", { payload: Buffer.from(text) });
});

const run = (...argv: readonly string[]) => finish(setting, ["import", ...argv]);

const refused: ImportedFeed = {
  author: "b".repeat(64),
  epoch: 1,
  nonce: "1e".repeat(16),
  events: 1_200,
  held: 3,
  taken: 900,
  outcome: "malformed",
  file: "f.segment",
  reason: "it is\nnot there",
  hybrid: "none",
};

test("import says of each feed what was taken and what was held, and may be repeated", async () => {
  const first = await run(archive);
  expect([first.code, first.stderr]).toEqual([0, ""]);
  expect(first.stdout.lines).toEqual([
    "aaaaaaaa  epoch 0/0f0f0f0f  taken 2 of 2 events, held 0",
    "imported 2 events of team/notes in 1 feed",
  ]);
  const second = await run(archive, "--json");
  const feed = { author: "a".repeat(64), epoch: 0, nonce: "0f".repeat(16), events: 2, held: 2, taken: 0, outcome: "held", hybrid: "none" };
  expect([second.code, second.stdout.json]).toEqual([0, [{ from: archive, network: "home", subject: "team/notes", feeds: [feed] }]]);
});

test("a feed that is refused is named with file and reason, and the exit is 1", async () => {
  setting.stores.at(archive).refused = [refused];
  const { code, stdout } = await run(archive);
  expect(code).toBe(1);
  expect(stdout.lines.slice(1)).toEqual([
    "bbbbbbbb  epoch 1/1e1e1e1e  taken 900 of 1,200 events, held 3, refused (malformed): it is\\nnot there (f.segment)",
    "imported 902 events of team/notes in 2 feeds, 1 refused",
  ]);
  expect((await run(archive, "--json")).code).toBe(1);
});

test("of a feed of this store's own it is said how much of what it had written was appended again", async () => {
  setting.stores.at(archive).refused = [{ ...refused, outcome: "taken", reappended: 2 }];
  const { code, stdout } = await run(archive);
  expect([code, stdout.lines[1]]).toEqual([
    0,
    "bbbbbbbb  epoch 1/1e1e1e1e  taken 900 of 1,200 events, held 3, 2 events of this store appended again behind them",
  ]);
});

test("what became of a feed's second signature is said in a few words, and is no reason to exit 1", async () => {
  const whole = { ...refused, outcome: "held" } as const;
  const reason = "a seal that its author did not sign";
  setting.stores.at(archive).refused = [
    { ...whole, hybrid: "taken" },
    { ...whole, hybrid: "held" },
    { ...whole, hybrid: "ahead" },
    { ...whole, hybrid: "refused", hybridReason: reason },
  ];
  const { code, stdout } = await run(archive);
  const start = "bbbbbbbb  epoch 1/1e1e1e1e  taken 900 of 1,200 events, held 3, hybrid seal";
  expect(code).toBe(0);
  expect(stdout.lines.slice(1, -1)).toEqual([
    `${start} taken`,
    `${start} held`,
    `${start} over events that did not come`,
    `${start} refused: ${reason}`,
  ]);
});

test("its progress is for terminals", async () => {
  const { stderr } = await finish(setting, ["import", archive], (session) => (session.stderr.isTTY = true));
  expect(stderr).toContain("1 of 2 events verified");
});

test("import beside a holder is made by the holder", async () => {
  const peer = await setting.stores.open({ dir, holder: { kind: "peer", what: "a peer" } });
  const { code } = await run(archive);
  await peer.close();
  expect([code, setting.stores.opened]).toEqual([0, 1]);
  expect(setting.stores.at(dir).subjects.get("team/notes")?.length).toBe(2);
});

test("a store that is not there is made only for a network that is named", async () => {
  const fresh = join(dir, "fresh");
  expect((await run(archive, "--data", fresh)).stderr).toBe(
    `sinter: there is no store at ${fresh}. Add --network NAME, the network that it comes from, to make one; or name another store with --data DIR.\n`,
  );
  expect(existsSync(fresh)).toBe(false);
  const { code, stdout } = await run(archive, "--data", fresh, "--network", "team", "--json");
  expect([code, stdout.json]).toEqual([0, [expect.objectContaining({ network: "team" })]]);
});

test("what is no export, and a line that lacks something, are told apart", async () => {
  expect((await run(join(dir, "none"))).stderr).toContain("is not there");
  expect((await run()).code).toBe(2);
});

test("an interrupted import exits 1 and says so", async () => {
  const session = start(setting, ["import", archive]);
  session.interrupt();
  expect(await session.done).toBe(1);
  expect(session.stderr.text).toMatch(/^sinter: (interrupted|called off)\. .+\n$/);
});

test("import's help says what becomes of a store's own feeds", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const said of ["appended again behind it", "Nothing of it is", "sinter import /mnt"]) expect(stdout.text).toContain(said);
});
