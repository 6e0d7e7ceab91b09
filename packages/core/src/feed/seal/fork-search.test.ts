import fc from "fast-check";
import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import { type History, history, sealTools } from "../rig/forked-lane.suite.js";
import { answerTo, ForkSearch, type Parting } from "./fork-search.js";

const { hasher } = sealTools;
const told = ({ size, mmr, checkpoint }: History) => ({ size, root: checkpoint.mmrRoot, peaks: mmr.peaks });

function search(mine: History, theirs: History): { readonly found: "one history" | Parting; readonly questions: number } {
  const run = ForkSearch.begin(hasher, mine, told(theirs));
  if (run instanceof Malformed) throw new Error(run.reason);
  for (let questions = 0; ; questions++) {
    const step = run.next();
    if (step.kind === "one history") return { found: step.kind, questions };
    if (step.kind === "parting") return { found: step.parting, questions };
    expect(run.answer(answerTo(hasher, theirs, step.question) ?? [])).toBe("taken");
  }
}

test("property: the first leaf in which two histories differ is found, from either side, in few questions", () => {
  fc.assert(
    fc.property(fc.nat({ max: 300 }), fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), (common, left, right) => {
      const one = history({ common, size: common + left, branch: 1 });
      const other = history({ common, size: common + right, branch: 2 });
      for (const [mine, theirs] of [
        [one, other],
        [other, one],
      ] as const) {
        const { found, questions } = search(mine, theirs);
        expect(found).toMatchObject({ mine: { at: common, size: mine.size }, theirs: { at: common, size: theirs.size } });
        expect(questions).toBeLessThanOrEqual(Math.ceil(Math.log2(theirs.size + 1)));
      }
    }),
    { numRuns: 60 },
  );
});

test("property: where one history goes on from the other there is no parting", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat({ max: 300 }), (size, more) => {
      const short = history({ common: 1_000, size, branch: 1 });
      const long = history({ common: 1_000, size: size + more, branch: 1 });
      expect(search(short, long).found).toBe("one history");
      expect(search(long, short).found).toBe("one history");
    }),
    { numRuns: 60 },
  );
});

test("a hundred thousand events on either side: the parting is found in a handful of questions", () => {
  const common = 70_001;
  const { found, questions } = search(history({ common, size: 100_003, branch: 1 }), history({ common, size: 99_000, branch: 2 }));
  expect(found).toMatchObject({ mine: { at: common } });
  expect(questions).toBeLessThanOrEqual(5);
});

test("whoever tells what was not signed is caught at the first answer", () => {
  const mine = history({ common: 100, size: 200, branch: 1 });
  const theirs = history({ common: 100, size: 180, branch: 2 });
  const liar = history({ common: 90, size: 180, branch: 3 });
  expect(ForkSearch.begin(hasher, mine, { ...told(theirs), peaks: liar.mmr.peaks })).toBeInstanceOf(Malformed);
  expect(ForkSearch.begin(hasher, mine, { ...told(theirs), peaks: theirs.mmr.peaks.slice(1) })).toBeInstanceOf(Malformed);

  const run = ForkSearch.begin(hasher, mine, told(theirs)) as ForkSearch;
  const step = run.next();
  if (step.kind !== "ask") throw new Error("nothing was asked");
  const honest = answerTo(hasher, theirs, step.question) ?? [];
  for (const made of [answerTo(hasher, liar, step.question) ?? [], honest.slice(1), [], honest.map((hash) => hash.slice(1))]) {
    expect(run.answer(made)).toBeInstanceOf(Malformed);
  }
  expect(run.answer(honest)).toBe("taken");
  expect(run.answer(honest)).toBeInstanceOf(Malformed);
});

test("no more is answered than may be asked for, and nothing of what is not there", () => {
  const mine = history({ common: 100, size: 100, branch: 1 });
  const ask = (height: number, index: number, levels: number) => answerTo(hasher, mine, { node: { height, index }, levels });
  expect(ask(6, 0, 4)).toHaveLength(16);
  expect([ask(6, 0, 5), ask(6, 0, 0), ask(6, 0, 1.5), ask(2, 0, 3), ask(6, 1, 1), ask(7, 0, 1)]).toEqual(Array(6).fill(undefined));
});
