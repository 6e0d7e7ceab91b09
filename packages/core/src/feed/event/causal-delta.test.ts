import { expect, test } from "vitest";
import { causalFullEveryEvents, causalRowsMax } from "../../bytes/limits.js";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { laneOf } from "../rig/sample-events.suite.js";
import { CausalDecoder, causalDeltaFault, decodeCausalDelta, encodeCausalDelta } from "./causal-delta.js";

const OWN = laneOf(0xffff_ffff);

test("without a sound full delta nothing is known, until the next one", () => {
  const decoder = new CausalDecoder(OWN);
  expect(isMalformed(decoder.apply(undefined))).toBe(true);
  expect(isMalformed(decoder.apply(Uint8Array.of(0, 1, 0, 1)))).toBe(true);
  expect(decoder.apply(Uint8Array.of(1, 0))).toBeUndefined();
  for (let event = 1; event < causalFullEveryEvents; event++) expect(decoder.apply(undefined)).toBeUndefined();
  expect(decoder.known).toBe(true);
  expect(decoder.apply(undefined)?.reason).toContain("256 events");
  expect(decoder.known).toBe(false);
  expect(decoder.apply(Uint8Array.of(1, 0))).toBeUndefined();
  expect(decoder.apply(Uint8Array.of(0, 1, 0, 1))?.reason).toContain("bytes expected");
  expect(isMalformed(decoder.apply(undefined))).toBe(true);
});

const entry = (number: number, index: number, amount = 1) => ({ index, amount, lane: laneOf(number) });
const fullOf = (...rows: ReturnType<typeof entry>[]) => encodeCausalDelta({ coverage: "full", rows });

test("a dictionary lists no lane twice, and not its own", () => {
  expect(new CausalDecoder(OWN).apply(fullOf(entry(1, 0), entry(1, 1)))?.reason).toContain("twice");
  expect(new CausalDecoder(laneOf(1)).apply(fullOf(entry(1, 0)))?.reason).toContain("its own lane");
});

test("a size that grows beyond what a number holds is malformed", () => {
  const decoder = new CausalDecoder(OWN);
  expect(decoder.apply(fullOf(entry(1, 0, Number.MAX_SAFE_INTEGER)))).toBeUndefined();
  expect(decoder.sizeOf(laneOf(1))).toBe(Number.MAX_SAFE_INTEGER);
  expect(decoder.apply(Uint8Array.of(0, 1, 0, 1))?.reason).toContain("beyond 2^53");
  expect(decoder.sizeOf(laneOf(1))).toBe(0);
});

test.each([
  ["rows that do not rise", [0, 2, 1, 1, 1, 1], "rise by index"],
  ["an index beyond the dictionary", [0, 1, 9, 1], "where the dictionary has 5"],
  ["no growth", [0, 1, 1, 0], "no growth"],
  ["flags", [2, 0], "causal flags 2"],
  ["65 rows", [0, 65], "65 causal rows"],
  ["no rows and not full", [0, 0], "neither full"],
  ["bytes behind", [0, 1, 1, 1, 7], "too many"],
  ["nothing", [], "expected"],
])("a delta with %s is malformed", (_name, bytes, expected) => {
  const decoded = decodeCausalDelta(Uint8Array.from(bytes), 5);
  expect(decoded instanceof Malformed ? decoded.reason : "accepted").toContain(expected);
});

test("a decoded lane outlives the bytes it was read from", () => {
  const bytes = fullOf(entry(1, 0, 3));
  const decoder = new CausalDecoder(OWN);
  decoder.apply(bytes);
  bytes.fill(0xff);
  expect(decoder.rows()).toEqual([{ ...laneOf(1), size: 3 }]);
});

test("more rows than allowed are never encoded", () => {
  const rows = Array.from({ length: causalRowsMax + 1 }, (_, index) => ({ index, amount: 1 }));
  expect(() => encodeCausalDelta({ coverage: "changes", rows })).toThrow(RangeError);
});

test("what is wrong with a full delta shows without any dictionary", () => {
  const bytes = fullOf(entry(1, 0, 3));
  expect(causalDeltaFault(bytes, 0, bytes.length)).toBeUndefined();
  expect(causalDeltaFault(bytes, 0, bytes.length - 1)).toContain("expected");
  expect(causalDeltaFault(Uint8Array.of(1, 1, 1, 1), 0, 4)).toContain("where the dictionary has 0");
});
