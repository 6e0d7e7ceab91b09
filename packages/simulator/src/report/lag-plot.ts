import type { SimRecord, SimSample } from "../sim/record.js";
import { quantile } from "../sim/summary.js";
import { peerName } from "../sim/tables.js";
import { type Curve, linePlot } from "./line-plot.js";

// How far each peer is behind whoever holds the most events.

const CURVES = 10;
const POINTS = 240;

export function lagPlot(record: SimRecord): string {
  const { peers } = record.settings;
  const isEach = peers <= CURVES;
  const curves = isEach ? Array.from({ length: peers }, (_, peer) => ofPeer(record, peer)) : ofAll(record);
  const last = record.samples.at(-1);
  const behind = last === undefined ? [] : lagsOf(last).filter((lag) => lag !== undefined && lag > 0);
  return linePlot({
    name: "lag",
    title: "Lag: events behind whoever holds the most",
    description: `${isEach ? "A curve for each peer" : "The median, the 95th percentile and the most of all peers"}. At the end ${behind.length} of ${peers} peers are behind.`,
    x: { label: "seconds", scale: "linear" },
    y: { label: "events", scale: "linear" },
    curves,
  });
}

export function lagNote({ settings, samples }: SimRecord): string | undefined {
  const group = settings.peers > CURVES ? `Of ${settings.peers} peers: the median, the 95th percentile and the most.` : "";
  const time = samples.length > POINTS ? ` A point is the most of ${Math.ceil(samples.length / POINTS)} moments.` : "";
  return `${group}${time}`.trim() || undefined;
}

/** Of each peer that is up; all are behind by nothing where nobody holds anything. */
export function lagsOf({ events }: SimSample): readonly (number | undefined)[] {
  const most = events.reduce<number>((sum, each) => Math.max(sum, each ?? 0), 0);
  return events.map((each) => (each === undefined ? undefined : most - each));
}

function ofPeer({ samples }: SimRecord, peer: number): Curve {
  return curveOf(
    peerName(peer),
    samples.map((sample) => [sample.atMs, lagsOf(sample)[peer]] as const),
  );
}

function ofAll({ samples }: SimRecord): Curve[] {
  const moments = samples.map((sample) => {
    const lags = lagsOf(sample).filter((lag) => lag !== undefined);
    return { atMs: sample.atMs, lags };
  });
  const named = [
    ["most", 1],
    ["p95", 0.95],
    ["median", 0.5],
  ] as const;
  return named.map(([name, share]) =>
    curveOf(
      name,
      moments.map(({ atMs, lags }) => [atMs, quantile(lags, share)] as const),
    ),
  );
}

/** Of several moments the worst is drawn, so that no peak is lost. */
function curveOf(name: string, all: readonly (readonly [number, number | undefined])[]): Curve {
  const every = Math.max(1, Math.ceil(all.length / POINTS));
  const points: [number, number][] = [];
  const breaks = new Set<number>();
  let isBroken = false;
  for (let at = 0; at < all.length; at += every) {
    const some = all.slice(at, at + every).flatMap(([, lag]) => (lag === undefined ? [] : [lag]));
    const [atMs] = all[at] as readonly [number, number | undefined];
    if (some.length === 0) {
      isBroken = true;
      continue;
    }
    if (isBroken) breaks.add(points.length);
    isBroken = false;
    points.push([atMs / 1_000, Math.max(...some)]);
  }
  return { name, points, breaks, marks: "legend" };
}
