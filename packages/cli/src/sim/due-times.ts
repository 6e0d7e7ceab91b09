interface Due {
  readonly atMs: number;
  readonly run: (atMs: number) => void;
}

/** What is to happen, by when. */
export class DueTimes {
  readonly #due: Due[] = [];

  /** `run` is told when it was due, which is seldom when it happens. */
  at(atMs: number, run: (atMs: number) => void): void {
    this.#due.push({ atMs, run });
  }

  /** All that is due, in order, and what that brings about if it is due too. */
  happen(nowMs: number): void {
    for (let next = this.#next(nowMs); next !== undefined; next = this.#next(nowMs)) next.run(next.atMs);
  }

  #next(nowMs: number): Due | undefined {
    let first: number | undefined;
    for (const [at, { atMs }] of this.#due.entries()) {
      if (atMs <= nowMs && (first === undefined || atMs < (this.#due[first] as Due).atMs)) first = at;
    }
    return first === undefined ? undefined : this.#due.splice(first, 1)[0];
  }
}
