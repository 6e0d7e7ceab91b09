import type { Data } from "@sinter/core";
import { isDataObject } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatFault } from "../format.js";
import { lineInJson, parseJsonText } from "./json-text.js";
import { jsonText } from "./rough-json.suite.js";

test.each([
  ["", 1, 1, "a value expected, not the end"],
  ["{", 1, 2, "a name in double quotes expected, not the end"],
  ["[1,\n 2,\n]", 3, 1, 'a value expected, not "]"'],
  ["{\n  'a': 1}", 2, 3, `a name in double quotes expected, not "'"`],
  ['{"a" 1}', 1, 6, '":" expected, not "1"'],
  ['{"a": 1 "b": 2}', 1, 9, '"," or "}" expected, not "\\""'],
  ["[1 2]", 1, 4, '"," or "]" expected, not "2"'],
  ["[1]\n]", 2, 1, 'nothing more expected, not "]"'],
  ['[\n"abc', 2, 1, "a closing quote expected: this text never ends"],
  ['["a\nb"]', 1, 4, "an escape such as \\n or \\t expected, not a control character"],
  ['["\\x"]', 1, 3, 'an escape that JSON has expected: \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000'],
  ['["\\u12g4"]', 1, 3, 'an escape that JSON has expected: \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000'],
  ['["é\\ud800"]', 1, 2, "text of whole characters expected, not half of one (a lone surrogate)"],
  ['{"\\udc00": 1}', 1, 2, "text of whole characters expected, not half of one (a lone surrogate)"],
  ["[NaN]", 1, 2, 'a value expected, not "N"'],
  ["-Infinity", 1, 2, 'a digit expected, not "I"'],
  ["[01]", 1, 3, 'a number without zeros in front expected, not "1"'],
  ["1.", 1, 3, "a digit expected, not the end"],
  ["1e+", 1, 4, "a digit expected, not the end"],
  ["[1, -]", 1, 6, 'a digit expected, not "]"'],
  ["[1,\r\n 1e400]", 2, 2, "a number that a double can hold expected: this one is beyond 1.8e308"],
  ['{"a": 1,\n\n "b": {"c": 2},\n "a": 3}', 4, 2, 'each name once expected: "a" is here, and on line 1 already'],
  ['{"x": {"é": 1,\n "e\u0301": 2}}', 2, 2, 'each name once expected: "é" is here, and on line 1 already'],
])("%j is refused, with line and column", (text, line, column, reason) => {
  expect(parseJsonText(text)).toStrictEqual(new FormatFault(reason, { line, column }));
});

test("names are in NFC, values are as they are written", () => {
  const value = parseJsonText('{"e\u0301": "e\u0301"}') as Record<string, Data>;
  expect(Object.keys(value)).toEqual(["\u00e9"]);
  expect(Object.values(value)).toEqual(["e\u0301"]);
});

test("the line of a value is that on which it begins", () => {
  const text = '\n{"a": [1,\n  {"b":\n "x"}],\n "e\u0301": {}, "": 5}';
  const lines: [string[], number | undefined][] = [
    [[], 2],
    [["a"], 2],
    [["a", "0"], 2],
    [["a", "1"], 3],
    [["a", "1", "b"], 4],
    [["\u00e9"], 5],
    [[""], 5],
    [["a", "2"], undefined],
    [["a", "00"], undefined],
    [["a", "0", "b"], undefined],
    [["c"], undefined],
  ];
  for (const [names, line] of lines) expect(lineInJson(text, names)).toBe(line);
  expect(lineInJson('{"a": [1, }', ["a", "1"])).toBeUndefined();
  expect(lineInJson('{"a": 1, b', ["b"])).toBeUndefined();
});

test("every place of a text has a line, and what begins there is its value", () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      const value = parseJsonText(text);
      if (value instanceof FormatFault) return;
      const lines = text.split("\n");
      for (const [names, inner] of placesIn(value, [])) {
        const line = lineInJson(text, names);
        expect(line).toBeDefined();
        // A number stands where it is said to stand; those beyond doubles may be written in several ways.
        if (typeof inner === "boolean" || inner === null) expect(lines[(line as number) - 1]).toContain(String(inner));
      }
    }),
  );
});

function* placesIn(value: Data, names: readonly string[]): Generator<[readonly string[], Data]> {
  yield [names, value];
  if (Array.isArray(value))
    for (const [index, element] of (value as readonly Data[]).entries()) yield* placesIn(element, [...names, String(index)]);
  else if (isDataObject(value)) for (const name of Object.keys(value)) yield* placesIn(value[name] as Data, [...names, name]);
}
