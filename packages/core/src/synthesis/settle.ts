import type { Data } from "./data.js";
import { compareTexts } from "./data-text.js";
import { decideAt, isObjectCandidate, objectCandidate } from "./decide.js";
import type { Plan } from "./plan.js";
import { candidateOf, type Outcome } from "./strategy.js";
import { Bag, Gathered, Held, Keyed, type Slot } from "./tree.js";

// From what is held of every place to the document: here it is decided what counts.

/** Where not all that is said counts. */
export interface Contested {
  /** The place in the document; elements of arrays by their index, where they have one. */
  readonly pointer: readonly string[];
  /** The place for rules: elements that are told apart by a key, by that. */
  readonly names: readonly string[];
  readonly outcome: Outcome;
}

/** What is told of a contested place; `place` makes it, while it is told. There can be as many as places. */
export type Tell = (outcome: Outcome, place: () => Contested) => void;

/** The document; `undefined`: nothing is said, or nothing could be decided. What was held is used up. */
export function settle(slot: Slot, plan: Plan, tell: Tell): Data | undefined {
  return new Settling(tell).settle(slot, plan);
}

class Settling {
  readonly #tell: Tell;
  readonly #pointer: string[] = [];
  readonly #names: string[] = [];

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  settle(slot: Slot, plan: Plan): Data | undefined {
    if (slot instanceof Held) return this.#held(slot, plan);
    if (slot instanceof Gathered) return this.#gathered(slot, plan);
    if (slot instanceof Keyed) return this.#keyed(slot, plan);
    // What came from one fragment is what it says.
    return slot instanceof Bag ? this.#bag(slot, plan) : (slot as Data);
  }

  #bag(bag: Bag, plan: Plan): Data {
    for (const name of Object.keys(bag)) {
      const slot = bag[name] as Slot;
      // Most are what they are.
      if (typeof slot !== "object" || slot === null || Array.isArray(slot)) continue;
      const settled = this.#below(slot, plan.child(name), { name, shown: name });
      if (settled === undefined) delete bag[name];
      else bag[name] = settled;
    }
    return bag as Data;
  }

  #below(slot: Slot, plan: Plan, { name, shown }: { readonly name: string; readonly shown: string }): Data | undefined {
    this.#names.push(name);
    this.#pointer.push(shown);
    const settled = this.settle(slot, plan);
    this.#names.pop();
    this.#pointer.pop();
    return settled;
  }

  #held({ leaf, stamp, isContested, object, objectStamp }: Held, plan: Plan): Data | undefined {
    if (isContested || (leaf !== undefined && object !== undefined)) this.#contested("resolved", leaf);
    // Said at once an object is the greater, by its canonical bytes.
    if (object === undefined || (leaf !== undefined && stamp > objectStamp)) return leaf;
    return this.settle(object as Slot, plan);
  }

  #gathered({ said, objects, bag }: Gathered, plan: Plan): Data | undefined {
    if (said.length === 0) return this.settle(bag as Bag, plan);
    const candidates = [...said.map(({ value, head }) => candidateOf(value, head)), ...objects.map(objectCandidate)];
    const { value, outcome, winners } = decideAt(plan.rule, candidates);
    const merged = winners.some(isObjectCandidate) ? bag : undefined;
    if (outcome !== "agreed") this.#contested(outcome, value === undefined ? merged : value);
    return merged === undefined ? value : this.settle(merged, plan);
  }

  /** Elements in the order of their keys: numbers as numbers, then texts. */
  #keyed({ bag }: Keyed, plan: Plan): Data {
    const texts = Object.keys(bag).sort(compareKeys);
    const settled: Data[] = [];
    for (const text of texts) {
      const element = this.#below(bag[text] as Slot, plan.child(text), { name: text, shown: String(settled.length) });
      if (element !== undefined) settled.push(element);
    }
    return settled;
  }

  #contested(outcome: Outcome, settled: Slot | undefined): void {
    const pointer = () => (settled === undefined ? this.#pointerOfNothing() : [...this.#pointer]);
    this.#tell(outcome, () => ({ pointer: pointer(), names: [...this.#names], outcome }));
  }

  /** An element of an array that came to nothing has no index: it goes by what it would have been told apart by. */
  #pointerOfNothing(): string[] {
    const [name, shown] = [this.#names.at(-1), this.#pointer.at(-1)];
    if (name === undefined || name === shown) return [...this.#pointer];
    return [...this.#pointer.slice(0, -1), name.startsWith('"') ? (JSON.parse(name) as string) : name];
  }
}

/** Keys are numbers or texts: numbers by what they are worth, and before texts. */
function compareKeys(left: string, right: string): number {
  const [isLeftText, isRightText] = [left.startsWith('"'), right.startsWith('"')];
  if (isLeftText || isRightText) return isLeftText && isRightText ? compareTexts(left, right) : isLeftText ? 1 : -1;
  const [leftNumber, rightNumber] = [numberOf(left), numberOf(right)];
  // 1e+21 is worth as much as its digits.
  return leftNumber < rightNumber ? -1 : leftNumber > rightNumber ? 1 : compareTexts(left, right);
}

function numberOf(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
}
