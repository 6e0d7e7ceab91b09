import type { SimLinkChange, SimRecord } from "../sim/record.js";
import { peerName } from "../sim/tables.js";
import { type Box, boxes, headline, label, picture, TimeAxis } from "./drawing.js";
import { linePlot } from "./line-plot.js";

// When each link was up: a row a link, or, where links are many, how many of them are up.

const LEFT = 90;
const RIGHT = 740;
const WIDTH = 760;
const TOP = 40;
const LABELLED = 40;
const ROWS = 200;
const LABELS = 20;
const POINTS = 400;

export interface LinkRow {
  readonly one: number;
  readonly other: number;
  readonly up: readonly (readonly [fromMs: number, toMs: number])[];
}

/** A link stands until it is told to be down, or until the end. */
export function linkRows({ links, endedMs }: Pick<SimRecord, "links" | "endedMs">): LinkRow[] {
  const rows = new Map<string, { one: number; other: number; up: [number, number][]; sinceMs: number | undefined }>();
  for (const { atMs, one, other, state } of inOrder(links)) {
    const [low, high] = one < other ? [one, other] : [other, one];
    const name = `${low} ${high}`;
    const row = rows.get(name) ?? { one: low, other: high, up: [], sinceMs: undefined };
    rows.set(name, row);
    if (state === "up") row.sinceMs ??= atMs;
    else if (row.sinceMs !== undefined) {
      row.up.push([row.sinceMs, atMs]);
      row.sinceMs = undefined;
    }
  }
  for (const row of rows.values()) if (row.sinceMs !== undefined) row.up.push([row.sinceMs, endedMs]);
  return [...rows.values()].sort((one, other) => one.one - other.one || one.other - other.other);
}

function inOrder(links: readonly SimLinkChange[]): SimLinkChange[] {
  return [...links].sort((one, other) => one.atMs - other.atMs);
}

export function linkPlot(record: SimRecord): string {
  const rows = linkRows(record);
  return rows.length > ROWS ? counted(record, rows.length) : gantt(record, rows);
}

export function linkNote(record: SimRecord): string | undefined {
  const { length } = linkRows(record);
  if (length > ROWS) return `${length} links are too many for a row each: this is how many are up.`;
  return length > LABELLED ? `Rows are thin, one a link; one in ${Math.ceil(length / LABELS)} is named.` : undefined;
}

function gantt({ endedMs }: SimRecord, rows: readonly LinkRow[]): string {
  const height = rows.length <= LABELLED ? 14 : 500 / rows.length;
  const every = rows.length <= LABELLED ? 1 : Math.ceil(rows.length / LABELS);
  const bottom = TOP + Math.max(1, rows.length) * height;
  const axis = new TimeAxis([0, endedMs], [LEFT, RIGHT]);
  const gap = height > 4 ? 2 : 0;
  const all = rows.flatMap(({ up }, at) =>
    up.map(([fromMs, toMs]): Box => {
      const x = axis.at(fromMs);
      return { x, y: TOP + at * height + gap / 2, width: Math.max(0.5, axis.at(toMs) - x), height: height - gap };
    }),
  );
  const broken = rows.filter(({ up }) => up.length > 1).length;
  return picture({
    name: "links",
    title: "Links up and down over time",
    description: `A row for each of ${rows.length} links, a bar while it is up; ${broken} of them went down and came up again.`,
    width: WIDTH,
    height: bottom + 48,
    parts: [
      headline(LEFT, "Links: a bar while it is up"),
      ...axis.ticks(TOP, bottom),
      `<path class="up" d="${boxes(all)}" fill="#56b4e9"/>`,
      ...rows.flatMap(({ one, other }, at) =>
        at % every !== 0
          ? []
          : [
              label({
                x: LEFT - 8,
                y: TOP + at * height + Math.min(11, height / 2 + 4),
                text: `${peerName(one)}–${peerName(other)}`,
                anchor: "end",
                size: 11,
              }),
            ],
      ),
      label({ x: (LEFT + RIGHT) / 2, y: bottom + 38, text: "seconds", anchor: "middle" }),
    ],
  });
}

function counted(record: SimRecord, links: number): string {
  const points: [number, number][] = [[0, 0]];
  const changes = linkRows(record)
    .flatMap(({ up }) =>
      up.flatMap(([fromMs, toMs]): [number, number][] => [
        [fromMs, 1],
        [toMs, -1],
      ]),
    )
    .filter(([atMs]) => atMs < record.endedMs)
    .sort(([one], [other]) => one - other);
  let [before, count] = [0, 0];
  for (const [at, [atMs, change]] of changes.entries()) {
    count += change;
    // All of one moment are one step.
    if (changes[at + 1]?.[0] === atMs) continue;
    points.push([atMs / 1_000, before], [atMs / 1_000, count]);
    before = count;
  }
  points.push([record.endedMs / 1_000, count]);
  return linePlot({
    name: "links",
    title: "Links that are up",
    description: `Of ${links} links, how many are up; ${count} at the end.`,
    x: { label: "seconds", scale: "linear" },
    y: { label: "links", scale: "linear" },
    curves: [{ name: "up", points: fewer(points), marks: "legend" }],
  });
}

/** Of many steps the least and the most of each stretch, so that no dip is lost. */
function fewer(points: readonly [number, number][]): readonly [number, number][] {
  if (points.length <= POINTS * 2) return points;
  const every = Math.ceil(points.length / (POINTS / 2));
  const kept: [number, number][] = [];
  for (let at = 0; at < points.length; at += every) {
    const some = points.slice(at, at + every);
    const least = some.reduce((one, other) => (other[1] < one[1] ? other : one));
    const most = some.reduce((one, other) => (other[1] > one[1] ? other : one));
    kept.push(...(least[0] <= most[0] ? [least, most] : [most, least]));
  }
  return kept;
}
