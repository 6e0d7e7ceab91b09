import fc from "fast-check";
import { expect, test } from "vitest";
import type { Item } from "./messages.js";
import { placesOf } from "./sketch-places.suite.js";
import { mix32, type SketchSalt, SketchWalk, sketchSalt } from "./sketch-walk.js";

const salt = sketchSalt(new Uint8Array(16).map((_, at) => 17 * at));

function walked(by: SketchSalt, { lane, row }: Item, end: number): { readonly check: number; readonly places: number[] } {
  const walk = new SketchWalk(by, end);
  const count = walk.walk(lane, row);
  return { check: walk.check, places: [...walk.places.subarray(0, count)] };
}

test("golden: where items go and what they are checked by", () => {
  expect([0, 1, 0xffff_ffff, 0x8000_0000].map(mix32)).toEqual([0, 1753845952, 1734902346, 3427483940]);
  expect(walked(salt, { lane: 0, row: 0 }, 1_024)).toEqual({
    check: 2253595425,
    places: [0, 1, 4, 13, 20, 21, 23, 26, 37, 38, 39, 90, 111, 335, 386],
  });
  expect(walked(salt, { lane: 0xffff_ffff, row: 0xffff_ffff }, 1_024)).toEqual({
    check: 4270486001,
    places: [0, 4, 5, 13, 29, 51, 85, 86, 107, 284, 313, 674, 926],
  });
  expect(walked(salt, { lane: 1, row: 2 }, 16_384)).toEqual({
    check: 2999488267,
    places: [0, 3, 5, 10, 14, 25, 119, 127, 196, 955, 983, 2193, 2444, 3332, 4057, 4505, 6041],
  });
  expect(walked(sketchSalt(new Uint8Array(16)), { lane: 0, row: 0 }, 1_024)).toEqual({
    check: 0,
    places: [0, 1, 2, 5, 6, 11, 14, 22, 30, 44, 47, 68, 71, 103, 147, 203, 221, 256, 338, 464, 509, 742, 955],
  });
});

test("any item goes where the definition says", () => {
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(
      fc.tuple(word, word, word, word),
      fc.record({ lane: word, row: word }),
      fc.integer({ min: 1, max: 16_384 }),
      (by, item, end) => {
        expect(walked(by, item, end)).toEqual(placesOf(by, item, end));
      },
    ),
  );
});

test("an item is in the first symbol, and then rises", () => {
  for (let row = 0; row < 1_000; row++) {
    const { places } = walked(salt, { lane: mix32(row), row }, 1_024);
    expect(places[0]).toBe(0);
    for (let at = 1; at < places.length; at++) expect(places[at]).toBeGreaterThan(places[at - 1] as number);
  }
});

test("symbol i holds an item with a probability of about 1/(1 + i/2)", () => {
  const held = new Uint32Array(200);
  const items = 40_000;
  const walk = new SketchWalk(salt, held.length);
  for (let row = 0; row < items; row++) {
    const count = walk.walk(5, row);
    for (const place of walk.places.subarray(0, count)) held[place]++;
  }
  held.forEach((count, at) => {
    // Rounding to whole symbols takes a little from the second; six standard deviations.
    const expected = at === 0 ? items : (8 * items * (at + 1)) / (2 * at + 3) ** 2;
    expect(Math.abs(count - expected)).toBeLessThanOrEqual(6 * Math.sqrt(expected));
  });
});

test("another salt is another walk and another check; a salt has sixteen bytes", () => {
  const item = { lane: 7, row: 9 };
  const other = sketchSalt(Uint8Array.of(0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 254));
  expect(walked(other, item, 1_024)).not.toEqual(walked(salt, item, 1_024));
  expect(walked(other, item, 1_024).check).not.toBe(walked(salt, item, 1_024).check);
  expect(() => sketchSalt(new Uint8Array(15))).toThrow("16 bytes");
});
