import { type Data, isDataObject, isWhole, jsonDepthMax } from "@sinter/core";
import fc from "fast-check";
import { stringify } from "smol-toml";
import { expect, test } from "vitest";
import { FormatFault } from "../format.js";
import { writtenBytesMax } from "../limits.js";
import { shown } from "../shown.suite.js";
import { toml } from "./toml.js";

const read = (text: string) => toml.parse(Buffer.from(text))[0]?.body as Data | FormatFault;

test.each([
  ["", "{}"],
  ["# only words", "{}"],
  ["a = 1\n[b]\nc = [1, 2.5, 'x', true]", '{"a":1,"b":{"c":[1,2.5,"x",true]}}'],
  ["a.b.c = 1\na.b.d = 2", '{"a":{"b":{"c":1,"d":2}}}'],
  ["[[a]]\nx = 1\n[[a]]\n[a.b]\ny = 2", '{"a":[{"x":1},{"b":{"y":2}}]}'],
  ["a = [0xff, 0o17, 0b11, 1_000, +1]", '{"a":[255,15,3,1000,1]}'],
  ["a = [9007199254740991, 9007199254740992, -9223372036854775808]", '{"a":[9007199254740991,9007199254740992n,-9223372036854775808n]}'],
  ["a = [1e20, -0.0, -0, 5e-324]", '{"a":[100000000000000000000n,0,0,5e-324]}'],
  ["__proto__.a = 1\nconstructor = 2", '{"__proto__":{"a":1},"constructor":2}'],
  ['"e\u0301" = "e\u0301"', '{"é":"e\u0301"}'],
  ["\ufeffa = 1\r\nb = 2\r\n", '{"a":1,"b":2}'],
])("%j is %s", (text, expected) => {
  expect(shown(read(text))).toBe(expected);
});

test.each([
  ["1979-05-27T07:32:00Z", "1979-05-27T07:32:00Z"],
  ["1979-05-27 07:32:00.123456789z", "1979-05-27T07:32:00.123456789Z"],
  ["1979-05-27t00:32:00.5-07:00", "1979-05-27T00:32:00.5-07:00"],
  ["1979-05-27T07:32Z", "1979-05-27T07:32:00Z"],
  ["1979-05-27T07:32:00", "1979-05-27T07:32:00"],
  ["0001-01-01", "0001-01-01"],
  ["2024-02-29", "2024-02-29"],
  ["07:32:00.999999", "07:32:00.999999"],
  ["07:32", "07:32:00"],
])("the time %s is the text %s", (time, text) => {
  expect(read(`a = ${time}`)).toEqual({ a: text });
  expect(read(`[[x]]\n[[x]]\ny = {z = [0, # ${time}\n${time}]}`)).toEqual({ x: [{}, { y: { z: [0, text] } }] });
});

test.each([
  ["a = 1\n[b]\nc = nan", 3, undefined, "a number that JSON has expected: not nan, inf, or beyond 1.8e308"],
  ["a = [1,\n -inf]", 2, undefined, "a number that JSON has expected: not nan, inf, or beyond 1.8e308"],
  ["a = 1e400", 1, undefined, "a number that JSON has expected: not nan, inf, or beyond 1.8e308"],
  [`\na = ${"9".repeat(400)}`, 2, undefined, "a number that JSON has expected: not nan, inf, or beyond 1.8e308"],
  ["a = 1\nb = 2023-02-30", 2, undefined, "a day that its month has expected, not 2023-02-30"],
  ["a = 2023-02-29T10:00:00+12:00", 1, undefined, "a day that its month has expected, not 2023-02-29"],
  ['[t]\n"e\u0301" = 1\n"é" = 2', 1, undefined, 'each name once expected, and "é" is here in two Unicode forms'],
  ["a = 1\na = 2", 2, 1, "trying to redefine an already defined table or value"],
  ["a = 1\n\nb = \n", 3, 5, expect.any(String)],
  ['a = "\\ud800"', 1, 6, "invalid unicode escape"],
  ["a = null", 1, 5, expect.any(String)],
])("%j is refused, with its line", (text, line, column, reason) => {
  expect(read(text)).toMatchObject({ reason, line, column });
  expect(toml.lineOf(Buffer.from(text), [])).toBeUndefined();
});

test("bytes that are no text are refused on their line", () => {
  expect(toml.parse(Buffer.from([0x61, 0x3d, 0x31, 0x0a, 0x23, 0xff]))[0]?.body).toStrictEqual(
    new FormatFault("valid UTF-8 expected", { line: 2 }),
  );
});

test("the line of a value is where it begins", () => {
  const bytes = Buffer.from(
    "\ufefftitle = 'x'\n[[a.b]]\nn = 1\n[[a.b]]\nn = [\n 1, # c ] \n 2,\n]\n[a.b.sub]\n'q.\"' = \"\"\"\n]x\\\"\"\"\"\"\n\"k\\u0065y\" = { x.y = 1,\n z = 2 }\nlast = '''\n'''''\nafter.that = 3\n",
  );
  const lines: [string[], number | undefined][] = [
    [[], 1],
    [["title"], 1],
    [["a"], 2],
    [["a", "b"], 2],
    [["a", "b", "0"], 2],
    [["a", "b", "0", "n"], 3],
    [["a", "b", "1"], 4],
    [["a", "b", "1", "n"], 5],
    [["a", "b", "1", "n", "0"], 6],
    [["a", "b", "1", "n", "1"], 7],
    [["a", "b", "1", "sub"], 9],
    [["a", "b", "1", "sub", 'q."'], 10],
    [["a", "b", "1", "sub", "key"], 12],
    [["a", "b", "1", "sub", "key", "x", "y"], 12],
    [["a", "b", "1", "sub", "key", "z"], 13],
    [["a", "b", "1", "sub", "last"], 14],
    [["a", "b", "1", "sub", "after"], 16],
    [["a", "b", "1", "sub", "after", "that"], 16],
    [["a", "b", "2"], undefined],
    [["x"], undefined],
  ];
  for (const [names, line] of lines) expect(toml.lineOf(bytes, names)).toBe(line);
});

