import { SinterError } from "@sinter/core";
import {
  apartText,
  SeededRandom,
  type SimRecord,
  SimRecorder,
  type SimRunOptions,
  type SimSettings,
  writesStopMs,
} from "@sinter/simulator";
import { DueTimes } from "./due-times.js";
import { type SocketPeer, SocketPeers } from "./socket-peers.js";

// A run on real sockets, in real time: what happens and what is seen of it are as in virtual time, only that no two runs are the same.

export interface SocketRunOptions extends Pick<SimRunOptions, "settings" | "progress" | "sink" | "signal"> {
  readonly basePort: number;
}

const PEERS_MOST = 64;
const LAST_PORT = 65_535;
/** Between two looks at who is to write, and at the roots once nobody does: convergence is known as exactly as that. */
const TICK_MS = 10;
const SECOND_MS = 1_000;
const ROOT_SHOWN_DIGITS = 8;
const VALUES = 1_000;
const FIRST_VALUE = "v1";

export async function runOnSockets(options: SocketRunOptions): Promise<SimRecord> {
  const { settings, basePort, sink } = options;
  checkPlace(settings, basePort);
  const began = { atMs: performance.now() };
  const made: { recorder?: SimRecorder } = {};
  const peers = await SocketPeers.open({
    settings,
    basePort,
    recorder: (indexOf) => {
      began.atMs = performance.now();
      made.recorder = new SimRecorder({ settings, way: "sockets", now: () => performance.now() - began.atMs, indexOf, sink });
      return made.recorder;
    },
  });
  if (made.recorder === undefined) throw new Error("peers came up without a recorder");
  let record: SimRecord;
  try {
    record = await new SocketRun(options, { peers, recorder: made.recorder, beganMs: began.atMs }).run();
  } finally {
    await peers.close();
  }
  return record;
}

function checkPlace({ peers }: SimSettings, basePort: number): void {
  if (peers > PEERS_MOST)
    throw new SinterError("usage", `${peers} peers are more than the ${PEERS_MOST} that run on sockets of one process`, "Give --virtual.");
  if (basePort > 0 && basePort + peers - 1 > LAST_PORT)
    throw new SinterError("usage", `${peers} peers from port ${basePort} on go beyond the last port`, "Give a lower --base-port.");
}

interface SocketRunParts {
  readonly peers: SocketPeers;
  readonly recorder: SimRecorder;
  readonly beganMs: number;
}

class SocketRun {
  readonly #options: SocketRunOptions;
  readonly #settings: SimSettings;
  readonly #peers: SocketPeers;
  readonly #recorder: SimRecorder;
  readonly #beganMs: number;
  readonly #random: SeededRandom;
  readonly #due = new DueTimes();
  readonly #writing = new Set<Promise<void>>();
  /** Ids, and the peers that made them. */
  readonly #acknowledged = new Map<string, number>();
  #state: "writing" | "stopped" = "writing";

  constructor(options: SocketRunOptions, { peers, recorder, beganMs }: SocketRunParts) {
    this.#options = options;
    this.#settings = options.settings;
    this.#peers = peers;
    this.#recorder = recorder;
    this.#beganMs = beganMs;
    this.#random = new SeededRandom(options.settings.seed, "workload");
  }

  async run(): Promise<SimRecord> {
    const { durationMs } = this.#settings;
    this.#plan();
    let sampledMs = -SECOND_MS;
    while (!this.#isOver) {
      const now = this.#now;
      this.#due.happen(now);
      if (this.#state === "stopped") await this.#look();
      if (now - sampledMs >= SECOND_MS) {
        sampledMs = Math.floor(now / SECOND_MS) * SECOND_MS;
        await this.#sample(Math.min(now, durationMs));
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    const isWhole = this.#options.signal?.aborted !== true;
    if (isWhole) await this.#sample(durationMs);
    await this.#end(isWhole ? "whole" : "called off");
    return this.#recorder.record();
  }

  get #now(): number {
    return performance.now() - this.#beganMs;
  }

  get #isOver(): boolean {
    return this.#options.signal?.aborted === true || this.#now >= this.#settings.durationMs;
  }

  // --- what is done ---

  #plan(): void {
    const { writeIntervalMs, failurePeriodMs, keys, quiesceLastMs, durationMs } = this.#settings;
    this.#due.at(writesStopMs(this.#settings), () => this.#stop());
    this.#due.at(durationMs - quiesceLastMs, () => {
      for (const [one, other] of this.#bothWays(this.#peers.pairs)) one.links.heal(other.id);
    });
    const [first] = this.#peers.all;
    if (first !== undefined) this.#write(first, keys[0] as string, FIRST_VALUE);
    if (writeIntervalMs > 0)
      for (const each of this.#peers.all) this.#writeLater(each, this.#random.stream(`writer ${each.index}`), this.#now);
    if (failurePeriodMs > 0) this.#failLater(this.#random.stream("failures"), this.#now);
  }

