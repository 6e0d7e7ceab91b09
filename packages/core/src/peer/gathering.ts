import { gatheredBytesMax } from "../bytes/limits.js";

// Small appends share a commit. A sync of the disk costs as much as hundreds of small events, so whoever comes while one is
// under way waits for it, and all who waited go on together; otherwise two crowds would form that wait for each other's
// commits, each half as large as it could be. Who appends alone waits for nobody, and what is large enough to be worth a
// commit of its own goes on at once, with all that waited before it: the order of calls is kept.

export interface GatheringParts<T> {
  /** Hands one on. Every one handed on is answered once, also if this fails to. */
  readonly handOn: (token: number, item: T) => void;
  /** Runs it after those who are being answered just now have had their say. */
  readonly soon: (run: () => void) => void;
}

export class Gathering<T> {
  readonly #parts: GatheringParts<T>;
  readonly #underWay = new Set<number>();
  #waiting: { readonly token: number; readonly item: T }[] = [];
  #waitingBytes = 0;
  /** Handed on since nothing was under way. */
  #crowd = 0;
  /** All were answered, and those among them who come again at once are waited for. */
  #meeting = false;

  constructor(parts: GatheringParts<T>) {
    this.#parts = parts;
  }

  add(token: number, item: T, bytes: number): void {
    this.#waiting.push({ token, item });
    this.#waitingBytes += bytes;
    const isAlone = this.#underWay.size === 0 && !this.#meeting;
    if (isAlone || this.#waitingBytes >= gatheredBytesMax) this.#handOn();
  }

  /** That one has its answer, whatever it was. */
  answered(token: number): void {
    if (!this.#underWay.delete(token) || this.#underWay.size > 0) return;
    const isCrowd = this.#crowd > 1 || this.#waiting.length > 0;
    this.#crowd = 0;
    if (!isCrowd || this.#meeting) return;
    this.#meeting = true;
    this.#parts.soon(() => {
      this.#meeting = false;
      this.#handOn();
    });
  }

  #handOn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#crowd += waiting.length;
    for (const { token } of waiting) this.#underWay.add(token);
    for (const { token, item } of waiting) this.#parts.handOn(token, item);
  }
}
