import fc from "fast-check";
import { expect, test } from "vitest";
import { Lifetime, Timeline } from "./timeline.js";

test("events happen at their moments, of one moment in the order asked for", () => {
  const property = fc.property(fc.array(fc.tuple(fc.nat({ max: 20 }), fc.boolean()), { maxLength: 300 }), (asked) => {
    const timeline = new Timeline();
    const seen: [number, number][] = [];
    const cancels = asked.map(([delay], index) =>
      timeline.after(delay, () => {
        expect(timeline.now).toBe(delay);
        seen.push([delay, index]);
      }),
    );
    for (const [index, [, cancelled]] of asked.entries()) if (cancelled) cancels[index]();
    const kept = asked.map(([delay], index) => [delay, index] as [number, number]).filter(([, index]) => !asked[index][1]);
    expect(timeline.waiting).toBe(kept.length);
    expect(timeline.run()).toBe("quiet");
    expect(seen).toEqual(kept.sort((left, right) => left[0] - right[0] || left[1] - right[1]));
    expect(timeline.happened).toBe(kept.length);
  });
  fc.assert(property, { numRuns: 200 });
});

test("a run ends at its deadline, at its condition, or when nothing is left", () => {
  const timeline = new Timeline();
  const seen: number[] = [];
  for (const delay of [1, 5, 9]) timeline.after(delay, () => seen.push(delay));
  expect(timeline.run({ forMs: 3 })).toBe("deadline");
  expect([timeline.now, seen]).toEqual([3, [1]]);
  expect(timeline.run({ until: () => seen.length === 2 })).toBe("condition");
  expect(timeline.now).toBe(5);
  expect(timeline.run()).toBe("quiet");
  expect(timeline.run({ forMs: 2.5 })).toBe("quiet");
  expect(timeline.now).toBe(11.5);
});

test("going round in circles is found out", () => {
  const timeline = new Timeline();
  const again = (): void => void timeline.after(0, again);
  again();
  expect(() => timeline.run({ eventsMax: 1_000 })).toThrow("circles");
});

test("what is no delay is refused", () => {
  const timeline = new Timeline();
  for (const delay of [-1, Number.NaN]) expect(() => timeline.after(delay, () => {})).toThrow(RangeError);
});

test("nothing of a lifetime happens once it is over", () => {
  const timeline = new Timeline();
  const life = new Lifetime(timeline);
  const seen: string[] = [];
  life.after(1, () => seen.push("before"));
  life.after(3, () => seen.push("after"));
  timeline.after(2, () => life.end());
  timeline.run();
  expect([seen, life.over, life.now]).toEqual([["before"], true, 3]);
});