  #stop(): void {
    this.#state = "stopped";
    this.#recorder.stoppedWrites();
  }

  /** From when the one before was due: what comes late makes nothing behind it later. */
  #writeLater(to: SocketPeer, random: SeededRandom, fromMs: number): void {
    this.#due.at(fromMs + random.gapMs(this.#settings.writeIntervalMs), (dueMs) => {
      if (this.#state === "stopped") return;
      this.#write(to, random.pick(this.#settings.keys), `v${random.below(VALUES)}`);
      this.#writeLater(to, random, dueMs);
    });
  }

  #write(to: SocketPeer, key: string, value: string): void {
    const write = this.#put(to, key, value).finally(() => this.#writing.delete(write));
    this.#writing.add(write);
  }

  async #put({ table, index }: SocketPeer, key: string, value: string): Promise<void> {
    try {
      const receipt = await table.put(key, value);
      this.#acknowledged.set(receipt.id(0), index);
      this.#recorder.wrote(index, key);
    } catch (error) {
      this.#recorder.violation(`a write of peer ${index} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** All links of a peer, for a while; none into the quiet at the end. */
  #failLater(random: SeededRandom, fromMs: number): void {
    const { failurePeriodMs, recoveryDelayMs, durationMs, quiesceLastMs } = this.#settings;
    this.#due.at(fromMs + random.gapMs(failurePeriodMs), (dueMs) => {
      if (dueMs >= durationMs - quiesceLastMs) return;
      const { index } = random.pick(this.#peers.all);
      const pairs = this.#peers.pairs.filter((pair) => pair.includes(index));
      this.#recorder.fault("link-failure");
      for (const [one, other] of this.#bothWays(pairs)) one.links.fail(other.id);
      this.#due.at(dueMs + recoveryDelayMs, () => {
        for (const [one, other] of this.#bothWays(pairs)) one.links.recover(other.id);
      });
      this.#failLater(random, dueMs);
    });
  }

  #bothWays(pairs: readonly (readonly [number, number])[]): (readonly [SocketPeer, SocketPeer])[] {
    const { all } = this.#peers;
    return pairs.flatMap(([here, there]) => {
      const [one, other] = [all[here] as SocketPeer, all[there] as SocketPeer];
      return [[one, other] as const, [other, one] as const];
    });
  }

  // --- what is seen ---

  async #roots(): Promise<readonly (string | undefined)[]> {
    return await Promise.all(this.#peers.all.map(async ({ peer }) => (peer.ended === undefined ? (await peer.status()).root : undefined)));
  }

  async #look(): Promise<void> {
    for (const [index, root] of (await this.#roots()).entries()) this.#recorder.rooted(index, root);
  }

  async #sample(atMs: number): Promise<void> {
    const roots = await this.#roots();
    const events = this.#peers.all.map(({ peer, held }) => (peer.ended === undefined ? held.events : undefined));
    this.#recorder.sample(
      atMs,
      roots.map((root) => root?.slice(0, ROOT_SHOWN_DIGITS)),
      events,
    );
    const { writes, violations } = this.#recorder;
    this.#options.progress?.({ atMs, durationMs: this.#settings.durationMs, writes, roots: new Set(roots).size, violations });
  }

  async #end(how: "whole" | "called off"): Promise<void> {
    const recorder = this.#recorder;
    await Promise.all(this.#writing);
    recorder.weather(this.#peers.all.map(({ chaos }) => chaos.counts));
    if (how === "called off") return recorder.callOff();
    await this.#look();
    for (const { index, peer } of this.#peers.all)
      if (peer.ended !== undefined) recorder.violation(`peer ${index} came to an end: ${peer.ended.message}`);
    if (recorder.met === "no") recorder.violation(apartText(new Set(await this.#roots()).size));
    for (const each of this.#peers.all) {
      if (each.peer.ended !== undefined) continue;
      const held = await this.#peers.eventsOf(each);
      // As long as they have not met, nothing is lost that its author holds.
      const missing = [...this.#acknowledged].flatMap(([id, author]) =>
        held.has(id) || (recorder.met === "no" && author !== each.index) ? [] : [id],
      );
      if (missing.length > 0)
        recorder.violation(`peer ${each.index} lacks ${missing.length} writes that were acknowledged: ${missing[0]} is one`);
    }
  }
}
