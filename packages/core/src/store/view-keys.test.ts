import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { itemKeyBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { compareBytes } from "../bytes/order.js";
import { asId, type SubjectId } from "../identity/ids.js";
import type { Range } from "../protocol/key-space.js";
import { decodeKey, tableRange } from "./keys.js";
import * as views from "./view-keys.js";

const bytes32 = (fill: number) => new Uint8Array(32).fill(fill);
const subject = (fill: number) => asId<SubjectId>(bytes32(fill));
const within = (range: Range, key: Uint8Array) => compareBytes(range.from, key) <= 0 && compareBytes(key, range.to) < 0;
const BOTH = "\u0000\u00ff";

test("keys, byte by byte", () => {
  expect(toHex(views.viewKey(0xf102_0304))).toBe("13f1020304");
  expect(toHex(views.viewNumberKey(subject(1), bytes32(2)))).toBe(`14${"01".repeat(32)}${"02".repeat(32)}`);
  expect(toHex(views.viewLaneKey(1, 0x0203))).toBe("150000000100000203");
  expect(toHex(views.viewItemKey(1, BOTH))).toBe("160000000100ff");
  expect(toHex(views.viewItemKey(1, ""))).toBe("1600000001");
  expect(toHex(views.viewLogKey(1, BOTH, 3))).toBe("1700000001000200ff00000003");
  expect(toHex(views.viewLogKey(1, "a".repeat(0x0102), 3))).toBe(`17000000010102${"61".repeat(0x0102)}00000003`);
  expect(toHex(views.viewTrieKey(1, Uint8Array.of(7, 8)))).toBe("18000000010708");
  expect(toHex(views.viewAgainKey(1, bytes32(9)))).toBe(`1900000001${"09".repeat(32)}`);
  expect(toHex(views.viewQuarantineKey(1, 2, 2 ** 40 + 5))).toBe("1a00000001000000020000010000000005");
  expect(toHex(views.viewChangedKey(1, BOTH))).toBe("1b0000000100ff");
});

test("every key says what it names", () => {
  const of = (key: Uint8Array) => decodeKey(key);
  expect(of(views.viewKey(0xffff_ffff))).toEqual({ table: "view", view: 0xffff_ffff });
  expect(of(views.viewNumberKey(subject(1), bytes32(2)))).toEqual({ table: "viewNumber", subject: subject(1), id: bytes32(2) });
  expect(of(views.viewLaneKey(1, 2))).toEqual({ table: "viewLane", view: 1, lane: 2 });
  for (const key of ["", BOTH, "x".repeat(itemKeyBytesMax)]) {
    expect(of(views.viewItemKey(1, key))).toEqual({ table: "viewItem", view: 1, key });
    expect(of(views.viewLogKey(1, key, 4))).toEqual({ table: "viewLog", view: 1, key, chunk: 4 });
    expect(of(views.viewChangedKey(1, key))).toEqual({ table: "viewChanged", view: 1, key });
    expect(views.itemKeyOf(views.viewItemKey(1, key))).toBe(key);
  }
  expect(of(views.viewTrieKey(1, Uint8Array.of(7)))).toEqual({ table: "viewTrie", view: 1, path: Uint8Array.of(7) });
  expect(of(views.viewAgainKey(1, bytes32(9)))).toEqual({ table: "viewAgain", view: 1, event: bytes32(9) });
  expect(of(views.viewQuarantineKey(1, 2, 3))).toEqual({ table: "viewQuarantine", view: 1, lane: 2, seq: 3 });
});

test.each([
  ["a view of no number", "13000000"],
  ["a view's number of no view", `14${"01".repeat(32)}`],
  ["a cursor with bytes behind it", "15000000010000000200"],
  ["an item of no view", "16"],
  ["an item's key beyond the bound", `1600000001${"61".repeat(itemKeyBytesMax + 1)}`],
  ["a log whose key ends before its length", "17000000010005616100000003"],
  ["a log's key beyond the bound", `17000000010401${"61".repeat(itemKeyBytesMax + 1)}00000003`],
  ["a log without a piece", "1700000001000161"],
  ["an event of no id", "190000000101"],
  ["event 0", "1a00000001000000020000000000000000"],
  ["a mark's key beyond the bound", `1b00000001${"61".repeat(itemKeyBytesMax + 1)}`],
  ["a table behind the last", "1c00000001"],
])("%s is malformed", (_name, hex) => {
  expect(isMalformed(decodeKey(Uint8Array.from(Buffer.from(hex, "hex"))))).toBe(true);
});

test("keys of items beyond the bound are the caller's mistake", () => {
  expect(() => views.viewItemKey(1, "x".repeat(itemKeyBytesMax + 1))).toThrow(RangeError);
  expect(() => views.viewLogKey(1, "x".repeat(itemKeyBytesMax + 1), 0)).toThrow(RangeError);
  expect(() => views.viewChangedKey(1, "x".repeat(itemKeyBytesMax + 1))).toThrow(RangeError);
});

const numbers = fc.oneof(
  fc.integer({ min: 0, max: 2 }),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0xfe, 0xff, 0xffff_ffff),
);
const itemKeys = fc
  .array(fc.oneof(fc.constantFrom(0, 0xff), fc.integer({ min: 0, max: 0xff })), { maxLength: 4 })
  .map((codes) => String.fromCharCode(...codes));

test("property: ranges of a view hold what is that view's, and no other's", () => {
  fc.assert(
    fc.property(numbers, numbers, itemKeys, itemKeys, numbers, (view, other, prefix, key, number) => {
      const keys = {
        view: views.viewKey(other),
        viewLane: views.viewLaneKey(other, number),
        viewItem: views.viewItemKey(other, key),
        viewLog: views.viewLogKey(other, key, number),
        viewTrie: views.viewTrieKey(other, Uint8Array.of(0xff, 0xff)),
        viewAgain: views.viewAgainKey(other, bytes32(0xff)),
        viewQuarantine: views.viewQuarantineKey(other, number, 1 + number),
        viewChanged: views.viewChangedKey(other, key),
      };
      for (const [table, of] of Object.entries(keys) as [views.ViewTable, Uint8Array][]) {
        expect(within(views.viewRange(table, view), of)).toBe(view === other);
        expect(within(tableRange(table), of)).toBe(true);
      }
      expect(within(views.viewItemsRange(view, prefix), keys.viewItem)).toBe(view === other && key.startsWith(prefix));
      expect(within(views.viewLogRange(view, prefix), keys.viewLog)).toBe(view === other && key === prefix);
      expect(within(views.viewQuarantineRange(view), keys.viewQuarantine)).toBe(view === other);
    }),
    { numRuns: 500 },
  );
});

test("property: items lie in the order of their keys, which is that of their characters", () => {
  fc.assert(
    fc.property(itemKeys, itemKeys, (left, right) => {
      const order = compareBytes(views.viewItemKey(7, left), views.viewItemKey(7, right));
      expect(Math.sign(order)).toBe(left < right ? -1 : left > right ? 1 : 0);
    }),
  );
});

test("views of one subject, even where its id ends in ones", () => {
  for (const [one, other] of [0, 0xfe, 0xff].flatMap((left) => [0, 0xfe, 0xff].map((right) => [left, right] as const)))
    expect(within(views.viewNumbersOf(subject(one)), views.viewNumberKey(subject(other), bytes32(0xff)))).toBe(one === other);
});
