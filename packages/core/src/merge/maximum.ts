import type { Numbers } from "./counter.js";
import { type ExtremeType, extreme } from "./extreme.js";

/** The largest of all numbers that were added. */
export function maximum(): ExtremeType<"number">;
export function maximum<N extends Numbers>(numbers: N): ExtremeType<N>;
export function maximum(numbers: Numbers = "number"): ExtremeType<Numbers> {
  return extreme(numbers, "maximum");
}
