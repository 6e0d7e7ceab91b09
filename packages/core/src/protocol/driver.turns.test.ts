import { expect, test } from "vitest";
import { localInputsMax, turnBytesMax, turnCostMax, turnsUnflushedMax, unflushedEffectsMax } from "../bytes/limits.js";
import { ann, bob, cid, ToyDriver, tags } from "./toy-driver.suite.js";

/** What the ledger was given since it had been given `from` inputs, without what the driver adds of itself. */
function given(toy: ToyDriver, from: number): string[] {
  return toy.ledgerJournal.heard.slice(from).filter((word) => word !== "closing" && !word.startsWith("flushed"));
}

test("control goes before local, local before bulk", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.settle();
  const from = toy.ledgerJournal.heard.length;
  toy.arrive(ann, tags.ledger, { kind: "load", text: "bulk" }, "bulk");
  toy.tell({ kind: "list" });
  toy.arrive(ann, tags.ledger, { kind: "line", text: "control" });
  toy.settle();
  expect(given(toy, from).map((word) => word.split(" ")[1]?.slice(0, 14))).toEqual(['{"kind":"line"', '{"kind":"list"', '{"kind":"load"']);
});

test("links take turns within a class", () => {
  const toy = ToyDriver.running();
  toy.link(ann, bob, cid);
  toy.settle();
  for (const kind of ["line", "load"] as const) {
    const from = toy.ledgerJournal.heard.length;
    for (let number = 0; number < 5; number++)
      toy.arrive(ann, tags.ledger, { kind, text: `a${number}` }, kind === "load" ? "bulk" : "control");
    for (let number = 0; number < 2; number++)
      toy.arrive(bob, tags.ledger, { kind, text: `b${number}` }, kind === "load" ? "bulk" : "control");
    toy.arrive(cid, tags.ledger, { kind, text: "c0" }, kind === "load" ? "bulk" : "control");
    toy.settle();
    const texts = given(toy, from).map((word) => /"text":"(..)"/.exec(word)?.[1]);
    expect(texts).toEqual(["a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4"]);
    toy.rest();
  }
});

test("a turn ends when its cost is used up", () => {
  const toy = ToyDriver.running();
  for (let index = 0; index < 6; index++) toy.tell({ kind: "work", job: `${index}` });
  const before = toy.state["turn"] as number;
  toy.ports.scheduler.tick();
  expect(toy.ports.compute.jobs.length).toBe(Math.ceil(turnCostMax / 400));
  toy.settle();
  expect(toy.state["turn"]).toBe(before + 2);
});

test("a turn ends when its time is used up", () => {
  const toy = ToyDriver.running();
  toy.ports.clock.stepMs = 0.26;
  const ids = Array.from({ length: 100 }, () => toy.tell({ kind: "list" }));
  toy.ports.scheduler.tick();
  // The clock is read once for every 8 units of cost, and the fourth time more than a millisecond is over.
  expect(toy.answersTo(...ids).filter((answer) => answer !== "").length).toBe(4 * 8);
  toy.settle();
  expect(toy.answersTo(...ids)).toEqual(ids.map(() => "list 0"));
});

test("a turn ends when it has taken in, or written, bytes enough", () => {
  const toy = ToyDriver.running();
  toy.link(ann, bob);
  toy.settle();
  const text = "x".repeat(turnBytesMax / 2);
  for (const peer of [ann, bob, ann]) toy.arrive(peer, tags.ledger, { kind: "line", text });
  toy.ports.scheduler.tick();
  expect(toy.ports.store.commits.map(({ batch }) => batch.length)).toEqual([3]);
  toy.rest();
  for (let index = 0; index < 5; index++) toy.tell({ kind: "add", bytes: turnBytesMax / 2 });
  toy.ports.scheduler.tick();
  expect(toy.ports.store.commits.map(({ batch }) => batch.length)).toEqual([3]);
  toy.rest();
  toy.rest();
  for (const peer of [ann, bob, ann]) toy.arrive(peer, tags.pinger, { kind: "pong", number: 0, text });
  toy.ports.scheduler.tick();
  expect(toy.pingerJournal.heard.filter((word) => word.startsWith("received")).length).toBe(2);
  expect(toy.faults).toEqual([]);
});

