import { unstamped } from "../fragment.js";
import type { Strategy } from "../strategy.js";

/** On, unless whoever turned it off did so later than all who turned it on. */
export const flag: Strategy = {
  name: "flag",
  expects: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  decide(candidates) {
    const latest = (wanted: boolean) =>
      candidates.reduce((stamp, { value, head }) => (value === wanted ? Math.max(stamp, head.stamp) : stamp), unstamped);
    const isOn = candidates.some(({ value }) => value === true) && latest(true) >= latest(false);
    const winners = candidates.filter(({ value }) => value === isOn);
    const losers = candidates.filter(({ value }) => value !== isOn);
    const [outcome, why] =
      losers.length === 0
        ? (["agreed", "all that is said is the same"] as const)
        : (["resolved", isOn ? "nobody turned it off later" : "turned off later"] as const);
    return { value: isOn, outcome, winners, losers, why };
  },
};
