import { jsonDepthMax } from "./limits.js";

// Sees of most JSON that it is in the canonical form without making anything of it. Where it says no, it need not be wrong: fractions,
// escapes, and characters beyond ASCII are not looked into.

/** Whether the bytes are canonical JSON for certain. */
export function isPlainlyCanonical(bytes: Uint8Array): boolean {
  return valueEnd(bytes, 0, 0) === bytes.length;
}

const UNKNOWN = -1;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
/** Any number of so many digits is exact. */
const EXACT_DIGITS = 15;
const WORDS = ["true", "false", "null"].map((word) => Uint8Array.from(word, (character) => character.charCodeAt(0)));

/** Where the value that begins at `at` ends. */
function valueEnd(bytes: Uint8Array, at: number, depth: number): number {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at);
  if (first === ARRAY) return depth >= jsonDepthMax ? UNKNOWN : arrayEnd(bytes, at, depth + 1);
  if (first === OBJECT) return depth >= jsonDepthMax ? UNKNOWN : objectEnd(bytes, at, depth + 1);
  if (first === MINUS) return bytes[at + 1] === ZERO ? UNKNOWN : numberEnd(bytes, at + 1);
  if (first !== undefined && first >= ZERO && first <= NINE) return numberEnd(bytes, at);
  return wordEnd(bytes, at);
}

function stringEnd(bytes: Uint8Array, at: number): number {
  for (let next = at + 1; next < bytes.length; next++) {
    const byte = bytes[next] as number;
    if (byte === QUOTE) return next + 1;
    if (byte < 0x20 || byte >= 0x80 || byte === BACKSLASH) return UNKNOWN;
  }
  return UNKNOWN;
}

/** Whole numbers; what follows one that is not whole is no end of a value. */
function numberEnd(bytes: Uint8Array, at: number): number {
  let next = at;
  while (next < bytes.length && (bytes[next] as number) >= ZERO && (bytes[next] as number) <= NINE) next++;
  const digits = next - at;
  return digits === 0 || digits > EXACT_DIGITS || (digits > 1 && bytes[at] === ZERO) ? UNKNOWN : next;
}

function wordEnd(bytes: Uint8Array, at: number): number {
  for (const word of WORDS) {
    let length = 0;
    while (length < word.length && bytes[at + length] === word[length]) length++;
    if (length === word.length) return at + length;
  }
  return UNKNOWN;
}

function arrayEnd(bytes: Uint8Array, at: number, depth: number): number {
  if (bytes[at + 1] === ARRAY_END) return at + 2;
  for (let next = at; ; ) {
    next = valueEnd(bytes, next + 1, depth);
    if (next === UNKNOWN || bytes[next] === ARRAY_END) return next === UNKNOWN ? UNKNOWN : next + 1;
    if (bytes[next] !== COMMA) return UNKNOWN;
  }
}

function objectEnd(bytes: Uint8Array, at: number, depth: number): number {
  if (bytes[at + 1] === OBJECT_END) return at + 2;
  let before = UNKNOWN;
  for (let next = at; ; ) {
    const name = next + 1;
    const nameEnd = bytes[name] === QUOTE ? stringEnd(bytes, name) : UNKNOWN;
    if (nameEnd === UNKNOWN || bytes[nameEnd] !== COLON || (before !== UNKNOWN && !isBefore(bytes, before + 1, name + 1))) return UNKNOWN;
    before = name;
    next = valueEnd(bytes, nameEnd + 1, depth);
    if (next === UNKNOWN || bytes[next] === OBJECT_END) return next === UNKNOWN ? UNKNOWN : next + 1;
    if (bytes[next] !== COMMA) return UNKNOWN;
  }
}

/** Of two names, both of which end with a quote: the order of ASCII is that of UTF-16 units. */
function isBefore(bytes: Uint8Array, left: number, right: number): boolean {
  for (let at = 0; ; at++) {
    const one = bytes[left + at] as number;
    const other = bytes[right + at] as number;
    if (one === QUOTE || other === QUOTE) return other !== QUOTE;
    if (one !== other) return one < other;
  }
}
