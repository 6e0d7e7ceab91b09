import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { typeNameBytesMax } from "../../bytes/limits.js";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { lenses, plainEvent } from "../rig/sample-events.suite.js";
import { checkAbsentEvent, checkEvent, checkEventHead, eventSize, headLengthAt, systemKinds, writeEvent } from "./event.js";
import { decodeLens, encodeLens, type Lens } from "./lens-payload.js";

const lens: Lens = { name: "or-set(text)", version: 300, digest: new Uint8Array(32).fill(7) };
const reason = (value: unknown) => (value instanceof Malformed ? value.reason : "accepted");

function naming(payload: Uint8Array): Uint8Array {
  const parts = { ...plainEvent(1), kind: systemKinds.lens, payload };
  const bytes = new Uint8Array(eventSize(parts));
  writeEvent(bytes, 0, parts);
  return bytes;
}

test("property: a lens comes back from its bytes, and no event says what no lens is", () => {
  fc.assert(
    fc.property(lenses, fc.nat(), (some, at) => {
      const payload = encodeLens(some);
      expect(decodeLens(payload)).toEqual(some);
      const cut = payload.subarray(0, at % payload.length);
      expect(isMalformed(checkEvent(naming(cut), 0, 16 + cut.length))).toBe(isMalformed(decodeLens(cut)));
      if (cut.length <= 34) expect(isMalformed(decodeLens(cut))).toBe(true);
    }),
  );
});

test("a lens, byte by byte", () => {
  expect(toHex(encodeLens(lens))).toBe(`01ac02${"07".repeat(32)}${Buffer.from(lens.name).toString("hex")}`);
});

test("what is no lens is malformed, alone and as an event", () => {
  const payload = encodeLens(lens);
  const wrong: [Uint8Array, string][] = [
    [payload.with(0, 2), "version 2"],
    [payload.with(2, 0), "longer than it needs"],
    [payload.subarray(0, 34), "32 bytes expected"],
    [payload.subarray(0, 35), "without a name"],
    [payload.with(36, 0xff), "UTF-8"],
    [Uint8Array.from([...payload.subarray(0, 35), ...new Uint8Array(typeNameBytesMax + 1).fill(97)]), `at most ${typeNameBytesMax}`],
    [new Uint8Array(0), "1 bytes expected"],
  ];
  for (const [bytes, expected] of wrong) {
    expect(reason(decodeLens(bytes))).toContain(expected);
    const event = naming(bytes);
    expect(reason(checkEvent(event, 0, event.length))).toContain(expected);
  }
  const whole = naming(payload);
  expect(checkEvent(whole, 0, whole.length)).toBe(whole.length);
  const longest = naming(encodeLens({ ...lens, name: "ü".repeat(typeNameBytesMax / 2) }));
  expect(checkEvent(longest, 0, longest.length)).toBe(longest.length);
});

test("the name is never absent, and a head alone is looked at without it", () => {
  const whole = naming(encodeLens(lens));
  const head = whole.subarray(0, headLengthAt(whole, 0));
  const absent = Uint8Array.from([...head, ...new Uint8Array(32)]);
  expect(reason(checkAbsentEvent(absent, 0, absent.length))).toContain("without its payload");
  expect(checkEventHead(head, 0, whole.length)).toBe(whole.length);
});

test("writing what nobody reads is the caller's mistake", () => {
  const wrong: Partial<Lens>[] = [
    { name: "" },
    { name: "ü".repeat(typeNameBytesMax / 2 + 1) },
    { version: -1 },
    { version: 1.5 },
    { digest: new Uint8Array(31) },
  ];
  for (const part of wrong) expect(() => encodeLens({ ...lens, ...part })).toThrow(RangeError);
});
