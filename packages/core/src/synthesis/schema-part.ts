import { type Data, type DataObject, isDataObject } from "./data.js";
import { textOfData } from "./data-text.js";
import type { Plan } from "./plan.js";

// Schemas are of documents. What fragments say for some strategies is no part of one: an amount to be counted, an element to be removed.

/** What of a fragment a document could hold, each at its place; `undefined`: nothing. The fragment need not fit its rules. */
export function partForSchema(value: Data, plan: Plan): Data | undefined {
  if (plan.isPlain) return value;
  const { rule } = plan;
  if (rule.kind === "by-key") return Array.isArray(value) ? elementsForSchema(value as readonly Data[], rule.key, plan) : value;
  if (rule.kind !== "decide" || (rule.over === "leaves" && isDataObject(value)))
    return isDataObject(value) ? fieldsForSchema(value, plan) : value;
  return rule.strategy.forSchema === undefined ? value : rule.strategy.forSchema(value);
}

function fieldsForSchema(value: DataObject, plan: Plan): DataObject {
  const fields = Object.entries(value).map(([name, each]) => [name, partForSchema(each, plan.child(name))] as const);
  // Most fragments are as documents are.
  if (fields.every(([name, part]) => part === value[name])) return value;
  return Object.fromEntries(fields.filter((field): field is readonly [string, Data] => field[1] !== undefined));
}

/** Each where it was: of what is wrong the place is told. */
function elementsForSchema(elements: readonly Data[], key: string, plan: Plan): Data {
  return elements.map((element) => {
    if (!isDataObject(element) || !Object.hasOwn(element, key)) return element;
    return partForSchema(element, plan.child(textOfData(element[key] as Data))) ?? {};
  });
}

/** Where that is in the fragment which lies at `names` of the part. */
export function placeOfPart(fragment: Data, names: readonly string[]): readonly string[] {
  const place: string[] = [];
  let value: Data | undefined = fragment;
  for (const name of names) {
    // Of what is added and removed, the part has what is added.
    const isAdded: boolean = value !== undefined && isDataObject(value) && !Object.hasOwn(value, name) && Object.hasOwn(value, "add");
    const steps: readonly string[] = isAdded ? ["add", name] : [name];
    for (const step of steps) value = (value as DataObject | undefined)?.[step];
    place.push(...steps);
  }
  return place;
}
