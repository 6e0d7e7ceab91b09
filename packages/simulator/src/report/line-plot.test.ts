import { expect, test } from "vitest";
import { type Curve, type LinePlot, linePlot } from "./line-plot.js";

const plot = (curves: readonly Curve[], more: Partial<LinePlot> = {}): string =>
  linePlot({ title: "t", x: { label: "x", scale: "linear" }, y: { label: "y", scale: "linear" }, curves, ...more });

/** Texts of ticks at the foot, from the left. */
const atFoot = (svg: string) => [...svg.matchAll(/y="404" fill="currentColor" text-anchor="middle">([^<]+)</g)].map(([, text]) => text);
const path = (svg: string) => /<path d="(M[^"]+)" fill="none"/.exec(svg)?.[1];

test("a curve goes from the foot of the axes to their end", () => {
  const svg = plot([
    {
      name: "a",
      points: [
        [0, 0],
        [50, 5],
        [100, 10],
      ],
    },
  ]);
  expect(path(svg)).toBe("M76 384L328 215L580 46");
  expect(atFoot(svg)).toEqual(["0", "20", "40", "60", "80", "100"]);
});

test("a logarithmic axis has a tick at each power of ten, and equal factors are equal ways", () => {
  const svg = plot(
    [
      {
        name: "a",
        points: [
          [2, 1],
          [1_000, 1],
          [20_000, 1],
        ],
      },
    ],
    { x: { label: "x", scale: "logarithmic" } },
  );
  expect(atFoot(svg)).toEqual(["1", "10", "100", "1k", "10k", "100k"]);
  const [first, , last] = [...(path(svg) ?? "").matchAll(/[ML]([\d.]+)/g)].map(([, at]) => Number(at)) as [number, number, number];
  expect(last - first).toBeCloseTo(((580 - 76) / 5) * 4, 0);
});

test("what would not be in its place is refused", () => {
  expect(() => plot([{ name: "a", points: [[0, 1]] }], { x: { label: "rows", scale: "logarithmic" } })).toThrow("rows: 0 has no logarithm");
  expect(() => plot([{ name: "a", points: [[1, Number.NaN]] }])).toThrow("y: a value that is no number");
});

test("names are text, whatever is in them", () => {
  const svg = plot([{ name: "<script>&", points: [[1, 1]] }], { title: 'a "b" <c>' });
  expect(svg).toContain("&#60;script&#62;&#38;</text>");
  expect(svg).toContain("<title>a &#34;b&#34; &#60;c&#62;</title>");
  expect(svg).not.toContain("<script>");
});

test("nothing measured is a frame without curves, and one point is a mark", () => {
  expect(plot([])).not.toContain("<circle");
  expect(plot([{ name: "a", points: [[3, 4]] }]).match(/<circle/g)).toHaveLength(2);
});
