import type { Clock, Instant, Scheduler } from "@sinter/core";
import { soonQuantaMax, steadyFirstMsMax } from "./limits.js";
import type { SeededRandom } from "./seeded-random.js";
import { type Lifetime, quantumMs, type Timeline } from "./timeline.js";

/** What a machine believes the time to be. It outlives the peer's boots, as a battery-backed clock does. */
export class WallClock {
  readonly #timeline: Timeline;
  #baseMs: number;
  #since: number;
  #rate = 1;

  constructor(timeline: Timeline, startMs: number) {
    this.#timeline = timeline;
    this.#baseMs = startMs;
    this.#since = timeline.now;
  }

  nowMs(): number {
    return Math.floor(this.#exactMs());
  }

  /** Somebody sets the clock: forward, or back. */
  shift(byMs: number): void {
    this.#baseMs += byMs;
  }

  /** 1 is right; 1.0001 gains a second in about three hours. */
  runAt(rate: number): void {
    this.#baseMs = this.#exactMs();
    this.#since = this.#timeline.now;
    this.#rate = rate;
  }

  #exactMs(): number {
    return this.#baseMs + (this.#timeline.now - this.#since) * this.#rate;
  }
}

export interface VirtualClockOptions {
  readonly life: Lifetime;
  readonly wall: WallClock;
  readonly random: SeededRandom;
}

export class VirtualClock implements Clock, Scheduler {
  readonly #life: Lifetime;
  readonly #wall: WallClock;
  readonly #random: SeededRandom;
  readonly #steadyOffset: number;
  #lastSoon = 0;

  constructor({ life, wall, random }: VirtualClockOptions) {
    this.#life = life;
    this.#wall = wall;
    this.#random = random;
    this.#steadyOffset = random.below(steadyFirstMsMax) - Math.floor(life.now);
  }

  now(): Instant {
    return (this.#life.now + this.#steadyOffset) as Instant;
  }

  wallMs(): number {
    return this.#wall.nowMs();
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#life.after(delayMs, run);
  }

  /** A few microseconds later, so that peers interleave by the seed; in the order asked, as the port says. */
  soon(run: () => void): void {
    const wanted = this.#life.now + (1 + this.#random.below(soonQuantaMax)) * quantumMs;
    this.#lastSoon = Math.max(wanted, this.#lastSoon);
    this.#life.after(this.#lastSoon - this.#life.now, run);
  }
}
