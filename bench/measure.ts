import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// How a figure comes about: our work and its limit take turns in one process, slice by slice, so that whatever else
// the machine is doing falls on both; of the slices the median counts.

export interface Figure {
  readonly bench: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held against: the limit measured in this run, or the bound the project set itself. */
  readonly limit: number;
  /** value / limit. */
  readonly ratio: number;
  readonly target: string;
  readonly met: boolean;
  readonly [detail: string]: unknown;
}

export interface Target {
  readonly bench: string;
  readonly unit: string;
  /** `at least`: the ratio is to reach it. `at most`: it is to stay under. */
  readonly reach: { readonly kind: "at least" | "at most"; readonly ratio: number };
}

export function figure(target: Target, value: number, limit: number, details: Record<string, unknown> = {}): Figure {
  const ratio = value / limit;
  const met = target.reach.kind === "at least" ? ratio >= target.reach.ratio : ratio <= target.reach.ratio;
  const bound = `${target.reach.kind === "at least" ? ">=" : "<="} ${target.reach.ratio} x limit`;
  return {
    bench: target.bench,
    value: rounded(value),
    unit: target.unit,
    limit: rounded(limit),
    ratio: rounded(ratio),
    target: bound,
    met,
    ...details,
  };
}

export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export interface Slices {
  readonly count: number;
  /** Each answers how many milliseconds its slice took. */
  ours(): Promise<number>;
  limit(): Promise<number>;
}

/** A process that runs for long is what is measured: until then, code is still being compiled. */
const WARM_MS = 4_000;

/** Median milliseconds a slice, of ours and of the limit, once both are warm. */
export async function alternate({ count, ours, limit }: Slices): Promise<{ readonly ours: number; readonly limit: number }> {
  const taken = { ours: [] as number[], limit: [] as number[] };
  for (const warmAt = performance.now() + WARM_MS; performance.now() < warmAt; ) {
    await limit();
    await ours();
  }
  for (let slice = 0; slice < count; slice++) {
    taken.limit.push(await limit());
    taken.ours.push(await ours());
  }
  return { ours: median(taken.ours), limit: median(taken.limit) };
}

/** How fast this processor is just now: microseconds an Ed25519 signature. Figures held against a fixed bound say it too. */
export function signatureUs(): number {
  const { privateKey } = generateKeyPairSync("ed25519");
  const message = Buffer.alloc(100);
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const from = performance.now();
    for (let count = 0; count < 400; count++) sign(null, message, privateKey);
    times.push(((performance.now() - from) * 1000) / 400);
  }
  return rounded(median(times));
}

export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** A folder that is gone afterwards. On the disk that the temporary directory is on: name another by TMPDIR. */
export async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "sinter-bench-"));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
