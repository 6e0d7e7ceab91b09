import fc from "fast-check";
import { expect, test } from "vitest";
import { LineReader } from "./line-reader.js";
import { isMalformed, Malformed } from "./malformed.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (line: Uint8Array) => new TextDecoder().decode(line);

function readAll(reader: LineReader, chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  for (const chunk of chunks) {
    const found = reader.push(chunk);
    if (isMalformed(found)) throw new Error(found.reason);
    for (const line of found) lines.push(text(line));
  }
  return lines;
}

test("lines come out whole however the bytes are cut", () => {
  const anyLines = fc.array(
    fc.string({ maxLength: 12 }).map((line) => line.replaceAll("\n", " ")),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(anyLines, fc.integer({ min: 1, max: 7 }), (lines, step) => {
      const all = bytes(lines.map((line) => `${line}\n`).join(""));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < all.length; at += step) chunks.push(all.subarray(at, at + step));
      const reader = new LineReader(1_000);
      expect(readAll(reader, chunks)).toEqual(lines);
      expect(reader.rest()).toBeUndefined();
    }),
  );
});

test("what follows the last newline is the rest, once", () => {
  const reader = new LineReader(100);
  expect(readAll(reader, [bytes("one\ntw"), bytes("o")])).toEqual(["one"]);
  expect(text(reader.rest() as Uint8Array)).toBe("two");
  expect(reader.rest()).toBeUndefined();
});

test("a line one byte too long is malformed, finished or not; one that just fits is not", () => {
  expect(new LineReader(3).push(bytes("abcd"))).toBeInstanceOf(Malformed);
  expect(new LineReader(3).push(bytes("abcd\n"))).toBeInstanceOf(Malformed);
  expect(readAll(new LineReader(3), [bytes("ab"), bytes("c\n")])).toEqual(["abc"]);
  const reader = new LineReader(3);
  readAll(reader, [bytes("ab")]);
  expect(reader.push(bytes("cd"))).toBeInstanceOf(Malformed);
});
