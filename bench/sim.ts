import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runFivePeers, runOneWrite, type SimRecord } from "@sinter/simulator";
import { createNodeHasher } from "sinter";
import { promisesSettled } from "sinter/simulator";
import { type Figure, figure, inFolder, rounded } from "./measure.js";

// Peers in virtual time, against real time; and peers on real sockets, by the command that users have.

const settled = promisesSettled();
const hasher = createNodeHasher();
const seconds = (ms: number) => ms / 1_000;
const SEEDS = 20;
const PEERS = 1_000;

interface Timed {
  readonly record: SimRecord;
  readonly wallMs: number;
}

async function run(work: () => Promise<SimRecord>): Promise<Timed> {
  const from = performance.now();
  const record = await work();
  const wallMs = performance.now() - from;
  const { violations, convergedMs, settings } = record;
  if (violations.length > 0 || convergedMs === undefined) throw new Error(`seed ${settings.seed}: ${violations.join("; ")}`);
  return { record, wallMs };
}

/** Five peers whose links lose, repeat, mix up and fail: how much faster than time it goes, on one core. */
export async function simSpeed(): Promise<Figure> {
  let [virtualMs, wallMs, writes] = [0, 0, 0];
  // The first of them are slower: code is still being compiled.
  for (let seed = 1; seed <= 2 * SEEDS; seed++) {
    const { record, wallMs: took } = await run(() => runFivePeers({ hasher, settled, seed }));
    if (seed <= SEEDS) continue;
    virtualMs += record.endedMs;
    wallMs += took;
    writes += record.writes;
  }
  const target = { bench: "sim-speed", unit: "times real time", reach: { kind: "at least", ratio: 1 } } as const;
  return figure(target, virtualMs / wallMs, 1_000, { virtualSeconds: rounded(seconds(virtualMs)), writes });
}

/** A thousand peers: from one write until all hold it, by the clock on the wall. */
export async function simScale(): Promise<Figure> {
  const { record, wallMs } = await run(() => runOneWrite({ hasher, settled, seed: 1, peers: PEERS }));
  const target = { bench: "sim-scale", unit: "s", reach: { kind: "at most", ratio: 1 } } as const;
  const rss = process.memoryUsage().rss / 1e6;
  const details = { convergedVirtualMs: rounded(record.convergedMs ?? Number.NaN), rssMB: rounded(rss) };
  return figure(target, seconds(wallMs), 60, details);
}

const cli = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

interface Told {
  readonly converged: boolean;
  readonly convergenceMs: number | null;
  readonly violations: readonly string[];
}

async function sockets(bench: string, argv: readonly string[], limitMs: number): Promise<Figure> {
  return await inFolder(async (out) => {
    const { stdout } = await promisify(execFile)(process.execPath, [cli, "sim", "--json", "--out", out, ...argv]);
    const told = JSON.parse(stdout) as Told;
    if (told.violations.length > 0) throw new Error(told.violations.join("; "));
    const ms = told.convergenceMs ?? Number.POSITIVE_INFINITY;
    return figure({ bench, unit: "ms", reach: { kind: "at most", ratio: 1 } }, ms, limitMs);
  });
}

/** From the last write until all hold the same, on real sockets: as they are, and where they lose and mix up what they carry. */
export async function simSockets(): Promise<readonly Figure[]> {
  const still = ["--duration", "45s", "--stop-writes-at", "30s"];
  return [
    await sockets("sim-sockets", still, 1_000),
    await sockets(
      "sim-chaos",
      [...still, "--nodes", "10", "--loss", "0.1", "--dup", "0.05", "--reorder", "0.1", "--jitter", "20ms"],
      15_000,
    ),
  ];
}
