import { candidatesListedMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { Collecting } from "./collect.js";
import type { Data } from "./data.js";
import { join } from "./join.js";
import { planOf } from "./plan.js";
import { pointerOf } from "./pointer.js";
import { type Delivered, type Prepared, prepare, RefusedFragment, type Rules } from "./preparing.js";
import type { CustomTypes } from "./rule.js";
import type { CompiledSchema } from "./schema/compile.js";
import { type Contested, settle, type Tell } from "./settle.js";
import { noStrategies, strategiesFrom } from "./strategies-file.js";
import { type ExplainedPlace, explainedPlace } from "./told.js";
import { packSlot, unpackSlot } from "./transfer.js";
import { type Slot, say } from "./tree.js";

// Fragments one after the other into one document, without keeping them. In whatever order they come, and however they are shared out
// over several of these that are joined in the end, it comes to the same.

export interface RulesParts {
  readonly schema?: CompiledSchema | undefined;
  /** As a strategies file has it. */
  readonly strategies?: Data | undefined;
  readonly types: CustomTypes;
}

export function rulesFrom({ schema, strategies: written, types }: RulesParts): Rules | Malformed {
  const strategies = written === undefined ? noStrategies : strategiesFrom(written, types);
  if (strategies instanceof Malformed) return strategies;
  return { plan: planOf(strategies.paths, schema?.merge, types), strategies, schema };
}

export class Synthesis {
  readonly rules: Rules;
  #slot: Slot | undefined;
  #fragments = 0;

  constructor(rules: Rules) {
    this.rules = rules;
  }

  /** How many count. */
  get fragments(): number {
    return this.#fragments;
  }

  /** What counts of it from now on is all of it, or nothing. No two that are added have one id. */
  add(delivered: Delivered, content: Data): RefusedFragment | undefined {
    const prepared = prepare(this.rules, delivered, content);
    if (prepared instanceof RefusedFragment) return prepared;
    this.say(prepared);
    return undefined;
  }

  say({ head, body }: Prepared): void {
    this.#slot = say(this.#slot, body, { head, plan: this.rules.plan });
    this.#fragments++;
  }

  /** All that is gathered, for another thread. It is used up. */
  pack(): PackedSynthesis {
    return { fragments: this.#fragments, packed: this.#slot === undefined ? undefined : packSlot(this.#slot) };
  }

  /** What another has gathered of other fragments, by the same rules. */
  join({ fragments, packed }: PackedSynthesis): void {
    this.#fragments += fragments;
    if (packed !== undefined) this.#slot = join(this.#slot, unpackSlot(packed), this.rules.plan);
  }

  /** The document; missing, where nothing is said. It is no application's: its objects have no prototype. What was gathered is used up. */
  finish(tell: Tell): Data | undefined {
    return this.#slot === undefined ? undefined : settle(this.#slot, this.rules.plan, tell);
  }
}

export interface PackedSynthesis {
  readonly fragments: number;
  readonly packed: unknown;
}

/** In the order of the document's names. */
export function inOrder(contested: readonly Contested[]): Contested[] {
  const texts = new Map(contested.map((each) => [each, pointerOf(each.pointer)]));
  return contested.toSorted((left, right) => ((texts.get(left) as string) < (texts.get(right) as string) ? -1 : 1));
}

/** Who says what at some places, and what comes of it: the fragments are gone through once more. */
export class Explaining {
  readonly #collecting: Collecting;
  readonly #places: readonly Pick<Contested, "pointer" | "names">[];

  constructor({ plan }: Rules, places: readonly Pick<Contested, "pointer" | "names">[]) {
    this.#collecting = new Collecting(plan);
    this.#places = places;
    for (const { names } of places) this.#collecting.seek(names);
  }

  /** Every fragment that was added to the document. */
  add({ head, body }: Prepared): void {
    this.#collecting.add(head, body);
  }

  /** In the order of the places; none of those that nobody says anything of. */
  explanations(): ExplainedPlace[] {
    return this.#places.flatMap(({ pointer, names }) => {
      const found = this.#collecting.decisionAt(names);
      return found === undefined ? [] : [explainedPlace(pointerOf(pointer), found.plan.rule, found.decision, candidatesListedMax)];
    });
  }
}
