import { equalBytes } from "../bytes/order.js";
import { kindAt, payloadAt } from "../feed/event/event.js";
import { LaneReader } from "../feed/lane/lane-reader.js";
import type { NewParts } from "../feed/write/open-lane.js";
import { OutcomeUnknown } from "./outcome-unknown.js";
import { SinterError } from "./sinter-error.js";
import type { SubjectParts } from "./subject-parts.js";

interface Place {
  readonly lane: number;
  readonly seq: number;
}

/** A write of which nothing was heard. If it was written, it lies between the last that was heard of before and the first after. */
interface Lost {
  readonly parts: NewParts;
  readonly after: Place | undefined;
  /** How far the subject was folded when it was begun. */
  readonly folded: ReadonlyMap<number, number>;
  before: Place | undefined;
}

/** Where a subject's writes came to lie, as far as it takes to find one of which nothing was heard. A turn is written whole or not at
 * all, so of its writes that say the same any will do. */
export class OwnWrites {
  readonly #parts: SubjectParts;
  /** Since which none was heard of. */
  readonly #lost = new Set<Lost>();
  #last: Place | undefined;

  constructor(parts: SubjectParts) {
    this.#parts = parts;
  }

  /** One is on disk: its first event. */
  placed(first: Place): void {
    this.#last = first;
    for (const lost of this.#lost) lost.before = first;
    this.#lost.clear();
  }

  /** The error as the application gets it, of a write begun when that was folded: of an outcome that is not known, with the way to find out. */
  failed(parts: NewParts, folded: ReadonlyMap<number, number>, error: unknown): unknown {
    if (!(error instanceof SinterError) || error.code !== "unknown-outcome") return error;
    const lost: Lost = { parts, after: this.#last, folded, before: undefined };
    this.#lost.add(lost);
    return new OutcomeUnknown(error.message, async () => {
      await this.#parts.durable();
      return this.#isThere(lost) ? "applied" : "not applied";
    });
  }

  #isThere(lost: Lost): boolean {
    const { view, hasher, id, author } = this.#parts;
    for (const { number } of [...view.lanes(id, author)]) {
      const reader = new LaneReader(view, hasher, number);
      const from = Math.max(lost.after?.lane === number ? lost.after.seq : 0, lost.folded.get(number) ?? 0) + 1;
      const to = lost.before?.lane === number ? lost.before.seq - 1 : reader.size;
      for (let seq = from; seq <= to; seq++) if (says(reader, seq, lost.parts)) return true;
    }
    return false;
  }
}

function says(reader: LaneReader, seq: number, { kind, payload }: NewParts): boolean {
  const event = reader.event(seq);
  if (event === undefined || event.payload === "absent") return false;
  const { bytes, offset } = event;
  return kindAt(bytes, offset) === kind && equalBytes(payloadAt(bytes, offset), payload);
}
