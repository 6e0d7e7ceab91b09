import { toHex } from "../bytes/hex.js";
import type { Dot } from "../merge/dot.js";
import type { Told } from "../merge/merge-type.js";
import { SinterError } from "./sinter-error.js";
import type { Conflict, Explanation, OperationRecord } from "./subject-api.js";
import type { SubjectParts } from "./subject-parts.js";

// Who wrote what counts, and what lost against it: by the events, so that anybody can have it proven.

export function explained(parts: SubjectParts, text: string): Explanation {
  const { type, live } = parts;
  if (type.keys === "one" && text !== "") throw new RangeError(`${type.name} has no keys, so none is ${JSON.stringify(text)}`);
  const key = type.keyFrom(text);
  const item = live.fold.items.get(key);
  if (item === undefined) return { key: text, winners: [], losers: [] };
  const { winners, losers } = type.explain(key, item);
  return { key: text, winners: winners.map((told) => recordOf(parts, told)), losers: losers.map((told) => recordOf(parts, told)) };
}

/** By key, and under a key the last in the order first: the same list wherever the same events are folded. */
export function keysInConflict(parts: SubjectParts): Conflict[] {
  const { type, live } = parts;
  const conflicts: Conflict[] = [];
  for (const key of [...live.fold.items.all.keys()].sort()) {
    const { winners, losers } = type.explain(key, live.fold.items.get(key));
    if (losers.length === 0) continue;
    const won = winners.map((told) => recordOf(parts, told));
    for (const told of losers) conflicts.push({ key: type.keyText(key), lost: recordOf(parts, told), won });
  }
  return conflicts;
}

export function operationToRestore(parts: SubjectParts, { key, lost }: Conflict): unknown {
  const { type, live } = parts;
  const itemKey = type.keyFrom(key);
  const item = live.fold.items.get(itemKey);
  const { losers } = item === undefined ? { losers: [] } : type.explain(itemKey, item);
  const told = losers.find((each) => isSame(recordOf(parts, each), lost));
  const operation = told && type.restore(itemKey, told);
  if (operation !== undefined) return operation;
  throw new SinterError("not-found", "that conflict is no more: somebody wrote since", "Read conflicts() again.");
}

function isSame(one: OperationRecord, other: OperationRecord): boolean {
  return one.author === other.author && one.nonce === other.nonce && one.seq === other.seq && one.operation === other.operation;
}

function recordOf(parts: SubjectParts, { dot, value, path = [] }: Told): OperationRecord {
  const { author, epoch } = laneOf(parts, dot);
  const { seq, operation, wallMs, counter } = dot;
  return {
    author,
    epoch: epoch.index,
    nonce: toHex(epoch.nonce),
    seq,
    operation,
    stamp: [wallMs, counter],
    value,
    ...(path.length === 0 ? {} : { path }),
  };
}

function laneOf(
  { live }: SubjectParts,
  { lane }: Dot,
): { readonly author: string; readonly epoch: { readonly index: number; readonly nonce: Uint8Array } } {
  const { author, epoch } = live.fold.lanes.of(lane);
  if (author === undefined) throw new Error("an operation of a lane that nobody holds");
  return { author: toHex(author), epoch };
}
