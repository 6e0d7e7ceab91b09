import fc from "fast-check";
import { expect, test } from "vitest";
import { isMalformed } from "../../bytes/malformed.js";
import { controlKind, decodeControl, encodeControl } from "./control.js";
import { isKind, systemKindMax } from "./event.js";

test("property: what is said on the bus of control comes back, whatever it is", () => {
  fc.assert(
    fc.property(fc.integer({ min: 128, max: 255 }), fc.uint8Array({ maxLength: 50 }), (kind, data) => {
      expect(decodeControl(encodeControl({ kind, data }))).toEqual({ kind, data });
    }),
  );
});

test("an event on that bus is none of the system's, and says which of the application's it is", () => {
  expect([isKind(controlKind), controlKind > systemKindMax]).toEqual([true, true]);
  expect(isMalformed(decodeControl(new Uint8Array(0)))).toBe(true);
  expect(isMalformed(decodeControl(Uint8Array.of(127, 1)))).toBe(true);
  for (const kind of [127, 256, 128.5]) expect(() => encodeControl({ kind, data: new Uint8Array(0) })).toThrow(RangeError);
});
