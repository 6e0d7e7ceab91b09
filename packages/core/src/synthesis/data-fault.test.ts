import { expect, test } from "vitest";
import { jsonDepthMax } from "../bytes/limits.js";
import { dataFault } from "./data-fault.js";

test("JSON is data, with whole numbers of any size", () => {
  expect(dataFault({ a: [null, true, "é", 1.5, -0, 1e300, 2n ** 53n, -(2n ** 70n)], b: Object.create(null) })).toBeUndefined();
  expect(dataFault(JSON.parse('{"__proto__":1,"constructor":2}'))).toBeUndefined();
});

test.each<[unknown, string]>([
  [Number.NaN, "NaN"],
  [[Number.POSITIVE_INFINITY], "Infinity"],
  [2 ** 53, "9007199254740992"],
  [-(2 ** 60), "a bigint is"],
  [5n, "the bigint 5"],
  ["\ud800", "half of a character"],
  [{ "\udc00": 1 }, "a name that holds half of a character"],
  [undefined, "undefined is no JSON"],
  [{ a: undefined }, "undefined is no JSON"],
  [new Array(3), "undefined is no JSON"],
  [() => 1, "a function"],
  [Symbol("x"), "a symbol"],
  [new Date(0), "an object of a class"],
  [new Map(), "an object of a class"],
  [{ a: [new Uint8Array(1)] }, "an object of a class"],
])("%o is no data", (value, reason) => {
  expect(dataFault(value)).toContain(reason);
});

test("what a number holds exactly to the last digit, and no digit is written of, stays a number", () => {
  expect([2 ** 53 - 1, -(2 ** 53 - 1), 1e21, 0.5].map(dataFault)).toEqual([undefined, undefined, undefined, undefined]);
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value };
  return value;
}

test("nesting is bounded, also of what holds itself", () => {
  expect(dataFault(nested(jsonDepthMax))).toBeUndefined();
  expect(dataFault(nested(jsonDepthMax + 1))).toContain("nested deeper than 128");
  const circle: unknown[] = [];
  circle.push({ circle });
  expect(dataFault(circle)).toContain("or holds itself");
});
