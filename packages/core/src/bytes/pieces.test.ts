import fc from "fast-check";
import { expect, test } from "vitest";
import { Pieces } from "./pieces.js";

test("what leaves is what came, in order, however it is cut", () => {
  const steps = fc.array(fc.oneof(fc.record({ push: fc.uint8Array({ maxLength: 9 }) }), fc.record({ take: fc.nat(12) })));
  fc.assert(
    fc.property(steps, (all) => {
      const pieces = new Pieces();
      let held: number[] = [];
      for (const step of all) {
        if ("push" in step) {
          pieces.push(step.push);
          held.push(...step.push);
        } else {
          const meant = held.slice(0, step.take);
          expect([...pieces.peek(step.take)]).toEqual(meant);
          expect([...pieces.take(step.take)]).toEqual(meant);
          held = held.slice(step.take);
        }
        expect(pieces.length).toBe(held.length);
      }
    }),
  );
});

test("what lies in one piece is a view of it", () => {
  const pieces = new Pieces();
  const first = Uint8Array.of(1, 2, 3, 4);
  pieces.push(first);
  pieces.push(Uint8Array.of(5));
  expect(pieces.take(2).buffer).toBe(first.buffer);
  expect(pieces.take(2).buffer).toBe(first.buffer);
});

test("what came to lie side by side leaves as one piece, and nothing else does", () => {
  const memory = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const pieces = new Pieces();
  // Where the first two end, but in memory of its own.
  const other = new Uint8Array(5).fill(9).subarray(4);
  for (const piece of [memory.subarray(0, 2), memory.subarray(2, 4), other, memory.subarray(4)]) pieces.push(piece);
  expect(pieces.take(1).buffer).toBe(memory.buffer);
  const across = pieces.take(3);
  expect([[...across], across.buffer === memory.buffer]).toEqual([[2, 3, 4], true]);
  const joined = pieces.take(3);
  expect([[...joined], joined.buffer === memory.buffer]).toEqual([[9, 5, 6], false]);
});
