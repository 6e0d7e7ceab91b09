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
