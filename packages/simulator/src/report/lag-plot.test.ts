import { expect, test } from "vitest";
import { lagNote, lagPlot, lagsOf } from "./lag-plot.js";
import { sampleRecord, unbalanced } from "./sample-record.suite.js";

const legend = (svg: string) => [...svg.matchAll(/<text x="630" y="[\d.]+" fill="currentColor">([^<]+)</g)].map(([, name]) => name);
const curves = (svg: string) => [...svg.matchAll(/<path d="(M[^"]+)" fill="none"/g)].map(([, d = ""]) => d);

test("behind is what whoever holds the most has more; who is down has no lag", () => {
  expect(lagsOf({ atMs: 0, roots: [], events: [7, 10, undefined, 10] })).toEqual([3, 0, undefined, 0]);
  expect(lagsOf({ atMs: 0, roots: [], events: [undefined] })).toEqual([undefined]);
});

test("few peers have a curve each, with a gap where one is down", () => {
  const svg = lagPlot(sampleRecord(3));
  expect([legend(svg), unbalanced(svg)]).toEqual([["N00", "N01", "N02"], undefined]);
  expect(curves(svg).map((d) => d.split("M").length - 1)).toEqual([1, 2, 1]);
  expect(svg).toContain("At the end 0 of 3 peers are behind.");
  expect(lagNote(sampleRecord(3))).toBeUndefined();
});

test("many peers have three curves together", () => {
  const samples = [{ atMs: 0, roots: [], events: Array.from({ length: 100 }, (_, peer) => 1_000 - peer) }];
  const record = sampleRecord(100, { samples });
  const svg = lagPlot(record);
  expect(legend(svg)).toEqual(["most", "p95", "median"]);
  // 99, 94.05 and 49.5 of 100 on the axis, which is 338 high and ends at 384.
  expect(curves(svg).map((d) => Number(d.split(" ")[1]))).toEqual([99, 94.05, 49.5].map((lag) => Math.round((384 - lag * 3.38) * 10) / 10));
  expect(lagNote(record)).toBe("Of 100 peers: the median, the 95th percentile and the most.");
});

test("of several moments the worst is drawn", () => {
  const samples = Array.from({ length: 1_000 }, (_, at) => ({ atMs: at, roots: [], events: [10, at === 501 ? 4 : 10] }));
  const svg = lagPlot(sampleRecord(2, { samples }));
  // Six events behind, at the top of an axis that ends at six.
  expect(curves(svg)[1]).toContain(" 46L");
  expect(curves(svg)[1]?.split("L").length).toBe(200);
});
