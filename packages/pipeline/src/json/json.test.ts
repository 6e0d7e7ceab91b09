import type { Data } from "@sinter/core";
import { isDataObject, isWhole, jsonDepthMax, numberFromDouble } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatFault } from "../format.js";
import { shown } from "../shown.suite.js";
import { json, parseJson, parsePlain } from "./json.js";
import { countingValues, JsonScan } from "./json-scan.js";
import { parseJsonText } from "./json-text.js";
import { brokenJson, jsonText, plainData } from "./rough-json.suite.js";

const read = (text: string) => json.parse(Buffer.from(text))[0]?.body as Data | FormatFault;
const anyText = fc.oneof(jsonText, brokenJson);

/** What JSON.parse accepts and we do not. */
const byRule = /^(each name once|a number that a double can hold|text of whole characters|nested no deeper)/;

test("what is read without care is what is read with care", () => {
  let count = 0;
  fc.assert(
    fc.property(anyText, (text) => {
      const bytes = Buffer.from(text);
      const scan = new JsonScan(countingValues);
      scan.scan(bytes, 0, bytes.length);
      const plain = scan.isClosed
        ? parsePlain(text, {
            ...scan,
            members: scan.members,
            hasNumberedEscapes: scan.hasNumberedEscapes,
            hasOthers: text.length < bytes.length,
            depth: 0,
          })
        : undefined;
      if (plain === undefined) return;
      count++;
      expect(shown(parseJsonText(text))).toBe(shown(plain));
    }),
    { numRuns: 1_500 },
  );
  expect(count).toBeGreaterThan(100);
});

test("both say what JSON.parse says, of what it accepts and no rule of ours refuses", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const ours = parseJsonText(text);
      // A mark in front is no character of the text.
      if (!text.startsWith("\ufeff")) expect(shown(read(text))).toBe(shown(ours));
      const theirs = parsedBy(text);
      if (theirs === undefined) expect(ours).toBeInstanceOf(FormatFault);
      else if (ours instanceof FormatFault) expect(ours.reason).toMatch(byRule);
      else expect(approximated(ours)).toStrictEqual(approximated(theirs));
    }),
    { numRuns: 1_500 },
  );
});

test("what JSON.stringify writes comes back", () => {
  fc.assert(
    fc.property(plainData, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      if (isWhole(text) && !/\\ud/.test(text)) expect(approximated(read(text) as Data)).toStrictEqual(approximated(value as Data));
    }),
  );
});

test("a byte order mark in front is dropped, and lines are counted behind it", () => {
  expect(read('\ufeff{"a":1}')).toStrictEqual({ a: 1 });
  expect(read('\ufeff{\n"a":}')).toMatchObject({ line: 2, column: 5 });
});

test("`__proto__` is a name as all others", () => {
  for (const text of ['{"__proto__":{"a":1},"constructor":2}', '{"__proto__":{"a":1},"constructor":2e0}']) {
    const value = read(text) as Record<string, Data>;
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value["a"]).toBeUndefined();
  }
  expect(read('{"__proto__":1,"__proto__":2}')).toBeInstanceOf(FormatFault);
});

test("bytes that are no text are refused on the line where they are", () => {
  expect(parseJson(Buffer.from([0x7b, 0x0a, 0x22, 0xff, 0x22]))).toMatchObject({ reason: "valid UTF-8 expected", line: 2 });
  expect(parseJson(Buffer.from("\ufeff{}", "utf16le"))).toMatchObject({ reason: expect.stringContaining("UTF-16"), line: 1 });
});

test("it may be nested so deep, and no deeper", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(read(nested(jsonDepthMax))).toBeInstanceOf(Array);
  expect(read(nested(jsonDepthMax + 1))).toMatchObject({
    reason: `nested no deeper than ${jsonDepthMax} expected`,
    line: 1,
    column: jsonDepthMax + 1,
  });
  expect(read(`${'{"a":'.repeat(jsonDepthMax + 1)}1${"}".repeat(jsonDepthMax + 1)}`)).toBeInstanceOf(FormatFault);
  expect(read(nested(100_000))).toBeInstanceOf(FormatFault);
});

test("one file is one fragment", () => {
  expect(json.parse(Buffer.from(' {"a": 1}'))).toStrictEqual([{ number: 1, line: 1, body: { a: 1 } }]);
  expect(json.lineOf(Buffer.from('\ufeff{\n"a": 1}'), ["a"])).toBe(2);
  expect(json.lineOf(Buffer.from([0xff]), [])).toBeUndefined();
});

function parsedBy(text: string): Data | undefined {
  try {
    return JSON.parse(text) as Data;
  } catch {
    // What it throws at is no JSON: that is the answer.
    return undefined;
  }
}

/** With numbers as doubles, and names in NFC in their order. */
function approximated(value: Data): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") return Number(numberFromDouble(value));
  if (Array.isArray(value)) return (value as readonly Data[]).map(approximated);
  if (!isDataObject(value)) return value;
  return Object.keys(value)
    .map((name) => [name.normalize("NFC"), approximated(value[name] as Data)])
    .sort();
}
