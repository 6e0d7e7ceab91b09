import { type Data, isDataObject, isWhole, jsonDepthMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatFault } from "../format.js";
import { json } from "../json/json.js";
import { plainData } from "../json/rough-json.suite.js";
import { aliasedValuesMax } from "../limits.js";
import { shown } from "../shown.suite.js";
import { yaml } from "./yaml.js";

const parts = (text: string) => yaml.parse(Buffer.from(text));
const read = (text: string) => parts(text)[0]?.body;

/** YAML has no names longer than this on one line, and reads a few characters otherwise. */
const isYamlToo = (text: string) => isWhole(text) && !/[\u0080-\u009f\u2028\u2029\ufeff\ufffe\uffff]|\\u/.test(text) && text.length < 1_000;

test("JSON is YAML, and says the same", () => {
  fc.assert(
    fc.property(plainData, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      if (isYamlToo(text)) expect(shown(read(text))).toBe(shown(json.parse(Buffer.from(text))[0]?.body));
    }),
  );
});

test("a value stands on the line where JSON says it stands", () => {
  fc.assert(
    fc.property(plainData, (value) => {
      const text = JSON.stringify(value, undefined, 2);
      if (!isYamlToo(text)) return;
      const bytes = Buffer.from(text);
      for (const names of placesIn(value as Data, [])) expect(yaml.lineOf(bytes, names)).toBe(json.lineOf(bytes, names));
    }),
  );
});

test.each([
  ["a: 1\nb: [x, 'y']", '{"a":1,"b":["x","y"]}'],
  ["yes: no\non: off", '{"yes":"no","on":"off"}'],
  ["[~, null, true, False, 0o17, 0x1F, 12e2, .5, 1_000]", '[null,null,true,false,15,31,1200,0.5,"1_000"]'],
  ["[2026-11-20, 2026-11-20T10:30:00Z, 10:30]", '["2026-11-20","2026-11-20T10:30:00Z","10:30"]'],
  [
    "[12345678901234567890, 0xFFFFFFFFFFFFFFFF, 1e20, 9007199254740993.0]",
    "[12345678901234567890n,18446744073709551615n,100000000000000000000n,9007199254740993n]",
  ],
  ["[-0, -0.0, +12, 012]", "[0,0,12,12]"],
  [`0x${"0".repeat(500)}fffffffffffffffff`, `${0xfffffffffffffffffn}n`],
  ["404: gone\n0x10: a\ntrue: b\n~: c\n1.0: d", '{"404":"gone","0x10":"a","true":"b","~":"c","1.0":"d"}'],
  ["!!str 12", '"12"'],
  ['!!int "12"', "12"],
  ["! 12", '"12"'],
  ["a: |\n  one\n  two\n", '{"a":"one\\ntwo\\n"}'],
  ["__proto__: {a: 1}\nconstructor: 2", '{"__proto__":{"a":1},"constructor":2}'],
  ["\ufeffa: 1", '{"a":1}'],
  ["a: 1\r\nb: 2\r\n", '{"a":1,"b":2}'],
])("%j is %s", (text, expected) => {
  expect(shown(read(text))).toBe(expected);
});

test("an alias is the value of its anchor, as it was set last", () => {
  expect(shown(read("a: &x {b: [1]}\nc: *x\nd: &x 2\ne: *x"))).toBe('{"a":{"b":[1]},"c":{"b":[1]},"d":2,"e":2}');
  expect(shown(read("&k key: 1\nother: *k"))).toBe('{"key":1,"other":"key"}');
  expect(shown(read("- &x [&y 1, *y]\n- *x"))).toBe("[[1,1],[1,1]]");
});

test("<< stands for members that are not said beside it, the first for those that more than one have", () => {
  expect(shown(read("d: &d {x: 1, y: 2}\ns:\n  <<: *d\n  y: 3"))).toBe('{"d":{"x":1,"y":2},"s":{"y":3,"x":1}}');
  expect(shown(read("- &a {x: 1, y: 1}\n- &b {y: 2, z: 2}\n- <<: [*b, *a]"))).toBe('[{"x":1,"y":1},{"y":2,"z":2},{"y":2,"z":2,"x":1}]');
  expect(shown(read("s:\n  <<: {__proto__: 1}"))).toBe('{"s":{"__proto__":1}}');
  expect(shown(read("'<<': 1"))).toBe('{"<<":1}');
});

