import type { Data } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FormatFault } from "../format.js";
import { csvColumnsMax, recordBytesMax } from "../limits.js";
import { shownTold } from "../shown.suite.js";
import { csv, type Delimiter } from "./csv.js";

type Told = readonly [number, Data | FormatFault];

function readAll(bytes: Uint8Array, { step = bytes.length, delimiter = "," as Delimiter } = {}): Told[] {
  const told: Told[] = [];
  const reader = csv(delimiter).open();
  const chunk = Buffer.alloc(step);
  for (let at = 0; at < bytes.length; at += step) {
    const size = step - Math.max(0, at + step - bytes.length);
    chunk.set(bytes.subarray(at, at + size));
    reader.push(chunk.subarray(0, size), (body, line) => told.push([line, body]));
    // It is used again: what is handed on keeps nothing of it.
    chunk.fill(0x21);
  }
  reader.end((body, line) => told.push([line, body]));
  return told;
}

const read = (text: string, options?: { step?: number; delimiter?: Delimiter }) => readAll(Buffer.from(text), options);

test.each([
  ["a,b\n1,2\n3,4\n", ['2 {"a":"1","b":"2"}', '3 {"a":"3","b":"4"}']],
  ["a,b\r\n1,\r\n,2", ['2 {"a":"1","b":""}', '3 {"a":"","b":"2"}']],
  ['a,b\n"x\ny","say ""hi"", you"\n" ",""\n', ['2 {"a":"x\\ny","b":"say \\"hi\\", you"}', '4 {"a":" ","b":""}']],
  ['\ufeff"a",b\n1,é\n', ['2 {"a":"1","b":"é"}']],
  ["a\n\n\r\n1\n\n", ['4 {"a":"1"}']],
  ['a\n""\n', ['2 {"a":""}']],
  ["__proto__,e\u0301\n1,e\u0301", ['2 {"__proto__":"1","é":"e\u0301"}']],
  [" a ,b\n x , y", ['2 {" a ":" x ","b":" y"}']],
  ["a,b", []],
  ["", []],
  ["\n\r\n", []],
  ["\ufeff", []],
])("%j has the records it has", (text, expected) => {
  expect(shownTold(read(text))).toEqual(expected);
});

test.each([
  [
    "a,b\n1\n2,3\n4,5,6",
    [
      "2 2:- as many fields as the first line names expected: 2, not 1",
      '3 {"a":"2","b":"3"}',
      "4 4:- as many fields as the first line names expected: 2, not 3",
    ],
  ],
  ['a,b\nx"y,1\n2,3', ['2 2:- quotes around the whole field expected, with "" for each in it', '3 {"a":"2","b":"3"}']],
  ['a,b\n"x"y,1\n2,3', ['2 2:- the end of the field behind its closing quote expected, or "" for a quote in it', '3 {"a":"2","b":"3"}']],
  ['a,b\n1,2\n"x\n\ny', ['2 {"a":"1","b":"2"}', "3 3:- a closing quote expected: this row never ends"]],
  ["a,b\n1\r2,3\n4,5", ["2 2:- a newline behind a carriage return expected", '3 {"a":"4","b":"5"}']],
  ['a,b\n"1"\r,3\n4,5', ["2 2:- a newline behind a carriage return expected", '3 {"a":"4","b":"5"}']],
  ['a,b\n"1\n2"3,4\n4,5', ['2 3:- the end of the field behind its closing quote expected, or "" for a quote in it', '4 {"a":"4","b":"5"}']],
])("a bad row of %j says where it is, and the others count", (text, expected) => {
  expect(shownTold(read(text))).toEqual(expected);
});

test.each([
  ["a,b,a\n1,2,3\n", '1 1:- each name once expected: "a" is here twice'],
  ["é,e\u0301\n1,2\n", '1 1:- each name once expected: "é" is here twice'],
  ["a,,b\n1,2,3\n", "1 1:- a name for each field expected"],
  ["\na,b,\n1,2,3\n", "2 2:- a name for each field expected"],
  ['a,"b\n1,2\n', "1 1:- a closing quote expected: this row never ends"],
  ['a,"b"c\n1,2\n', '1 1:- the end of the field behind its closing quote expected, or "" for a quote in it'],
])("without names nothing of the file counts: %j", (text, fault) => {
  for (const step of [1, 4, 100]) expect(shownTold(read(text, { step }))).toEqual([fault]);
});

