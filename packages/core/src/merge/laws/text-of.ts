import { toHex } from "../../bytes/hex.js";

// Values as text: for people, and to see whether two are the same. Numbers that differ differ here, too: 0 and -0, 1 and 1n.

const DEPTH = 16;

/** Of sets and maps what comes first stands first. */
export function textOf(value: unknown): string {
  return text(value, { depth: DEPTH, arranged: (entries) => entries });
}

/** Sets and maps of the same entries are the same text, whatever order they have. */
export function sortedTextOf(value: unknown): string {
  return text(value, { depth: DEPTH, arranged: (entries) => entries.sort() });
}

interface Manner {
  readonly depth: number;
  arranged(entries: string[]): string[];
}

function text(value: unknown, manner: Manner): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return manner.depth === 0 ? "…" : textOfObject(value, { ...manner, depth: manner.depth - 1 });
}

function textOfObject(value: object, manner: Manner): string {
  const each = (item: unknown) => text(item, manner);
  if (value instanceof Uint8Array) return `bytes ${toHex(value)}`;
  if (Array.isArray(value)) return `[${value.map(each).join(", ")}]`;
  if (value instanceof Set) return `Set {${manner.arranged([...value].map(each)).join(", ")}}`;
  if (value instanceof Map) return `Map {${manner.arranged([...value].map(([key, item]) => `${each(key)} → ${each(item)}`)).join(", ")}}`;
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([name, item]) => `${name}: ${each(item)}`).join(", ")}}`;
}
