import { mix32 } from "./sketch-walk.js";

// Which lanes have an id that begins with given 32 bits: numbers of lanes in a table of open addresses. The bits themselves are the
// owner's, and so is what it mixes them with: an author who makes lanes that begin alike must not know where they come to lie.

const FIRST_SLOTS = 16;

export class LaneTable {
  readonly #beginnings: () => Uint32Array;
  readonly #seed: number;
  /** A lane's number and 1; 0: free. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #count = 0;

  /** `beginnings`: by lane number; of lanes in the table they must not change. */
  constructor(beginnings: () => Uint32Array, seed: number) {
    this.#beginnings = beginnings;
    this.#seed = seed;
  }

  add(lane: number): void {
    if (++this.#count * 5 > this.#slots.length * 3) this.#grow();
    this.#put(lane);
  }

  remove(lane: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = this.#slotOf(this.#beginning(lane));
    for (; slots[at] !== lane + 1; at = (at + 1) & mask) if (slots[at] === 0) return;
    this.#count--;
    // Those behind it move up to where a search for them begins, or as near to that as there is room.
    for (let next = (at + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const wanted = this.#slotOf(this.#beginning((slots[next] as number) - 1));
      if (((next - wanted) & mask) < ((next - at) & mask)) continue;
      slots[at] = slots[next] as number;
      at = next;
    }
    slots[at] = 0;
  }

  /** In no order. */
  lanesBeginning(beginning: number): number[] {
    const found: number[] = [];
    const slots = this.#slots;
    for (let at = this.#slotOf(beginning); slots[at] !== 0; at = (at + 1) & (slots.length - 1)) {
      const lane = (slots[at] as number) - 1;
      if (this.#beginning(lane) === beginning) found.push(lane);
    }
    return found;
  }

  #put(lane: number): void {
    const slots = this.#slots;
    let at = this.#slotOf(this.#beginning(lane));
    while (slots[at] !== 0) at = (at + 1) & (slots.length - 1);
    slots[at] = lane + 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (const slot of old) if (slot !== 0) this.#put(slot - 1);
  }

  #beginning(lane: number): number {
    return this.#beginnings()[lane] as number;
  }

  #slotOf(beginning: number): number {
    return mix32(beginning ^ this.#seed) & (this.#slots.length - 1);
  }
}
