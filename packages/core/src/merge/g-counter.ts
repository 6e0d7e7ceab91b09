import { amount, type Counter, counter, type Numbers } from "./counter.js";

// A count that only grows.

export interface GCounterCommands {
  increment(by?: number | bigint): void;
}

export type GCounter<N extends Numbers> = Counter<N, GCounterCommands>;

export function gCounter(): GCounter<"number">;
export function gCounter<N extends Numbers>(numbers: N): GCounter<N>;
export function gCounter(numbers: Numbers = "number"): GCounter<Numbers> {
  return counter(numbers, {
    name: "g-counter",
    call: "gCounter",
    counts: "up",
    commands: (send) => ({ increment: (by = 1) => send(amount(by)) }),
  });
}
