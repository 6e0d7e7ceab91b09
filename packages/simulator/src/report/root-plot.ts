import type { SimRecord, SimSample } from "../sim/record.js";
import { type Box, boxes, escaped, headline, label, picture, rounded, TimeAxis } from "./drawing.js";
import { peerRows, type RowPlan } from "./peer-rows.js";
import { thinned } from "./thinned.js";

// What each peer's root was, over time: a root has a colour of its own, so that a column of one colour is one state everywhere.

const LEFT = 70;
const RIGHT = 740;
const WIDTH = 760;
const TOP = 46;
const STRIP_PX = 10;
const STRIP_GAP_PX = 8;
const COLUMNS = 240;
const LABEL_PX = 75;
const MIXED = "mixed";

export function rootPlot(record: SimRecord): string {
  const plan = peerRows(record.settings.peers);
  const columns = columnsOf(record);
  const axis = new TimeAxis([0, record.endedMs], [LEFT, RIGHT]);
  const rowsTop = TOP + STRIP_PX + STRIP_GAP_PX;
  const bottom = rowsTop + plan.rows.length * plan.rowHeight;
  const parts = [
    headline(LEFT, "Roots over time"),
    label({ x: LEFT - 8, y: TOP + STRIP_PX - 1, text: "all equal", anchor: "end", size: 11 }),
    ...axis.ticks(TOP, bottom),
    strip(columns, axis),
    ...cells(columns, { plan, axis, top: rowsTop }),
    ...rowLabels(plan, rowsTop),
    ...moments(record, { axis, bottom }),
    label({ x: (LEFT + RIGHT) / 2, y: bottom + 38, text: "seconds", anchor: "middle" }),
  ];
  const same = columns.filter(({ sample }) => isOne(sample)).length;
  const description =
    `A row for each peer, a colour for each root; a peer that is down has a gap. In ${same} of ${columns.length} moments all peers ` +
    `that are up have the same root.`;
  return picture({ name: "roots", title: "Roots over time, by peer", description, width: WIDTH, height: bottom + 48, parts });
}

/** How it is drawn, where that is not plain. */
export function rootNote(record: SimRecord): string | undefined {
  const { peers } = record.settings;
  const grouped = peerRows(peers).rows.some((row) => row.peers.length > 1)
    ? " A row whose peers have several roots is grey, whichever they are."
    : "";
  const every = Math.ceil(record.samples.length / COLUMNS);
  const time = every > 1 ? ` One moment in ${every} is drawn, and the last.` : "";
  const text = `${peerRows(peers).note ?? ""}${grouped}${time}`.trim();
  return text === "" ? undefined : text;
}

interface Column {
  readonly sample: SimSample;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Each moment stands until the next one. */
function columnsOf({ samples, endedMs }: SimRecord): Column[] {
  const drawn = thinned(samples, COLUMNS);
  return drawn.map((sample, at) => ({ sample, fromMs: sample.atMs, toMs: drawn[at + 1]?.atMs ?? Math.max(endedMs, sample.atMs) }));
}

function isOne({ roots }: SimSample): boolean {
  return new Set(roots.filter((root) => root !== undefined)).size === 1;
}

function strip(columns: readonly Column[], axis: TimeAxis): string {
  const equal = columns.filter(({ sample }) => isOne(sample)).map((column) => boxOf(column, { axis, y: TOP, height: STRIP_PX }));
  return `<path class="equal" d="${boxes(equal)}" fill="currentColor"/>`;
}

interface Place {
  readonly axis: TimeAxis;
  readonly y: number;
  readonly height: number;
}

function boxOf({ fromMs, toMs }: Pick<Column, "fromMs" | "toMs">, { axis, y, height }: Place): Box {
  const x = axis.at(fromMs);
  return { x, y, width: Math.max(1, axis.at(toMs) - x), height };
}

interface Grid {
  readonly plan: RowPlan;
  readonly axis: TimeAxis;
  readonly top: number;
}

/** A path a colour: what stays the same from one moment to the next is one box. */
function cells(columns: readonly Column[], { plan, axis, top }: Grid): string[] {
  const byRoot = new Map<string, Box[]>();
  const height = plan.rowHeight > 4 ? plan.rowHeight - 1 : plan.rowHeight;
  for (const [at, { peers }] of plan.rows.entries()) {
    let begun: { readonly root: string; readonly fromMs: number; toMs: number } | undefined;
    const end = () => {
      if (begun === undefined) return;
      const box = boxOf(begun, { axis, y: top + at * plan.rowHeight, height });
      const others = byRoot.get(begun.root);
      if (others === undefined) byRoot.set(begun.root, [box]);
      else others.push(box);
      begun = undefined;
    };
    for (const { sample, fromMs, toMs } of columns) {
      const root = rootOf(sample, peers);
      if (begun !== undefined && begun.root === root) begun.toMs = toMs;
      else {
        end();
        begun = root === undefined ? undefined : { root, fromMs, toMs };
      }
    }
    end();
  }
  return [...byRoot].map(([root, all]) => `<path data-root="${escaped(root)}" d="${boxes(all)}" fill="${colourOf(root)}"/>`);
}

function rootOf({ roots }: SimSample, peers: readonly number[]): string | undefined {
  const all = new Set(peers.map((peer) => roots[peer]).filter((root) => root !== undefined));
  return all.size > 1 ? MIXED : [...all][0];
}

/** From the root's own digits: the same root has the same colour in every run. */
export function colourOf(root: string): string {
  if (root === MIXED) return "#8a8f98";
  const number = Number.parseInt(root.slice(0, 8), 16);
  if (Number.isNaN(number)) return "#8a8f98";
  // Neighbouring numbers are far apart in hue.
  const hue = Math.round(((number * 0.618033988749895) % 1) * 360);
  return `hsl(${hue} ${55 + (number % 3) * 15}% ${42 + (number % 4) * 7}%)`;
}

function rowLabels({ rows, rowHeight }: RowPlan, top: number): string[] {
  return rows.flatMap(({ label: text }, at) =>
    text === undefined
      ? []
      : [label({ x: LEFT - 8, y: top + at * rowHeight + Math.min(11, rowHeight / 2 + 4), text, anchor: "end", size: 11 })],
  );
}

/** When writing stopped, and when all was the same for good: lines through all rows, named above them. */
function moments(
  { writesStoppedMs, convergedMs }: SimRecord,
  { axis, bottom }: { readonly axis: TimeAxis; readonly bottom: number },
): string[] {
  const line = (ms: number, dashes: string) =>
    `<path d="M${rounded(axis.at(ms))} ${TOP - 4}V${rounded(bottom)}" stroke="currentColor" stroke-width="1.5" stroke-dasharray="${dashes}"/>`;
  const stopped = axis.at(writesStoppedMs);
  const isLeft = stopped > LEFT + LABEL_PX;
  const named = label({ x: stopped + (isLeft ? -5 : 5), y: TOP - 7, text: "writes stop", anchor: isLeft ? "end" : "start", size: 11 });
  if (convergedMs === undefined) return [line(writesStoppedMs, "5 4"), named];
  const converged = axis.at(convergedMs);
  // Beside its line, unless the page ends there or the other text is in the way.
  const isBeside = isLeft && converged < RIGHT - LABEL_PX;
  const place = isBeside ? { x: converged + 5, y: TOP - 7 } : { x: RIGHT, y: TOP - 22, anchor: "end" as const };
  return [line(writesStoppedMs, "5 4"), named, line(convergedMs, "2 3"), label({ ...place, text: "converged", size: 11 })];
}
