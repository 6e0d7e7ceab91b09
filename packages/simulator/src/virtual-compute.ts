import type { Compute, Outcome } from "@sinter/core";
import type { SeededRandom } from "./seeded-random.js";
import type { Lifetime } from "./timeline.js";

/** Does a job, or throws: pure, so that a seed reproduces it. */
export type Execute = (protocol: string, job: unknown) => unknown;

export interface VirtualComputeOptions {
  readonly life: Lifetime;
  readonly random: SeededRandom;
  readonly execute: Execute;
  /** A job takes up to this long; which of two ends first is the seed's choice. */
  readonly longestMs?: number;
}

export class VirtualCompute implements Compute {
  readonly #life: Lifetime;
  readonly #random: SeededRandom;
  readonly #execute: Execute;
  readonly #longestMs: number;

  constructor({ life, random, execute, longestMs = 5 }: VirtualComputeOptions) {
    this.#life = life;
    this.#random = random;
    this.#execute = execute;
    this.#longestMs = longestMs;
  }

  run(protocol: string, job: unknown, done: (outcome: Outcome<unknown>) => void): void {
    this.#life.after(this.#random.between(0, this.#longestMs), () => done(this.#outcome(protocol, job)));
  }

  #outcome(protocol: string, job: unknown): Outcome<unknown> {
    try {
      return { kind: "done", result: this.#execute(protocol, job) };
    } catch (error) {
      return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
    }
  }
}
