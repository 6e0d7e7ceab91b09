import { type Data, isDataObject } from "./data.js";
import { textOfData } from "./data-text.js";
import type { Plan } from "./plan.js";

// Before anything of a fragment counts, all of it fits the rules.

/** Where something is said that the rule of the place has no meaning for. */
export interface Misfit {
  readonly names: readonly string[];
  readonly expected: string;
  readonly found: Data;
}

export function misfitOf(value: Data, plan: Plan): Misfit | undefined {
  return misfitAt(value, plan, []);
}

function misfitAt(value: Data, plan: Plan, names: readonly string[]): Misfit | undefined {
  if (plan.isPlain) return undefined;
  const { rule } = plan;
  const misfit = (expected: string): Misfit => ({ names, expected, found: value });
  switch (rule.kind) {
    case "decide": {
      if (rule.over === "leaves" && isDataObject(value)) return misfitIn(value, plan, names);
      const expected = rule.strategy.expects(value);
      return expected === undefined ? undefined : misfit(`${expected}, for ${rule.strategy.name}`);
    }
    case "map":
      return isDataObject(value) ? misfitIn(value, plan, names) : misfit("an object, for map");
    case "record": {
      if (!isDataObject(value)) return misfit("an object, for record");
      const other = Object.keys(value).find((name) => !rule.fields.has(name) && name !== plan.key);
      if (other === undefined) return misfitIn(value, plan, names);
      return misfit(`only the fields ${[...rule.fields.keys()].join(", ")}, not ${JSON.stringify(other)}`);
    }
    case "by-key":
      return Array.isArray(value) ? misfitOfElements(value as readonly Data[], rule.key, { plan, names }) : misfit("an array, for by-key");
  }
}

interface Place {
  readonly plan: Plan;
  readonly names: readonly string[];
}

function misfitIn(value: { readonly [name: string]: Data }, plan: Plan, names: readonly string[]): Misfit | undefined {
  for (const name of Object.keys(value)) {
    const misfit = misfitAt(value[name] as Data, plan.child(name), [...names, name]);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

function misfitOfElements(elements: readonly Data[], key: string, { plan, names }: Place): Misfit | undefined {
  const texts = new Set<string>();
  for (const [index, element] of elements.entries()) {
    const at = [...names, String(index)];
    const misfit = (expected: string): Misfit => ({ names: at, expected, found: element });
    if (!isDataObject(element) || !Object.hasOwn(element, key)) return misfit(`an object with ${JSON.stringify(key)}, for by-key`);
    const value = element[key] as Data;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint")
      return misfit(`a text or a number under ${JSON.stringify(key)}, for by-key`);
    const text = textOfData(value);
    if (texts.has(text)) return misfit(`an element of its own for ${text}, which is there already`);
    texts.add(text);
    const within = misfitAt(element, plan.child(text), at);
    if (within !== undefined) return within;
  }
  return undefined;
}
