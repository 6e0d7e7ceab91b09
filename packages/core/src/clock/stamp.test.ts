import fc from "fast-check";
import { expect, test } from "vitest";
import { stampWallMsMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { compareBytes } from "../bytes/order.js";
import { compareStamps, decodeStamp, encodeStamp, formatIso, formatStamp, parseIso, parseStamp, readStamp, writeStamp } from "./stamp.js";

const stamps = fc.record({ wallMs: fc.integer({ min: 0, max: stampWallMsMax }), counter: fc.integer({ min: 0, max: 0xffff }) });

test("property: a stamp comes back from its bytes and its text, and bytes order as stamps do", () => {
  fc.assert(
    fc.property(stamps, stamps, (left, right) => {
      expect(decodeStamp(encodeStamp(left))).toEqual(left);
      expect(parseStamp(formatStamp(left))).toEqual(left);
      expect(Math.sign(compareStamps(left, right))).toBe(Math.sign(compareBytes(encodeStamp(left), encodeStamp(right))));
    }),
  );
});

test("a stamp is written at an offset and touches nothing else", () => {
  const bytes = new Uint8Array(10).fill(0xee);
  writeStamp(bytes, 1, { wallMs: 0x0102_0304_0506, counter: 0x0708 });
  expect([...bytes]).toEqual([0xee, 1, 2, 3, 4, 5, 6, 7, 8, 0xee]);
  expect(readStamp(bytes, 1)).toEqual({ wallMs: 0x0102_0304_0506, counter: 0x0708 });
  expect(isMalformed(decodeStamp(bytes))).toBe(true);
});

test("property: times are those of the calendar, to the last a stamp can hold", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: stampWallMsMax }), (wallMs) => {
      expect(formatIso(wallMs)).toBe(new Date(wallMs).toISOString());
      expect(parseIso(formatIso(wallMs))).toBe(wallMs);
    }),
    { numRuns: 2000 },
  );
});

test("every day from 1970 to 2200 is the calendar's", () => {
  for (let wallMs = 0; wallMs < Date.UTC(2200, 0, 1); wallMs += 86_400_000) {
    const text = new Date(wallMs).toISOString();
    if (formatIso(wallMs) !== text || parseIso(text) !== wallMs) expect(formatIso(wallMs)).toBe(text);
  }
});

test("shorter forms of a moment", () => {
  const day = Date.UTC(2026, 10, 20);
  expect(parseStamp("2026-11-20")).toEqual({ wallMs: day, counter: 0 });
  expect(parseIso("2026-11-20T10:30Z")).toBe(day + 37_800_000);
  expect(parseIso("2026-11-20T10:30:05Z")).toBe(day + 37_805_000);
  expect(parseIso("2026-11-20T10:30:05.2Z")).toBe(day + 37_805_200);
  expect(parseStamp("1795170605250")).toEqual({ wallMs: 1_795_170_605_250, counter: 0 });
  expect(parseStamp("1795170605250,7")).toEqual({ wallMs: 1_795_170_605_250, counter: 7 });
  expect(parseIso("2024-02-29")).toBe(Date.UTC(2024, 1, 29));
});

test.each([
  "",
  "yesterday",
  "2026-02-29",
  "2100-02-29",
  "2026-13-01",
  "2026-00-01",
  "2026-04-31",
  "2026-11-20T24:00Z",
  "2026-11-20T10:60Z",
  "2026-11-20T10:30:60Z",
  "2026-11-20T10:30",
  "2026-11-20T10:30:05+01:00",
  "1969-12-31",
  "+099999-01-01",
  "1,65536",
  "281474976710656,0",
  "1,",
  "-5",
  " 1",
])("%j is no moment", (text) => {
  expect(isMalformed(parseStamp(text))).toBe(true);
});
