import { expect, test } from "vitest";
import { ann, bob, ToyDriver, tags } from "./toy-driver.suite.js";
import { linesIn } from "./toy-protocols.suite.js";

/** Says when it has stopped, and what had been answered by then. */
function stop(toy: ToyDriver): string[] {
  const seen: string[] = [];
  toy.driver.stop(() => seen.push([...toy.answers.values()].map((answers) => answers.join(" and ")).join("; ")));
  return seen;
}

test("a driver at rest stops at once", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.rest();
  expect(stop(toy)).toEqual(["add 1"]);
  expect(toy.state["state"]).toBe("stopped");
  expect(toy.halts).toEqual([]);
});

test("a driver never started stops too", () => {
  expect(stop(new ToyDriver())).toEqual([""]);
});

test("stopping waits for what is under way, and drops what waits to be stepped", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.settle();
  toy.add(1);
  toy.settle();
  toy.add(1);
  const seen = stop(toy);
  expect(seen).toEqual([]);
  expect(toy.state["state"]).toBe("stopping");
  expect(toy.answersTo(2)).toEqual(["not written"]);
  toy.ports.store.flush(1);
  expect(seen).toEqual([]);
  toy.ports.store.flush(1);
  expect(seen).toEqual(["add 1; add 2; not written"]);
  expect(linesIn(toy.ports.store.keys)).toEqual(["0", "1"]);
});

test("whoever asks to stop, however often, is told, once each", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.settle();
  const told = [stop(toy), stop(toy)];
  toy.ports.store.flush();
  told.push(stop(toy));
  expect(told).toEqual([["add 1"], ["add 1"], ["add 1"]]);
});

test("once it stops, it takes no command, steps nothing, and closes its links", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.rest();
  toy.add(1);
  toy.settle();
  const heard = toy.ledgerJournal.heard.length;
  stop(toy);
  expect(toy.answersTo(...toy.add(1))).toEqual(["stopped"]);
  toy.arrive(ann, tags.ledger, { kind: "line", text: "late" });
  toy.link(bob);
  toy.rest();
  expect(toy.ledgerJournal.heard.length).toBe(heard);
  expect(toy.ports.transport.closed).toEqual([
    [bob, "the peer is stopping"],
    [ann, "the peer is stopping"],
  ]);
  toy.unlink(ann);
  toy.link(ann);
  expect(toy.ports.transport.closed.length).toBe(3);
  expect(toy.answersTo(...toy.add(1))).toEqual(["stopped"]);
});

test("timers and jobs end with it", () => {
  const toy = ToyDriver.running();
  toy.tell({ kind: "remind", timer: "tea", delayMs: 5 });
  toy.tell({ kind: "work", job: "w" });
  toy.rest();
  stop(toy);
  expect(toy.ports.clock.waiting).toBe(0);
  toy.ports.compute.finish({ kind: "done", result: 1 });
  toy.rest();
  expect(toy.notices.map(({ kind }) => kind)).toEqual(["answer", "answer"]);
});

test("a commit that fails while it stops is answered for, and it stops all the same", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.settle();
  toy.add(1);
  toy.settle();
  const seen = stop(toy);
  toy.ports.store.fail({ reason: "gone", outcome: "unknown" });
  expect(seen).toEqual(["unknown; unknown"]);
  expect(toy.ledgerJournal.created).toBe(1);
});

test("stopping from within recovery waits for the turns under way, and recovers no more", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.settle();
  toy.tell({ kind: "explode" });
  toy.add(1);
  toy.settle();
  const seen = stop(toy);
  toy.ports.store.flush();
  expect(seen).toEqual(["add 1; not written; not written"]);
  expect(toy.ledgerJournal.created).toBe(1);
});

test("stopping from within a notice: what its turn says is said first", () => {
  const toy = ToyDriver.running();
  toy.add(3);
  const seen: string[][] = [];
  toy.whenNotified = () => void seen.push(stop(toy));
  toy.rest();
  expect(seen).toEqual([["add 1; add 2; add 3"], ["add 1; add 2; add 3"], ["add 1; add 2; add 3"]]);
});

