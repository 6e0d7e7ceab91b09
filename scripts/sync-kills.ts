// Two processes come to hold the same, while both write: one of them is killed with SIGKILL at random moments of that, and started
// anew. In the end both must hold the same events, every one they acknowledged among them, and their audits must pass.
//   npm run test:sync-kills -- --rounds 50 --events 1000000 --seed 7
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SeededRandom } from "@sinter/simulator";
import { open } from "sinter";

const network = "the kills of sync";
const secret = "a secret of scripts alone";
const PEER = fileURLToPath(new URL("sync-kills-peer.mjs", import.meta.url));
const BATCH_EVENTS = 1_000;
const PAYLOAD_BYTES = 200;
const LOOK_MS = 3;
/** Of a round: so long nothing is heard, or the two do not come to agree. */
const PATIENCE_MS = 120_000;
/** Kills that do not wait for an event come this long after the process was started, at most. */
const EARLY_MS_MAX = 600;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "2" },
    events: { type: "string", default: "30000" },
    seed: { type: "string", default: `${Date.now() % 1e9}` },
  },
});

type Side = "left" | "right";
const sides = ["left", "right"] as const;

/** How it stands, and, where that was asked for, all it holds. */
interface Standing {
  readonly root: string;
  /** Of its links. */
  readonly links: readonly string[];
}

interface Contents {
  readonly root: string;
  readonly events: number;
  /** Over all that is said of each event, in the total order of its subject. */
  readonly digest: string;
  readonly live: readonly string[];
  readonly forks: number;
  readonly problems: readonly string[];
}

/** What may be asked of a process. `still`: to write no more, answered once what was being written is. */
interface Answers {
  readonly still: object;
  readonly standing: Standing;
  readonly contents: Contents;
}

/** What a process says. `holds`: so many events. */
type Said =
  | { readonly kind: "holds"; readonly events: number }
  | { readonly kind: "wrote"; readonly id: string }
  | { readonly kind: keyof Answers };

/** One of the two, which may be killed and started again. */
class Replica {
  readonly side: Side;
  readonly dir: string;
  readonly acknowledged = new Set<string>();
  holds = 0;
  /** Rejects where it ends by itself. */
  readonly failed: Promise<never>;
  #fail: (error: Error) => void = () => {};
  readonly #port: number;
  #process: ChildProcess | undefined;
  #state: "meant to run" | "meant to end" = "meant to end";
  readonly #heard = new Set<(said: Said) => void>();

  constructor(side: Side, { dir, port }: { readonly dir: string; readonly port: number }) {
    this.side = side;
    this.dir = dir;
    this.#port = port;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
  }

