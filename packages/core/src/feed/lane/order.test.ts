import fc from "fast-check";
import { expect, test } from "vitest";
import { authorOfKey } from "../../identity/ids.js";
import { type EventParts, writeEvent } from "../event/event.js";
import { plainEvent } from "../rig/sample-events.suite.js";
import { compareOperations, comparePlaces, isSameEvent, Merge, type Place, placeAt, SortedPlaces } from "./order.js";

const author = (fill: number) => authorOfKey(new Uint8Array(32).fill(fill));
const nonce = (fill: number) => new Uint8Array(16).fill(fill);
const small = fc.integer({ min: 0, max: 2 });
const id = (fill: number) => new Uint8Array(32).fill(fill);
const places: fc.Arbitrary<Place> = fc
  .record({ wallMs: small, counter: small, by: small, index: small, fill: small, seq: small, named: small, lies: small })
  .map(({ wallMs, counter, by, index, fill, seq, named, lies }) => ({
    wallMs,
    counter,
    author: author(by),
    epoch: { index, nonce: nonce(fill) },
    seq,
    id: id(named),
    lies: { epoch: { index: lies, nonce: nonce(lies) }, seq: lies },
  }));
const key = ({ wallMs, counter, author: by, epoch, seq, id: named, lies }: Place) =>
  [wallMs, counter, by[0], epoch.index, epoch.nonce[0], seq, named[0], lies.epoch.index, lies.epoch.nonce[0], lies.seq].join("/");

test("the parts of a place count in the order of the format", () => {
  const lies = { epoch: { index: 5, nonce: nonce(5) }, seq: 5 };
  const base: Place = { wallMs: 5, counter: 5, author: author(5), epoch: { index: 5, nonce: nonce(5) }, seq: 5, id: id(5), lies };
  const later: Place[] = [
    { ...base, lies: { ...lies, seq: 6 } },
    { ...base, lies: { epoch: { index: 5, nonce: nonce(6) }, seq: 0 } },
    { ...base, lies: { epoch: { index: 6, nonce: nonce(0) }, seq: 0 } },
    { ...base, lies: { epoch: { index: 0, nonce: nonce(0) }, seq: 0 }, id: id(6) },
    { ...base, id: id(0), seq: 6 },
    { ...base, seq: 0, epoch: { index: 5, nonce: nonce(6) } },
    { ...base, seq: 0, epoch: { index: 6, nonce: nonce(0) } },
    { ...base, seq: 0, epoch: { index: 0, nonce: nonce(0) }, author: author(6) },
    { ...base, seq: 0, epoch: { index: 0, nonce: nonce(0) }, author: author(0), counter: 6 },
    { ...base, seq: 0, epoch: { index: 0, nonce: nonce(0) }, author: author(0), counter: 0, wallMs: 6 },
  ];
  for (const [index, place] of later.entries()) {
    const before = later[index - 1] ?? base;
    expect(comparePlaces(before, place), `step ${index}`).toBeLessThan(0);
    expect(comparePlaces(place, before), `step ${index}`).toBeGreaterThan(0);
  }
  expect(compareOperations({ ...base, operation: 1 }, { ...base, operation: 0 })).toBeGreaterThan(0);
  expect(compareOperations({ ...base, operation: 9 }, { ...base, seq: 6, operation: 0 })).toBeLessThan(0);
});

test("property: places are totally ordered", () => {
  fc.assert(
    fc.property(places, places, places, (a, b, c) => {
      expect(Math.sign(comparePlaces(a, b))).toBe(0 - Math.sign(comparePlaces(b, a)));
      expect(comparePlaces(a, b) === 0).toBe(key(a) === key(b));
      if (comparePlaces(a, b) <= 0 && comparePlaces(b, c) <= 0) expect(comparePlaces(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});

test("an event is the same as another that was appended again, wherever each of the two lies", () => {
  fc.assert(
    fc.property(places, places, small, (place, other, moved) => {
      const again = { ...place, lies: { epoch: { index: moved, nonce: nonce(moved) }, seq: moved } };
      expect(isSameEvent(place, again)).toBe(true);
      // Whatever the order puts between the two is the same event too.
      const [first, last] = comparePlaces(place, again) < 0 ? [place, again] : [again, place];
      if (comparePlaces(first, other) <= 0 && comparePlaces(other, last) <= 0) expect(isSameEvent(place, other)).toBe(true);
    }),
  );
});

test("what differs in where it first stood, or in its id, is another event", () => {
  const lies = { epoch: { index: 5, nonce: nonce(5) }, seq: 5 };
  const base: Place = { wallMs: 5, counter: 5, author: author(5), epoch: { index: 5, nonce: nonce(5) }, seq: 5, id: id(5), lies };
  for (const change of [
    { wallMs: 6 },
    { counter: 6 },
    { author: author(6) },
    { epoch: { index: 5, nonce: nonce(6) } },
    { epoch: { index: 6, nonce: nonce(5) } },
    { seq: 6 },
    { id: id(6) },
  ])
    expect(isSameEvent(base, { ...base, ...change }), JSON.stringify(Object.keys(change))).toBe(false);
});

test("an event stands where its origin stood", () => {
  const own = { author: author(1), epoch: { index: 4, nonce: nonce(4) }, seq: 12, id: id(4) };
  const origin = { epoch: { index: 2, nonce: nonce(2) }, seq: 3, stamp: { wallMs: 77, counter: 8 }, id: id(2) };
  const bytes = new Uint8Array(500);
  const placed = (parts: EventParts) => {
    writeEvent(bytes, 9, parts);
    return placeAt(bytes, 9, own);
  };
  expect(placed(plainEvent(1))).toEqual({ ...own, wallMs: 1_795_000_000_001, counter: 0, lies: own });
  expect(placed({ ...plainEvent(1), key: Uint8Array.of(1), origin })).toEqual({
    author: own.author,
    epoch: origin.epoch,
    seq: 3,
    id: origin.id,
    wallMs: 77,
    counter: 8,
    lies: own,
  });
});

test("property: merged cursors give every thing once, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.array(places, { maxLength: 12 }), { maxLength: 9 }), (lanes) => {
      const merge = new Merge(lanes.map((lane) => new SortedPlaces(lane)));
      const merged: string[] = [];
      for (; merge.current !== undefined; merge.next()) merged.push(key(merge.current.place as Place));
      expect(merged).toEqual(lanes.flat().sort(comparePlaces).map(key));
      merge.next();
      expect(merge.current).toBeUndefined();
    }),
  );
});
