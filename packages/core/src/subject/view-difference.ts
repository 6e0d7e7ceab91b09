import { viewDifferenceItemsMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import type { ViewFold } from "./view-fold.js";

// Which keys one fold of a subject has otherwise than another of the same subject: both as they are written down, in the order of keys.

/** A page of keys at a time. */
export function* keysThatDiffer(one: ViewFold, other: ViewFold): Generator<readonly string[], void> {
  for (const fold of [one, other]) fold.settle();
  for (let after: string | undefined; ; ) {
    const [left, right] = [pageOf(one, after), pageOf(other, after)];
    const end = leastOf(left.end, right.end);
    const keys: string[] = [];
    for (const key of new Set([...left.items.keys(), ...right.items.keys()])) {
      if (end !== undefined && key > end) continue;
      if (!isSame(left.items.get(key), right.items.get(key))) keys.push(key);
    }
    yield keys;
    if (end === undefined) return;
    after = end;
  }
}

interface Page {
  readonly items: ReadonlyMap<string, Uint8Array>;
  /** The last of its keys, where more may follow. */
  readonly end: string | undefined;
}

function pageOf({ items }: ViewFold, after: string | undefined): Page {
  const page = new Map(items.written(after, viewDifferenceItemsMax));
  return { items: page, end: page.size < viewDifferenceItemsMax ? undefined : [...page.keys()].at(-1) };
}

function leastOf(left: string | undefined, right: string | undefined): string | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left < right ? left : right;
}

function isSame(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  return left === undefined || right === undefined ? left === right : equalBytes(left, right);
}
