// The campaign: runs all mounted cores by seed, each seed a scenario of the family that its number falls to, with everything going
// wrong that it can think of, and looks whether every promise is kept. A seed is printed with what runs it again.
//   npm run test:seeds -- --runs 2000 --seed 1 [--jobs 2] [--family sync | --share sync=3,feeds=1]
//   npm run test:seeds -- --hours 24
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { defaultShares, type PlanLimits, readShares, type Shares } from "@sinter/simulator";
import { Campaign } from "./campaign/campaign.js";
import { addLine, digestOf, linesOf, nextSeed, runOf } from "./campaign/campaign-log.js";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const HOUR_MS = 3_600_000;
const SHOWN_EVERY_MS = { terminal: 60_000, pipe: 600_000 } as const;
const LOGGED_EVERY_MS = HOUR_MS;
const FAILED_NAMED = 20;
const IMPATIENT_MS = 2_000;

const { values } = parseArgs({
  options: {
    runs: { type: "string" },
    hours: { type: "string" },
    seed: { type: "string" },
    jobs: { type: "string" },
    family: { type: "string" },
    share: { type: "string" },
    /** Of what seeds of sync, twins and views plan, no more: as a seed that was made smaller says it. */
    limits: { type: "string" },
    /** What is kept of seeds that fail goes there, and the log. */
    into: { type: "string", default: at("runs") },
  },
});
const isForHours = values.hours !== undefined;
const LOG = `${values.into}/campaign.log`;
const campaign = new Campaign({
  first: values.seed === undefined && isForHours ? nextSeed(linesOf(LOG)) : numberOf("seed", values.seed ?? "1"),
  runs: values.runs === undefined && isForHours ? Number.POSITIVE_INFINITY : numberOf("runs", values.runs ?? "200"),
  untilMs: values.hours === undefined ? Number.POSITIVE_INFINITY : performance.now() + numberOf("hours", values.hours) * HOUR_MS,
  jobs: numberOf("jobs", values.jobs ?? String(availableParallelism())),
  shares: sharesOf(values.share, values.family),
  limits: values.limits === undefined ? undefined : (JSON.parse(values.limits) as PlanLimits),
  kept: values.into,
  failed: (lines) => console.error(lines.join("\n  ")),
});
const first = campaign.last + 1;
const logged = { seeds: 0, failed: 0, tookMs: 0, virtualMs: 0, acknowledged: 0, families: new Map<string, number>(), last: campaign.last };
const sources = isForHours ? digestOf([at("packages/core/src"), at("packages/simulator/src")]) : "";

let stoppedMs = Number.POSITIVE_INFINITY;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // npm hands on what the terminal has said already: two at once are one.
    if (performance.now() - stoppedMs > IMPATIENT_MS) {
      campaign.kill();
      process.exit(130);
    }
    stoppedMs = Math.min(stoppedMs, performance.now());
    campaign.stop();
  });
const timers = isForHours
  ? [
      setInterval(() => console.log(statusLine()), process.stdout.isTTY ? SHOWN_EVERY_MS.terminal : SHOWN_EVERY_MS.pipe),
      setInterval(log, LOGGED_EVERY_MS),
    ]
  : [];
if (isForHours) console.log(`from seed ${first} on, for ${values.hours} hours or until it is stopped`);
await campaign.run();
for (const timer of timers) clearInterval(timer);

const { tally, failed } = campaign;
const unfired = tally.unfired();
if (isForHours) log();
for (const { family, kind, planned } of unfired) console.error(`planned ${planned} times in ${family}, and never came about: ${kind}`);
console.log(`seeds ${first} to ${campaign.last}`);
for (const line of tally.lines()) console.log(line);
if (isForHours) {
  const { seeds, failed: faulty } = runOf(linesOf(LOG), sources);
  console.log(`${LOG}: ${seeds} seeds of these sources (${sources}) so far, of which ${faulty} failed`);
}
console.log(speed());
console.log(`${campaign.passed} passed, ${failed.length + unfired.length} failed`);
process.exitCode = failed.length + unfired.length === 0 ? 0 : 1;

function speed(): string {
  const { tookMs } = campaign;
  return `${((tally.seeds * 1_000) / tookMs).toFixed(1)} seeds a second, ${(tally.sums.virtualMs / tookMs).toFixed(0)} times real time`;
}

function statusLine(): string {
  return [`seed ${campaign.last}: ${campaign.failed.length} failed`, speed(), ...campaign.tally.lines()].join("; ");
}

/** What was done since the line before. */
function log(): void {
  const { tally, failed, last, tookMs } = campaign;
  const { virtualMs, acknowledged } = tally.sums;
  const families = new Map([...defaultShares.keys()].map((name) => [name, tally.seedsOf(name)]));
  addLine(LOG, {
    at: new Date().toISOString(),
    sources,
    from: logged.last + 1,
    to: last,
    seeds: tally.seeds - logged.seeds,
    failures: failed.length - logged.failed,
    failed: failed.slice(logged.failed, logged.failed + FAILED_NAMED).map(({ family, seed }) => `${family} ${seed}`),
    tookS: Math.round((tookMs - logged.tookMs) / 1_000),
    virtualHours: Math.round((virtualMs - logged.virtualMs) / 36_000) / 100,
    acknowledged: acknowledged - logged.acknowledged,
    families: Object.fromEntries([...families].map(([name, seeds]) => [name, seeds - (logged.families.get(name) ?? 0)])),
  });
  Object.assign(logged, { seeds: tally.seeds, failed: failed.length, tookMs, virtualMs, acknowledged, families, last });
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isFinite(number) && number >= 0) return number;
  return refuse(`--${name} is a number, and not "${text}"`);
}

function sharesOf(share: string | undefined, family: string | undefined): Shares {
  if (share !== undefined && family !== undefined) return refuse("--family and --share say the same thing: give one of them");
  const shares = share ?? (family === undefined ? undefined : `${family}=1`);
  if (shares === undefined) return defaultShares;
  const read = readShares(shares);
  return "reason" in read ? refuse(read.reason) : read;
}

function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}
