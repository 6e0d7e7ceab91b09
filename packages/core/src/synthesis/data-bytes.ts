import { encodeUtf8 } from "../bytes/utf8.js";
import { type Data, type DataObject, isDataObject } from "./data.js";
import { textOfData } from "./data-text.js";

// Data in its canonical form as bytes, for what is large. They are written in one go into rooms that are handed on when they are full:
// text that is put together of many small texts first is several times slower, and leaves all of those behind.

/** The first rooms are small, since most data is. */
const FIRST_BYTES = 1024;
const ROOM_BYTES = 256 * 1024;
const ROOM_TIMES = 16;
const REMEMBERED_NAMES = 64;

/** Every piece has whole characters. */
export function writeData(value: Data, put: (piece: Uint8Array) => void): void {
  const writer = new DataWriter(put);
  writer.value(value);
  writer.end();
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const TILDE = 0x7e;

class DataWriter {
  readonly #put: (piece: Uint8Array) => void;
  /** The names that came last of so many, as they came and in order. */
  readonly #known: ({ readonly names: readonly string[]; readonly sorted: readonly string[] } | undefined)[] = [];
  #room = new Uint8Array(FIRST_BYTES);
  #at = 0;

  constructor(put: (piece: Uint8Array) => void) {
    this.#put = put;
  }

  value(value: Data): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value !== "object" || value === null) this.#word(textOfData(value));
    else if (isDataObject(value)) this.#object(value);
    else this.#array(value as readonly Data[]);
  }

  end(): void {
    if (this.#at > 0) this.#put(this.#room.subarray(0, this.#at));
  }

  #array(values: readonly Data[]): void {
    this.#sign(ARRAY);
    for (let at = 0; at < values.length; at++) {
      if (at > 0) this.#sign(COMMA);
      this.value(values[at] as Data);
    }
    this.#sign(ARRAY_END);
  }

  #object(object: DataObject): void {
    this.#sign(OBJECT);
    const names = this.#sorted(Object.keys(object));
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      if (at > 0) this.#sign(COMMA);
      this.#text(name);
      this.#sign(COLON);
      this.value(object[name] as Data);
    }
    this.#sign(OBJECT_END);
  }

  /** Objects of one kind have the same names again and again. */
  #sorted(names: readonly string[]): readonly string[] {
    const { length } = names;
    if (length < 2) return names;
    const known = this.#known[length];
    if (known !== undefined && areSame(known.names, names)) return known.sorted;
    // Without a comparison function names are compared by their UTF-16 units.
    const sorted = names.toSorted();
    if (length < REMEMBERED_NAMES) this.#known[length] = { names, sorted };
    return sorted;
  }

  /** Most names and many texts are ASCII without anything to escape: their bytes are their units. */
  #text(text: string): void {
    const { length } = text;
    const start = this.#roomFor(length + 2);
    const room = this.#room;
    room[start] = QUOTE;
    let at = start + 1;
    for (let from = 0; from < length; from++) {
      const unit = text.charCodeAt(from);
      // What is written of it already is written over.
      if (unit < SPACE || unit > TILDE || unit === QUOTE || unit === BACKSLASH) return this.#bytes(encodeUtf8(textOfData(text)));
      room[at++] = unit;
    }
    room[at++] = QUOTE;
    this.#at = at;
  }

  /** A number, true, false or null. */
  #word(word: string): void {
    const start = this.#roomFor(word.length);
    for (let at = 0; at < word.length; at++) this.#room[start + at] = word.charCodeAt(at);
    this.#at = start + word.length;
  }

  #sign(byte: number): void {
    const at = this.#roomFor(1);
    this.#room[at] = byte;
    this.#at = at + 1;
  }

  #bytes(bytes: Uint8Array): void {
    const at = this.#roomFor(bytes.length);
    this.#room.set(bytes, at);
    this.#at = at + bytes.length;
  }

  /** Where so many bytes can be written. */
  #roomFor(bytes: number): number {
    if (this.#at + bytes > this.#room.length) {
      this.end();
      this.#room = new Uint8Array(Math.max(bytes, Math.min(ROOM_BYTES, this.#room.length * ROOM_TIMES)));
      this.#at = 0;
    }
    return this.#at;
  }
}

function areSame(left: readonly string[], right: readonly string[]): boolean {
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}
