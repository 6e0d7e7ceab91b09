import type { Data, DataObject } from "./data.js";
import { unstamped } from "./fragment.js";
import type { Plan } from "./plan.js";
import { defaultRule } from "./rule.js";
import { type Bag, bagOf, contend, type Gathered, Held, heldOf, isObjectSlot, Keyed, type Slot, sayLeaf } from "./tree.js";

// What was gathered of some fragments, and what was gathered of others, in one: as if they had all been gathered together.

/** `left` is changed, or the answer takes its place; of `right` nothing is to be used any more. */
export function join(left: Slot | undefined, right: Slot, plan: Plan): Slot {
  if (left === undefined) return right;
  if (plan.rule === defaultRule) return joinByDefault(left, right, plan);
  if (left instanceof Keyed) {
    joinInto(left.bag, (right as Keyed).bag, plan);
    return left;
  }
  const [ours, theirs] = [left as Gathered, right as Gathered];
  for (const each of theirs.said) ours.said.push(each);
  for (const each of theirs.objects) ours.objects.push(each);
  if (ours.bag === undefined) ours.bag = theirs.bag;
  else if (theirs.bag !== undefined) joinInto(ours.bag, theirs.bag, plan);
  return ours;
}

function joinByDefault(left: Slot, right: Slot, plan: Plan): Slot {
  if (right instanceof Held) {
    const held = heldOf(left);
    if (right.leaf !== undefined) contend(held, right.leaf, right.stamp);
    held.isContested ||= right.isContested;
    held.objectStamp = Math.max(held.objectStamp, right.objectStamp);
    if (right.object !== undefined) held.object = joinObjects(held.object, right.object, plan);
    return held;
  }
  if (!isObjectSlot(right)) return sayLeaf(left, right as Data, unstamped);
  if (isObjectSlot(left)) return joinObjects(left, right, plan);
  const held = heldOf(left);
  held.object = joinObjects(held.object, right, plan);
  return held;
}

function joinObjects(left: Bag | DataObject | undefined, right: Bag | DataObject, plan: Plan): Bag | DataObject {
  if (left === undefined) return right;
  const bag = bagOf(left);
  joinInto(bag, right, plan);
  return bag;
}

function joinInto(bag: Bag, from: Bag | DataObject, plan: Plan): void {
  for (const name of Object.keys(from)) bag[name] = join(bag[name], from[name] as Slot, plan.child(name));
}
