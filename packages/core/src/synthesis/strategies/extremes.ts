import { type Candidate, chosen, type Strategy } from "../strategy.js";

// The greatest of the numbers that are said, or the least.

export const max = extreme("max", (left, right) => left > right);

export const min = extreme("min", (left, right) => left < right);

function extreme(name: string, isBefore: (left: number | bigint, right: number | bigint) => boolean): Strategy {
  const numberOf = ({ value }: Candidate) => value as number | bigint;
  return {
    name,
    expects: (value) => (typeof value === "number" || typeof value === "bigint" ? undefined : "a number"),
    decide(candidates) {
      const winner = candidates.reduce((best, each) => (isBefore(numberOf(each), numberOf(best)) ? each : best));
      return chosen(winner, candidates, name === "max" ? "the greatest" : "the least");
    },
  };
}