test("bytes that are no text are a bad row", () => {
  const told = readAll(Buffer.concat([Buffer.from("a,b\n1,"), Buffer.of(0xff), Buffer.from("\n3,é\n")]));
  expect(shownTold(told)).toEqual(["2 2:- valid UTF-8 expected", '3 {"a":"3","b":"é"}']);
});

test("semicolons and tabs part fields where they are said to", () => {
  expect(shownTold(read("a;b\n1,5;2\n", { delimiter: ";" }))).toEqual(['2 {"a":"1,5","b":"2"}']);
  expect(shownTold(read('a\tb\n"1\t5"\t2\n', { delimiter: "\t" }))).toEqual(['2 {"a":"1\\t5","b":"2"}']);
  expect([csv(",").name, csv("\t").name]).toEqual(["CSV", "TSV"]);
});

const field = fc.string({ unit: fc.constantFrom("a", "é", "\u{1f600}", ",", ";", '"', "\n", "\r\n", " ", "1"), maxLength: 8 });
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

test("what is written by the rules comes back, however the bytes are cut", () => {
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((columns) => fc.array(fc.array(field, { minLength: columns, maxLength: columns }), { maxLength: 6 }));
  fc.assert(
    fc.property(table, fc.constantFrom("\n", "\r\n"), fc.boolean(), fc.integer({ min: 1, max: 40 }), (rows, newline, isMarked, step) => {
      const header = (rows[0] ?? ["x"]).map((_, at) => `n${at}`);
      const written = rows.map((row) => row.map((text) => (/[",\n\r]/.test(text) || text === "" ? quoted(text) : text)).join(","));
      const text = (isMarked ? "\ufeff" : "") + [header.join(","), ...written].join(newline);
      const bodies = read(text, { step }).map(([, body]) => body);
      expect(bodies).toEqual(rows.map((row) => Object.fromEntries(row.map((each, at) => [`n${at}`, each]))));
      expect(shownTold(read(text))).toEqual(shownTold(read(text, { step })));
    }),
    { numRuns: 300 },
  );
});

test("whatever the bytes are, cutting them changes nothing", () => {
  const anything = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", "é"), maxLength: 40 });
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 9 }), (text, step) => {
      const whole = shownTold(read(`a,b\n${text}`));
      expect(shownTold(read(`a,b\n${text}`, { step }))).toEqual(whole);
      expect(shownTold(read(text, { step }))).toEqual(shownTold(read(text)));
    }),
    { numRuns: 800 },
  );
});

test("a row may be so long, and no longer: it is not kept, and the next one counts", () => {
  const step = 1024 * 1024;
  const row = (bytes: number) => `"${"x".repeat(bytes - 3)}\n"`;
  const fault = `2 2:- a row of at most ${recordBytesMax} bytes expected`;
  expect(read(`a\n${row(recordBytesMax)}\n3\n`, { step }).map(([line]) => line)).toEqual([2, 4]);
  for (const more of [1, 200_000])
    expect(shownTold(read(`a\n${row(recordBytesMax + more)}\n3\n`, { step }))).toEqual([fault, '4 {"a":"3"}']);
  expect(shownTold(read(`a\n"${"x".repeat(recordBytesMax + 200_000)}`, { step }))).toEqual([fault]);
  expect(shownTold(read(`${"x".repeat(recordBytesMax + 200_000)}\n1\n2`, { step }))).toEqual([
    `1 1:- a row of at most ${recordBytesMax} bytes expected`,
  ]);
});

test("a row may have so many fields, and no more", () => {
  const names = Array.from({ length: csvColumnsMax }, (_, at) => `n${at}`);
  expect(Object.keys(read(`${names.join(",")}\n${",".repeat(csvColumnsMax - 1)}`)[0]?.[1] as object)).toHaveLength(csvColumnsMax);
  expect(shownTold(read(`${names.join(",")},more\n1`))).toEqual([`1 1:- at most ${csvColumnsMax} fields expected`]);
});
