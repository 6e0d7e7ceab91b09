import { expect, test } from "vitest";
import { type ComputeUnderTest, computeCases } from "../../core/src/protocol/compute.suite.js";
import { SeededRandom } from "./seeded-random.js";
import { Lifetime, Timeline } from "./timeline.js";
import { VirtualCompute } from "./virtual-compute.js";

function execute(protocol: string, job: unknown): unknown {
  if (protocol !== "sums") throw new Error(`nobody knows ${protocol}`);
  if (typeof job === "string") throw new Error(job);
  return (job as number) ** 2;
}

function setUp(seed: number): { compute: VirtualCompute; timeline: Timeline } {
  const timeline = new Timeline();
  return { compute: new VirtualCompute({ life: new Lifetime(timeline), random: new SeededRandom(seed), execute }), timeline };
}

const make = async (): Promise<ComputeUnderTest> => {
  const { compute, timeline } = setUp(1);
  return {
    compute,
    protocol: "sums",
    square: (number) => number,
    failing: (message) => message,
    until: async (until) => expect(timeline.run({ until, forMs: 60_000 })).toBe("condition"),
    close: async () => {},
  };
};

for (const { name, run } of computeCases) test(`virtual compute: ${name}`, () => run(make));

function orderOf(seed: number): number[] {
  const { compute, timeline } = setUp(seed);
  const order: number[] = [];
  for (let number = 0; number < 20; number++) compute.run("sums", number, () => order.push(number));
  timeline.run();
  return order;
}

test("jobs end in an order that the seed chooses", () => {
  expect(orderOf(1)).toEqual(orderOf(1));
  expect(orderOf(1)).not.toEqual(orderOf(2));
  expect(orderOf(1)).not.toEqual([...orderOf(1)].sort((left, right) => left - right));
});

test("what is thrown need not be an error", () => {
  const timeline = new Timeline();
  const life = new Lifetime(timeline);
  const words: unknown = "plain words";
  const refuse = (): never => {
    throw words;
  };
  const outcomes: unknown[] = [];
  new VirtualCompute({ life, random: new SeededRandom(1), execute: refuse }).run("x", 1, (outcome) => outcomes.push(outcome));
  timeline.run();
  expect(outcomes).toEqual([{ kind: "failed", reason: "plain words" }]);
});
