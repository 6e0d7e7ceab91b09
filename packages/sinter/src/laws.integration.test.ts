import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SinterError } from "@sinter/core";
import { expect, test } from "vitest";
import { checkLaws } from "./laws.js";

// In threads, which run what was built.

const lawless = new URL("../fixtures/lawless/lawless.js", import.meta.url);
const module = (text: string): URL => new URL(`data:text/javascript,${encodeURIComponent(text)}`);

const order = "the same operations come to one state, whatever came first";
const joined = "joined parts are the whole";
const impure = "neither time nor chance is asked";

/** What each of the fixtures is refused for, and the line of its counterexample that shows it. */
const refusals: readonly (readonly [string, string, RegExp])[] = [
  ["mean", order, /^folded B1.*A1: value 0\.25/],
  ["last-arrival", order, /^folded B1.*A1: value 0,/],
  ["concat", order, /^folded B1.*A1: value "ab"/],
  ["nan-max", order, /^folded B1.*A1: value NaN/],
  ["sum-without-ids", joined, /^\(\[A1\] with \[A1\]\) with \[A1\]: value 3,/],
  ["forgets", "a state takes on what a later one counts", /^\[nothing\] with all: value 0,/],
  ["reads-the-clock", impure, /^apply\(0, 0, .*\): Impure: Date\.now is asked/],
  ["reads-another-clock", impure, /^apply\(0, 0, .*\): Impure: performance\.now is asked/],
  ["rolls-dice", impure, /^apply\(0, 0, .*\): Impure: Math\.random is asked/],
  ["hides-its-dice", impure, /^crypto\.getRandomValues is asked/],
  ["counts-its-calls", "the same question has the same answer", /^apply\(0, 0, .*\): \d+$/],
  ["mutates", "a state that is given is not changed", /^after apply\(\[1, 2, 3\], 0, .*\): \[0, 1, 2, 3\]$/],
  ["throws", "nothing throws", /^apply\(0, 3, .*\): RangeError: 3 is too far from 0$/],
  ["unwritable", "a state can be written", /^apply\(0, 2, .*\) came to undefined/],
  ["half-reads", "decoders answer whatever they are given", /^decoding an operation of kind 50 of bytes [0-9a-f]*: RangeError/],
];

test.each(refusals)("%s is refused: %s", async (type, law, line) => {
  const [report] = await checkLaws(lawless, { type });
  expect(report).toMatchObject({ verdict: "refused", type, law });
  expect(report?.verdict === "refused" ? report.lines : []).toContainEqual(expect.stringMatching(line));
});

test("a call that never comes back is ended, and named", async () => {
  const [report] = await checkLaws(lawless, { type: "loopsForever" });
  expect(report).toMatchObject({ verdict: "refused", type: "loops-for-ever", law: "every call comes to an end" });
  expect(report?.verdict === "refused" ? report.lines : []).toEqual([
    expect.stringMatching(/^apply\(2, 3, .*\) did not come back in 5000 ms$/),
  ]);
});

test("what came late once, and not again, is not held against the module", async () => {
  const marker = join(mkdtempSync(join(tmpdir(), "sinter-laws-")), "marker");
  const late = `import { existsSync, writeFileSync } from "node:fs";
    if (!existsSync(${JSON.stringify(marker)})) { writeFileSync(${JSON.stringify(marker)}, ""); for (;;); }
    export { highScores } from ${JSON.stringify(lawless.href)};`;
  expect(await checkLaws(module(late), { runs: 50 })).toMatchObject([{ verdict: "lawful", type: "high-scores" }]);
});

test("a type that keeps the laws is known by what it does", async () => {
  const steps: number[] = [];
  const [report] = await checkLaws(lawless, { type: "highScores", runs: 120, seed: 3, progress: ({ runs }) => steps.push(runs) });
  expect(report).toEqual({ verdict: "lawful", type: "high-scores", version: 1, runs: 120, digest: expect.stringMatching(/^073ea291/) });
  expect(steps).toEqual([50, 100, 120]);
});

test("what a module exports is looked through, each type once", async () => {
  const same = `export { highScores, highScores as again } from ${JSON.stringify(lawless.href)};`;
  expect((await checkLaws(module(same))).map(({ type }) => type)).toEqual(["high-scores"]);
});

test("a module that has no such type, or cannot be imported, is wrong usage", async () => {
  const why = async (url: URL, type?: string) => {
    const error = await checkLaws(url, type === undefined ? {} : { type }).catch((caught: unknown) => caught);
    return error instanceof SinterError && error.code === "usage" ? error.message : error;
  };
  expect(await why(lawless, "median")).toContain("it exports no merge type median; there are: concat, ");
  expect(await why(module("export const one = 1"))).toContain("it exports no merge type");
  expect(await why(module("throw new Error('not now')"))).toContain("it cannot be imported: not now");
  expect(await why(module("process.exit(3)"))).toContain("its thread ended with code 3");
  expect(await why(module("for (;;);"))).toContain("importing it did not come to an end in 5000 ms");
});

test("who gives up waiting ends the thread", async () => {
  const stop = new AbortController();
  const checked = checkLaws(lawless, { type: "highScores", runs: 10_000_000, signal: stop.signal, progress: () => stop.abort() });
  await expect(checked).rejects.toThrow("aborted");
});
