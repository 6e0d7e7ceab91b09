import { computeJobsMax, type Outcome } from "@sinter/core";
import { expect, test, vi } from "vitest";
import { computeCases } from "../../core/src/protocol/compute.suite.js";
import { WorkerCompute } from "./worker-compute.js";

const jobs = new URL(
  `data:text/javascript,${encodeURIComponent(`
export function execute(job) {
  if (job.kind === "square") return job.number * job.number;
  if (job.kind === "later") return new Promise((resolve) => setImmediate(() => resolve("late")));
  if (job.kind === "die") process.exit(3);
  if (job.kind === "throw outside") return new Promise(() => setImmediate(() => { throw new Error("outside"); }));
  if (job.kind === "uncopied") return () => 1;
  if (job.kind === "forever") for (;;);
  throw new Error(job.message);
}`)}`,
);

const until = async (condition: () => boolean): Promise<void> => void (await vi.waitUntil(condition, { timeout: 20_000, interval: 1 }));

const made = (workers = 2) => new WorkerCompute({ modules: { toy: jobs }, workers });
const ask = (compute: WorkerCompute, job: unknown) => new Promise<Outcome<unknown>>((resolve) => compute.run("toy", job, resolve));

for (const { name, run } of computeCases) {
  test(`worker compute: ${name}`, () =>
    run(async () => {
      const compute = made();
      return {
        compute,
        protocol: "toy",
        square: (number) => ({ kind: "square", number }),
        failing: (message) => ({ kind: "throw", message }),
        until,
        close: () => compute.close(),
      };
    }));
}

test("a worker that dies fails its job alone", async () => {
  const compute = made(1);
  const outcomes = await Promise.all([
    ask(compute, { kind: "die" }),
    ask(compute, { kind: "square", number: 5 }),
    ask(compute, { kind: "throw outside" }),
    ask(compute, { kind: "later" }),
  ]);
  expect(outcomes).toEqual([
    { kind: "failed", reason: "the worker ended with code 3" },
    { kind: "done", result: 25 },
    { kind: "failed", reason: "the worker failed: outside" },
    { kind: "done", result: "late" },
  ]);
  await compute.close();
});

test("what cannot be copied between threads fails, going or coming", async () => {
  const compute = made(1);
  expect((await ask(compute, { kind: "square", number: () => 1 })).kind).toBe("failed");
  expect((await ask(compute, { kind: "uncopied" })).kind).toBe("failed");
  expect(await ask(compute, { kind: "square", number: 2 })).toEqual({ kind: "done", result: 4 });
  await compute.close();
});

test("more jobs than the bound are refused, and close answers those not done", async () => {
  const compute = made(1);
  const outcomes: Outcome<unknown>[] = [];
  for (let job = 0; job <= computeJobsMax; job++) compute.run("toy", { kind: "forever" }, (outcome) => outcomes.push(outcome));
  await until(() => outcomes.length === 1);
  expect(outcomes).toEqual([{ kind: "failed", reason: `more than ${computeJobsMax} jobs wait` }]);
  await compute.close();
  await until(() => outcomes.length === computeJobsMax + 1);
  expect(new Set(outcomes.slice(1).map((outcome) => outcome.kind === "failed" && outcome.reason))).toEqual(
    new Set(["computing has stopped"]),
  );
  expect(await ask(compute, { kind: "square", number: 2 })).toEqual({ kind: "failed", reason: "computing has stopped" });
});

test("a module is given what is held for its own protocol beside each job, in every worker", async () => {
  const echo = new URL(`data:text/javascript,${encodeURIComponent("export const execute = (job, held) => [job, held];")}`);
  const held = { one: () => "first", two: () => Uint8Array.of(2) };
  const compute = new WorkerCompute({ modules: { one: echo, two: echo, three: echo }, held });
  const told = (protocol: string) => new Promise<Outcome<unknown>>((resolve) => compute.run(protocol, "job", resolve));
  expect(await Promise.all(["one", "two", "three", "one"].map(told))).toEqual([
    { kind: "done", result: ["job", "first"] },
    { kind: "done", result: ["job", Uint8Array.of(2)] },
    { kind: "done", result: ["job", undefined] },
    { kind: "done", result: ["job", "first"] },
  ]);
  await compute.close();
});
