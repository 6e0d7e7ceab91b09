import { expect, test } from "vitest";
import type { SimLinkChange } from "../sim/record.js";
import { linkNote, linkPlot, linkRows } from "./link-plot.js";
import { sampleRecord, unbalanced } from "./sample-record.suite.js";

const change = (atMs: number, one: number, other: number, state: "up" | "down"): SimLinkChange => ({ atMs, one, other, state });

test("a link is one row, whoever tells of it; one that is not told to be down is up until the end", () => {
  const links = [
    change(5, 1, 0, "down"),
    change(0, 0, 1, "up"),
    change(2, 1, 0, "up"),
    change(5, 0, 1, "down"),
    change(9, 1, 0, "up"),
    change(1, 0, 2, "up"),
  ];
  expect(linkRows({ links, endedMs: 20 })).toMatchObject([
    {
      one: 0,
      other: 1,
      up: [
        [0, 5],
        [9, 20],
      ],
    },
    { one: 0, other: 2, up: [[1, 20]] },
  ]);
});

test.each([5, 20, 150])("%i links have a row each", (peers) => {
  const record = sampleRecord(peers);
  const svg = linkPlot(record);
  expect(/class="up" d="([^"]+)"/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(peers + 1);
  expect(svg).toContain(`A row for each of ${peers} links, a bar while it is up; 1 of them went down and came up again.`);
  expect([unbalanced(svg), linkNote(record)]).toEqual([
    undefined,
    peers > 40 ? "Rows are thin, one a link; one in 8 is named." : undefined,
  ]);
});

test("a thousand links are counted", () => {
  const record = sampleRecord(1_000);
  const svg = linkPlot(record);
  expect(svg).toContain("Of 1000 links, how many are up; 1000 at the end.");
  const [, path = ""] = /<path d="(M[^"]+)" fill="none"/.exec(svg) ?? [];
  const heights = [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, , y]) => Number(y));
  // All go up at once; one is down for a while.
  expect(heights).toEqual([384, 384, 46, 46, 46.3, 46.3, 46, 46]);
  expect(linkNote(record)).toBe("1000 links are too many for a row each: this is how many are up.");
});

test("of very many steps no dip is lost", () => {
  const links = Array.from({ length: 300 }, (_, one) => change(0, one, one + 1, "up"));
  for (let at = 0; at < 2_000; at++) links.push(change(100 + at * 10, 0, 1, "down"), change(105 + at * 10, 0, 1, "up"));
  for (let one = 0; one < 300; one++) links.push(change(10_001, one, one + 1, "down"), change(10_002, one, one + 1, "up"));
  const svg = linkPlot(sampleRecord(301, { links, endedMs: 30_000 }));
  const [, path = ""] = /<path d="(M[^"]+)" fill="none"/.exec(svg) ?? [];
  const points = [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  expect(points.length).toBeLessThan(900);
  expect(points.filter(([x, y]) => x > 200 && y === 384)).toHaveLength(1);
});
