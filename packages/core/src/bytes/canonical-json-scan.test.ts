import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, canonicalJsonFault, parseCanonicalJson } from "./canonical-json.js";
import { isPlainlyCanonical } from "./canonical-json-scan.js";
import { jsonDepthMax } from "./limits.js";
import { isMalformed } from "./malformed.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

test.each([
  "0",
  "-1",
  "123456789012345",
  "true",
  "false",
  "null",
  '""',
  '"a b"',
  "[]",
  "{}",
  '[1,"a",[],{}]',
  '{"a":1,"aa":{"b":[true]},"b":null}',
])("%s is seen to be canonical without being read", (text) => {
  expect(isPlainlyCanonical(bytesOf(text))).toBe(true);
  expect(isMalformed(parseCanonicalJson(bytesOf(text)))).toBe(false);
});

test.each([
  ...[
    "",
    "-",
    "01",
    "-0",
    "1.0",
    "1e1",
    "+1",
    "tru",
    "truefalse",
    '"',
    '"a',
    "[",
    "[1",
    "[1,",
    "[,1]",
    "[1,]",
    "[1 ,2]",
    " 1",
    "1 ",
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
  ],
  ...[
    '{"a":1,}',
    "{a:1}",
    '{"b":1,"a":1}',
    '{"a":1,"a":2}',
    '{"aa":1,"a":2}',
    '{"a" :1}',
    "[1}",
    '{"a":1]',
    '"\u0001"',
    '"\\u0041"',
    "undefined",
  ],
])("%j is not", (text) => {
  expect(isPlainlyCanonical(bytesOf(text))).toBe(false);
  expect(isMalformed(parseCanonicalJson(bytesOf(text)))).toBe(true);
  expect(canonicalJsonFault(bytesOf(text))).toEqual(parseCanonicalJson(bytesOf(text)));
});

test("what it does not look into is no fault for that", () => {
  for (const value of [0.5, 1e21, 2 ** 53, "é", '"\\', { é: 1 }]) {
    expect(isPlainlyCanonical(canonicalJson(value))).toBe(false);
    expect(canonicalJsonFault(canonicalJson(value))).toBeUndefined();
  }
});

test("it goes as deep as JSON may, and no deeper", () => {
  const nested = (depth: number) => bytesOf("[".repeat(depth) + "]".repeat(depth));
  expect(isPlainlyCanonical(nested(jsonDepthMax))).toBe(true);
  expect(isPlainlyCanonical(nested(jsonDepthMax + 1))).toBe(false);
});

test("of no bytes does it say what reading them does not", () => {
  const digits = fc.array(
    fc.constantFrom(..."0123456789-.eE", '"', "\\", "[", "]", "{", "}", ",", ":", "a", "b", "true", "null", '"a"', '"b"'),
    { maxLength: 14 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        digits.map((parts) => bytesOf(parts.join(""))),
        fc.jsonValue().map(canonicalJson),
      ),
      fc.nat(),
      fc.nat(255),
      (bytes, at, byte) => {
        const changed = bytes.slice();
        if (changed.length > 0) changed[at % changed.length] = byte;
        for (const each of [bytes, changed]) {
          const parsed = parseCanonicalJson(each);
          if (isPlainlyCanonical(each)) expect(isMalformed(parsed)).toBe(false);
          expect(canonicalJsonFault(each)).toEqual(isMalformed(parsed) ? parsed : undefined);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
