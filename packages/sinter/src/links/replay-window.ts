import { linkReplayDatagramsMax } from "@sinter/core";

const unused = -1;

/** Which numbers have come, of the latest so many: whatever is sent once more, by whomever, counts once. */
export class ReplayWindow {
  /** Each number in the place that it shares with those that are as many apart as there are places. */
  readonly #numbers = new Float64Array(linkReplayDatagramsMax).fill(unused);
  #highest = 0;

  /** 0 before any has come: numbers begin with 1. */
  get highest(): number {
    return this.#highest;
  }

  has(number: number): "new" | "seen" | "too old" {
    if (number <= this.#highest - linkReplayDatagramsMax) return "too old";
    return this.#numbers[number % linkReplayDatagramsMax] === number ? "seen" : "new";
  }

  /** To be told of those alone that are proven, or anybody could make all that follow too old. */
  add(number: number): void {
    this.#numbers[number % linkReplayDatagramsMax] = number;
    this.#highest = Math.max(this.#highest, number);
  }
}