test("a single input larger than a turn's bytes is still stepped", () => {
  const toy = ToyDriver.running();
  const id = toy.tell({ kind: "add", bytes: 2 * turnBytesMax });
  const next = toy.tell({ kind: "list" });
  toy.rest();
  expect(toy.answersTo(id, next)).toEqual(["add 1", "list 1"]);
});

test("a few turns may be unflushed; then local and bulk wait for the disk, and control goes on, to twice that", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.settle();
  for (let turn = 0; turn < turnsUnflushedMax + 2; turn++) {
    toy.add(1);
    toy.arrive(ann, tags.ledger, { kind: "load", text: "bulk" }, "bulk");
    toy.settle();
  }
  expect(toy.state).toMatchObject({ unflushed: turnsUnflushedMax, waiting: { local: 2, bulk: 2 } });
  for (let number = 0; number < 2 * turnsUnflushedMax; number++) {
    toy.arrive(ann, tags.ledger, { kind: "line", text: "control" });
    toy.settle();
  }
  expect(toy.state).toMatchObject({ unflushed: 2 * turnsUnflushedMax, waiting: { control: turnsUnflushedMax, local: 2, bulk: 2 } });
  toy.ports.store.flush(1);
  toy.settle();
  expect(toy.state).toMatchObject({ unflushed: 2 * turnsUnflushedMax, waiting: { control: 0, local: 2 } });
  toy.rest();
  expect(toy.state).toMatchObject({ unflushed: 0, waiting: { control: 0, local: 0, bulk: 0 } });
  expect(toy.faults).toEqual([]);
});

test("while the disk is behind, pings are answered", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  for (let turn = 0; turn < turnsUnflushedMax; turn++) {
    toy.add(1);
    toy.settle();
  }
  for (let number = 0; number < 100; number++) {
    toy.arrive(ann, tags.pinger, { kind: "ping", number });
    toy.settle();
  }
  expect(toy.sent.length).toBe(100);
  expect(toy.state["unflushed"]).toBe(turnsUnflushedMax);
});

test("what waits for a disk that hangs is bounded", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.settle();
  let taken = 0;
  for (let round = 0; round < 90; round++) {
    for (let index = 0; index < 1_000; index++) if (toy.answersTo(toy.tell({ kind: "forget", timer: "x" }))[0] === "") taken++;
    toy.settle();
  }
  // Each command waits with two effects: a third of the bound is stepped, a turn more at most, and the rest fills the queue.
  expect(taken).toBeGreaterThanOrEqual(Math.floor(unflushedEffectsMax / 3) + localInputsMax);
  expect(taken).toBeLessThan(unflushedEffectsMax / 3 + localInputsMax + 2 * turnCostMax);
  toy.rest();
  expect([...toy.answers.values()].filter((answers) => answers.length !== 1)).toEqual([]);
  expect(toy.answersTo(taken)).toEqual(["forget 1"]);
});

test("commands beyond the bound are refused, exactly there, and taken again when some were stepped", () => {
  const toy = ToyDriver.running();
  const ids = Array.from({ length: localInputsMax }, () => toy.tell({ kind: "forget", timer: "x" }));
  expect(ids.every((id) => toy.answers.get(id)?.length === 0)).toBe(true);
  expect(toy.answersTo(...toy.add(1))).toEqual(["full"]);
  toy.ports.scheduler.tick();
  expect(toy.answersTo(...toy.add(1))).toEqual([""]);
  toy.rest();
  expect(toy.answersTo(ids.at(-1) as number)).toEqual(["forget 0"]);
});

test("a driver with nothing to do asks for nothing", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.rest();
  expect(toy.ports.scheduler.waiting).toBe(0);
  toy.add(3);
  toy.add(3);
  expect(toy.ports.scheduler.waiting).toBe(1);
});
