import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

// What campaigns that ran for hours have done, a line of JSON each, so that runs of one state of the sources add up.

export interface CampaignLine {
  readonly at: string;
  /** Of core and simulator as they were run. */
  readonly sources: string;
  readonly from: number;
  readonly to: number;
  readonly seeds: number;
  readonly failures: number;
  /** The first of them, by name. */
  readonly failed: readonly string[];
  readonly tookS: number;
  readonly virtualHours: number;
  readonly acknowledged: number;
  readonly families: Readonly<Record<string, number>>;
}

const DIGEST_DIGITS = 16;

/** A line that was cut off when the power failed is passed over. */
export function linesOf(path: string): readonly CampaignLine[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as CampaignLine];
      } catch {
        // Half a line says nothing.
        return [];
      }
    });
}

export function addLine(path: string, line: CampaignLine): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify(line)}\n`);
}

/** Where the next campaign begins: no seed is run twice. */
export function nextSeed(lines: readonly CampaignLine[]): number {
  return lines.reduce((next, { to }) => Math.max(next, to + 1), 1);
}

/** All that was run of one state of the sources. */
export function runOf(lines: readonly CampaignLine[], sources: string): { readonly seeds: number; readonly failed: number } {
  const same = lines.filter((line) => line.sources === sources);
  return {
    seeds: same.reduce((sum, { seeds }) => sum + seeds, 0),
    failed: same.reduce((sum, { failures }) => sum + failures, 0),
  };
}

/** Of everything in these folders that a seed runs. */
export function digestOf(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders)
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      if (!path.endsWith(".ts") || /\.(test|suite|d)\.ts$/.test(path)) continue;
      hash.update(`${path}\n`).update(readFileSync(`${folder}/${path}`));
    }
  return hash.digest("hex").slice(0, DIGEST_DIGITS);
}
