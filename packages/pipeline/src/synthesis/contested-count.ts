import { type Contested, pointerOf, type Tell } from "@sinter/core";

/** How often not all that is said counts. */
export interface ContestedCounts {
  readonly count: number;
  readonly unresolved: number;
  /** Where nothing may be published because of it. */
  readonly stopped: number;
  /** The first few, as JSON pointers; those that stop everything before others. */
  readonly first: readonly string[];
}

/** Counts them as they are told. There may be as many as there are places: they are not kept. */
export class ContestedCount {
  #count = 0;
  #unresolved = 0;
  #stopped = 0;
  readonly #stopping = new Least();
  readonly #others = new Least();

  readonly take: Tell = (outcome, place) => {
    this.#count++;
    if (outcome === "unresolved") this.#unresolved++;
    if (outcome === "stopped") this.#stopped++;
    (outcome === "stopped" ? this.#stopping : this.#others).add(place);
  };

  counts(): ContestedCounts {
    const [count, unresolved, stopped] = [this.#count, this.#unresolved, this.#stopped];
    return { count, unresolved, stopped, first: [...(stopped > 0 ? this.#stopping : this.#others).pointers] };
  }
}

const FIRST = 5;

/** The first few in the order of the document. */
class Least {
  readonly pointers: string[] = [];

  add(place: () => Contested): void {
    const pointer = pointerOf(place().pointer);
    const last = this.pointers.at(-1);
    if (this.pointers.length === FIRST && last !== undefined && pointer > last) return;
    this.pointers.push(pointer);
    this.pointers.sort();
    if (this.pointers.length > FIRST) this.pointers.pop();
  }
}
