import { toHex } from "../bytes/hex.js";
import type { SpaceId, SubjectId } from "../identity/ids.js";
import type { ScopePart } from "./messages.js";

// What of a scope can be held here: the parts that this replica has heard of, each row in one of them only.

export interface HeldPart {
  readonly space: SpaceId;
  readonly subject: SubjectId | undefined;
}

export function partsHeld(parts: readonly ScopePart[]): HeldPart[] {
  const spaces = new Set(parts.flatMap(({ space, subject }) => (space !== undefined && subject === undefined ? [toHex(space)] : [])));
  return parts.flatMap(({ space, subject }) => {
    // A subject of a space that is in the scope as a whole is in it already.
    if (space === undefined || (subject !== undefined && spaces.has(toHex(space)))) return [];
    return [{ space, subject }];
  });
}
