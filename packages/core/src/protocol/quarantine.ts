import { quarantineKeptMax, quarantinePerMinuteMax } from "../bytes/limits.js";
import type { Instant, Json, PeerId } from "./protocol.js";

/** An input that made a step throw, or a commit that failed. */
export interface Offence {
  readonly at: Instant;
  readonly protocol: string;
  readonly input: string;
  readonly from: PeerId | undefined;
  readonly reason: string;
}

const MINUTE_MS = 60_000;

/** Remembers the last offences, and says when there are too many to go on. */
export class Quarantine {
  readonly #kept: Offence[] = [];
  #total = 0;

  add(offence: Offence): void {
    this.#total++;
    this.#kept.push(offence);
    if (this.#kept.length > quarantineKeptMax) this.#kept.shift();
  }

  overflows(now: Instant): boolean {
    return this.#kept.filter((offence) => now - offence.at < MINUTE_MS).length > quarantinePerMinuteMax;
  }

  describe(): Json {
    return {
      total: this.#total,
      kept: this.#kept.map(({ at, protocol, input, from, reason }) => ({ at, protocol, input, from: from ?? null, reason })),
    };
  }
}
