import { buildWallMs, clockDriftMsMax, clockReserveMs, stampCounterMax, stampWallMsMax } from "../bytes/limits.js";
import { compareStamps, type Stamp } from "./stamp.js";

const PEER_CLAIMS_MIN = 3;

/** A hybrid logical clock: follows the wall clock, never goes back, and rises above every stamp it has seen.
 * Owner: the core that stamps. It never asks for the time: whoever calls says what time is to be believed. */
export class HybridClock {
  #last: Stamp;
  /** Durable, or in the batch of this turn: no stamp given out may reach it (docs/wire.md, `clock`). */
  #reserve: Stamp;

  /** `reserve`: what was last persisted. Stamps below it may have been given out, so the clock goes on from there. */
  constructor(reserve: Stamp = { wallMs: 0, counter: 0 }) {
    this.#last = reserve;
    this.#reserve = reserve;
  }

  get last(): Stamp {
    return this.#last;
  }

  /** Greater than every stamp given out or observed, in this run and those before it. */
  tick(wallMs: number): Stamp {
    const wall = Math.floor(wallMs);
    const last = this.#last;
    if (wall > last.wallMs) this.#last = { wallMs: wall, counter: 0 };
    else if (last.counter < stampCounterMax) this.#last = { wallMs: last.wallMs, counter: last.counter + 1 };
    else this.#last = { wallMs: last.wallMs + 1, counter: 0 };
    if (this.#last.wallMs > stampWallMsMax) throw new RangeError("the clock has run out of stamps; clockFault says so beforehand");
    return this.#last;
  }

  /** A stamp somebody else made. One from further ahead than clocks may drift is from the future: it waits, and moves nothing. */
  observe(stamp: Stamp, wallMs: number): "taken" | "future" {
    if (isFuture(stamp, wallMs)) return "future";
    if (compareStamps(stamp, this.#last) > 0) this.#last = stamp;
    return "taken";
  }

  /** The reserve to write in the same commit as the stamps given out since, or nothing while the persisted one holds.
   * Answers once; where that commit fails, a new clock is made from what is persisted. */
  reserveNeeded(): Stamp | undefined {
    if (compareStamps(this.#last, this.#reserve) < 0) return undefined;
    const ahead = this.#last.wallMs + clockReserveMs;
    this.#reserve = ahead > stampWallMsMax ? { wallMs: stampWallMsMax, counter: stampCounterMax } : { wallMs: ahead, counter: 0 };
    return this.#reserve;
  }

  /** For when no more stamps will be given out: the reserve to write, brought down to just above the last of them, so that
   * the next run need not begin ahead of its time. Nothing where it is that low already. */
  rest(): Stamp | undefined {
    const { wallMs, counter } = this.#last;
    const above = counter < stampCounterMax ? { wallMs, counter: counter + 1 } : { wallMs: wallMs + 1, counter: 0 };
    if (compareStamps(above, this.#reserve) >= 0) return undefined;
    this.#reserve = above;
    return above;
  }
}

export function isFuture(stamp: Stamp, wallMs: number): boolean {
  return stamp.wallMs > wallMs + clockDriftMsMax;
}

export interface TimeSources {
  /** The wall of the persisted reserve; 0 where there is none. */
  readonly persistedMs: number;
  readonly wallMs: number;
  /** What authenticated peers say it is, one claim a peer. Fewer than three are not believed. */
  readonly claimsMs: readonly number[];
}

/** The latest of what there is reason to believe. Of an even number of claims the earlier middle one: it takes more than half to push it ahead. */
export function trustedTimeMs(sources: TimeSources): number {
  const known = Math.max(sources.persistedMs, sources.wallMs);
  const claims = sources.claimsMs.filter((claim) => claim >= 0 && claim <= stampWallMsMax).sort((left, right) => left - right);
  if (claims.length < PEER_CLAIMS_MIN) return known;
  return Math.max(known, claims[(claims.length - 1) >> 1] as number);
}

/** Why this peer must not stamp, in words a person can act on; nothing where it may. */
export function clockFault(trustedMs: number, buildMs: number = buildWallMs): string | undefined {
  if (!(trustedMs >= buildMs))
    return "clock before build date: this machine's clock is earlier than the day this program was built; set the clock";
  if (trustedMs + clockDriftMsMax + clockReserveMs >= stampWallMsMax)
    return "clock beyond the last stamp: set this machine's clock back to today";
  return undefined;
}
