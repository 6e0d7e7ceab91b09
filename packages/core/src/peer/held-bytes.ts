/** Of an object, and of a place in one: about what the engine takes. */
const OBJECT_BYTES = 48;
const PLACE_BYTES = 16;

/** About how much memory a value holds: enough to bound many of them by. It is looked at no further than `most`, so that one that holds
 * itself has an end. */
export function heldBytes(value: unknown, most: number): number {
  const left: unknown[] = [value];
  let bytes = 0;
  while (left.length > 0 && bytes < most) {
    const each = left.pop();
    bytes += PLACE_BYTES;
    if (typeof each === "string") bytes += each.length;
    else if (each instanceof Uint8Array) bytes += OBJECT_BYTES + each.length;
    else if (typeof each === "object" && each !== null) {
      bytes += OBJECT_BYTES;
      // What it holds counts, whether or not there is time to look at it.
      for (const part of partsOf(each)) if (left.push(part) * PLACE_BYTES > most) break;
    }
  }
  return Math.min(bytes + left.length * PLACE_BYTES, most);
}

function* partsOf(value: object): Iterable<unknown> {
  if (value instanceof Map) for (const [key, part] of value) yield* [key, part];
  else if (value instanceof Set || Array.isArray(value)) yield* value;
  else for (const [name, part] of Object.entries(value)) yield* [name, part];
}
