import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { publish, synthesizeDirectory } from "sinter/synthesis";
import { type Figure, figure, inFolder, median, rounded } from "./measure.js";

// Fragments into one document, read from disk and published there, beside what a script does that only reads, parses and merges them:
// the last file wins, nothing is checked, ordered, explained or written.

const FILES = 20_000;
const RECORDS = 1_000_000;
const RECORD_KEYS = 200_000;
const SLICES = 5;
const JQ = "reduce .[] as $x ({}; . * $x)";

type Merged = Record<string, unknown>;

/** 20 000 files of about 1 KB. */
export async function synthFiles(): Promise<readonly Figure[]> {
  return await inFolder(async (dir) => {
    const input = join(dir, "in");
    mkdirSync(input);
    for (let at = 0; at < FILES; at++) writeFileSync(join(input, `f${String(at).padStart(6, "0")}.json`), JSON.stringify(fragment(at)));
    const paths = readdirSync(input).map((name) => join(input, name));
    const byHand = () => paths.reduce<Merged>((merged, path) => mergeInto(merged, JSON.parse(readFileSync(path, "utf8")) as Merged), {});
    return await beside("synth-files", { dir, input, count: FILES, byHand, jqInput: `${input}/*.json`, jqTimes: 20 });
  });
}

/** A million records of about 40 B, in one file. */
export async function synthNdjson(): Promise<readonly Figure[]> {
  return await inFolder(async (dir) => {
    const input = join(dir, "in");
    mkdirSync(input);
    const path = join(input, "records.ndjson");
    writeRecords(path);
    const byHand = () => {
      const merged: Merged = {};
      const bytes = readFileSync(path);
      for (let from = 0; from < bytes.length; ) {
        const end = bytes.indexOf(0x0a, from);
        mergeInto(merged, JSON.parse(bytes.toString("latin1", from, end)) as Merged);
        from = end + 1;
      }
      return merged;
    };
    return await beside("synth-ndjson", { dir, input, count: RECORDS, byHand, jqInput: path, jqTimes: 1 });
  });
}

interface Work {
  readonly dir: string;
  readonly input: string;
  readonly count: number;
  byHand(): Merged;
  /** As a shell has it. */
  readonly jqInput: string;
  readonly jqTimes: number;
}

async function beside(bench: string, { dir, input, count, byHand, jqInput, jqTimes }: Work): Promise<readonly Figure[]> {
  let conflicts = 0;
  let written = 0;
  const taken = { document: [] as number[], published: [] as number[], byHand: [] as number[] };
  const ours = async (): Promise<readonly [documentMs: number, publishedMs: number]> => {
    const began = performance.now();
    const synthesis = await synthesizeDirectory({ inputDir: input });
    const documentMs = performance.now() - began;
    if (synthesis.fragments !== count) throw new Error(`${synthesis.fragments} fragments of ${count}`);
    conflicts = synthesis.contested.count;
    // Another document each time, as it is when something has changed.
    const first = " ".repeat(written++ % 2);
    await publish(join(dir, "canonical.json"), () => [first, ...synthesis.pieces()]);
    return [documentMs, performance.now() - began];
  };
  const limit = () => {
    const began = performance.now();
    byHand();
    return performance.now() - began;
  };
  limit();
  await ours();
  for (let slice = 0; slice < SLICES; slice++) {
    taken.byHand.push(limit());
    const [documentMs, publishedMs] = await ours();
    taken.document.push(documentMs);
    taken.published.push(publishedMs);
  }
  const [documentMs, publishedMs, byHandMs] = [median(taken.document), median(taken.published), median(taken.byHand)];
  const detail = { conflicts, documentMs: rounded(documentMs), publishedMs: rounded(publishedMs), byHandMs: rounded(byHandMs) };
  const target = { bench, unit: "fragments/s", reach: { kind: "at least", ratio: 0.5 } } as const;
  const perSecond = (ms: number) => (count * 1000) / ms;
  return [
    // As far as the limit goes: to the document in memory.
    figure(target, perSecond(documentMs), perSecond(byHandMs), detail),
    figure({ ...target, bench: `${bench}-published` }, perSecond(publishedMs), perSecond(byHandMs)),
    ...besideJq(bench, { jqInput, jqTimes, count, ms: publishedMs }),
  ];
}

interface JqWork extends Pick<Work, "jqInput" | "jqTimes" | "count"> {
  readonly ms: number;
}

function besideJq(bench: string, { jqInput, jqTimes, count, ms }: JqWork): readonly Figure[] {
  const began = performance.now();
  const { status, error } = spawnSync("sh", ["-c", `jq -s '${JQ}' ${jqInput} > /dev/null`], { stdio: "ignore" });
  if (error !== undefined || status !== 0) {
    console.error(`${bench}: not beside jq, which is not installed here (apt-get install jq)`);
    return [];
  }
  const jqMs = performance.now() - began;
  const target = { bench: `${bench}-jq`, unit: "fragments/s", reach: { kind: "at least", ratio: jqTimes } } as const;
  return [figure(target, (count * 1000) / ms, (count * 1000) / jqMs, { jqMs: rounded(jqMs) })];
}

function mergeInto(merged: Merged, from: Merged): Merged {
  for (const name in from) {
    const [value, there] = [from[name], merged[name]];
    if (isObject(value) && isObject(there)) mergeInto(there, value);
    else merged[name] = value;
  }
  return merged;
}

function isObject(value: unknown): value is Merged {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Half of the files describe services, the other half say something else of the same; some settings are said by many. */
function fragment(at: number): object {
  const env = Object.fromEntries(Array.from({ length: 12 }, (_, each) => [`VAR_${each}`, `value-${at}-${each}-${"x".repeat(20)}`]));
  const service = { image: `registry.local/app/${at}`, replicas: at % 9, env, ports: [80, 443, 1000 + (at % 1000)] };
  return {
    services: { [`svc-${at % (FILES / 2)}`]: { [at < FILES / 2 ? "base" : "overlay"]: service } },
    settings: { [`g${at % 100}`]: { last: `frag-${at}`, seq: at, enabled: at % 2 === 0 } },
    tags: [`a${at % 7}`, `b${at % 11}`],
  };
}

const SPREAD = 2_654_435_761;
const WRITTEN_RECORDS = 10_000;

function writeRecords(path: string): void {
  const file = openSync(path, "w");
  let lines = "";
  for (let at = 0; at < RECORDS; at++) {
    const key = `rec-${(Math.imul(at, SPREAD) >>> 0) % RECORD_KEYS}`;
    lines += `${JSON.stringify({ [key]: { [`f${at % 5}`]: at, by: `peer${at % 13}` } })}\n`;
    if ((at + 1) % WRITTEN_RECORDS > 0) continue;
    writeSync(file, lines);
    lines = "";
  }
  closeSync(file);
}
