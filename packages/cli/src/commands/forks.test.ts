import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ForkRow, parseForkText } from "@sinter/core";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

interface Vectors {
  readonly author: string;
  readonly forks: readonly { readonly text: string; readonly shows: { readonly branches: readonly { readonly id: string }[] } }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../vectors/fork.json", import.meta.url), "utf8")) as Vectors;
const { author } = vectors;
const [, { text, shows }] = vectors.forks;
const nonce = "b2".repeat(16);
const row: ForkRow = {
  subject: "team/notes",
  subjectId: "cd".repeat(32),
  author,
  epoch: 1,
  nonce,
  freezeAt: 5,
  counted: 4,
  withdrawn: 8,
  whose: "another's",
  proof: parseForkText(text) as Uint8Array,
};

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
  setting.stores.at(dir).forks = [
    row,
    { ...row, subject: undefined, epoch: 2, counted: 0, withdrawn: 0, whose: "own" } as unknown as ForkRow,
  ];
});

afterEach(() => rmSync(dir, { recursive: true }));

function given(command: string, input: string, ...flags: string[]) {
  return finish(setting, [command, "-", ...flags], ({ stdin }) => {
    stdin.feed(input);
    stdin.end();
  });
}

test("forks says of another's feed what happened, what counts, and how to let the author know", async () => {
  const { code, stdout } = await finish(setting, ["forks", "team/notes"]);
  expect([code, stdout.lines]).toEqual([
    0,
    [
      "1. A feed is forked: team/notes, author d04ab232, epoch 1/b2b2b2b2, from event 5 on.",
      "   What happened: the key of author d04ab232 signed two different events 5 of this feed. Two stores used it, most often because",
      "   the files of a store were put back from a snapshot or an older copy, or were copied while both copies ran on; or somebody deceives.",
      "   Kept: events 1 to 4, which both histories share.",
      "   Withdrawn: 8 events from 5 on, which stay on the disk and are not read any more.",
      "   Every replica that has the proof keeps and withdraws the same. Other feeds are as they were, that author's other epochs too.",
      "   What to do here: nothing. Let the author know, and hand on the proof:",
      "   sinter forks --proof d04ab232/1/b2b2b2b2 > fork.txt, and on the other side sinter accuse fork.txt",
    ],
  ]);
});

test("of this store's own feed it says what to stop, and that nothing need be typed to go on", async () => {
  const lines = (await finish(setting, ["forks"])).stdout.lines.slice(8);
  expect(lines).toEqual([
    "2. A feed of THIS store's own author is forked: a subject that is not here (cdcdcdcd), author d04ab232, epoch 2/b2b2b2b2, from event 5 on.",
    "   What happened: the key of this store signed two different events 5 of this feed. Two stores used it, most often because",
    "   the files of a store were put back from a snapshot or an older copy, or were copied while both copies ran on.",
    "   Kept: nothing yet, of 4 that both histories share. Withdrawn: nothing that was here.",
    "   This store goes on by itself, in a new epoch, and appends there again what it wrote behind the fork.",
    "   What to do: find where else these files are in use, and stop it there. Two stores must never share one key: give the other one a",
    "   directory of its own (sinter up --data NEW-DIRECTORY).",
    "   To go back to an earlier state, use sinter backup and sinter restore, which never lead to this.",
  ]);
});

test("forks prints a proof by its number or by its name, and rows for programs", async () => {
  for (const which of ["1", "d04ab232/1/b2b2b2b2"])
    expect((await finish(setting, ["forks", "--proof", which])).stdout.text).toBe(`${text}\n`);
  const missing = await finish(setting, ["forks", "--proof", "3"]);
  expect([missing.code, missing.stderr]).toEqual([1, "sinter: no fork 3 among the 2 listed. Give its number as sinter forks lists it.\n"]);
  const { stdout } = await finish(setting, ["forks", "team/notes", "--json"]);
  expect(stdout.json).toEqual([{ ...row, proof: text }]);
  setting.stores.at(dir).forks = [];
  expect((await finish(setting, ["forks"])).stdout.text).toBe("");
});

test("verify checks a proof of a fork without a store, and says what it shows", async () => {
  const { code, stdout } = await given("verify", text);
  expect([code, stdout.lines]).toEqual([
    0,
    [
      "holds: the key of this author signed two histories of this feed",
      `author   ${author}`,
      "network  demo",
      "subject  workspace/\u00e4/\u65e5\u672c",
      `epoch    1, nonce ${nonce}`,
      "fork     at event 5: the 4 before it are the same in both",
      ...shows.branches.map(({ id }) => expect.stringMatching(`^branch   ${id}, of \\d+ events?, sealed 2026-11-18T11:06:40.000Z$`)),
    ],
  ]);
  const [json] = (await given("verify", JSON.stringify({ proof: text }), "--json")).stdout.json;
  expect(json).toMatchObject({ holds: true, author, freezeAt: 5, branches: shows.branches });
  const bent = text.slice(0, 300) + (text[300] === "A" ? "B" : "A") + text.slice(301);
  for (const wrong of [bent, text.slice(0, 200), "sinter-fork:", `${text}AA`]) expect((await given("verify", wrong)).code).toBe(1);
  expect(setting.stores.opened).toBe(0);
});

test("accuse hands the proof over, and says whether it is news", async () => {
  const first = await given("accuse", `${text.slice(0, 70)}\n${text.slice(70)}`);
  expect([first.code, first.stdout.lines[0], first.stdout.lines.length]).toEqual([0, "The proof holds, and is kept.", 9]);
  expect(setting.stores.at(dir).accused).toEqual([row.proof]);
  const file = join(dir, "fork.txt");
  writeFileSync(file, JSON.stringify({ proof: text }));
  expect((await finish(setting, ["accuse", file])).stdout.lines[0]).toMatch(/was known\.$/);
  expect((await finish(setting, ["accuse", file, "--json"])).stdout.json).toEqual([{ news: "known", ...row, proof: text }]);
  const wrong = await given("accuse", "sinter-proof:AQAE");
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/^sinter: no proof of a fork: .*\. Give what sinter forks --proof prints, whole\.\n$/),
  ]);
});

test("feeds and status say which feeds are forked", async () => {
  setting.stores.at(dir).add("team/notes", { payload: Buffer.from("x") });
  expect((await finish(setting, ["status"])).stdout.lines).toContain("forks     2 feeds with two histories: see sinter forks");
  expect((await finish(setting, ["status", "--json"])).stdout.json[0]).toMatchObject({ forks: 2 });
});

test("who follows a subject is told on standard error what of it counts no more", async () => {
  const contents = setting.stores.at(dir);
  contents.add("team/notes", { payload: Buffer.from("x") });
  contents.withdrawn.push({ author, epoch: 1, nonce, from: 5, to: 7 }, { author, epoch: 0, nonce, from: 5, to: 5 });
  const following = start(setting, ["cat", "team/notes", "-f"]);
  await vi.waitFor(() => expect(following.stderr.lines.length).toBe(2));
  following.interrupt();
  await following.done;
  expect(following.stderr.lines).toEqual([
    "withdrawn: events 5 to 7 of d04ab232/1 in team/notes count no more; see: sinter forks team/notes",
    "withdrawn: event 5 of d04ab232 in team/notes counts no more; see: sinter forks team/notes",
  ]);
  expect(following.stdout.lines.length).toBe(1);
});
