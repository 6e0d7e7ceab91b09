import { unstamped } from "../fragment.js";
import type { Candidate, Strategy } from "../strategy.js";

/** On, unless whoever turned it off did so later than all who turned it on. */
export const flag: Strategy = {
  name: "flag",
  expects: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  decide(candidates) {
    const on = candidates.filter(({ value }) => value === true);
    const off = candidates.filter(({ value }) => value !== true);
    const isOn = on.length > 0 && latest(on) >= latest(off);
    const [winners, losers] = isOn ? [on, off] : [off, on];
    const [outcome, why] =
      losers.length === 0
        ? (["agreed", "all that is said is the same"] as const)
        : (["resolved", isOn ? "nobody turned it off later" : "turned off later"] as const);
    return { value: isOn, outcome, winners, losers, why };
  },
};

function latest(candidates: readonly Candidate[]): number {
  return candidates.reduce((stamp, { head }) => Math.max(stamp, head.stamp), unstamped);
}
