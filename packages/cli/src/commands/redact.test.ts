import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test } from "vitest";
import { finish, type Setting } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

let dir: string;
let setting: Setting;
const author = "a".repeat(64);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
  for (const text of ["one", "two"]) setting.stores.at(dir).add("s", { payload: Buffer.from(text) });
});

afterEach(() => rmSync(dir, { recursive: true }));

test("redact says what it has done, and cat shows it so", async () => {
  const plain = await finish(setting, ["redact", "s", "1"]);
  expect([plain.code, plain.stdout.text]).toEqual([0, "redacted event 1 of s by event 3 (00000000)\n"]);
  expect(setting.stores.at(dir).askedRedaction).toEqual({ seq: 1 });
  const json = await finish(setting, ["redact", "s", "2", "--epoch", "1/b2", "--json"]);
  const by = { author, epoch: 0, seq: 4, id: "4".padStart(64, "0") };
  expect(json.stdout.json).toEqual([{ subject: "s", redacted: 2, by }]);
  expect(setting.stores.at(dir).askedRedaction).toEqual({ seq: 2, epoch: 1, nonce: "b2" });
  const [shown] = (await finish(setting, ["cat", "s", "--json"])).stdout.json;
  expect(shown).toMatchObject({ seq: 1, kind: 128, payload: null, absent: "redacted" });
  expect((await finish(setting, ["cat", "s"])).stdout.lines[0]).toMatch(/ {2}1 {2}\(redacted by its author\)$/);
});

test("redact asks whoever holds the store, and tells why it is not done", async () => {
  const peer = await setting.stores.open({ dir, holder: { kind: "peer", what: "a peer" } });
  expect((await finish(setting, ["redact", "s", "2"])).code).toBe(0);
  const refused = await finish(setting, ["redact", "s", "9"]);
  await peer.close();
  expect([refused.code, refused.stderr]).toEqual([1, "sinter: there is no event 9. Name another.\n"]);
  for (const wrong of [["s"], ["s", "0"], ["s", "x"], ["s", "1", "--epoch", "x"]])
    expect((await finish(setting, ["redact", ...wrong])).code).toBe(2);
});

test("the help of redact tells what stays", async () => {
  const { stdout } = await finish(setting, ["redact", "--help"]);
  const text = stdout.text.replace(/\s+/g, " ");
  for (const words of [
    "cannot be undone",
    "What stays",
    "kind, time, key and length, and the hash",
    "backups",
    "until its pages are written over",
  ])
    expect(text).toContain(words);
});

test("wanted lists page after page, of all subjects or one", async () => {
  const payload = { subject: "s", author, epoch: 0, nonce: "b2".repeat(16), seq: 2, hash: "c".repeat(64), bytes: 1 };
  setting.stores.at(dir).wanted = [payload, { ...payload, seq: 3, bytes: 2 }, { ...payload, subject: "t" }];
  const plain = await finish(setting, ["wanted", "s"]);
  expect(plain.stdout.lines).toEqual([
    `s  aaaaaaaa  epoch 0  seq 2  1 byte  ${payload.hash}`,
    `s  aaaaaaaa  epoch 0  seq 3  2 bytes  ${payload.hash}`,
  ]);
  expect((await finish(setting, ["wanted", "--json"])).stdout.json).toEqual(setting.stores.at(dir).wanted);
  setting.stores.at(dir).wanted = [];
  const none = await finish(setting, ["wanted"], (session) => (session.stderr.isTTY = true));
  expect([none.code, none.stdout.text, none.stderr]).toEqual([0, "", expect.stringContaining("nothing is wanted")]);
});
