import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { payloadBytesMax } from "../../bytes/limits.js";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { events, plainEvent } from "../rig/sample-events.suite.js";
import * as event from "./event.js";

const written = (parts: event.EventParts) => {
  const bytes = new Uint8Array(event.eventSize(parts));
  expect(event.writeEvent(bytes, 0, parts)).toBe(bytes.length);
  return bytes;
};
const reason = (bytes: Uint8Array) => {
  const result = event.checkEvent(bytes, 0, bytes.length);
  return result instanceof Malformed ? result.reason : `accepted with ${result} bytes`;
};
const full = written({
  kind: 128,
  codec: 2,
  stamp: { wallMs: 0x0102_0304_0506, counter: 0x0708 },
  payload: Uint8Array.of(0xaa, 0xbb),
  key: Uint8Array.of(0x6b),
  causal: Uint8Array.of(0, 1, 3, 2),
  origin: {
    epoch: { index: 5, nonce: new Uint8Array(16).fill(0x11) },
    seq: 9,
    stamp: { wallMs: 6, counter: 7 },
    id: new Uint8Array(32).fill(0x22),
  },
  keyEpoch: 0x0a0b_0c0d,
});

test("an event, byte by byte", () => {
  expect(toHex(written(plainEvent(1, 3)))).toBe(`01800000${(1_795_000_000_001).toString(16).padStart(12, "0")}000000000003010101`);
  const origin = `00000005${"11".repeat(16)}0000000000000009000000000006${"0007"}${"22".repeat(32)}`;
  expect(toHex(full)).toBe(
    `01800f020102030405060708000000020${(2 + 4 + 68 + 4).toString(16).padStart(3, "0")}016b00010302${origin}0a0b0c0daabb`,
  );
});

test("property: every part is read back in place, at any offset, and the check agrees on the size", () => {
  fc.assert(
    fc.property(events, fc.integer({ min: 0, max: 20 }), (parts, offset) => {
      const size = event.eventSize(parts);
      const bytes = new Uint8Array(offset + size + 7).fill(0xee);
      expect(event.writeEvent(bytes, offset, parts)).toBe(size);
      expect(event.checkEvent(bytes, offset, bytes.length)).toBe(size);
      expect(event.sizeAt(bytes, offset)).toBe(size);
      expect(event.kindAt(bytes, offset)).toBe(parts.kind);
      expect(event.codecAt(bytes, offset)).toBe(parts.codec ?? 0);
      expect(event.stampAt(bytes, offset)).toEqual(parts.stamp);
      expect([event.wallAt(bytes, offset), event.counterAt(bytes, offset)]).toEqual([parts.stamp.wallMs, parts.stamp.counter]);
      expect(event.payloadAt(bytes, offset)).toEqual(parts.payload);
      expect(event.keyAt(bytes, offset)).toEqual(parts.key);
      expect(event.causalAt(bytes, offset)).toEqual(parts.causal);
      expect(event.originAt(bytes, offset)).toEqual(parts.origin);
      expect(event.keyEpochAt(bytes, offset)).toBe(parts.keyEpoch);
      expect(event.headLengthAt(bytes, offset) + event.payloadLengthAt(bytes, offset)).toBe(size);
      expect(bytes.subarray(offset + size)).toEqual(new Uint8Array(7).fill(0xee));
    }),
  );
});

test("property: cut anywhere, an event is malformed", () => {
  fc.assert(
    fc.property(events, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (parts, share) => {
      const bytes = written(parts);
      const end = Math.floor(bytes.length * share);
      expect(isMalformed(event.checkEvent(bytes, 0, end))).toBe(true);
      expect(isMalformed(event.checkEvent(bytes.slice(0, end), 0, end))).toBe(true);
    }),
  );
});