test("stopping from within a notice that left early: its turn is still written", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.tell({ kind: "peek" });
  let seen: string[] = [];
  toy.whenNotified = (notice) => {
    if (notice.kind === "answer" && notice.to === "peek") seen = stop(toy);
  };
  toy.settle();
  expect(toy.ports.store.commits.length).toBe(1);
  expect(seen).toEqual([]);
  toy.ports.store.flush();
  expect(seen).toEqual(["add 1; peek 1"]);
});

test("stopping from within a loss: the others are still told", () => {
  const toy = ToyDriver.running();
  toy.add(2);
  toy.tell({ kind: "explode" });
  toy.add(2);
  const seen: string[][] = [];
  toy.whenDropped = () => void seen.push(stop(toy));
  toy.rest();
  expect([...toy.answers.values()]).toEqual(Array.from({ length: 5 }, () => ["not written"]));
  expect(seen.every((each) => each.length === 1)).toBe(true);
});

/** The store breaks its word. */
function breakStore(toy: ToyDriver): void {
  toy.ports.store.commits[1]?.done();
}

test("a halt answers for every command, closes the links, and tells of itself once", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.rest();
  const ids = toy.add(2);
  toy.settle();
  ids.push(...toy.add(1));
  toy.settle();
  ids.push(...toy.add(2));
  breakStore(toy);
  expect(toy.halts).toEqual(["the driver failed: the store finished commits out of order"]);
  expect(toy.answersTo(...ids)).toEqual(["unknown", "unknown", "unknown", "not written", "not written"]);
  expect(toy.ports.transport.closed).toEqual([[ann, "the peer is stopping"]]);
  toy.ports.store.flush();
  toy.rest();
  expect(toy.answersTo(...ids, ...toy.add(1))).toEqual(["unknown", "unknown", "unknown", "not written", "not written", "stopped"]);
  expect(toy.halts.length).toBe(1);
});

test("a notice that throws halts the driver; what else its turn had to say is said", () => {
  const toy = ToyDriver.running();
  const ids = toy.add(3);
  toy.whenNotified = () => {
    throw new Error("the application threw");
  };
  toy.settle();
  ids.push(...toy.add(1));
  toy.settle();
  ids.push(...toy.add(1));
  toy.ports.store.flush(1);
  expect(toy.halts).toEqual(["the driver failed: the application threw"]);
  expect(toy.answersTo(...ids)).toEqual(["add 1", "add 2", "add 3", "unknown", "not written"]);
});

test("an early notice that throws: its turn is not written", () => {
  const toy = ToyDriver.running();
  const ids = [...toy.add(1), toy.tell({ kind: "peek" }), ...toy.add(1)];
  toy.whenNotified = () => {
    throw new Error("the application threw");
  };
  toy.settle();
  expect(toy.halts).toEqual(["the driver failed: the application threw"]);
  expect(toy.ports.store.commits).toEqual([]);
  expect(toy.answersTo(...ids)).toEqual(["not written", "peek 1", "not written"]);
});

test("telling of a loss may throw: the others are told all the same", () => {
  const toy = ToyDriver.running();
  const ids = toy.add(2);
  toy.settle();
  ids.push(...toy.add(1));
  toy.settle();
  ids.push(...toy.add(2));
  toy.whenDropped = () => {
    throw new Error("the application threw");
  };
  expect(() => toy.ports.store.failOne({ reason: "gone", outcome: "not written" })).toThrow("the application threw");
  expect(toy.halts).toEqual(["the driver failed: the application threw"]);
  expect(toy.answersTo(...ids)).toEqual(["not written", "not written", "unknown", "not written", "not written"]);
  expect(toy.state["state"]).toBe("stopped");
});

test("stopping from within the losses of a halt is answered after them; once halted, at once", () => {
  const toy = ToyDriver.running();
  toy.add(2);
  toy.settle();
  toy.add(1);
  toy.settle();
  const seen: string[][] = [];
  toy.whenDropped = () => void seen.push(stop(toy));
  breakStore(toy);
  const all = ["unknown; unknown; unknown"];
  expect(seen).toEqual([all, all, all]);
  expect(stop(toy)).toEqual(all);
  expect(toy.halts.length).toBe(1);
});
