import { type Data, type DataObject, isDataObject } from "./data.js";
import { compareTexts, equalData, textOfData } from "./data-text.js";
import { type FragmentHead, unstamped } from "./fragment.js";
import type { Plan } from "./plan.js";
import { defaultRule } from "./rule.js";

// What fragments say, gathered in the shape of the document. Most of a document is said once, or by the default rule: of that nothing
// is kept but what counts, as it came. Where a strategy decides, all is kept that it has to know.

/** An object without anything above it: every name is its own. */
export interface Bag {
  [name: string]: Slot | undefined;
}
function MadeBag() {}
MadeBag.prototype = Object.create(null);
export const Bag = MadeBag as unknown as { new (): Bag; readonly prototype: Bag };

/** What is held of one place. Data as it is: the default rule, said without a stamp, and nobody says anything else. */
export type Slot = Data | Bag | Held | Gathered | Keyed;

/** By the default rule, where more is to be known than the value. */
export class Held {
  /** What counts of all that is no object. */
  leaf: Data | undefined;
  stamp = unstamped;
  /** Something else was said, too. */
  isContested = false;
  /** What the objects that are said come to. */
  object: Bag | DataObject | undefined;
  objectStamp = unstamped;
}

/** By another rule: all that is said. */
export class Gathered {
  readonly said: Said[] = [];
  /** Where objects merge by key: who says one, and what they come to. */
  readonly objects: FragmentHead[] = [];
  bag: Bag | undefined;
}

export interface Said {
  readonly value: Data;
  readonly head: FragmentHead;
}

/** Elements of arrays by the canonical text of what tells them apart. */
export class Keyed {
  readonly bag = new Bag();
}

/** One fragment says this of a place. What was held of it is changed, or the answer takes its place. It fits its rules. */
export function say(slot: Slot | undefined, value: Data, by: Saying): Slot {
  const { plan, head } = by;
  const { rule } = plan;
  if (rule === defaultRule) return isDataObject(value) ? sayObject(slot, value, by) : sayLeaf(slot, value, head.stamp);
  if (rule.kind === "by-key") return sayElements(slot, value as readonly DataObject[], { ...by, key: rule.key });
  const gathered = (slot as Gathered | undefined) ?? new Gathered();
  if (!isDataObject(value) || (rule.kind === "decide" && rule.over === "whole")) gathered.said.push({ value, head });
  else {
    gathered.objects.push(head);
    gathered.bag ??= new Bag();
    fill(gathered.bag, value, by);
  }
  return gathered;
}

export interface Saying {
  readonly head: FragmentHead;
  readonly plan: Plan;
}

function fill(bag: Bag, value: DataObject, { head, plan }: Saying): void {
  if (!plan.isPlain) {
    for (const name of Object.keys(value)) bag[name] = say(bag[name], value[name] as Data, { head, plan: plan.child(name) });
    return;
  }
  const by = { head, plan };
  for (const name of Object.keys(value)) {
    const slot = bag[name];
    // As it came, until somebody says more of it.
    bag[name] = slot === undefined && head.stamp === unstamped ? (value[name] as Data) : say(slot, value[name] as Data, by);
  }
}

function sayElements(
  slot: Slot | undefined,
  elements: readonly DataObject[],
  { head, plan, key }: Saying & { readonly key: string },
): Keyed {
  const keyed = (slot as Keyed | undefined) ?? new Keyed();
  for (const element of elements) {
    const text = textOfData(element[key] as Data);
    keyed.bag[text] = say(keyed.bag[text], element, { head, plan: plan.child(text) });
  }
  return keyed;
}

export function sayLeaf(slot: Slot | undefined, value: Data, stamp: number): Slot {
  if (slot instanceof Held) {
    contend(slot, value, stamp);
    return slot;
  }
  if (stamp === unstamped && (slot === undefined || (!isObjectSlot(slot) && equalData(slot as Data, value)))) return slot ?? value;
  const held = heldOf(slot);
  contend(held, value, stamp);
  return held;
}

export function contend(held: Held, value: Data, stamp: number): void {
  if (held.leaf === undefined) {
    held.leaf = value;
    held.stamp = stamp;
  } else if (equalData(held.leaf, value)) held.stamp = Math.max(stamp, held.stamp);
  else {
    held.isContested = true;
    if (stamp < held.stamp || (stamp === held.stamp && !isGreater(value, held.leaf))) return;
    held.leaf = value;
    held.stamp = stamp;
  }
}

function isGreater(value: Data, than: Data): boolean {
  return compareTexts(textOfData(value), textOfData(than)) > 0;
}

function sayObject(slot: Slot | undefined, value: DataObject, by: Saying): Slot {
  const { stamp } = by.head;
  // As it came, until somebody says more of it.
  const asItCame = by.plan.isPlain && stamp === unstamped;
  if (slot === undefined && asItCame) return value;
  if (slot instanceof Bag && stamp === unstamped) {
    fill(slot, value, by);
    return slot;
  }
  if (stamp === unstamped && slot !== undefined && isObjectSlot(slot)) return filled(bagOf(slot as DataObject), value, by);
  if (slot === undefined && stamp === unstamped) return filled(new Bag(), value, by);
  const held = heldOf(slot);
  held.objectStamp = Math.max(stamp, held.objectStamp);
  if (held.object === undefined && asItCame) held.object = value;
  else held.object = filled(bagOf(held.object), value, by);
  return held;
}

function filled(bag: Bag, value: DataObject, by: Saying): Bag {
  fill(bag, value, by);
  return bag;
}

/** Bags and plain objects, which are by the default rule and without stamps. */
export function isObjectSlot(slot: Slot): slot is Bag | DataObject {
  return typeof slot === "object" && slot !== null && !Array.isArray(slot) && !(slot instanceof Held);
}

export function heldOf(slot: Slot | undefined): Held {
  if (slot instanceof Held) return slot;
  const held = new Held();
  if (slot === undefined) return held;
  if (isObjectSlot(slot)) held.object = slot;
  else held.leaf = slot as Data;
  return held;
}

/** One's own, to be changed: what came is never. */
export function bagOf(object: Bag | DataObject | undefined): Bag {
  if (object instanceof Bag) return object;
  const bag = new Bag();
  if (object !== undefined) for (const name of Object.keys(object)) bag[name] = object[name];
  return bag;
}
