import { expect, test } from "vitest";
import { pnCounter } from "../merge/pn-counter.js";
import { applied } from "./applied.js";

test("one operation alone comes to what it says", () => {
  const type = pnCounter();
  const sent: unknown[] = [];
  type.commands((operation) => sent.push(operation)).decrement(5);
  const item = applied(type, sent[0], { lane: 0, seq: 1, operation: 0, wallMs: 1, counter: 0 });
  expect(type.value(new Map([["", item as never]]))).toBe(-5);
});
