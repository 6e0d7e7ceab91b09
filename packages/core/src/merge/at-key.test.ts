import fc from "fast-check";
import { expect, test } from "vitest";
import { itemKeyBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { Writer } from "../bytes/writer.js";
import { decodeAt, encodeAt, writeAt } from "./at-key.js";
import type { Encoded } from "./element-codec.js";
import { operationKinds } from "./operation-kinds.js";
import { reasonOf } from "./story.suite.js";

const encoded = (key: string, kind: number, ...payload: number[]) => encodeAt(key, { kind, payload: Uint8Array.from(payload) }).payload;

test.each([0, 1, 127, 128, 129, itemKeyBytesMax])("a key of %i bytes comes back with the operation behind it", (length) => {
  const key = "\u00e9".repeat(length);
  const payload = encoded(key, 33, 1, 2, 3);
  const decoded = decodeAt(payload);
  if (isMalformed(decoded)) throw new Error(decoded.reason);
  expect(decoded).toEqual({ key, kind: 33, from: payload.length - 3 });
  expect(encodeAt(key, { kind: 33, payload: new Uint8Array(0) }).kind).toBe(operationKinds.at);
});

test.each([
  ["nothing", []],
  ["a key cut short", [3, 0x61]],
  ["a key without an operation", [1, 0x61]],
  ["a length cut short", [0x80]],
])("%s is malformed", (_, bytes) => {
  expect(reasonOf(decodeAt(Uint8Array.from(bytes)))).toMatch(/ends before its kind|longer than it needs/);
});

test("a length in more bytes than it needs, or beyond all keys, is malformed", () => {
  expect(reasonOf(decodeAt(Uint8Array.of(0x81, 0x00, 0x61, 33)))).toContain("longer than it needs");
  expect(reasonOf(decodeAt(Uint8Array.of(0xff, 0xff, 0x01)))).toContain("longer than any");
  const long = encoded("a".repeat(itemKeyBytesMax + 1), 33);
  expect(reasonOf(decodeAt(long))).toContain(`at most ${itemKeyBytesMax} bytes`);
});

test.each([0, 1, 127, 128, itemKeyBytesMax])("written behind its length, an operation under a key of %i bytes is the same", (length) => {
  const key = "\u00e9".repeat(length);
  for (const payload of [Uint8Array.of(), Uint8Array.of(0x61, 0x62), new Uint8Array(300).fill(0x61)]) {
    const whole = encodeAt(key, { kind: 43, payload }).payload;
    const written = (as: Encoded) => {
      const writer = new Writer(1);
      writeAt(writer, key, { kind: 43, payload: as });
      return writer.finish();
    };
    expect(written(payload)).toEqual(new Writer().prefixed(whole).finish());
    expect(written(String.fromCharCode(...payload))).toEqual(written(payload));
  }
});

test("whatever is read is written as it was", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const decoded = decodeAt(bytes);
      if (isMalformed(decoded)) return;
      const { key, kind, from } = decoded;
      expect(encodeAt(key, { kind, payload: bytes.subarray(from) }).payload).toEqual(bytes);
    }),
  );
});
