import { expect, test } from "vitest";
import { colourOf, rootNote, rootPlot } from "./root-plot.js";
import { sampleRecord, unbalanced } from "./sample-record.suite.js";

const paths = (svg: string) =>
  [...svg.matchAll(/data-root="([^"]+)" d="([^"]+)" fill="([^"]+)"/g)].map(([, root = "", d = "", fill = ""]) => ({ root, d, fill }));
const names = (svg: string) => [...svg.matchAll(/>(N\d+)</g)].map(([, name]) => name);

test("a root is one colour wherever it is, and as long as it stays it is one box", () => {
  const record = sampleRecord(3, {
    settings: { ...sampleRecord(3).settings, peers: 3 },
    endedMs: 4_000,
    writesStoppedMs: 1_000,
    convergedMs: 2_000,
    samples: [
      { atMs: 0, roots: ["00000001", "00000001", undefined], events: [1, 1, undefined] },
      { atMs: 1_000, roots: ["00000001", "00000002", "00000002"], events: [1, 2, 2] },
      { atMs: 2_000, roots: ["00000002", "00000002", "00000002"], events: [2, 2, 2] },
    ],
  });
  const svg = rootPlot(record);
  const [one, two] = paths(svg);
  // 670 units are four seconds; rows are 14 high, one of them a gap.
  expect(one).toEqual({ root: "00000001", fill: colourOf("00000001"), d: "M70 64h335v13h-335zM70 78h167.5v13h-167.5z" });
  expect(two?.d).toBe("M405 64h335v13h-335zM237.5 78h502.5v13h-502.5zM237.5 92h502.5v13h-502.5z");
  expect(/class="equal" d="([^"]*)"/.exec(svg)?.[1]).toBe("M70 46h167.5v10h-167.5zM405 46h335v10h-335z");
  expect(svg).toContain("In 2 of 3 moments all peers that are up have the same root.");
  expect(names(svg)).toEqual(["N00", "N01", "N02"]);
});

test.each([
  [5, 5, undefined],
  [20, 20, undefined],
  [120, 20, "Rows are thin, one a peer; one in 6 is named."],
  [
    1_000,
    18,
    "Each row stands for 8 peers, one after the other; one row in 7 is named. A row whose peers have several roots is grey, whichever they are.",
  ],
])("%i peers: names have room, and what a row is, is said", (peers, labels, note) => {
  const record = sampleRecord(peers);
  const svg = rootPlot(record);
  expect(unbalanced(svg)).toBeUndefined();
  expect([names(svg).length, rootNote(record)]).toEqual([labels, note]);
  const heights = [...svg.matchAll(/y="([\d.]+)" [^>]*font-size="11">N/g)].map(([, y]) => Number(y));
  for (const [at, height] of heights.slice(1).entries()) expect(height - (heights[at] as number)).toBeGreaterThanOrEqual(13);
  expect(svg.length).toBeLessThan(400_000);
});

test("a group of peers that have several roots is of none of their colours", () => {
  const [first] = sampleRecord(1_000).samples;
  const roots = Array.from({ length: 1_000 }, (_, peer) => (peer === 3 ? "00000002" : "00000001"));
  const svg = rootPlot(sampleRecord(1_000, { samples: [{ atMs: 0, events: first?.events ?? [], roots }] }));
  expect(paths(svg).map(({ root, d }) => [root, d.split("M").length - 1])).toEqual([
    ["mixed", 1],
    ["00000001", 124],
  ]);
});

test("long runs are thinned, never of their last moment; nothing converged is no line", () => {
  const samples = Array.from({ length: 1_000 }, (_, at) => ({
    atMs: at * 1_000,
    roots: [at === 999 ? "ffffffff" : "00000001"],
    events: [1],
  }));
  const record = sampleRecord(1, { samples, endedMs: 1_000_000, convergedMs: undefined });
  expect(rootPlot(record)).toContain('data-root="ffffffff"');
  expect(rootPlot(record)).not.toContain("converged");
  expect(rootNote(record)).toBe("One moment in 5 is drawn, and the last.");
});
