import { expect, test } from "vitest";
import type { SimRound } from "../sim/record.js";
import { latencyPlot } from "./latency-plot.js";
import { unbalanced } from "./sample-record.suite.js";

const rounds = (...latencies: number[]): SimRound[] =>
  latencies.map((latencyMs) => ({ peer: 0, beganMs: 0, latencyMs, reason: "root_equal" }));
const bars = (svg: string) => [...svg.matchAll(/data-count="(\d+)" x="([\d.]+)"/g)].map(([, count, x]) => [Number(count), Number(x)]);

test("each round is in one bar, those of a power of ten at its beginning", () => {
  const svg = latencyPlot(rounds(10, 10, 100, 1_000, 9_999));
  // Three decades of six bars, 670 units in all.
  const width = 670 / 18;
  expect(bars(svg).map(([count]) => count)).toEqual([2, 1, 1, 1]);
  expect(bars(svg).map(([, x]) => Math.round(((x as number) - 70.5) / width))).toEqual([0, 6, 12, 17]);
  expect(svg).toContain("A histogram of 5 rounds: p50 100 ms, p95 8.2 s, p99 9.64 s.");
  expect(unbalanced(svg)).toBeUndefined();
});

test("percentiles that are the same are told one above the other", () => {
  const svg = latencyPlot(rounds(5, 5, 5));
  expect([...svg.matchAll(/y="([\d.]+)" [^>]+>p(\d+) 5 ms</g)].map(([, y]) => Number(y))).toEqual([80, 65, 50]);
});

test("rounds that took no time are there; none is no bar", () => {
  expect(bars(latencyPlot(rounds(0, 0.01)))).toEqual([[2, 70.5]]);
  expect(bars(latencyPlot([]))).toEqual([]);
  expect(latencyPlot([])).toContain("No round ended.");
});
