import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type Data, type DataObject, isDataObject, jsonDepthMax, SinterError } from "@sinter/core";
import fc from "fast-check";
import type { Root } from "protobufjs";
import { expect, test } from "vitest";
import { FormatFault } from "../format.js";
import { shown } from "../shown.suite.js";
import { parseProto, protobufLibrary, readProtoFiles } from "./proto-files.js";
import { protobuf } from "./protobuf.js";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/proto/${name}`, import.meta.url));
const fleetFiles = readProtoFiles({ file: fixture("fleet.proto") });
const fleet = protobuf({ files: fleetFiles, message: "acme.fleet.Vehicle" });
const ledger = protobuf({ files: readProtoFiles({ file: fixture("ledger.proto") }), message: "acme.ledger.Entry" });

const parsed = (format: typeof fleet, ...bytes: (number | string | Uint8Array)[]) =>
  format.parse(Buffer.concat(bytes.map((each) => (typeof each === "number" ? Buffer.of(each) : Buffer.from(each)))))[0]?.body as
    | Data
    | FormatFault;
const vehicle = (...bytes: (number | string | Uint8Array)[]) => parsed(fleet, ...bytes);
const entry = (...bytes: (number | string | Uint8Array)[]) => parsed(ledger, ...bytes);
/** A field of bytes: a text, or a message. */
const field = (id: number, ...inner: (number | string | Uint8Array)[]) => {
  const bytes = Buffer.concat(inner.map((each) => (typeof each === "number" ? Buffer.of(each) : Buffer.from(each))));
  return Buffer.concat([varint((id << 3) | 2), varint(bytes.length), bytes]);
};
function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

// --- the library's own encoder, and its own JSON, as the oracle ---

interface ProtoJson {
  fromJson(type: unknown, json: unknown): object;
}
const { fromJson } = createRequire(import.meta.url)("protobufjs/ext/protojson") as ProtoJson;
const root: Root = new (protobufLibrary().Root)();
for (const name of ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"])
  root.addJSON(protobufLibrary().common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
for (const { path, text } of fleetFiles) parseProto(path, text, root);
root.resolveAll();
const vehicleType = root.lookupType("acme.fleet.Vehicle");

function encoded(data: Data): Uint8Array {
  return vehicleType.encode(fromJson(vehicleType, asProtoJson(data)) as never).finish();
}

/** With whole numbers of any size as texts, which that JSON has for them. */
function asProtoJson(data: Data): unknown {
  if (typeof data === "bigint") return String(data);
  if (Array.isArray(data)) return (data as readonly Data[]).map(asProtoJson);
  return isDataObject(data) ? Object.fromEntries(Object.entries(data).map(([name, value]) => [name, asProtoJson(value)])) : data;
}

const text = fc.string({ unit: "grapheme", maxLength: 6 });
const filled = text.filter((each) => each !== "");
const whole = (min: bigint, max: bigint) =>
  fc
    .bigInt({ min, max })
    .filter((value) => value !== 0n)
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
const int32 = fc.integer().filter((value) => value !== 0);
const uint32 = fc.integer({ min: 1, max: 0xffff_ffff });
const int64 = whole(-(2n ** 63n), 2n ** 63n - 1n);
const uint64 = whole(1n, 2n ** 64n - 1n);
const fraction = fc.double({ min: -1e15, max: 1e15, noNaN: true }).filter((value) => value !== 0);
const base64 = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const optionally = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<DataObject>;
const part = optionally({ serialNo: filled, count: int32, maker: optionally({ name: filled }) });
const numbers = optionally({
  aDouble: fraction,
  aFloat: fc.constantFrom(0.1, 1.5, -3.25, 16777216, 1e-7, 0.33333334, 123456.79),
  anInt32: int32,
  anInt64: int64,
  aUint32: uint32,
  aUint64: uint64,
  aSint32: int32,
  aSint64: int64,
  aFixed32: uint32,
  aFixed64: uint64,
  aSfixed32: int32,
  aSfixed64: int64,
  aBool: fc.constant(true),
});
const anyJson = fc
  .jsonValue({ maxDepth: 3, noUnicodeString: true } as never)
  .map((value) => JSON.parse(JSON.stringify(value), (_, each) => (Object.is(each, -0) ? 0 : each)) as Data);
const small = (value: Data): boolean =>
  typeof value === "number"
    ? Math.abs(value) < 1e15
    : typeof value !== "object" || value === null || Object.values(value as object).every(small);
const power = fc.oneof(
  fc.constant({}),
  fraction.map((watts) => ({ watts })),
  text.map((fuel) => ({ fuel })),
  part.map((engine) => ({ engine })),
);
const vehicles = fc.letrec<{ vehicle: DataObject }>((tie) => ({
  vehicle: fc
    .tuple(
      optionally({
        displayName: filled,
        kind: fc.constantFrom("KIND_CAR", "KIND_TRUCK", "KIND_NONE", 99, -5),
        badge: base64,
        numbers,
        doors: fc.integer(),
        odometer: fc.array(int64, { minLength: 1, maxLength: 3 }),
        gears: fc.array(fc.integer(), { minLength: 1, maxLength: 3 }),
        tags: fc.array(text, { minLength: 1, maxLength: 3 }),
        parts: fc.array(part, { minLength: 1, maxLength: 2 }),
        kinds: fc.array(fc.constantFrom("KIND_UNSPECIFIED", "KIND_TRUCK", 12), { minLength: 1, maxLength: 3 }),
        limits: fc.dictionary(
          text.map((name) => name.normalize("NFC")),
          uint64,
          { minKeys: 1, maxKeys: 3 },
        ),
        slots: fc.dictionary(int64.map(String), part, { minKeys: 1, maxKeys: 3 }),
        flags: fc.dictionary(fc.constantFrom("true", "false"), fc.constantFrom("KIND_CAR", "KIND_UNSPECIFIED"), { minKeys: 1 }),
        towed: fc.option(tie("vehicle"), { nil: {}, maxDepth: 2 }),
        "old-name": filled,
        built: fc.constantFrom(
          "2026-11-20T10:30:00Z",
          "0001-01-01T00:00:00Z",
          "9999-12-31T23:59:59.999999999Z",
          "1969-12-31T23:59:59.500Z",
          "1970-01-01T00:00:00.000001Z",
        ),
        trip: fc.constantFrom("0s", "1s", "-1.500s", "0.000000001s", "-0.250s", "315576000000s"),
        mask: fc.constantFrom("", "displayName", "numbers.aDouble,kind"),
        settings: fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor"), anyJson.filter(small), { maxKeys: 3 }),
        anything: anyJson.filter(small),
        list: fc.array(anyJson.filter(small), { maxLength: 3 }),
        nothing: fc.constant({}),
        wide: int64,
        note: text,
        ready: fc.boolean(),
        blob: base64,
        ratio: fraction,
      }),
      power,
    )
    .map(([fields, source]) => ({ ...fields, ...source }) as DataObject),
})).vehicle;

test("what the library writes is read as what it was made of", () => {
  fc.assert(
    fc.property(vehicles, (data) => {
      expect(sorted(vehicle(encoded(data)))).toBe(sorted(data));
    }),
    { numRuns: 150 },
  );
});

test("whatever the bytes are, they are a message or a fault", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void vehicle(bytes)),
    { numRuns: 3_000 },
  );
  fc.assert(
    fc.property(vehicles, fc.nat(), fc.nat(255), (data, at, byte) => {
      const bytes = Buffer.from(encoded(data));
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      vehicle(bytes);
      vehicle(bytes.subarray(0, at % (bytes.length + 1)));
    }),
  );
});

test("what is not there is left out, and so is a zero that says nothing", () => {
  expect(vehicle()).toEqual({});
  // display_name "", kind 0, badge "", numbers { a_double 0 }.
  expect(vehicle(field(1), 0x10, 0, field(3), field(4, 0x09, new Uint8Array(8)))).toEqual({ numbers: {} });
  // doors is optional, and fuel one of several: there it is said.
  expect(vehicle(0x28, 0, field(15))).toEqual({ doors: 0, fuel: "" });
  expect(vehicle(field(1, "a"), field(1))).toEqual({});
  expect(shown(vehicle(field(4, 0x09, Buffer.from("0000000000000080", "hex"))))).toBe('{"numbers":{"aDouble":0}}');
});

test("of what comes again the last counts, messages are put together, lists grow", () => {
  expect(vehicle(field(1, "a"), field(1, "b"))).toEqual({ displayName: "b" });
  expect(vehicle(field(16, field(1, "s"), 0x10, 1), field(16, 0x10, 2))).toEqual({ engine: { serialNo: "s", count: 2 } });
  expect(vehicle(field(15, "gas"), field(16, 0x10, 2))).toEqual({ engine: { count: 2 } });
  expect(vehicle(field(16, field(1, "s")), field(15, "gas"), field(16, 0x10, 2))).toEqual({ engine: { count: 2 } });
  expect(vehicle(field(8, "a"), field(1, "n"), field(8, "b"))).toEqual({ displayName: "n", tags: ["a", "b"] });
  expect(vehicle(field(11, field(1, "k"), 0x10, 1), field(11, field(1, "k"), 0x10, 2))).toEqual({ limits: { k: 2 } });
});

test("lists of numbers may be packed or not, whatever the schema says", () => {
  expect(vehicle(field(6, 2, 4), 0x30, 6)).toEqual({ odometer: [1, 2, 3] });
  expect(vehicle(0x38, 1, field(7, 2, 3))).toEqual({ gears: [1, 2, 3] });
  expect(vehicle(field(10, 7, 7, 1))).toEqual({ kinds: ["KIND_TRUCK", "KIND_TRUCK", "KIND_CAR"] });
});

test("a map's entry may lack its key, its value, or both, and hold more", () => {
  expect(vehicle(field(11), field(12, 0x08, 3), field(13, 0x18, 9, 0x10, 1, 0x08, 1))).toEqual({
    limits: { "": 0 },
    slots: { "3": {} },
    flags: { true: "KIND_CAR" },
  });
  expect(vehicle(field(11, field(1, "é")), field(11, field(1, "e\u0301")))).toMatchObject({
    reason: 'each name once expected, and "é" is here in two Unicode forms',
  });
});

test("numbers of 32 bits take the lower ones of more", () => {
  expect(vehicle(0x28, varint(-1))).toEqual({ doors: -1 });
  expect(vehicle(0x28, varint(2n ** 32n + 5n))).toEqual({ doors: 5 });
  expect(vehicle(0x10, varint(-1))).toEqual({ kind: "KIND_NONE" });
});

test("what is not known is passed over, groups too", () => {
  const unknown = [0xa0, 0x06, 5, 0xa1, 0x06, ..."12345678".split("").map(Number), 0xa5, 0x06, 1, 2, 3, 4];
  const group = [0xa3, 0x06, 0x0b, 0x10, 1, 0x0c, 0xa4, 0x06];
  expect(vehicle(Buffer.from(unknown), field(100, "x"), Buffer.from(group), field(1, "n"))).toEqual({ displayName: "n" });
});

test.each([
  ["a tag without its field", [0x28], "a number that ends expected (at byte 1)"],
  ["text cut short", [0x0a, 5, 0x61], "5 bytes expected where 1 are left (at byte 2)"],
  ["a message cut short", [0x22, 5, 0x09], "a length within the message expected, not 5 (at byte 2)"],
  ["a number of too many bits", [0x28, ...Array(10).fill(0xff), 1], "a number of at most 64 bits expected (at byte 11)"],
  ["a number of 65 bits", [0x28, ...Array(9).fill(0x80), 2], "a number of at most 64 bits expected (at byte 11)"],
  ["a tag of more than 32 bits", [0x80, 0x80, 0x80, 0x80, 0x10], "a number of 32 bits expected (at byte 5)"],
  ["field 0", [0x00, 1], "a field with a number from 1 on expected (at byte 1)"],
  ["a form that there is not", [0xa6, 0x06], "a field in one of Protobuf's forms expected (at byte 2)"],
  [
    "an end of no group",
    [0x0c],
    "field 1 (displayName of acme.fleet.Vehicle) in another form expected: is it another message? (at byte 1)",
  ],
  [
    "another form than the schema's",
    [0x08, 1],
    "field 1 (displayName of acme.fleet.Vehicle) in another form expected: is it another message? (at byte 1)",
  ],
  ["a group that does not end", [0xa3, 0x06, 0x08, 1], "the end of a group expected (at byte 4)"],
  ["a group that ends as another", [0xa3, 0x06, 0xac, 0x06], "a field in one of Protobuf's forms expected (at byte 4)"],
  ["text that is none", [0x0a, 1, 0xff], "text that is UTF-8 expected (at byte 3)"],
  ["NaN", [0x71, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f], "a number expected: JSON has no NaN (at byte 9)"],
  ["infinity", [0x22, 5, 0x15, 0, 0, 0x80, 0x7f], "a number expected: JSON has no Infinity (at byte 7)"],
  [
    "a time out of bounds",
    [0xa2, 0x01, 2, 0x10, 0xff, 0x01].slice(0, 4).concat(0x7f, 0xa2, 0x01, 11, 0x10, ...varint(-1)),
    "a value within the bounds of google.protobuf.Timestamp expected",
  ],
  [
    "a duration of two signs",
    [0xaa, 0x01, 13, 0x08, 1, 0x10, ...varint(-1)],
    "a value within the bounds of google.protobuf.Duration expected",
  ],
  ["a value that is none", [0xc2, 0x01, 0], "a value in google.protobuf.Value expected"],
])("%s is refused", (_, bytes, reason) => {
  expect(shown(vehicle(Buffer.from(bytes)))).toContain(reason);
});

test("a message of any type is that message with its type, if the schema has it", () => {
  const url = (name: string) => field(1, `type.example/${name}`);
  expect(vehicle(field(26, url("acme.parts.Part"), field(2, field(1, "s"))))).toEqual({
    extra: { "@type": "type.example/acme.parts.Part", serialNo: "s" },
  });
  expect(vehicle(field(26, url("google.protobuf.BoolValue"), field(2, 0x08, 1)))).toEqual({
    extra: { "@type": "type.example/google.protobuf.BoolValue", value: true },
  });
  expect(vehicle(field(26))).toEqual({ extra: {} });
  expect(shown(vehicle(field(26, url("acme.Other"))))).toContain('not \\"type.example/acme.Other\\"'.replaceAll("\\", ""));
  expect(shown(vehicle(field(26, field(2, "x"))))).toContain("a type in google.protobuf.Any expected");
  expect(shown(vehicle(field(26, url("acme.parts.Part"), field(2, 0x0a, 9))))).toContain("in acme.parts.Part in google.protobuf.Any");
});

test("messages may be nested so deep, and no deeper", () => {
  const nested = (depth: number): Buffer => Array.from({ length: depth }).reduce<Buffer>((inner) => field(17, inner), Buffer.alloc(0));
  expect(vehicle(nested(jsonDepthMax - 1))).not.toBeInstanceOf(FormatFault);
  expect(vehicle(nested(jsonDepthMax))).toMatchObject({ reason: `nested no deeper than ${jsonDepthMax} expected` });
  expect(vehicle(nested(5_000))).toMatchObject({ reason: expect.stringContaining("nested no deeper") });
  expect(vehicle(Buffer.alloc(100_000, Buffer.of(0xa3, 0x06)))).toBeInstanceOf(FormatFault);
  const list = (depth: number) => Array.from({ length: depth }).reduce<Buffer>((inner) => field(6, field(1, inner)), Buffer.of(0x08, 0));
  expect(vehicle(field(24, list(jsonDepthMax)))).toMatchObject({ reason: `nested no deeper than ${jsonDepthMax} expected` });
});

test("proto2 has required fields, groups, and extensions by their full names", () => {
  const line = (each: string) => Buffer.concat([Buffer.of(0x23), field(5, each), Buffer.of(0x24)]);
  expect(entry(field(1, "x"), line("a"), 0x10, 0, line("b"), 0x18, 4, field(100, "me"))).toEqual({
    id: "x",
    cents: 0,
    state: "SHUT",
    line: [{ text: "a" }, { text: "b" }],
    "[acme.ledger.booked_by]": "me",
  });
  expect(entry(field(1, "x"), 0x18, 9)).toEqual({ id: "x", state: 9 });
  expect(entry(0x10, 1)).toMatchObject({ reason: "the required field id of acme.ledger.Entry expected" });
  expect(entry(field(1, "x"), 0x23, field(5, "a"))).toMatchObject({ reason: expect.stringContaining("the end of a group expected") });
});

test("it has no lines, and a name", () => {
  expect(fleet.lineOf(Buffer.alloc(0), [])).toBeUndefined();
  expect(fleet.name).toBe("Protobuf acme.fleet.Vehicle");
  expect(protobuf({ files: fleetFiles, message: "Vehicle" }).name).toBe("Protobuf acme.fleet.Vehicle");
});

test("a message that the schema has not is refused, with what to do", () => {
  for (const message of ["acme.fleet.Boat", "acme.fleet.Kind", ""])
    expect(() => protobuf({ files: fleetFiles, message })).toThrow(SinterError);
  const twice = [...fleetFiles, { path: "twice.proto", text: 'syntax = "proto3"; package other; message Vehicle {}' }];
  expect(() => protobuf({ files: twice, message: "Vehicle" })).toThrow("several messages Vehicle: acme.fleet.Vehicle, other.Vehicle");
  expect(protobuf({ files: twice, message: "other.Vehicle" }).name).toBe("Protobuf other.Vehicle");
});

function sorted(data: Data | FormatFault): string {
  if (data instanceof FormatFault || !isDataObject(data))
    return Array.isArray(data) ? `[${(data as readonly Data[]).map(sorted).join()}]` : shown(data);
  return `{${Object.keys(data)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${sorted(data[name] as Data)}`)
    .join()}}`;
}
