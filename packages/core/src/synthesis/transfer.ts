import type { Data, DataObject } from "./data.js";
import type { FragmentHead } from "./fragment.js";
import { Bag, Gathered, Held, Keyed, type Said, type Slot } from "./tree.js";

// What was gathered in one thread, for another: threads hand each other plain values, and know of no classes. What is more than data
// travels as a Map, which no data is.

/** What was gathered is used up. */
export function packSlot(slot: Slot): unknown {
  if (slot instanceof Held) {
    const { leaf, stamp, isContested, object, objectStamp } = slot;
    return new Map([["held", [leaf, stamp, isContested, object === undefined ? undefined : packSlot(object as Slot), objectStamp]]]);
  }
  if (slot instanceof Gathered) {
    const { said, objects, bag } = slot;
    return new Map([["gathered", [said, objects, bag === undefined ? undefined : packBag(bag)]]]);
  }
  if (slot instanceof Keyed) return new Map([["keyed", packBag(slot.bag)]]);
  return slot instanceof Bag ? packBag(slot) : slot;
}

function packBag(bag: Bag): object {
  const packed = bag as Record<string, unknown>;
  for (const name of Object.keys(packed)) packed[name] = packSlot(packed[name] as Slot);
  return packed;
}

export function unpackSlot(packed: unknown): Slot {
  if (packed instanceof Map) return unpackTold(packed as Map<string, unknown>);
  return typeof packed === "object" && packed !== null && !Array.isArray(packed) ? unpackObject(packed as Packed) : (packed as Data);
}

type Packed = Readonly<Record<string, unknown>>;

/** Data stays as it came. */
function unpackObject(packed: Packed): Bag | DataObject {
  let bag: Bag | undefined;
  for (const name of Object.keys(packed)) {
    const slot = unpackSlot(packed[name]);
    if (slot === packed[name]) continue;
    bag ??= Object.assign(new Bag(), packed);
    bag[name] = slot;
  }
  return bag ?? (packed as DataObject);
}

function unpackBag(packed: unknown): Bag {
  const bag = new Bag();
  for (const name of Object.keys(packed as Packed)) bag[name] = unpackSlot((packed as Packed)[name]);
  return bag;
}

function unpackTold(packed: ReadonlyMap<string, unknown>): Slot {
  const [[kind, what] = ["", undefined]] = packed;
  switch (kind) {
    case "held":
      return unpackHeld(what as readonly [Data | undefined, number, boolean, unknown, number]);
    case "gathered":
      return unpackGathered(what as readonly [Said[], FragmentHead[], unknown]);
    case "keyed": {
      const keyed = new Keyed();
      Object.assign(keyed.bag, unpackBag(what));
      return keyed;
    }
    default:
      throw new RangeError(`another thread handed over ${JSON.stringify(kind)}, which is nothing that is gathered`);
  }
}

function unpackHeld([leaf, stamp, isContested, object, objectStamp]: readonly [Data | undefined, number, boolean, unknown, number]): Held {
  const held = new Held();
  held.leaf = leaf;
  held.stamp = stamp;
  held.isContested = isContested;
  held.object = object === undefined ? undefined : (unpackSlot(object) as Bag | DataObject);
  held.objectStamp = objectStamp;
  return held;
}

function unpackGathered([said, objects, bag]: readonly [Said[], FragmentHead[], unknown]): Gathered {
  const gathered = new Gathered();
  for (const each of said) gathered.said.push(each);
  for (const each of objects) gathered.objects.push(each);
  if (bag !== undefined) gathered.bag = unpackBag(bag);
  return gathered;
}
