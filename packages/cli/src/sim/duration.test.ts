import { durationText } from "@sinter/simulator";
import { expect, test } from "vitest";
import { durationOf } from "./duration.js";

test("durations are read as they are written", () => {
  const known: readonly (readonly [string, number])[] = [
    ["0s", 0],
    ["750ms", 750],
    ["7s", 7_000],
    ["2.25s", 2_250],
    ["1m30s", 90_000],
    ["1m", 60_000],
    ["2h0.5s", 7_200_500],
    ["24h", 86_400_000],
  ];
  for (const [text, ms] of known) expect([text, durationOf(text)]).toEqual([text, ms]);
  for (const [, ms] of known) expect([ms, durationOf(durationText(ms))]).toEqual([ms, ms]);
  expect(known.map(([, ms]) => durationText(ms)).slice(0, 5)).toEqual(["0s", "750ms", "7s", "2.25s", "1m30s"]);
  expect([durationOf("0"), durationOf("0.1s"), durationOf("0.5ms")]).toEqual([0, 100, 0.5]);
});

test("what is none is refused", () => {
  for (const text of ["", "7", "s", "7 s", "-1s", "1e3s", "7sec", "1.s", "7s ", "9999999999s"])
    expect([text, durationOf(text)]).toEqual([text, undefined]);
});
