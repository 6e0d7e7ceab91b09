import type { SimTraffic } from "../sim/record.js";
import { headline, label, picture, rounded, shortNumber, steps } from "./drawing.js";

// What was sent, by kind of message: the largest first.

const LEFT = 130;
const RIGHT = 600;
const WIDTH = 760;
const TOP = 40;
const ROW_PX = 22;

export function trafficPlot(traffic: readonly SimTraffic[]): string {
  const sorted = traffic
    .filter(({ sentBytes }) => sentBytes > 0)
    .sort((one, other) => other.sentBytes - one.sentBytes || one.code - other.code);
  const all = sorted.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  const ticks = steps(0, sorted[0]?.sentBytes ?? 0, 5);
  const most = ticks.at(-1) || 1;
  const bottom = TOP + Math.max(1, sorted.length) * ROW_PX;
  const [first] = sorted;
  return picture({
    name: "traffic",
    title: "Bytes sent, by kind of message",
    description:
      first === undefined
        ? "Nothing was sent."
        : `${sorted.length} kinds, ${all} bytes in all; most of them are ${first.kind}, ${first.sentBytes} bytes.`,
    width: WIDTH,
    height: bottom + 46,
    parts: [
      headline(LEFT, "Bytes sent, by kind of message"),
      ...ticks.map((tick) => {
        const x = rounded(LEFT + (tick / most) * (RIGHT - LEFT));
        return `<path d="M${x} ${TOP}V${bottom}" stroke="currentColor" stroke-opacity=".15"/>${label({ x, y: bottom + 18, text: shortNumber(tick), anchor: "middle" })}`;
      }),
      ...sorted.map((kind, at) => row(kind, { y: TOP + at * ROW_PX, share: kind.sentBytes / most, part: kind.sentBytes / all })),
      label({ x: (LEFT + RIGHT) / 2, y: bottom + 38, text: "bytes", anchor: "middle" }),
    ],
  });
}

interface RowPlace {
  readonly y: number;
  readonly share: number;
  readonly part: number;
}

function row({ kind, sentBytes, sentCount }: SimTraffic, { y, share, part }: RowPlace): string {
  const width = rounded(Math.max(1, share * (RIGHT - LEFT)));
  const told = `${shortNumber(sentBytes)} in ${shortNumber(sentCount)}, ${shortNumber(part * 100)} %`;
  return [
    label({ x: LEFT - 8, y: y + 15, text: kind, anchor: "end", size: 12 }),
    `<rect class="bar" data-bytes="${sentBytes}" x="${LEFT}" y="${y + 3}" width="${width}" height="${ROW_PX - 6}" fill="#009e73"/>`,
    label({ x: LEFT + width + 6, y: y + 15, text: told, size: 12 }),
  ].join("");
}
