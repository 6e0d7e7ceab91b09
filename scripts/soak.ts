// Real peers that write and sync for hours: a line a minute for each, and in the end how memory, handles and timers have grown. It
// fails where they grow, or where the peers do not hold the same once nobody writes any more.
//   npm run soak -- --hours 24
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const PEER = fileURLToPath(new URL("soak-peer.mjs", import.meta.url));
const PEERS = 3;
const HOUR_MS = 3_600_000;
const LINE_MS = 60_000;
/** Of the run: until then caches fill. */
const WARM_SHARE = 0.25;
/** More than this an hour is a leak. In a short run chance looks like one: nothing is judged there. */
const GROWTH_PER_HOUR = { bytes: 4 * 1024 * 1024, handles: 1, timers: 1 } as const;
const JUDGED_FROM_MS = 6 * HOUR_MS;
const AGREE_MS = 120_000;

const { values } = parseArgs({ options: { hours: { type: "string", default: "24" } } });
const runMs = Number(values.hours) * HOUR_MS;

interface Figures {
  readonly bytes: number;
  readonly handles: number;
  readonly timers: number;
  readonly events: number;
  readonly root: string;
  readonly votes: number;
  readonly states: readonly string[];
}

interface Sample extends Figures {
  readonly ms: number;
}

interface Runner {
  readonly child: ChildProcess;
  readonly samples: Sample[];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function ask({ child }: Runner, order: "figures" | "still"): Promise<Figures> {
  const answered = once(child, "message");
  child.send(order);
  const [figures] = (await answered) as [Figures];
  return figures;
}

/** By least squares. */
function growthPerHour(samples: readonly Sample[], what: keyof typeof GROWTH_PER_HOUR): number {
  const warm = samples.filter(({ ms }) => ms >= WARM_SHARE * runMs);
  const mean = (of: (sample: Sample) => number) => warm.reduce((sum, each) => sum + of(each), 0) / warm.length;
  const [at, value] = [mean(({ ms }) => ms), mean((each) => each[what])];
  const over = warm.reduce((sum, each) => sum + (each.ms - at) * (each[what] - value), 0);
  const under = warm.reduce((sum, each) => sum + (each.ms - at) ** 2, 0);
  return under === 0 ? 0 : (over / under) * HOUR_MS;
}

async function agreed(runners: readonly Runner[]): Promise<boolean> {
  for (const runner of runners) await ask(runner, "still");
  for (const begun = performance.now(); performance.now() - begun < AGREE_MS; await pause(500)) {
    const all = await Promise.all(runners.map((runner) => ask(runner, "figures")));
    const isSettled = all.every(({ states }) => states.every((state) => state === "in sync"));
    if (isSettled && new Set(all.map(({ root, votes }) => `${root} ${votes}`)).size === 1) return true;
  }
  return false;
}

async function started(folder: string): Promise<Runner[]> {
  const runners: Runner[] = [];
  let before: string[] = [];
  for (let index = 0; index < PEERS; index++) {
    const listen = `127.0.0.1:${await freePort()}`;
    const child = fork(PEER, [join(folder, `peer${index}`), "soak", "a secret of scripts alone", listen, ...before], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("exit", (code, signal) => {
      if (code === 0) return;
      console.error(`peer ${index} ended by itself: ${signal ?? code}`);
      process.exit(1);
    });
    await once(child, "message");
    runners.push({ child, samples: [] });
    before = [listen];
  }
  return runners;
}

const folder = mkdtempSync(join(tmpdir(), "soak-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const runners = await started(folder);
console.log(`soak: ${PEERS} peers in a line, for ${values.hours} hours`);
const begun = performance.now();
for (let ms = 0; ms < runMs; ms = performance.now() - begun) {
  await pause(Math.min(LINE_MS, runMs - ms));
  for (const [index, runner] of runners.entries()) {
    const figures = await ask(runner, "figures");
    runner.samples.push({ ...figures, ms: performance.now() - begun });
    const { bytes, handles, timers, events, states } = figures;
    const minute = ((performance.now() - begun) / 60_000).toFixed(1);
    console.log(
      `${minute} min  peer ${index}  ${(bytes / 2 ** 20).toFixed(1)} MB  ${handles} handles  ${timers} timers  ${events} events  ${states}`,
    );
  }
}

let failed = 0;
if (!(await agreed(runners))) {
  console.error("they do not hold the same, though nobody writes any more");
  failed++;
}
for (const [index, { samples }] of runners.entries()) {
  const grown = (["bytes", "handles", "timers"] as const).map((what) => ({ what, by: growthPerHour(samples, what) }));
  console.log(`peer ${index}, per hour: ${grown.map(({ what, by }) => `${what} ${by >= 0 ? "+" : ""}${by.toFixed(1)}`).join(", ")}`);
  if (runMs >= JUDGED_FROM_MS) failed += grown.filter(({ what, by }) => by > GROWTH_PER_HOUR[what]).length;
}
for (const { child } of runners) {
  const ended = once(child, "exit");
  child.send("close");
  await ended;
}
const judged = runMs >= JUDGED_FROM_MS ? "nothing grew, and " : "";
console.log(failed === 0 ? `soak: ${judged}all hold the same` : `soak: ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
