import { expect, test } from "vitest";
import { computeJobsMax, timersMax } from "../bytes/limits.js";
import { ToyDriver } from "./toy-driver.suite.js";

function rang(toy: ToyDriver): string[] {
  return toy.notices.flatMap((notice) => (notice.kind === "rang" ? [notice.timer] : []));
}

function worked(toy: ToyDriver): unknown[] {
  return toy.notices.flatMap((notice) => (notice.kind === "worked" ? [[notice.job, notice.outcome]] : []));
}

function later(toy: ToyDriver, ms: number): void {
  toy.ports.clock.advance(ms);
  toy.rest();
}

test("a timer fires once, after its delay", () => {
  const toy = ToyDriver.running();
  toy.tell({ kind: "remind", timer: "tea", delayMs: 5 });
  toy.rest();
  later(toy, 4);
  expect(rang(toy)).toEqual([]);
  later(toy, 1);
  expect(rang(toy)).toEqual(["tea"]);
  later(toy, 100);
  expect(rang(toy)).toEqual(["tea"]);
  expect(toy.state["timers"]).toBe(0);
});

test("a timer of the same name replaces the one under way", () => {
  const toy = ToyDriver.running();
  toy.tell({ kind: "remind", timer: "tea", delayMs: 5 });
  toy.rest();
  later(toy, 3);
  toy.tell({ kind: "remind", timer: "tea", delayMs: 5 });
  toy.rest();
  expect(toy.ports.clock.waiting).toBe(1);
  later(toy, 4);
  expect(rang(toy)).toEqual([]);
  later(toy, 1);
  expect(rang(toy)).toEqual(["tea"]);
});

test("a cancelled timer does not fire", () => {
  const toy = ToyDriver.running();
  for (const timer of ["tea", "eggs"]) toy.tell({ kind: "remind", timer, delayMs: 5 });
  toy.tell({ kind: "forget", timer: "tea" });
  toy.tell({ kind: "forget", timer: "never set" });
  toy.rest();
  expect(toy.ports.clock.waiting).toBe(1);
  later(toy, 5);
  expect(rang(toy)).toEqual(["eggs"]);
});

test("one that fell due is void if its cancelling leaves before it is stepped", () => {
  const toy = ToyDriver.running();
  toy.tell({ kind: "remind", timer: "tea", delayMs: 5 });
  toy.rest();
  toy.add(1);
  toy.tell({ kind: "forget", timer: "tea" });
  toy.settle();
  toy.ports.clock.advance(5);
  toy.ports.store.flush();
  toy.rest();
  expect(rang(toy)).toEqual([]);
});

test("one that fell due is void if its replacement leaves before it is stepped", () => {
  const toy = ToyDriver.running();
  toy.tell({ kind: "remind", timer: "tea", delayMs: 5 });
  toy.rest();
  toy.add(1);
  toy.tell({ kind: "remind", timer: "tea", delayMs: 20 });
  toy.settle();
  toy.ports.clock.advance(5);
  toy.ports.store.flush();
  toy.rest();
  expect(rang(toy)).toEqual([]);
  later(toy, 20);
  expect(rang(toy)).toEqual(["tea"]);
});

test("a timer may be set as soon as its turn is stepped", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.settle();
  toy.tell({ kind: "remind", timer: "tea", delayMs: 5, after: "step" });
  toy.settle();
  expect(toy.ports.clock.waiting).toBe(1);
});

test("a timer is set once what its step wrote is on disk", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.tell({ kind: "remind", timer: "tea", delayMs: 1 });
  toy.settle();
  expect(toy.ports.clock.waiting).toBe(0);
  toy.ports.store.flush();
  expect(toy.ports.clock.waiting).toBe(1);
});

test("timers of cores that are gone do not fire, even those that were due", () => {
  const toy = ToyDriver.running();
  for (const delayMs of [1, 50]) toy.tell({ kind: "remind", timer: `${delayMs}`, delayMs });
  toy.rest();
  toy.tell({ kind: "explode" });
  toy.ports.clock.advance(1);
  toy.rest();
  expect(toy.state["timers"]).toBe(0);
  later(toy, 100);
  expect(rang(toy)).toEqual([]);
  expect(toy.ports.clock.waiting).toBe(0);
  expect(toy.faults).toEqual([]);
});

test("a timer held by a turn that flushes while recovery waits is not set", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.tell({ kind: "remind", timer: "tea", delayMs: 1 });
  toy.tell({ kind: "work", job: "w" });
  toy.settle();
  toy.tell({ kind: "explode" });
  toy.settle();
  toy.rest();
  expect(toy.ports.clock.waiting).toBe(0);
  expect(toy.ports.compute.jobs).toEqual([]);
});

test("more timers than a peer may have halt it", () => {
  const toy = ToyDriver.running();
  for (let count = 0; count <= timersMax; count++) {
    if (count % 10_000 === 0) toy.settle();
    toy.tell({ kind: "remind", timer: `${count}`, delayMs: 10 });
  }
  expect(toy.halts).toEqual([]);
  toy.settle();
  expect(toy.halts).toEqual(["the driver failed: more timers than a peer may have"]);
  expect([...toy.answers.values()].filter((answers) => answers.length !== 1)).toEqual([]);
}, 60_000);

test("jobs are done in any order; each result comes back to its core", () => {
  const toy = ToyDriver.running();
  for (const job of ["a", "b", "c"]) toy.tell({ kind: "work", job });
  toy.settle();
  expect(toy.ports.compute.jobs.map(({ protocol, job }) => [protocol, job])).toEqual([
    ["ledger", "a"],
    ["ledger", "b"],
    ["ledger", "c"],
  ]);
  toy.ports.compute.finish({ kind: "done", result: 2 }, 1);
  toy.ports.compute.finish({ kind: "failed", reason: "too hard" }, 0);
  toy.rest();
  expect(worked(toy)).toEqual([
    ["b", { kind: "done", result: 2 }],
    ["a", { kind: "failed", reason: "too hard" }],
  ]);
  expect(toy.state["jobs"]).toBe(1);
});

test("results for cores that are gone are dropped, and make room for other jobs", () => {
  const toy = ToyDriver.running();
  toy.tell({ kind: "work", job: "old" });
  toy.rest();
  toy.tell({ kind: "explode" });
  toy.rest();
  toy.ports.compute.finish({ kind: "done", result: 1 });
  toy.rest();
  expect(worked(toy)).toEqual([]);
  expect(toy.state["jobs"]).toBe(0);
});

test("a result that waits when cores are recreated is dropped too", () => {
  const toy = ToyDriver.running();
  toy.tell({ kind: "work", job: "old" });
  toy.rest();
  toy.link("ann" as never);
  toy.settle();
  toy.arrive("ann" as never, 1, { kind: "line", text: "bad" });
  toy.ports.compute.finish({ kind: "done", result: 1 });
  toy.rest();
  expect(worked(toy)).toEqual([]);
  expect(toy.faults).toEqual([]);
});

test("more jobs than may be under way fail, and say why", () => {
  const toy = ToyDriver.running();
  for (let count = 0; count <= computeJobsMax; count++) toy.tell({ kind: "work", job: `${count}` });
  toy.rest();
  expect(toy.ports.compute.jobs.length).toBe(computeJobsMax);
  expect(worked(toy)).toEqual([[`${computeJobsMax}`, { kind: "failed", reason: "too many jobs at once" }]]);
});
