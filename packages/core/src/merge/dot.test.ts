import { expect, test } from "vitest";
import { compareDots, type Dot } from "./dot.js";
import { Numbering } from "./laws/folding.js";

// The rest of dots is under law (laws/).

const lanes = new Numbering({ lanes: [1, 2, 3].map((author) => ({ author, epoch: 0 })), events: [[], [], []] }, [2, 1, 0]);
/** By author, which has nothing to do with the number. */
const dot = (author: number, rest: Partial<Dot> = {}): Dot => ({ lane: 3 - author, seq: 5, operation: 0, wallMs: 1, counter: 1, ...rest });
const order = (left: Dot, right: Dot): number => Math.sign(compareDots(left, right, lanes));

test("stamps come first, then authors, then seqs, then operations", () => {
  const rising = [
    dot(3, { wallMs: 0 }),
    dot(3, { counter: 0 }),
    dot(1, { seq: 9 }),
    dot(2, { seq: 4, operation: 7 }),
    dot(2),
    dot(2, { operation: 1 }),
    dot(1, { counter: 2 }),
    dot(1, { wallMs: 2, counter: 0 }),
  ];
  for (const [at, left] of rising.entries())
    for (const [behind, right] of rising.entries()) expect([at, behind, order(left, right)]).toEqual([at, behind, Math.sign(at - behind)]);
});

test("what was appended again stands where it first stood, and behind that where it lies", () => {
  const first = (author: number, seq: number) => ({ lane: 3 - author, seq });
  expect(order(dot(3, { origin: first(1, 5) }), dot(2))).toBe(-1);
  expect(order(dot(1, { origin: first(2, 6) }), dot(2))).toBe(1);
  expect(order(dot(1, { origin: first(2, 5) }), dot(2))).toBe(-1);
  expect(order(dot(2, { origin: first(1, 5), seq: 7 }), dot(2, { origin: first(1, 5), seq: 8 }))).toBe(-1);
});
