import { expect, test } from "vitest";
import { randomCases } from "../../core/src/protocol/random.suite.js";
import { SeededRandom } from "./seeded-random.js";

for (const { name, run } of randomCases) {
  for (const seed of [1, 2, "three"]) test(`seeded random, seed ${seed}: ${name}`, () => run(() => new SeededRandom(seed)));
}

const drawn = (random: SeededRandom): number[] => Array.from({ length: 8 }, () => random.below(2 ** 32));

test("one seed gives one stream, another seed or name another", () => {
  expect(drawn(new SeededRandom(7))).toEqual(drawn(new SeededRandom("7")));
  const all = [
    drawn(new SeededRandom(7)),
    drawn(new SeededRandom(8)),
    drawn(new SeededRandom(7, "x")),
    drawn(new SeededRandom(7).stream("y")),
  ];
  expect(new Set(all.map(String)).size).toBe(4);
});

test("what one stream draws does not shift another", () => {
  const first = new SeededRandom(7);
  const early = first.stream("a");
  drawn(first);
  drawn(first.stream("b"));
  expect(drawn(first.stream("a"))).toEqual(drawn(early));
});

test("chances at the ends are certain", () => {
  const random = new SeededRandom(3);
  for (let round = 0; round < 200; round++) {
    expect([random.chance(0), random.chance(1)]).toEqual(["no", "yes"]);
    const between = random.between(3, 4);
    expect(between >= 3 && between < 4).toBe(true);
  }
});

test("gaps are as long as is asked, on average, and none is less than nothing", () => {
  const random = new SeededRandom(3);
  const gaps = Array.from({ length: 10_000 }, () => random.gapMs(50));
  const mean = gaps.reduce((sum, each) => sum + each, 0) / gaps.length;
  // One in e is longer than the mean: what comes by itself keeps no measure.
  const long = gaps.filter((each) => each > 50).length / gaps.length;
  expect([mean / 50, long * Math.E]).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)]);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
});

test("shuffling keeps every item, and picking takes one of them", () => {
  const random = new SeededRandom(3);
  const list = Array.from({ length: 50 }, (_, index) => index);
  const shuffled = random.shuffled(list);
  expect(shuffled).not.toEqual(list);
  expect([...shuffled].sort((left, right) => left - right)).toEqual(list);
  expect(list).toContain(random.pick(list));
  expect(() => random.pick([])).toThrow(RangeError);
});