test("property: what the check accepts, written again from its parts, is the same bytes", () => {
  fc.assert(
    fc.property(events, fc.nat(), fc.integer({ min: 1, max: 255 }), (parts, place, change) => {
      const bytes = written(parts);
      const at = place % bytes.length;
      bytes[at] = (bytes[at] as number) ^ change;
      const size = event.checkEvent(bytes, 0, bytes.length);
      if (size instanceof Malformed) return;
      const again = written({
        kind: event.kindAt(bytes, 0),
        codec: event.codecAt(bytes, 0),
        stamp: event.stampAt(bytes, 0),
        payload: event.payloadAt(bytes, 0),
        key: event.keyAt(bytes, 0),
        causal: event.causalAt(bytes, 0),
        origin: event.originAt(bytes, 0),
        keyEpoch: event.keyEpochAt(bytes, 0),
      });
      expect(toHex(again)).toBe(toHex(bytes.subarray(0, size)));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["version", 0, 2, "version 2"],
  ["kind 0", 1, 0, "kind 0"],
  ["kind 21", 1, 21, "kind 21"],
  ["kind 29", 1, 29, "kind 29"],
  ["kind 51", 1, 51, "kind 51"],
  ["kind 59", 1, 59, "kind 59"],
  ["a flag that is not assigned", 2, 31, "flags 31"],
  ["codec", 3, 4, "codec 4"],
  ["a payload too long", 12, 2, "a payload of"],
  ["an extension that runs out", 16, 0xff, "bytes where"],
  ["an extension too short", 17, 20, "too short"],
  ["a key of no bytes", 18, 0, "1 to 1024"],
  ["causal flags", 20, 2, "causal flags 2"],
  ["more causal rows than bytes", 21, 9, "9 causal rows in"],
  ["a causal delta that says nothing", 21, 0, "neither full nor lists"],
  ["an origin's seq beyond 2^53", 44, 0x20, "an origin's seq"],
  ["an origin's seq of zero", 51, 0, "an origin's seq"],
])("%s is malformed", (_name, at, value, expected) => {
  const bytes = full.slice();
  bytes[at] = value;
  expect(reason(bytes)).toContain(expected);
});

test("kinds at the edges of their ranges are accepted", () => {
  for (const kind of [5, 20, 30, 50, 60, 127, 128, 255]) expect(reason(written({ ...plainEvent(1), kind }))).toContain("accepted");
});

test("an extension must be filled exactly, and a key's length be in shortest form", () => {
  const keyed = written({ ...plainEvent(1, 4), key: Uint8Array.of(1, 2) });
  const longer = keyed.slice();
  longer[17] = 4;
  longer[15] = 3;
  expect(reason(longer)).toContain("longer than its sections");
  const loose = keyed.slice();
  loose.set([0x82, 0], 18);
  expect(reason(loose)).toContain("shortest form");
  const none = written(plainEvent(1, 8));
  none[2] = 1;
  expect(reason(none)).toContain("bytes where");
});

test("system events have the payloads of their kinds", () => {
  expect(reason(written({ ...plainEvent(1, 1), kind: 1 }))).toContain("empty payload");
  expect(reason(written({ ...plainEvent(1, 59), kind: 2 }))).toContain("60 bytes");
  const opened = { epoch: { index: 3, nonce: new Uint8Array(16).fill(4) }, size: 2 ** 40 + 1, headId: new Uint8Array(32).fill(5) };
  const payload = event.encodeEpochOpened(opened);
  expect(event.decodeEpochOpened(payload)).toEqual(opened);
  expect(reason(written({ ...plainEvent(1), kind: 2, payload }))).toContain("accepted");
  payload[20] = 0x20;
  expect(isMalformed(event.decodeEpochOpened(payload))).toBe(true);
  expect(isMalformed(event.decodeEpochOpened(payload.subarray(1)))).toBe(true);
});

test("a redaction names an event, and never event 0 or one beyond 2^53", () => {
  const redaction = { epoch: { index: 3, nonce: new Uint8Array(16).fill(4) }, seq: 2 ** 40 + 1, id: new Uint8Array(32).fill(5) };
  const payload = event.encodeRedaction(redaction);
  expect(event.decodeRedaction(payload)).toEqual(redaction);
  expect(reason(written({ ...plainEvent(1), kind: 3, payload }))).toContain("accepted");
  expect(reason(written({ ...plainEvent(1, 59), kind: 3 }))).toContain("60 bytes");
  expect(isMalformed(event.decodeRedaction(payload.with(20, 0x20)))).toBe(true);
  expect(isMalformed(event.decodeRedaction(payload.slice().fill(0, 20, 28)))).toBe(true);
  expect(isMalformed(event.decodeRedaction(payload.subarray(1)))).toBe(true);
});

test("writing what no reader accepts is the caller's mistake", () => {
  const target = new Uint8Array(100_000);
  const wrong: Partial<event.EventParts>[] = [
    { kind: 0 },
    { kind: 256 },
    { codec: 4 },
    { key: new Uint8Array(0) },
    { key: new Uint8Array(1025) },
    { causal: new Uint8Array(0) },
    { causal: new Uint8Array(65_536) },
    { payload: new Uint8Array(payloadBytesMax + 1) },
  ];
  for (const part of wrong) expect(() => event.writeEvent(target, 0, { ...plainEvent(1), ...part })).toThrow(RangeError);
});