  start(): void {
    const started = fork(PEER, [this.dir, this.side, `${this.#port}`, network, secret], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    started.on("message", (said: Said) => {
      if (said.kind === "wrote") this.acknowledged.add(said.id);
      if (said.kind === "holds") this.holds = said.events;
      for (const hear of this.#heard) hear(said);
    });
    started.on("exit", (code, signal) => {
      if (this.#state === "meant to run") this.#fail(new Error(`${this.side} ended by itself: ${signal ?? code}`));
    });
    this.#process = started;
    this.#state = "meant to run";
  }

  async kill(): Promise<void> {
    const ended = this.#ended();
    this.#process?.kill("SIGKILL");
    await ended;
  }

  async close(): Promise<void> {
    const ended = this.#ended();
    this.#process?.send("close");
    await ended;
  }

  /** Once it holds so many events. */
  async holding(events: number): Promise<void> {
    await this.#hears((said) => said.kind === "holds" && said.events >= events);
  }

  /** Once it has written another event. */
  async writing(): Promise<void> {
    await this.#hears((said) => said.kind === "wrote");
  }

  async ask<K extends keyof Answers>(order: K): Promise<Answers[K]> {
    const answer = this.#hears(({ kind }) => kind === order);
    this.#process?.send(order);
    return (await answer) as unknown as Answers[K];
  }

  #hears(isIt: (said: Said) => boolean): Promise<Said> {
    return new Promise((resolve) => {
      const hear = (said: Said): void => {
        if (!isIt(said)) return;
        this.#heard.delete(hear);
        resolve(said);
      };
      this.#heard.add(hear);
    });
  }

  #ended(): Promise<unknown> {
    this.#state = "meant to end";
    const of = this.#process;
    return of === undefined || of.exitCode !== null || of.signalCode !== null ? Promise.resolve() : once(of, "exit");
  }
}

async function inTime<T>(what: Promise<T>, state: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not come to an end within ${PATIENCE_MS / 1_000} s: ${state()}`)), PATIENCE_MS);
  });
  return await Promise.race([what, late]).finally(() => clearTimeout(timer));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A store of many events, half of them another author's. */
async function makeSource(dir: string, events: number): Promise<void> {
  const linking = { network, secret, control: "none", signatures: "ed25519" } as const;
  const guest = await open({ dir: `${dir}-guest`, ...linking, listen: ["127.0.0.1:0"], spaces: ["guest/log"] });
  const host = await open({ dir, ...linking, join: [] });
  const payloads = new SeededRandom("what the events say");
  try {
    for (const [peer, path] of [
      [guest, "guest/log"],
      [host, "host/log"],
    ] as const) {
      for (let left = Math.ceil(events / 2); left > 0; left -= BATCH_EVENTS) {
        const batch = Array.from({ length: Math.min(left, BATCH_EVENTS) }, () => ({ payload: payloads.bytes(PAYLOAD_BYTES) }));
        await peer.append(path, batch);
      }
    }
    const { received, reason } = await host.sync(await guest.invite());
    if (received !== Math.ceil(events / 2)) throw new Error(`the source could not be made: ${received} events came, ${reason}`);
  } finally {
    await host.close();
    await guest.close();
    rmSync(`${dir}-guest`, { recursive: true });
  }
}

/** When whom: once the other holds so many events that it did not, or so long after it was started. */
interface Kill {
  readonly side: Side;
  readonly when: { readonly events: number } | { readonly ms: number };
}

function killOf(random: SeededRandom, events: number): Kill {
  const side = sides[random.below(2)] as Side;
  return { side, when: random.below(5) === 0 ? { ms: random.below(EARLY_MS_MAX) } : { events: 1 + random.below(events) } };
}

interface Round {
  readonly left: Replica;
  readonly right: Replica;
  readonly problems: readonly string[];
  /** Until the two held the same, with the kill in between. */
  readonly ms: number;
}

async function round(source: string, dir: string, kill: Kill): Promise<Round> {
  const port = await freePort();
  const left = new Replica("left", { port, dir: source });
  const right = new Replica("right", { port, dir });
  left.start();
  right.start();
  try {
    return await inTime(
      Promise.race([underKill(left, right, kill), left.failed, right.failed]),
      () => `${left.holds} and ${right.holds} events`,
    );
  } finally {
    await Promise.all([left.kill(), right.kill()]);
  }
}

async function underKill(left: Replica, right: Replica, { side, when }: Kill): Promise<Round> {
  const began = performance.now();
  if ("ms" in when) await pause(when.ms);
  else await right.holding(when.events);
  const victim = side === "left" ? left : right;
  await victim.kill();
  victim.start();
  // Both run, and write; then no more, and they come to the same.
  await Promise.all([left.writing(), right.writing()]);
  await Promise.all([left.ask("still"), right.ask("still")]);
  while (!isAgreed(await left.ask("standing"), await right.ask("standing"))) await pause(LOOK_MS);
  const ms = performance.now() - began;
  const problems = compared(left, right, [await left.ask("contents"), await right.ask("contents")]);
  await Promise.all([left.close(), right.close()]);
  return { left, right, problems, ms };
}

function isAgreed(one: Standing, other: Standing): boolean {
  return one.root === other.root && [one, other].every(({ links }) => links.join() === "in sync");
}

function compared(left: Replica, right: Replica, [one, other]: readonly [Contents, Contents]): string[] {
  const problems: string[] = [];
  if (one.root !== other.root) problems.push(`roots: ${one.root} and ${other.root}`);
  if (one.digest !== other.digest) problems.push(`events: ${one.events} and ${other.events}, not the same`);
  for (const [{ side, acknowledged }, contents] of new Map([
    [left, one],
    [right, other],
  ])) {
    const there = new Set(contents.live);
    for (const of of [left, right]) {
      const lost = [...of.acknowledged].filter((id) => !there.has(id)).length;
      if (lost > 0) problems.push(`${side} lacks ${lost} events that ${of.side} acknowledged, of ${of.acknowledged.size}`);
    }
    if (acknowledged.size === 0) problems.push(`${side} acknowledged nothing`);
    if (contents.forks > 0) problems.push(`${side} reports ${contents.forks} forks`);
    problems.push(...contents.problems.map((problem) => `${side}: ${problem}`));
  }
  return problems;
}

async function main(): Promise<void> {
  const [rounds, events] = [Number(values.rounds), Number(values.events)];
  const random = new SeededRandom(Number(values.seed));
  console.log(
    `sync-kills: ${rounds} rounds of ${events} events, seed ${values.seed} (the moments of the kills depend on the machine as well)`,
  );
  const place = mkdtempSync(join(tmpdir(), "sinter-sync-kills-"));
  let source = "";
  let failed = 0;
  let acknowledged = 0;
  for (let index = 0; index < rounds; index++) {
    if (source === "") {
      source = join(place, `source-${index}`);
      await makeSource(source, events);
    }
    const dir = join(place, `replica-${index}`);
    const kill = killOf(random, events);
    const when = "ms" in kill.when ? `${kill.when.ms} ms after the start` : `at ${kill.when.events} events`;
    let problems: readonly string[];
    try {
      const { left, right, problems: found, ms } = await round(source, dir, kill);
      acknowledged += left.acknowledged.size + right.acknowledged.size;
      problems = found;
      console.log(`round ${index}: ${kill.side} killed ${when}; the same after ${(ms / 1_000).toFixed(1)} s`);
    } catch (error) {
      problems = [String(error)];
    }
    if (problems.length > 0) {
      failed++;
      console.error(
        `round ${index}, ${kill.side} killed ${when} (stores kept at ${source} and ${dir}):\n  ${problems.slice(0, 5).join("\n  ")}`,
      );
      source = "";
    } else rmSync(dir, { recursive: true });
  }
  if (failed === 0) rmSync(place, { recursive: true });
  console.log(
    `${acknowledged} events were acknowledged meanwhile; again: npm run test:sync-kills -- --rounds ${rounds} --events ${events} --seed ${values.seed}`,
  );
  console.log(`${rounds - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
