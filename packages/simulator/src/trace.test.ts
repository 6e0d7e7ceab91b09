import { expect, test } from "vitest";
import { Mixer } from "./mixer.js";
import { Trace, traceText } from "./trace.js";

test("text says everything of a value", () => {
  const value = { a: 1, b: [true, null, undefined, 5n], c: new Map([["k", new Set([1])]]), d: Uint8Array.of(1, 255), e: () => 1, f: "q" };
  expect(traceText(value)).toBe('{a:1,b:[true,null,undefined,5],c:{["k",{1}]},d:x01ff,e:function,f:"q"}');
  expect(traceText(Uint32Array.of(1, 2))).toBe("[1,2]");
  expect(traceText(new RangeError("far"))).toBe("RangeError: far");
});

test("long bytes are given by length and hash, and no bit of them is lost", () => {
  const bytes = new Uint8Array(1_000);
  const before = traceText(bytes);
  expect(before.length).toBeLessThan(40);
  bytes[999] = 1;
  expect(traceText(bytes)).not.toBe(before);
});

test("what goes round in circles ends", () => {
  const circle: { again?: unknown } = {};
  circle.again = circle;
  expect(traceText(circle)).toContain("…");
});

test("equal lines give equal hashes; one that differs, or comes elsewhere, another", () => {
  const hashOf = (lines: readonly string[]): string => {
    const trace = new Trace();
    for (const line of lines) trace.note(1, "x", line);
    return trace.hash;
  };
  const hashes = [["a", "b"], ["b", "a"], ["ab"], ["a", "b", ""], ["a"]].map(hashOf);
  expect(new Set(hashes).size).toBe(5);
  expect(hashOf(["a", "b"])).toBe(hashes[0]);
});

test("only the last lines are kept", () => {
  const trace = new Trace({ keptLines: 3 });
  for (let line = 0; line < 50; line++) trace.note(line, "x", "y");
  expect(trace.recent).toEqual(["47 x y", "48 x y", "49 x y"]);
  expect(trace.lines).toBe(50);
});

test("the mixer changes with every bit, and short inputs do not collide", () => {
  const seen = new Set<string>();
  const bytes = new Uint8Array(67);
  seen.add(new Mixer().bytes(bytes).hex());
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3] ^= 1 << (bit & 7);
    seen.add(new Mixer().bytes(bytes).hex());
    bytes[bit >> 3] ^= 1 << (bit & 7);
  }
  for (let number = 0; number < 20_000; number++) seen.add(new Mixer().number(number * 2 ** 31).hex());
  expect(seen.size).toBe(67 * 8 + 1 + 20_000);
});
