import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseProofText } from "@sinter/core";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

interface Vectors {
  readonly proofs: readonly {
    readonly text: string;
    readonly shows: { readonly author: string; readonly id: string; readonly payloadHash?: string };
  }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../vectors/proof.json", import.meta.url), "utf8")) as Vectors;
const [, shown, unshown, keyed, , classicalSeal, bothSeals] = vectors.proofs;
const { author } = shown.shows;
const place = { author, network: "demo", subject: "workspace/\u00e4/\u65e5\u672c", epoch: 1, nonce: "b2".repeat(16) };
const says = {
  ...place,
  seq: 3,
  id: shown.shows.id,
  stamp: [1_795_000_000_000, 2],
  kind: 128,
  payload: "event 3",
  assurance: "classical",
  sealed: { size: 7, stamp: [1_795_000_000_000, 6] },
};

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
  setting.stores.at(dir).proof = parseProofText(shown.text) as Uint8Array;
  setting.stores.at(dir).add("s", { payload: Buffer.from("x") });
});

afterEach(() => rmSync(dir, { recursive: true }));

function verify(text: string, ...flags: string[]) {
  return finish(setting, ["verify", "-", ...flags], ({ stdin }) => {
    stdin.feed(text);
    stdin.end();
  });
}

test("prove prints the proof on one line, or as JSON with what it says", async () => {
  const plain = await finish(setting, ["prove", "s", author, "3"]);
  expect([plain.code, plain.stdout.text, plain.stderr]).toEqual([0, `${shown.text}\n`, ""]);
  expect(setting.stores.at(dir).askedProof).toEqual({ author, seq: 3 });
  const json = await finish(setting, ["prove", "s", "AB12", "3", "--epoch", "1/b2", "--without-payload", "--json"]);
  expect(json.stdout.json).toEqual([{ proof: shown.text, says }]);
  expect(setting.stores.at(dir).askedProof).toEqual({ author: "AB12", seq: 3, epoch: 1, nonce: "b2", payload: "hash" });
});

test("prove asks whoever holds the store", async () => {
  const peer = await setting.stores.open({ dir, holder: { kind: "peer", what: "a peer" } });
  const { code, stdout } = await finish(setting, ["prove", "s", author, "3"]);
  const missing = await finish(setting, ["prove", "none", author, "3"]);
  await peer.close();
  expect([code, stdout.text, setting.stores.opened]).toEqual([0, `${shown.text}\n`, 1]);
  expect([missing.code, missing.stderr]).toEqual([1, `sinter: no author ${author} in none. Name another.\n`]);
});

test("prove hands on no proof that does not hold", async () => {
  setting.stores.at(dir).proof = (parseProofText(shown.text) as Uint8Array).map((byte, at) => (at === 100 ? byte ^ 1 : byte));
  const { code, stdout, stderr } = await finish(setting, ["prove", "s", author, "3"]);
  expect([code, stdout.text]).toEqual([1, ""]);
  expect(stderr).toMatch(/^sinter: the proof does not hold: .*\. Run sinter audit to see whether the store is sound\.\n$/);
});

test("verify says in plain words what is proven, and opens no store", async () => {
  const { code, stdout } = await verify(shown.text);
  expect(code).toBe(0);
  expect(stdout.lines).toEqual([
    "holds: the key of this author signed for this event, at this place",
    `author   ${author}`,
    "network  demo",
    "subject  workspace/\u00e4/\u65e5\u672c",
    `epoch    1, nonce ${"b2".repeat(16)}`,
    "seq      3, of 7 that the seal covers",
    `id       ${shown.shows.id}`,
    "stamp    2026-11-18T11:06:40.000Z, counter 2",
    "kind     128",
    "payload  event 3",
  ]);
  expect((await verify(unshown.text)).stdout.lines.at(-1)).toBe(`payload  not shown; its hash is ${unshown.shows.payloadHash}`);
  expect((await verify(keyed.text)).stdout.lines.at(-1)).toBe("payload  (1 bytes) oA==");
  expect((await verify(classicalSeal.text)).stdout.lines[0]).toBe("holds: the key of this author signed for this event, at this place");
  expect((await verify(bothSeals.text)).stdout.lines[0]).toBe(
    "holds: both keys of this author, Ed25519 and Falcon-512, signed for this event, at this place",
  );
  expect(setting.stores.opened).toBe(0);
});

test("verify reads what prove --json prints, a file, and what mail has broken into lines", async () => {
  const printed = (await finish(setting, ["prove", "s", author, "3", "--json"])).stdout.text;
  const broken = shown.text.replace(/(.{76})/g, "$1\r\n");
  for (const text of [printed, `\ufeff${broken}\n`, ` ${JSON.stringify({ proof: shown.text }, undefined, 2)}`]) {
    const { code, stdout } = await verify(text, "--json");
    expect([code, stdout.json]).toEqual([0, [{ holds: true, ...says }]]);
  }
  const file = join(dir, "proof.txt");
  writeFileSync(file, shown.text);
  expect((await finish(setting, ["verify", file, "--json"])).stdout.json).toEqual([{ holds: true, ...says }]);
});

test("verify of a proof that does not hold exits 1 and names the link", async () => {
  const bytes = parseProofText(shown.text) as Uint8Array;
  const altered = Buffer.from(bytes).toString("latin1").replace("event 3", "event 4");
  const text = `sinter-proof:${Buffer.from(altered, "latin1").toString("base64url")}`;
  const reason = "the event is not the one that its checkpoint covers: it, its place or the path to the root is another";
  const human = await verify(text);
  expect([human.code, human.stdout.text, human.stderr]).toEqual([1, `does not hold: ${reason}\n`, ""]);
  const machine = await verify(text, "--json");
  expect([machine.code, machine.stdout.json]).toEqual([1, [{ holds: false, reason }]]);
  for (const wrong of ["", "{", '{"proof":1}', "hello", "\u001b[2J", shown.text.slice(0, 90), `${shown.text}AA`])
    expect([(await verify(wrong)).code, (await verify(wrong)).stdout.text]).toEqual([
      1,
      expect.stringMatching(/^does not hold: [ -~]+\n$/),
    ]);
});

test("verify of a file that is not there, and one that is interrupted", async () => {
  const missing = await finish(setting, ["verify", join(dir, "none")]);
  expect([missing.code, missing.stderr]).toEqual([
    1,
    expect.stringMatching(/^sinter: ENOENT: no such file .*\. See that the path is right/),
  ]);
  const waiting = start(setting, ["verify", "-"]);
  waiting.interrupt();
  expect([await waiting.done, waiting.stderr.text]).toEqual([1, "sinter: interrupted. Give the command again to go on.\n"]);
});
