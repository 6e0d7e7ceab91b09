import { amount, type Counter, counter, type Numbers } from "./counter.js";
import { negated } from "./exact-sum.js";

// A count that anybody raises and lowers.

export interface PnCounterCommands {
  increment(by?: number | bigint): void;
  decrement(by?: number | bigint): void;
}

export type PnCounter<N extends Numbers> = Counter<N, PnCounterCommands>;

export function pnCounter(): PnCounter<"number">;
export function pnCounter<N extends Numbers>(numbers: N): PnCounter<N>;
export function pnCounter(numbers: Numbers = "number"): PnCounter<Numbers> {
  return counter(numbers, {
    name: "pn-counter",
    call: "pnCounter",
    counts: "up and down",
    commands: (send) => ({ increment: (by = 1) => send(amount(by)), decrement: (by = 1) => send(negated(amount(by))) }),
  });
}
