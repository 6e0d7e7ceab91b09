import { equalBytes } from "../bytes/order.js";
import { kindAt, payloadAt } from "../feed/event/event.js";
import { LaneReader } from "../feed/lane/lane-reader.js";
import type { NewParts } from "../feed/write/open-lane.js";
import { OutcomeUnknown } from "./outcome-unknown.js";
import { SinterError } from "./sinter-error.js";
import type { SubjectParts } from "./subject-parts.js";

/** A write that is on its way. */
export interface OwnWrite {
  readonly parts: NewParts;
  /** How far the subject's lanes were folded when it was begun, and where the last one heard of lies. */
  readonly before: ReadonlyMap<number, number>;
  readonly last: { readonly lane: number; readonly seq: number } | undefined;
}

/** Which of a subject's writes came to lie where: so that one of which nothing was heard can be looked for. Commits fail together
 * and in order, so of writes that say the same it makes no difference which of them was found. */
export class OwnWrites {
  readonly #parts: SubjectParts;
  readonly #outstanding = new Set<OwnWrite>();
  /** Where those lie that were heard of, while others are not. */
  readonly #found = new Set<string>();
  #last: OwnWrite["last"];

  constructor(parts: SubjectParts) {
    this.#parts = parts;
  }

  begin(parts: NewParts): OwnWrite {
    const write = { parts, before: this.#parts.live.fold.frontier(), last: this.#last };
    this.#outstanding.add(write);
    return write;
  }

  placed(lane: number, seq: number): void {
    this.#found.add(placeOf(lane, seq));
    this.#last = { lane, seq };
  }

  done(write: OwnWrite): void {
    this.#outstanding.delete(write);
    if (this.#outstanding.size === 0) this.#found.clear();
  }

  /** The error as the application gets it: of an outcome that is not known, with the way to find out. */
  failed(write: OwnWrite, error: unknown): unknown {
    if (error instanceof SinterError && error.code === "unknown-outcome") return new OutcomeUnknown(error.message, () => this.#settle(write));
    this.done(write);
    return error;
  }

  async #settle(write: OwnWrite): Promise<"applied" | "not applied"> {
    await this.#parts.durable();
    const place = this.#find(write);
    if (place !== undefined) this.#found.add(place);
    this.done(write);
    return place === undefined ? "not applied" : "applied";
  }

  #find({ parts, before, last }: OwnWrite): string | undefined {
    const { view, hasher, id, author } = this.#parts;
    for (const { number } of [...view.lanes(id, author)]) {
      const reader = new LaneReader(view, hasher, number);
      const { size } = reader;
      const heardOf = last?.lane === number ? last.seq : 0;
      for (let seq = Math.max(heardOf, before.get(number) ?? 0) + 1; seq <= size; seq++) {
        const event = reader.event(seq);
        if (event === undefined || event.payload === "absent" || this.#found.has(placeOf(number, seq))) continue;
        const { bytes, offset } = event;
        if (kindAt(bytes, offset) === parts.kind && equalBytes(payloadAt(bytes, offset), parts.payload)) return placeOf(number, seq);
      }
    }
    return undefined;
  }
}

function placeOf(lane: number, seq: number): string {
  return `${lane}/${seq}`;
}