const name = fc.oneof(fc.constantFrom("a", "b", "c", "a.b", 'q"', "é", "x\\y", "", " "), fc.string({ unit: "grapheme", maxLength: 4 }));
/** No null, which TOML has not, and no empty lists of tables, which it has no word for. */
const tomlData = fc.letrec<{ table: Data; value: Data }>((tie) => ({
  table: fc.dictionary(name, tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.constantFrom(0.5, -1.25, 1e-7),
      fc.string({ unit: fc.constantFrom("a", "'", '"', "\n", "\\", "#", "]", "é", "\u{1f600}"), maxLength: 6 }),
    ),
    fc.array(fc.integer(), { maxLength: 3 }),
    fc.array(tie("table"), { minLength: 1, maxLength: 3 }),
    tie("table"),
  ),
})).table;

test("what the library writes comes back", () => {
  fc.assert(
    fc.property(tomlData, (value) => {
      const text = stringify(value);
      if (!isWhole(text)) return;
      expect(JSON.stringify(sorted(read(text)))).toBe(JSON.stringify(sorted(value)));
    }),
  );
});

test("each number stands on the line that is told of it", () => {
  let next = 1_000_000;
  const numbered = (value: Data): Data => {
    if (Array.isArray(value)) return (value as readonly Data[]).map(numbered);
    return isDataObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key.normalize("NFC"), numbered(each)]))
      : next++;
  };
  fc.assert(
    fc.property(tomlData, (shape) => {
      const value = numbered(shape);
      const text = stringify(value as Record<string, unknown>);
      if (!isWhole(text)) return;
      const lines = text.split("\n");
      for (const [names, inner] of placesIn(value, [])) {
        const line = toml.lineOf(Buffer.from(text), names);
        expect(line).toBeGreaterThan(0);
        if (typeof inner === "number") expect(lines[(line as number) - 1]).toContain(String(inner));
      }
    }),
  );
});

test("it may be nested so deep, and no deeper", () => {
  const inner = (depth: number) => `a = ${"[".repeat(depth)}${"]".repeat(depth)}`;
  expect(read(inner(jsonDepthMax - 1))).not.toBeInstanceOf(FormatFault);
  expect(read(inner(jsonDepthMax))).toBeInstanceOf(FormatFault);
  const dotted = (depth: number) => `${Array(depth).fill("a").join(".")} = 1`;
  expect(read(dotted(jsonDepthMax))).not.toBeInstanceOf(FormatFault);
  for (const text of [
    dotted(jsonDepthMax + 1),
    `[${Array(jsonDepthMax).fill("a").join(".")}]`,
    dotted(100_000),
    `[${Array(100_000).fill("a").join(".")}]`,
    inner(100_000),
  ])
    expect(read(text)).toMatchObject({ reason: expect.any(String), line: 1 });
});

test("it may have so many bytes, and no more", () => {
  expect(read(`# ${"x".repeat(writtenBytesMax - 2)}`)).toEqual({});
  expect(read(`# ${"x".repeat(writtenBytesMax - 1)}`)).toMatchObject({ reason: expect.stringContaining(`${writtenBytesMax} bytes`) });
});

test("whatever it is, it is read to an end, and so are its places", () => {
  const anything = fc.array(
    fc.constantFrom(
      "a",
      "b",
      ".",
      "=",
      "[",
      "]",
      "[[",
      "]]",
      "{",
      "}",
      ",",
      "\n",
      " ",
      "#",
      '"',
      "'",
      '"""',
      "'''",
      "1",
      "nan",
      "\\",
      "2023-02-30",
      "7:",
    ),
    {
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(anything, (pieces) => {
      const text = pieces.join("");
      const value = read(text);
      expect(toml.lineOf(Buffer.from(text), [])).toBe(value instanceof FormatFault ? undefined : 1);
    }),
    { numRuns: 3_000 },
  );
});

function sorted(value: Data | FormatFault): unknown {
  if (Array.isArray(value)) return (value as readonly Data[]).map(sorted);
  if (value instanceof FormatFault || !isDataObject(value)) return value;
  return Object.keys(value)
    .map((key) => [key.normalize("NFC"), sorted(value[key] as Data)])
    .sort(([left], [right]) => ((left as string) < (right as string) ? -1 : 1));
}

function* placesIn(value: Data, names: readonly string[]): Generator<[readonly string[], Data]> {
  yield [names, value];
  if (Array.isArray(value))
    for (const [index, element] of (value as readonly Data[]).entries()) yield* placesIn(element, [...names, String(index)]);
  else if (isDataObject(value)) for (const key of Object.keys(value)) yield* placesIn(value[key] as Data, [...names, key]);
}
