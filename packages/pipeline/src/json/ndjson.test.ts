import { type Data, jsonDepthMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatFault } from "../format.js";
import { ndjsonBatchBytes, recordBytesMax } from "../limits.js";
import { shownTold } from "../shown.suite.js";
import { parseJson } from "./json.js";
import { ndjson } from "./ndjson.js";
import { brokenJson, jsonText } from "./rough-json.suite.js";

type Told = readonly [number, Data | FormatFault];

function readAll(bytes: Uint8Array, step = bytes.length): Told[] {
  const told: Told[] = [];
  const reader = ndjson.open();
  const chunk = Buffer.alloc(step);
  for (let at = 0; at < bytes.length; at += step) {
    // One buffer for all of them: what is handed on keeps nothing of it.
    const size = chunk.length - Math.max(0, at + step - bytes.length);
    chunk.set(bytes.subarray(at, at + size));
    reader.push(chunk.subarray(0, size), (body, line) => told.push([line, body]));
    chunk.fill(0x21);
  }
  reader.end((body, line) => told.push([line, body]));
  return told;
}

const read = (text: string, step?: number) => readAll(Buffer.from(text), step);

/** Each line by itself. */
function twin(text: string): Told[] {
  return text.split("\n").flatMap((line, at): Told[] => {
    if (/^[ \t\r]*$/.test(line)) return [];
    const body = parseJson(Buffer.from(line));
    return [[at + 1, body instanceof FormatFault ? new FormatFault(body.reason, { ...body, line: at + 1 } as { line: number }) : body]];
  });
}

const oneLine = (text: string) => text.replace(/[\r\n]/g, " ").replace(/^\ufeff/, "");
const good = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  jsonText.map(oneLine),
);
const lines = fc.oneof(
  fc.array(
    fc.oneof(
      fc.integer().map((each) => `{"id":${each}}`),
      good,
      fc.constantFrom("", " ", "\t\r"),
    ),
    { maxLength: 12 },
  ),
  fc.array(fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: brokenJson.map(oneLine) }), { maxLength: 8 }),
);

test("each line is what it is by itself, however the bytes are cut", () => {
  fc.assert(
    fc.property(lines, fc.constantFrom("\n", "\r\n"), fc.boolean(), fc.integer({ min: 1, max: 50 }), (each, newline, isEnded, step) => {
      const text = each.join(newline) + (isEnded ? newline : "");
      expect(shownTold(read(text, step))).toEqual(shownTold(twin(text)));
      expect(shownTold(read(text))).toEqual(shownTold(twin(text)));
    }),
    { numRuns: 600 },
  );
});

test.each([
  ["two values on a line", "1,2\n[3\n4]\n5"],
  ["brackets that close on another line", "[1\n2]\n3"],
  ["brackets that close and open", "1\n2],[3\n4"],
  ["a string that goes on", '"a\nb"\n1'],
  ["strings that make one together", '{"a":"\n":"b"}'],
  ["commas at the end", "1,\n2"],
  ["a name twice, and one less elsewhere", '{"a":1,"a":2}\n{}\n{"b":1}'],
  ["nothing between commas", "1\n,\n2"],
])("lines are never taken together for what they are not: %s", (_, text) => {
  expect(shownTold(read(text))).toEqual(shownTold(twin(text)));
  expect(read(text).some(([, body]) => body instanceof FormatFault)).toBe(true);
});

test("a bad line says where it is, and the others count", () => {
  const told = read('{"a":1}\n\n{"a":1,"a":2}\n  {"b":NaN}\n{"c":12345678901234567890}\n');
  expect(told).toStrictEqual([
    [1, { a: 1 }],
    [3, new FormatFault('each name once expected: "a" is here, and on line 1 already', { line: 3, column: 8 })],
    [4, new FormatFault('a value expected, not "N"', { line: 4, column: 8 })],
    [5, { c: 12345678901234567890n }],
  ]);
  expect(readAll(Buffer.concat([Buffer.from('1\n"'), Buffer.of(0xff), Buffer.from('"\n2')]))).toStrictEqual([
    [1, 1],
    [2, new FormatFault("valid UTF-8 expected", { line: 2 })],
    [3, 2],
  ]);
});

test("a byte order mark in front is dropped, and none elsewhere", () => {
  expect(read('\ufeff{"a":1}\n2', 2)).toStrictEqual([
    [1, { a: 1 }],
    [2, 2],
  ]);
  expect(read("1\n\ufeff2")[1]?.[1]).toBeInstanceOf(FormatFault);
  expect(read("\ufeff\n1")).toStrictEqual([[2, 1]]);
});

test("a file with nothing in it has no records", () => {
  for (const text of ["", "\n", " \n\t\r\n", "\ufeff"]) expect(read(text)).toEqual([]);
});

test("a line may be so long, and no longer: it is not kept, and the next one counts", () => {
  const line = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
  const fault = new FormatFault(`a line of at most ${recordBytesMax} bytes expected`, { line: 2 });
  for (const length of [recordBytesMax, recordBytesMax + 1, recordBytesMax + 3 * ndjsonBatchBytes]) {
    const told = read(`1\n${line(length)}\n3\n`, 1024 * 1024);
    const [, [, second]] = told as [Told, Told];
    if (length > recordBytesMax) expect(second).toStrictEqual(fault);
    else expect(second).toHaveLength(length - 2);
    expect([told[0], told[2]]).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(told).toHaveLength(3);
  }
  expect(read(`1\n${line(recordBytesMax + ndjsonBatchBytes)}`).at(-1)).toStrictEqual([2, fault]);
});

test("a record may be nested as a document may", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const told = read(`${nested(jsonDepthMax)}\n${nested(jsonDepthMax + 1)}\n1`);
  expect(told.map(([, body]) => body instanceof FormatFault)).toEqual([false, true, false]);
});
