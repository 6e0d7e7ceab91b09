import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";

// Lists and pieces as messages have them. What is written here and breaks a bound is a fault of ours, so it throws; what is read
// and does fails its reader.

export interface Bound {
  readonly what: string;
  readonly max: number;
}

export function writeList<T>(writer: Writer, list: readonly T[], bound: Bound, write: (value: T, before: T | undefined) => void): void {
  if (list.length > bound.max) throw new RangeError(`${list.length} ${bound.what}; a message holds ${bound.max}`);
  writer.varint(list.length);
  list.forEach((value, at) => {
    write(value, list[at - 1]);
  });
}

/** Grows with what was read, whatever the count says. */
export function readList<T>(reader: Reader, bound: Bound, read: (before: T | undefined) => T): T[] {
  const count = readUpTo(reader, bound);
  const list: T[] = [];
  while (list.length < count && !reader.failed) list.push(read(list.at(-1)));
  return list;
}

export function readUpTo(reader: Reader, { what, max }: Bound): number {
  const number = reader.varint();
  if (number > max) reader.fail(`${number} ${what} where at most ${max} are allowed`);
  return number;
}

/** Numbers that rise: how many are left out before each. */
export function writeRising(writer: Writer, list: readonly number[], first: number, bound: Bound): void {
  writeList(writer, list, bound, (value, before = first - 1) => writer.varint(value - before - 1));
}

export function readRising(reader: Reader, first: number, bound: Bound): number[] {
  return readList<number>(reader, bound, (before = first - 1) => {
    const value = before + 1 + reader.varint();
    if (value > Number.MAX_SAFE_INTEGER) reader.fail("a number beyond 2^53");
    return value;
  });
}

/** Bytes behind their length; what is read is a view. */
export function writePiece(writer: Writer, bytes: Uint8Array, max: number): void {
  if (bytes.length > max) throw new RangeError(`${bytes.length} bytes; a message carries ${max}`);
  writer.prefixed(bytes);
}

/** Bytes whose length is known to whoever reads them. */
export function writeExact(writer: Writer, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes where ${length} are to be written`);
  writer.bytes(bytes);
}

/** One of a list of words, by its number. */
export function writeWord<Word extends string>(writer: Writer, words: readonly Word[], word: Word): void {
  writer.u8(words.indexOf(word));
}

export function readWord<Word extends string>(reader: Reader, words: readonly Word[], what: string): Word {
  const number = reader.u8();
  const word = words[number];
  if (word === undefined) reader.fail(`${what} ${number}, which is not assigned`);
  return word ?? (words[0] as Word);
}
