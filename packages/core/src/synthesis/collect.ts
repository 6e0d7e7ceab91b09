import { type Data, type DataObject, isDataObject } from "./data.js";
import { textOfData } from "./data-text.js";
import { decideAt, objectCandidate } from "./decide.js";
import type { FragmentHead } from "./fragment.js";
import type { Plan } from "./plan.js";
import { type Candidate, candidateOf, type Decision } from "./strategy.js";

// All that is said of some places, and what that comes to: for explanations. Documents are made without keeping it.

interface Sought {
  readonly below: Map<string, Sought>;
  candidates: Candidate[] | undefined;
}

export class Collecting {
  readonly #plan: Plan;
  readonly #root: Sought = { below: new Map(), candidates: undefined };

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** A place to collect from; before anything is added. */
  seek(names: readonly string[]): void {
    let sought = this.#root;
    for (const name of names) {
      const next = sought.below.get(name) ?? { below: new Map(), candidates: undefined };
      sought.below.set(name, next);
      sought = next;
    }
    sought.candidates ??= [];
  }

  add(head: FragmentHead, body: Data): void {
    this.#collect(this.#root, body, { head, plan: this.#plan });
  }

  /** What a place comes to; `undefined`: nobody says anything of it. */
  decisionAt(names: readonly string[]): { readonly plan: Plan; readonly decision: Decision } | undefined {
    let sought: Sought | undefined = this.#root;
    let plan = this.#plan;
    for (const name of names) {
      sought = sought?.below.get(name);
      plan = plan.child(name);
    }
    const candidates = sought?.candidates ?? [];
    return candidates.length === 0 ? undefined : { plan, decision: decideAt(plan.rule, candidates) };
  }

  #collect(sought: Sought, value: Data, { head, plan }: { readonly head: FragmentHead; readonly plan: Plan }): void {
    const { rule } = plan;
    const isWhole = rule.kind === "decide" && rule.over === "whole";
    const merges = rule.kind === "by-key" || (!isWhole && isDataObject(value));
    sought.candidates?.push(merges ? objectCandidate(head) : candidateOf(value, head));
    if (!merges) return;
    if (rule.kind === "by-key")
      for (const element of value as readonly DataObject[])
        this.#below(sought, textOfData(element[rule.key] as Data), { value: element, head, plan });
    else if (sought.below.size < Object.keys(value as DataObject).length) {
      for (const name of sought.below.keys())
        if (Object.hasOwn(value as DataObject, name)) this.#below(sought, name, { value: (value as DataObject)[name] as Data, head, plan });
    } else for (const [name, each] of Object.entries(value as DataObject)) this.#below(sought, name, { value: each, head, plan });
  }

  #below(
    sought: Sought,
    name: string,
    { value, head, plan }: { readonly value: Data; readonly head: FragmentHead; readonly plan: Plan },
  ): void {
    const next = sought.below.get(name);
    if (next !== undefined) this.#collect(next, value, { head, plan: plan.child(name) });
  }
}

export interface Sight {
  readonly plan: Plan;
  readonly document: Data | undefined;
  /** A name of an object in the form that the document has it in, however it was typed: as it is, where left out. */
  nameOf?(typed: string): string;
}

/** The place that `pointer` is decided at: itself, or the one around it that is decided as a whole, or came to nothing. By-key elements
 * are found in the document by their index, else by what they are told apart by. */
export function decidedPlace(typed: readonly string[], { plan, document, nameOf = (name) => name }: Sight): DecidedPlace {
  const names: string[] = [];
  const pointer: string[] = [];
  let place = plan;
  let value = document;
  for (const name of typed) {
    const { rule } = place;
    if (value === undefined || (rule.kind === "decide" && rule.over === "whole")) break;
    const shown = rule.kind === "by-key" ? name : nameOf(name);
    const found = rule.kind === "by-key" ? elementAt(value as readonly Data[], shown, rule.key) : fieldAt(value, shown);
    if (found === undefined) break;
    names.push(found.name);
    pointer.push(shown);
    value = found.value;
    place = place.child(found.name);
  }
  return { pointer, names };
}

/** In the document, and as rules have it: by-key elements by what they are told apart by. */
interface DecidedPlace {
  readonly pointer: readonly string[];
  readonly names: readonly string[];
}

interface Found {
  readonly name: string;
  readonly value: Data | undefined;
}

function fieldAt(value: Data, name: string): Found | undefined {
  return isDataObject(value) ? { name, value: Object.hasOwn(value, name) ? value[name] : undefined } : undefined;
}

function elementAt(elements: readonly Data[], shown: string, key: string): Found | undefined {
  const keyOf = (element: Data) => fieldAt(element, key)?.value;
  const index = /^(?:0|[1-9]\d*)$/.test(shown) && Number(shown) < elements.length ? Number(shown) : -1;
  const value = index < 0 ? elements.find((element) => String(keyOf(element)) === shown) : elements[index];
  // One that came to nothing is in no document.
  if (value === undefined) return { name: JSON.stringify(shown), value };
  const found = keyOf(value);
  return found === undefined ? undefined : { name: textOfData(found), value };
}
