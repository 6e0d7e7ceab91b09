import type { SimRound } from "../sim/record.js";
import { quantile } from "../sim/summary.js";
import { headline, label, picture, rounded, shortNumber, steps, timeText } from "./drawing.js";

// How long rounds of sync took: as many bars in each power of ten, so that milliseconds and seconds are both seen.

const LEFT = 70;
const RIGHT = 740;
const TOP = 84;
const BOTTOM = 330;
const SIZE = { width: 760, height: 384 } as const;
const BARS_PER_DECADE = 6;
const LABEL_PX = 110;
/** What takes less is drawn at the left end. */
const LEAST_MS = 0.1;
const MARKED = [
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99],
] as const;

export function latencyPlot(rounds: readonly SimRound[]): string {
  const sorted = rounds.map(({ latencyMs }) => latencyMs).sort((one, other) => one - other);
  const scale = scaleOf(sorted);
  const marks = MARKED.flatMap(([name, share]) => {
    const ms = quantile(sorted, share);
    return ms === undefined ? [] : [{ name, ms }];
  });
  const told = marks.map(({ name, ms }) => `${name} ${timeText(ms)}`).join(", ");
  return picture({
    name: "latency",
    title: "Latency of rounds",
    description: sorted.length === 0 ? "No round ended." : `A histogram of ${sorted.length} rounds: ${told}.`,
    ...SIZE,
    parts: [
      headline(LEFT, `Latency of ${sorted.length.toLocaleString("en-US")} rounds`),
      ...axes(scale),
      ...marks.map((mark, at) => marked(mark, at, scale)),
      label({ x: (LEFT + RIGHT) / 2, y: SIZE.height - 12, text: "from the first message to the end of the session", anchor: "middle" }),
      `<text transform="translate(18 ${(TOP + BOTTOM) / 2}) rotate(-90)" fill="currentColor" text-anchor="middle">rounds</text>`,
    ],
  });
}

interface Scale {
  readonly fromPower: number;
  readonly toPower: number;
  readonly bars: readonly number[];
  readonly most: number;
}

function powerOf(ms: number): number {
  return Math.log10(Math.max(ms, LEAST_MS));
}

function scaleOf(sorted: readonly number[]): Scale {
  const fromPower = Math.floor(powerOf(sorted[0] ?? 1));
  const toPower = Math.max(fromPower + 1, Math.floor(powerOf(sorted.at(-1) ?? 1)) + 1);
  const bars = new Array<number>((toPower - fromPower) * BARS_PER_DECADE).fill(0);
  for (const ms of sorted) {
    const bar = Math.floor((powerOf(ms) - fromPower) * BARS_PER_DECADE);
    bars[bar] = (bars[bar] ?? 0) + 1;
  }
  return { fromPower, toPower, bars, most: bars.reduce((sum, bar) => Math.max(sum, bar), 0) };
}

function across({ fromPower, toPower }: Scale, power: number): number {
  return LEFT + ((power - fromPower) / (toPower - fromPower)) * (RIGHT - LEFT);
}

function axes(scale: Scale): string[] {
  const { fromPower, toPower, bars, most } = scale;
  const decades = Array.from({ length: toPower - fromPower + 1 }, (_, at) => fromPower + at);
  const counts = steps(0, most, 5).filter((count) => Number.isInteger(count));
  const top = Math.max(1, counts.at(-1) ?? 1);
  const width = (RIGHT - LEFT) / bars.length;
  return [
    ...decades.map((power) => {
      const x = rounded(across(scale, power));
      const text = power === powerOf(0) ? `≤ ${timeText(LEAST_MS)}` : timeText(10 ** power);
      return `<path d="M${x} ${TOP}V${BOTTOM}" stroke="currentColor" stroke-opacity=".15"/>${label({ x, y: BOTTOM + 18, text, anchor: "middle" })}`;
    }),
    ...counts.map((count) => {
      const y = rounded(BOTTOM - (count / top) * (BOTTOM - TOP));
      return `<path d="M${LEFT} ${y}H${RIGHT}" stroke="currentColor" stroke-opacity=".15"/>${label({ x: LEFT - 8, y: y + 4, text: shortNumber(count), anchor: "end" })}`;
    }),
    ...bars.flatMap((count, at) => {
      if (count === 0) return [];
      const height = rounded((count / top) * (BOTTOM - TOP));
      return [
        `<rect class="bar" data-count="${count}" x="${rounded(LEFT + at * width + 0.5)}" y="${rounded(BOTTOM - height)}" width="${rounded(width - 1)}" height="${height}" fill="#0072b2"/>`,
      ];
    }),
  ];
}

/** Each on a line of its own, the largest highest: what is written beside one lies above the lines of those before it. */
function marked({ name, ms }: { readonly name: string; readonly ms: number }, at: number, scale: Scale): string {
  const x = rounded(across(scale, powerOf(ms)));
  const y = TOP - 8 - at * 15;
  const isLeft = x > LEFT + LABEL_PX;
  const text = label({ x: isLeft ? x - 5 : x + 5, y: y + 4, text: `${name} ${timeText(ms)}`, anchor: isLeft ? "end" : "start", size: 12 });
  const clear = `<g style="paint-order:stroke;stroke:var(--paper,none);stroke-width:4px">${text}</g>`;
  return `<path d="M${x} ${y - 6}V${BOTTOM}" stroke="#d55e00" stroke-width="1.5"/>${clear}`;
}
