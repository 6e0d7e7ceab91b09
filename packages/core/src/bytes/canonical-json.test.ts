import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, parseCanonicalJson } from "./canonical-json.js";
import { jsonDepthMax } from "./limits.js";
import { isMalformed, Malformed } from "./malformed.js";

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const canonical = (value: unknown) => textOf(canonicalJson(value));

function double(hex: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}

// RFC 8785, appendix B.
test.each([
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
])("the double %s is written %s", (hex, text) => {
  expect(canonical(double(hex))).toBe(text);
  if (text !== "0") expect(parseCanonicalJson(bytesOf(text))).toBe(double(hex));
});

test("names are sorted by their UTF-16 units (RFC 8785, 3.2.3), at every depth", () => {
  const names = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
  const value = Object.fromEntries(names.map((name) => [name, name]));
  expect(Object.keys(JSON.parse(canonical([value]))[0])).toHaveLength(7);
  const order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
  expect(canonical([value])).toBe(`[{${order.map((name) => `${JSON.stringify(name)}:${JSON.stringify(name)}`).join(",")}}]`);
});

test("strings are escaped no more than they must be (RFC 8785, 3.2.2)", () => {
  const given = JSON.parse(
    String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
  );
  const text = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
  expect(canonical(given)).toBe(text);
});

test("an undefined property is left out, and whatever order a value's names have, the bytes are the same", () => {
  expect(canonical({ b: 1, gone: undefined, a: [] })).toBe('{"a":[],"b":1}');
  expect(canonical({ gone: undefined })).toBe("{}");
  expect(canonical(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  expect(canonical(runInNewContext("({ b: [1], a: {} })"))).toBe('{"a":{},"b":[1]}');
  expect(canonical(JSON.parse('{"__proto__":1,"a":2}'))).toBe('{"__proto__":1,"a":2}');
});

const cycle: { self?: unknown } = {};
cycle.self = cycle;

test.each([
  ["undefined", undefined, "undefined"],
  ["undefined in an array", [1, undefined], "undefined"],
  ["a hole in an array", new Array(1), "undefined"],
  ["NaN", [Number.NaN], "NaN"],
  ["Infinity", { a: Number.POSITIVE_INFINITY }, "Infinity"],
  ["a bigint", 1n, "bigint"],
  ["half of a character", "\ud83d", "half of a character"],
  ["half of a character in a name", { "\udc00": 1 }, "half of a character"],
  ["a function", () => 1, "function"],
  ["a symbol", Symbol("s"), "symbol"],
  ["a value that holds itself", cycle, "holds itself"],
  ["a date", new Date(0), "no Date"],
  ["a map", { a: new Map() }, "no Map"],
  ["an instance of a class", new (class Point {})(), "no Point"],
  ["bytes", new Uint8Array(1), "no Uint8Array"],
])("JSON has no form for %s", (_, value, reason) => {
  expect(() => canonicalJson(value)).toThrow(RangeError);
  expect(() => canonicalJson(value)).toThrow(reason);
});

test("an escape that only looks like half of a character is text", () => {
  expect(canonical("\\ud83d")).toBe(String.raw`"\\ud83d"`);
});

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

test("nesting is bounded both ways", () => {
  const deepest = parseCanonicalJson(bytesOf(nested(jsonDepthMax)));
  expect(canonical(deepest)).toBe(nested(jsonDepthMax));
  expect(() => canonicalJson([deepest])).toThrow(`deeper than ${jsonDepthMax}`);
  expect(isMalformed(parseCanonicalJson(bytesOf(nested(jsonDepthMax + 1))))).toBe(true);
  expect(isMalformed(parseCanonicalJson(bytesOf(nested(100_000))))).toBe(true);
});

test.each([
  ["space", "[1, 2]", "canonical"],
  ["space at the end", "1\n", "canonical"],
  ["names out of order", '{"b":1,"a":1}', "canonical"],
  ["a name twice", '{"a":1,"a":1}', "canonical"],
  ["a number in another form", "1.0", "canonical"],
  ["-0", "-0", "canonical"],
  ["an escape that need not be", '"\\u0041"', "canonical"],
  ["a number beyond all doubles", "1e400", "Infinity"],
  ["half of a character", '"\\ud83d"', "half of a character"],
  ["a byte order mark", "\ufeff1", "not JSON"],
  ["nothing", "", "not JSON"],
  ["an end in the middle", '{"a":', "not JSON"],
])("what is not the canonical form is malformed: %s", (_, text, reason) => {
  const parsed = parseCanonicalJson(bytesOf(text));
  expect(parsed).toBeInstanceOf(Malformed);
  expect((parsed as Malformed).reason).toContain(reason);
});

test("bytes that are not UTF-8 are malformed", () => {
  const parsed = parseCanonicalJson(Uint8Array.of(0x22, 0xff, 0x22));
  expect(parsed).toEqual(new Malformed("JSON that is not UTF-8"));
});

test("any JSON comes back from its bytes, and only from those", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), fc.nat(), fc.nat(255), (value, at, byte) => {
      const bytes = canonicalJson(value);
      const again = parseCanonicalJson(bytes);
      expect(canonicalJson(again)).toEqual(bytes);
      expect(again).toEqual(JSON.parse(JSON.stringify(value)));
      const changed = bytes.slice();
      changed[at % bytes.length] = byte;
      const read = parseCanonicalJson(changed);
      if (!isMalformed(read)) expect(canonicalJson(read)).toEqual(changed);
    }),
  );
});