test.each([
  ["a: 1\nb:\n  c: 1\n  c: 2", 4, 3, 'each name once expected: "c" is here, and on line 3 already'],
  ["1: a\n'1': b", 2, 1, 'each name once expected: "1" is here, and on line 1 already'],
  ["é: 1\n'e\u0301': 2", 2, 1, 'each name once expected: "é" is here, and on line 1 already'],
  ["- .nan", 1, 3, "a number expected: JSON has no .nan"],
  ["a: -.Inf", 1, 4, "a number expected: JSON has no -.Inf"],
  ["- 1e400", 1, 3, "a number that a double can hold expected: this one is beyond 1.8e308"],
  [`- ${"9".repeat(400)}`, 1, 3, "a number that a double can hold expected: this one is beyond 1.8e308"],
  ["? [a]\n: b", 1, 3, "a name that is text expected, not a list, an object or an alias"],
  ["? {a: 1}\n: b", 1, 3, "a name that is text expected, not a list, an object or an alias"],
  ["- &x a\n- {*x : b}", 2, 4, "a name that is text expected, not a list, an object or an alias"],
  [": a", 1, 1, "a name before the colon expected"],
  ["a: !env HOME", 1, 4, "Unresolved tag: !env"],
  ["a: !!binary aGk=", 1, 4, "Unresolved tag: tag:yaml.org,2002:binary"],
  ["a: !!set {b}", 1, 4, "Unresolved tag: tag:yaml.org,2002:set"],
  ["!!int x", 1, 1, "Unresolved tag: tag:yaml.org,2002:int"],
  ['a: "\\ud800"', 1, 4, "text of whole characters expected, not half of one"],
  ["a: *b", 1, 4, "an anchor &b before *b expected"],
  ["a: &a\n  b: *a", 2, 6, "*a stands inside of what it stands for"],
  ["<<: 1", 1, 5, "<< with an object, or a list of objects, expected: such as <<: *defaults"],
  ["<<: [{a: 1}, 2]", 1, 5, "<< with an object, or a list of objects, expected: such as <<: *defaults"],
  ["a: 1\n<<: {b: 1}\n<<: {c: 1}", 3, 1, 'each name once expected: "<<" is here, and on line 2 already'],
  ["%YAML 1.1\n---\na: yes", 3, undefined, "YAML 1.2 expected, in which yes and no are texts"],
])("%j is refused, with line and column", (text, line, column, reason) => {
  expect(read(text)).toStrictEqual(new FormatFault(reason, column === undefined ? { line } : { line, column }));
});

test.each([
  ["a: [1,\nb: 2", 2],
  ["a:\n\t- b", 2],
  ["a: b: c", 1],
  ["- a\nb: 1", 2],
  ["{a: 1", 1],
  ['"abc', 1],
  ["%A\n", 2],
  ["...\nx: 1\n]", 3],
])("what is no YAML is refused with its line: %j", (text, line) => {
  expect(read(text)).toMatchObject({ reason: expect.any(String), line });
});

test("each document of a file is a fragment, and one with nothing in it is none", () => {
  expect(parts("---\na: 1\n---\n---\nb: 2\n...\n# end\n--- null\n")).toStrictEqual([
    { number: 1, line: 2, body: { a: 1 } },
    { number: 3, line: 5, body: { b: 2 } },
    { number: 4, line: 8, body: null },
  ]);
  for (const text of ["", "\n\n", "# only words\n", "---\n", "---\n...\n", "\ufeff"]) expect(parts(text)).toEqual([]);
});

test("a document that is wrong is refused, and the others count", () => {
  const told = parts("a: 1\n---\nb: .nan\n---\nc: 3\n").map(({ number, line, body }) => `${number} ${line} ${shown(body)}`);
  expect(told).toEqual(['1 1 {"a":1}', "2 3 3:4 a number expected: JSON has no .nan", '3 5 {"c":3}']);
  expect(parts("a: *x\n---\nb: &x 1")[0]?.body).toBeInstanceOf(FormatFault);
  expect(yaml.parse(Buffer.of(0x61, 0x0a, 0xff))).toStrictEqual([
    { number: 1, line: 1, body: new FormatFault("valid UTF-8 expected", { line: 2 }) },
  ]);
});

