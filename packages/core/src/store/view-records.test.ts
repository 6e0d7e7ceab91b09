import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { typeNameBytesMax } from "../bytes/limits.js";
import { isMalformed, Malformed } from "../bytes/malformed.js";
import { asId, type SubjectId } from "../identity/ids.js";
import * as views from "./view-records.js";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const reason = (value: unknown) => (value instanceof Malformed ? value.reason : "accepted");
const records: fc.Arbitrary<views.ViewRecord> = fc.record({
  subject: bytes(32).map((id) => asId<SubjectId>(id)),
  id: bytes(32),
  name: fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), fc.constant("n".repeat(typeNameBytesMax))),
  version: fc.oneof(fc.nat(300), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  digest: bytes(32),
  assurance: fc.constantFrom("classical", "hybrid"),
  freezes: fc.uint8Array({ maxLength: 300 }),
});
const some: views.ViewRecord = {
  subject: asId<SubjectId>(new Uint8Array(32).fill(1)),
  id: new Uint8Array(32).fill(9),
  name: "or-set(text)",
  version: 2,
  digest: new Uint8Array(32).fill(3),
  assurance: "hybrid",
  freezes: Uint8Array.of(4, 5),
};

test("property: every record comes back from its bytes, and no piece of them is one", () => {
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const numbers = fc.integer({ min: 0, max: 0xffff_ffff });
  const cursors = fc.record({ seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), id: bytes(32) });
  fc.assert(
    fc.property(records, numbers, cursors, share, (record, number, cursor, cut) => {
      const all: [Uint8Array, (from: Uint8Array) => unknown, unknown][] = [
        [views.encodeViewRecord(record), views.decodeViewRecord, record],
        [views.encodeViewNumber(number), views.decodeViewNumber, number],
        [views.encodeViewLaneRecord(cursor), views.decodeViewLaneRecord, cursor],
      ];
      for (const [encoded, decode, value] of all) {
        expect(decode(encoded)).toEqual(value);
        expect(isMalformed(decode(encoded.subarray(0, Math.floor(encoded.length * cut))))).toBe(true);
        expect(isMalformed(decode(Uint8Array.from([...encoded, 0])))).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test("a view's record, byte by byte", () => {
  const name = Buffer.from("or-set(text)").toString("hex");
  expect(toHex(views.encodeViewRecord(some))).toBe(`01${"01".repeat(32)}${"09".repeat(32)}0c${name}02${"03".repeat(32)}01020405`);
});

test("what no program wrote is malformed, with a reason", () => {
  const encoded = views.encodeViewRecord(some);
  expect(reason(views.decodeViewRecord(encoded.with(0, 2)))).toContain("version 2");
  expect(reason(views.decodeViewRecord(encoded.with(66, 0xff)))).toContain("UTF-8");
  expect(reason(views.decodeViewRecord(encoded.with(encoded.length - 4, 2)))).toContain("assurance");
  expect(reason(views.decodeTypeName(new Uint8Array(0)))).toContain("without a name");
  expect(reason(views.decodeTypeName(new Uint8Array(typeNameBytesMax + 1).fill(97)))).toContain(`at most ${typeNameBytesMax}`);
  expect(() => views.encodeViewRecord({ ...some, name: "n".repeat(typeNameBytesMax + 1) })).toThrow(RangeError);
});

test("no cursor stands at event 0", () => {
  const encoded = views.encodeViewLaneRecord({ seq: 900, id: new Uint8Array(32).fill(7) });
  expect(toHex(encoded)).toBe(`${(900).toString(16).padStart(16, "0")}${"07".repeat(32)}`);
  expect(reason(views.decodeViewLaneRecord(encoded.slice().fill(0, 0, 8)))).toContain("event 0");
});

test("a reason of a quarantine is text", () => {
  expect(views.decodeViewQuarantineRecord(views.encodeViewQuarantineRecord("nicht gültig"))).toBe("nicht gültig");
  expect(reason(views.decodeViewQuarantineRecord(Uint8Array.of(0xff)))).toContain("UTF-8");
});
