import type { Data } from "../data.js";
import type { Candidate, Strategy } from "../strategy.js";

// Sums of what fragments say, exact however large. A fragment counts once, however often it comes.

export const gCounter = counter("g-counter", (by) => by >= 0, "a whole number from 0");

export const pnCounter = counter("pn-counter", () => true, "a whole number");

function counter(name: string, isAmount: (by: number | bigint) => boolean, wanted: string): Strategy {
  return {
    name,
    forSchema: () => undefined,
    expects: (value) => (isWhole(value) && isAmount(value) ? undefined : wanted),
    decide(candidates) {
      const total = candidates.reduce((sum, { value }: Candidate) => sum + BigInt(value as number | bigint), 0n);
      const { length } = candidates;
      return {
        value: numberOf(total),
        outcome: "agreed",
        winners: candidates,
        losers: [],
        why: length === 1 ? "one fragment counts" : `the sum of what ${length} fragments count`,
      };
    },
  };
}

function isWhole(value: Data): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

/** In the one form that numbers have. */
function numberOf(total: bigint): number | bigint {
  const number = Number(total);
  return Number.isSafeInteger(number) ? number : total;
}