test("the line of a value is where it begins, through aliases and << too", () => {
  const bytes = Buffer.from(
    "\ufeffdefaults: &d\n  x: 1\n  y: [1,\n      2]\nservice:\n  <<: *d\n  z: *d\n  e\u0301: |\n    text\n---\nx: 7\n",
  );
  const lines: [string[], number, number | undefined][] = [
    [[], 1, 1],
    [["defaults"], 1, 2],
    [["defaults", "y", "1"], 1, 4],
    [["service"], 1, 6],
    [["service", "x"], 1, 2],
    [["service", "z"], 1, 7],
    [["service", "z", "y", "0"], 1, 3],
    [["service", "\u00e9"], 1, 8],
    [["service", "<<"], 1, undefined],
    [["service", "z", "y", "2"], 1, undefined],
    [["x"], 1, undefined],
    [["x"], 2, 11],
    [[], 3, undefined],
  ];
  for (const [names, number, line] of lines) expect(yaml.lineOf(bytes, names, number)).toBe(line);
  expect(yaml.lineOf(Buffer.from("a: [1, .nan]"), ["a"])).toBeUndefined();
  expect(yaml.lineOf(Buffer.of(0xff), [])).toBeUndefined();
});

test("it may be nested so deep, and no deeper, by aliases neither", () => {
  const reason = `nested no deeper than ${jsonDepthMax} expected`;
  const flow = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(read(flow(jsonDepthMax))).toBeInstanceOf(Array);
  expect(read("- ".repeat(jsonDepthMax))).toBeInstanceOf(Array);
  for (const text of [
    flow(jsonDepthMax + 1),
    "- ".repeat(jsonDepthMax + 1),
    `${"{a: ".repeat(jsonDepthMax + 1)}1${"}".repeat(jsonDepthMax + 1)}`,
  ])
    expect(read(text)).toMatchObject({ reason, line: 1 });
  for (const text of [flow(100_000), "[".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000), "{a: ".repeat(50_000)])
    expect(read(text)).toMatchObject({ reason, line: 1 });
  const half = jsonDepthMax / 2;
  expect(read(`- &a ${flow(half)}\n- ${"[".repeat(half - 1)}*a${"]".repeat(half - 1)}`)).toBeInstanceOf(Array);
  expect(read(`- &a ${flow(half)}\n- ${"[".repeat(half)}*a${"]".repeat(half)}`)).toMatchObject({ reason, line: 2 });
});

test("aliases may stand for so many values, and no more", () => {
  const laughs = Array.from({ length: 20 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(10).fill(`*a${at}`).join(", ")}]`);
  expect(read(`a0: &a0 lol\n${laughs.join("\n")}`)).toMatchObject({
    reason: expect.stringContaining(`at most ${aliasedValuesMax} values`),
    line: 6,
  });
  // The list counts beside what is in it.
  const thousand = `- &a [${Array(999).fill(1).join(",")}]\n`;
  expect(read(thousand + "- *a\n".repeat(aliasedValuesMax / 1_000))).toHaveLength(1 + aliasedValuesMax / 1_000);
  expect(read(thousand + "- *a\n".repeat(aliasedValuesMax / 1_000 + 1))).toMatchObject({ line: aliasedValuesMax / 1_000 + 2 });
  const merged = `- &a {${Array.from({ length: 1_000 }, (_, at) => `k${at}: 1`).join(",")}}\n`;
  expect(read(merged + "- <<: *a\n".repeat(100))).toMatchObject({ reason: expect.stringContaining("aliases") });
});

test("whatever it is, it is read to an end", () => {
  const anything = fc.string({ unit: fc.constantFrom(..."-:?[]{},&*!|>'\"%@`# \n\tab<1.~\\"), maxLength: 40 });
  fc.assert(
    fc.property(anything, (text) => {
      for (const { number, line, body } of parts(text)) {
        expect(line).toBeGreaterThan(0);
        expect(yaml.lineOf(Buffer.from(text), [], number)).toBe(body instanceof FormatFault ? undefined : line);
      }
    }),
    { numRuns: 1_000 },
  );
});

function* placesIn(value: Data, names: readonly string[]): Generator<readonly string[]> {
  yield names;
  if (Array.isArray(value))
    for (const [index, element] of (value as readonly Data[]).entries()) yield* placesIn(element, [...names, String(index)]);
  else if (isDataObject(value))
    for (const name of Object.keys(value)) yield* placesIn(value[name] as Data, [...names, name.normalize("NFC")]);
}
