import type { Numbers } from "./counter.js";
import { type ExtremeType, extreme } from "./extreme.js";

/** The least of all numbers that were added. */
export function minimum(): ExtremeType<"number">;
export function minimum<N extends Numbers>(numbers: N): ExtremeType<N>;
export function minimum(numbers: Numbers = "number"): ExtremeType<Numbers> {
  return extreme(numbers, "minimum");
}
