import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SubjectReport } from "@sinter/core";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";

// What a live subject tells beside its values, and how commands end. See subjects.integration.test.ts for what they write and read.

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  // A store is told by its data file; the stores of these tests keep nothing in theirs.
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
});

afterEach(() => rmSync(dir, { recursive: true }));

const report: SubjectReport = { path: "s", type: "pn-counter", value: 1, progress: { state: "current" }, quarantined: 0 };
const waiting: SubjectReport = { ...report, progress: { state: "waiting", why: "wanted", author: "ab".repeat(32), seq: 4 } };
const passedOver = (seq: number) => ({ author: "ab".repeat(32), epoch: 0, nonce: "0f".repeat(16), seq, reason: "odd" });
const waitingLine =
  "waiting: event 4 of abababab in s is here without what it says: see sinter wanted s; what its author wrote behind it waits too\n";

/** Follows what is given, and then nothing more until the signal. */
function follows(reports: readonly SubjectReport[]): void {
  setting.stores.at(dir).described = {
    async *followSubject(_path, { signal } = {}) {
      yield* reports;
      await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
    },
    quarantinedOf: async () => [passedOver(2), passedOver(3)],
  };
}

test("a follower is told once why the view waits, of each event that is passed over, and of no value twice", async () => {
  const reports = [report, report, waiting, { ...waiting, value: 2 }, { ...waiting, value: 2, quarantined: 1 }];
  follows([...reports, { ...report, value: 3, progress: { state: "folding" }, quarantined: 2 }]);
  const session = start(setting, ["subject", "s", "-f"]);
  await vi.waitFor(() => expect(session.stdout.lines.length).toBe(5));
  expect(session.stdout.json.map(({ value }) => value)).toEqual([1, 1, 2, 2, 3]);
  await vi.waitFor(() =>
    expect(session.stderr.text).toBe(
      `${waitingLine}passed over: event 2 of abababab in s: odd\npassed over: event 3 of abababab in s: odd\n`,
    ),
  );
  session.interrupt();
  expect(await session.done).toBe(0);
});

test("on a terminal a value that only waits for something else is not told again", async () => {
  follows([{ ...report, progress: { state: "folding" } }, waiting, report, { ...report, value: 2 }]);
  const session = start(setting, ["subject", "s", "-f"], (each) => (each.stdout.isTTY = true));
  await vi.waitFor(() => expect(session.stdout.lines.map((line) => line.split("  ")[1])).toEqual(["1", "2"]));
  expect(session.stderr.text).toBe(waitingLine);
  session.interrupt();
  expect(await session.done).toBe(0);
});

test("for a program all of that is in the JSON, and a reader that goes away ends it quietly", async () => {
  follows([{ ...waiting, quarantined: 1 }]);
  const session = start(setting, ["subject", "s", "-f", "--json"]);
  await vi.waitFor(() => expect(session.stdout.json).toEqual([{ ...waiting, quarantined: 1 }]));
  session.interrupt();
  expect([await session.done, session.stderr.text]).toEqual([0, ""]);
  const gone = await finish(setting, ["subject", "s", "-f"], (each) => (each.stdout.mode = "gone"));
  expect(gone.code).toBe(0);
});

test("a value that is read once is told with what it waits for", async () => {
  setting.stores.at(dir).described = { readSubject: async () => waiting };
  const { code, stdout, stderr } = await finish(setting, ["subject", "s"]);
  expect([code, stdout.text, stderr]).toEqual([0, "1\n", waitingLine]);
});

test("a stream that fails is a failure, said on one line", async () => {
  setting.stores.at(dir).described = {
    // biome-ignore lint/correctness/useYield: it fails before
    async *changesOf() {
      throw new Error("odd\nthing");
    },
  };
  const { code, stderr } = await finish(setting, ["watch", "s"]);
  expect([code, stderr]).toEqual([1, "sinter: something unforeseen: odd thing. Please report it with the command you gave.\n"]);
});

const standing = { path: "s", state: "in sync", behind: 0, ahead: 0, unreached: 0, troubles: [] } as const;

test("--status says how the subject stands to others: in words, and as it is for programs", async () => {
  const address = "127.0.0.1:7400";
  const troubles = [
    { cause: "silent", address, peer: "ab".repeat(32), fix: "See to it." },
    { cause: "frozen", detail: "two histories", fix: "See sinter forks." },
  ] as const;
  const told = [
    [standing, ["s  in sync"]],
    [
      { ...standing, state: "behind", behind: 2, ahead: 1, unreached: 3 },
      ["s  behind by 2 feeds, 1 feed on the way to others, 3 writes held by fewer peers than asked for"],
    ],
    [
      { ...standing, state: "stuck", behind: 1, troubles },
      ["s  stuck, behind by 1 feed", `  ${address}  abababab  silent. See to it.`, "  frozen (two histories). See sinter forks."],
    ],
  ] as const;
  for (const [status, lines] of told) {
    setting.stores.at(dir).described = { statusOf: async () => status };
    expect((await finish(setting, ["subject", "s", "--status"])).stdout.lines).toEqual(lines);
    expect((await finish(setting, ["subject", "s", "--status", "--json"])).stdout.json).toEqual([status]);
  }
  expect((await finish(setting, ["subject", "s", "--status", "-f"])).code).toBe(2);
});
