import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Data, isDataObject } from "@sinter/core";
import { expect, test } from "vitest";
import { readDocument, readRecords } from "./files/read-fragments.js";
import { type DocumentFormat, FormatFault, partPath, recordPath } from "./format.js";
import { formatOf, isCompressed, notRead } from "./formats.js";
import { readProtoFiles } from "./protobuf/proto-files.js";
import { protobuf } from "./protobuf/protobuf.js";

const at = (path: string) => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
const nasty = (name: string) => at(`nasty/${name}`);

type Expected = readonly [
  number,
  { readonly is: unknown } | { readonly fault: string; readonly at: readonly [number | null, number | null] },
][];
const { "": _comment, ...expected } = JSON.parse(readFileSync(nasty("expected.json"), "utf8")) as Record<string, Expected>;
const messages = protobuf({ files: readProtoFiles({ file: at("proto/fleet.proto") }), message: "acme.fleet.Vehicle" });

test("every nasty file has an expectation, and every expectation a file", () => {
  const names = readdirSync(nasty("")).filter((name) => name !== "expected.json");
  expect(Object.keys(expected).sort()).toEqual(names.sort());
});

test.each(Object.entries(expected))("%s is read as it is written by hand that it is", async (name, lines) => {
  const told = await read(nasty(name));
  expect(told.map(([line]) => line)).toEqual(lines.map(([line]) => line));
  for (const [index, [, what]] of lines.entries()) {
    const body = told[index]?.[1];
    if ("is" in what) expect(plainly(body)).toBe(plainly(fromHand(what.is)));
    else {
      expect(body).toMatchObject({ reason: expect.stringContaining(what.fault) });
      const { line = null, column = null } = body as FormatFault;
      expect([line, column]).toEqual(what.at);
    }
  }
});

async function read(path: string): Promise<[number, Data | FormatFault][]> {
  const format = formatOf(path, { messages });
  const told: [number, Data | FormatFault][] = [];
  if (format?.kind === "records") for await (const _ of readRecords(path, format, (body, line) => told.push([line, body])));
  else {
    const bytes = readDocument(path);
    if (bytes instanceof FormatFault) return [[1, bytes]];
    for (const { line, body } of (format as DocumentFormat).parse(bytes)) told.push([line, body]);
  }
  return told;
}

function fromHand(value: unknown): Data {
  if (Array.isArray(value)) return value.map(fromHand);
  if (typeof value !== "object" || value === null) return value as Data;
  const { whole, zeros = 0, nested } = value as { whole?: string; zeros?: number; nested?: number };
  if (whole !== undefined) return BigInt(whole + "0".repeat(zeros));
  if (nested !== undefined) return Array.from({ length: nested - 1 }).reduce<Data>((inner) => [inner], []);
  return Object.defineProperties(
    {},
    Object.fromEntries(Object.keys(value).map((name) => [name, property(fromHand((value as Record<string, unknown>)[name]))])),
  );
}

function property(value: Data): PropertyDescriptor {
  return { value, enumerable: true };
}

/** All there is to tell, with names in order: theirs means nothing. */
function plainly(value: Data | FormatFault | undefined): string {
  if (value === undefined || value instanceof FormatFault) return `no data: ${value?.reason}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${(value as readonly Data[]).map(plainly).join()}]`;
  if (!isDataObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${plainly(value[name])}`)
    .join()}}`;
}

test("a file is read by how its name ends", () => {
  const names = [
    "a.json",
    "b.c.JSON",
    "a.yaml",
    "a.yml",
    "a.toml",
    "a.ndjson",
    "a.jsonl",
    "a.csv",
    "a.TSV",
    "folder/a.json.gz",
    "a.csv.GZ",
  ];
  expect(names.map((name) => formatOf(name)?.name)).toEqual([
    "JSON",
    "JSON",
    "YAML",
    "YAML",
    "TOML",
    "NDJSON",
    "NDJSON",
    "CSV",
    "TSV",
    "JSON",
    "CSV",
  ]);
  for (const name of ["a", "json", "a.txt", "a.gz", "a.json.bak", "a.json.gz.gz", "a.constructor", "a.json/b", "a.json#2", "a.ndjson:3"]) {
    expect(formatOf(name)).toBeUndefined();
    expect(notRead(name)).toContain("none of .json .yaml");
  }
  expect(["a.json", "a.json.gz", "a.GZ"].map(isCompressed)).toEqual([false, true, true]);
});

test("binary messages are read if it is said what they are", () => {
  for (const name of ["a.pb", "a.bin", "a.binpb.gz"]) {
    expect(formatOf(name)).toBeUndefined();
    expect(notRead(name)).toContain("only a .proto file says");
    expect(formatOf(name, { messages })).toBe(messages);
  }
});

test("fields of .csv may be parted by something else, those of .tsv never", () => {
  const first = (path: string, text: string) => {
    const told: unknown[] = [];
    const format = formatOf(path, { delimiter: ";" });
    if (format?.kind !== "records") throw new Error("records expected");
    const reader = format.open();
    reader.push(Buffer.from(text), (body) => told.push(body));
    reader.end((body) => told.push(body));
    return told[0];
  };
  expect(first("a.csv", "a;b\n1;2")).toEqual({ a: "1", b: "2" });
  expect(first("a.tsv", "a\tb\n1\t2")).toEqual({ a: "1", b: "2" });
});

test("a fragment is called after its file, and where it has more than one, after its place", () => {
  expect([partPath("a.yaml", 1), partPath("a.yaml", 2), recordPath("a.csv", 7)]).toEqual(["a.yaml", "a.yaml#2", "a.csv:7"]);
});
