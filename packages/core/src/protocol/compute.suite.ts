import { expect } from "vitest";
import type { Compute } from "./ports.js";
import type { Outcome } from "./protocol.js";

// What every Compute must do. The adapter brings a protocol that knows two jobs, since where jobs run (a worker, the
// same thread) decides how they are found.

export interface ComputeUnderTest {
  readonly compute: Compute;
  readonly protocol: string;
  /** A job whose result is the number squared. */
  square(number: number): unknown;
  /** A job that throws an error with this message. */
  failing(message: string): unknown;
  /** Lets time pass, real or virtual, until the condition holds; rejects if it never does. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export type MakeCompute = () => Promise<ComputeUnderTest>;

export interface ComputeCase {
  readonly name: string;
  run(make: MakeCompute): Promise<void>;
}

function computeCase(name: string, body: (under: ComputeUnderTest) => Promise<void>): ComputeCase {
  return {
    name,
    run: async (make) => {
      const under = await make();
      try {
        await body(under);
      } finally {
        await under.close();
      }
    },
  };
}

const answers = computeCase("a job is done and answered", async ({ compute, protocol, square, until }) => {
  const outcomes: Outcome<unknown>[] = [];
  compute.run(protocol, square(12), (outcome) => outcomes.push(outcome));
  expect(outcomes).toEqual([]);
  await until(() => outcomes.length > 0);
  expect(outcomes).toEqual([{ kind: "done", result: 144 }]);
});

const manyJobs = computeCase(
  "many jobs at once are each answered once, in whatever order",
  async ({ compute, protocol, square, until }) => {
    const outcomes = new Map<number, Outcome<unknown>[]>();
    let answered = 0;
    for (let number = 0; number < 50; number++) {
      outcomes.set(number, []);
      compute.run(protocol, square(number), (outcome) => {
        outcomes.get(number)?.push(outcome);
        answered += 1;
      });
    }
    await until(() => answered >= 50);
    for (const [number, list] of outcomes) expect(list).toEqual([{ kind: "done", result: number * number }]);
  },
);

const failures = computeCase("a job that throws is answered as failed, with its reason, and harms no other", async (under) => {
  const { compute, protocol, square, failing, until } = under;
  const outcomes: Outcome<unknown>[] = [];
  compute.run(protocol, failing("no such luck"), (outcome) => outcomes.push(outcome));
  await until(() => outcomes.length === 1);
  compute.run(protocol, square(3), (outcome) => outcomes.push(outcome));
  await until(() => outcomes.length === 2);
  expect(outcomes).toEqual([
    { kind: "failed", reason: expect.stringContaining("no such luck") },
    { kind: "done", result: 9 },
  ]);
});

const unknownProtocol = computeCase("a job of a protocol nobody knows is answered as failed", async ({ compute, square, until }) => {
  const outcomes: Outcome<unknown>[] = [];
  compute.run("nobody knows this protocol", square(3), (outcome) => outcomes.push(outcome));
  await until(() => outcomes.length > 0);
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(["failed"]);
});

const nested = computeCase("a job may be asked for from within done", async ({ compute, protocol, square, until }) => {
  const outcomes: Outcome<unknown>[] = [];
  compute.run(protocol, square(2), (outcome) => {
    outcomes.push(outcome);
    compute.run(protocol, square(4), (second) => outcomes.push(second));
  });
  await until(() => outcomes.length === 2);
  expect(outcomes).toEqual([
    { kind: "done", result: 4 },
    { kind: "done", result: 16 },
  ]);
});

export const computeCases: readonly ComputeCase[] = [answers, manyJobs, failures, unknownProtocol, nested];
