import { expect, test } from "vitest";
import { text } from "../element-codec.js";
import type { Heads } from "../heads.js";
import { countIn } from "../lane-sums.js";
import { register } from "../lww-register.js";
import type { AnyMergeType, MergeType } from "../merge-type.js";
import { orSet } from "../or-set.js";
import { pnCounter } from "../pn-counter.js";
import { removeWinsSet } from "../remove-wins-set.js";
import type { Draws } from "./draws.js";
import type { Oracle, Trial } from "./history.js";
import { oracles } from "./oracles.suite.js";
import { runLaws, type Verdict } from "./run-laws.js";

// Types that are wrong in one thing each, and the law that tells.

const set = orSet(text);
const letters = (draws: Draws) => ({ does: draws.pick(["add", "remove"] as const), key: draws.pick(["a", "b"]) });

function verdictOf<Item, Operation>(type: MergeType<Item, Operation, unknown, unknown>, sample: Trial["sample"], oracle?: Oracle): Verdict {
  return runLaws({ type: type as unknown as AnyMergeType, sample, ...(oracle === undefined ? {} : { oracle }) }, { seed: 1, runs: 500 });
}

const law = (verdict: Verdict): string => (verdict.kind === "lawless" ? verdict.law : verdict.kind);
const lines = (verdict: Verdict): readonly string[] => (verdict.kind === "lawless" ? verdict.lines : []);
const words = (draws: Draws) => Uint8Array.of(97 + draws.below(3));
const amounts = (draws: Draws) => draws.pick([1, 2, -1]);

test("a register that keeps what came last depends on what came last", () => {
  const verdict = verdictOf(
    {
      ...register(text),
      apply(heads: Heads<Uint8Array>, what: Uint8Array, { dot }) {
        heads.live = [{ dot, what }];
      },
    },
    words,
  );
  expect(verdict).toEqual({
    kind: "lawless",
    law: "the same operations come to one state, whatever came first",
    seed: 1,
    run: expect.any(Number),
    lines: [
      "A1 by author 1 at 1.0: bytes 61",
      "B1 by author 1, epoch 1 at 1.0: bytes 61",
      expect.stringMatching(/^folded A1, B1: value "a", state /),
      expect.stringMatching(/^folded B1, B1 again, A1: value "a", state /),
    ],
  });
});

test("a set in which the remover wins is lawful, and no or-set", () => {
  const removerWins = removeWinsSet(text);
  expect(law(verdictOf(removerWins, letters))).toBe("lawful");
  const verdict = verdictOf(removerWins, letters, oracles.orSet);
  expect(law(verdict)).toBe("the value is what the definition says of the set of operations");
  expect(lines(verdict).slice(-2)).toEqual([expect.stringContaining(": value Set {}, state "), 'the oracle: value Set {"a"}']);
});

test("a set that forgets what is still to come is told by its snapshots", () => {
  const forgetful: typeof set = {
    ...set,
    isBare: ({ live }) => live.length === 0,
    writeItem: (writer, { live }, lanes, seen) => set.writeItem(writer, { live, ahead: [] }, lanes, seen),
  };
  expect(law(verdictOf(forgetful, letters))).toBe("a snapshot and what came after it is the whole");
});

test("a counter that adds sums up counts twice", () => {
  const counter = pnCounter();
  const doubling: typeof counter = {
    ...counter,
    join(count, from) {
      for (const { sum, last } of from.lanes.values()) countIn(count, sum, last);
    },
  };
  expect(law(verdictOf(doubling, amounts))).toBe("joined parts are the whole");
});

test("a counter that writes its own numbers of lanes is told by another replica's", () => {
  const counter = pnCounter();
  const numbering: typeof counter = {
    ...counter,
    writeItem(writer, count, lanes) {
      counter.writeItem(writer, count, lanes, { of: () => 0 });
      for (const lane of [...count.lanes.keys()].sort()) writer.varint(lane);
    },
    readItem(reader, lanes, key) {
      const count = counter.readItem(reader, lanes, key);
      for (const _ of count.lanes) reader.varint();
      return count;
    },
  };
  expect(law(verdictOf(numbering, amounts))).toBe("states are the same bytes, whatever numbers their lanes have here");
});

test("a counter that takes over the other's sums goes on in both", () => {
  const counter = pnCounter();
  const grasping: typeof counter = {
    ...counter,
    join(count, from, joining) {
      if (count.lanes.size === 0) Object.assign(count, { lanes: from.lanes, total: from.total });
      else counter.join(count, from, joining);
    },
  };
  expect(law(verdictOf(grasping, amounts))).toBe("what is joined into another stays as it is");
});

test("a decoder that throws is told with the bytes that make it", () => {
  const counter = pnCounter();
  const throwing: typeof counter = {
    ...counter,
    readItem(reader, lanes, key) {
      const item = counter.readItem(reader, lanes, key);
      if (reader.failed) throw new TypeError("no sum");
      return item;
    },
  };
  const verdict = verdictOf(throwing, amounts);
  expect(law(verdict)).toBe("decoders answer whatever they are given");
  expect(lines(verdict).at(-2)).toMatch(/^decoding a state of bytes [0-9a-f]*: TypeError: no sum$/);
});

test("a seed and a run repeat what they found, and nothing else", () => {
  const wrong = { ...set, join: () => {} };
  const found = verdictOf(wrong, letters);
  const { run } = found as Extract<Verdict, { kind: "lawless" }>;
  const trial = { type: wrong as unknown as AnyMergeType, sample: letters };
  expect(runLaws(trial, { seed: 1, first: run, runs: 1 })).toEqual(found);
  expect(runLaws(trial, { seed: 1, runs: run })).toEqual({ kind: "lawful", runs: run });
});
