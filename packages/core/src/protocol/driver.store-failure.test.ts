import { expect, test } from "vitest";
import { quarantinePerMinuteMax } from "../bytes/limits.js";
import { ann, bob, cid, ToyDriver, tags } from "./toy-driver.suite.js";
import { linesIn } from "./toy-protocols.suite.js";

const line = (text: string) => ({ kind: "line", text });
const torn = { reason: "the disk is gone", outcome: "unknown" } as const;
const refused = { reason: "no room", outcome: "not written" } as const;

test("a failed commit: its commands hear what the store says, and cores begin anew from what the store shows", () => {
  const toy = ToyDriver.running();
  const kept = toy.add(2);
  toy.rest();
  const lost = toy.add(2);
  toy.settle();
  toy.ports.store.fail(refused);
  const later = toy.add(1);
  toy.rest();
  expect(toy.answersTo(...kept, ...lost, ...later)).toEqual(["add 1", "add 2", "not written", "not written", "add 3"]);
  expect(linesIn(toy.ports.store.keys)).toEqual([...kept, ...later].map(String));
  expect(toy.ledgerJournal.created).toBe(2);
  expect(toy.state["quarantine"]).toMatchObject({
    total: 1,
    kept: [{ protocol: "store", input: "commit", from: null, reason: "no room" }],
  });
  expect(toy.faults).toEqual([]);
});

test("commits begun after it fail too, each with its own outcome, and recovery waits for the last", () => {
  const toy = ToyDriver.running();
  const ids: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    ids.push(...toy.add(1));
    toy.settle();
  }
  const waiting = toy.add(1);
  toy.ports.store.failOne(refused);
  toy.settle();
  expect(toy.state).toMatchObject({ state: "recovering", unflushed: 2 });
  toy.ports.store.failOne(torn);
  expect(toy.ledgerJournal.created).toBe(1);
  toy.ports.store.failOne(refused);
  expect(toy.ledgerJournal.created).toBe(2);
  toy.rest();
  expect(toy.answersTo(...ids, ...waiting)).toEqual(["not written", "unknown", "not written", "add 1"]);
  expect(toy.state["quarantine"]).toMatchObject({ total: 1 });
  expect(toy.faults).toEqual([]);
});

test("a turn that only read shares the fate of the turn it waited for", () => {
  const toy = ToyDriver.running();
  const ids = toy.add(1);
  toy.settle();
  ids.push(toy.tell({ kind: "list" }));
  toy.settle();
  toy.ports.store.fail(refused);
  toy.rest();
  expect(toy.answersTo(...ids)).toEqual(["not written", "not written"]);
});

test("a command answered at once is not told that it was lost as well", () => {
  const toy = ToyDriver.running();
  const added = toy.add(1);
  const peeked = toy.tell({ kind: "peek" });
  const asked = toy.tellPinger({ kind: "ping", to: ann });
  toy.settle();
  expect(toy.answersTo(peeked, asked)).toEqual(["peek 1", "asked"]);
  toy.ports.store.fail(torn);
  toy.rest();
  expect(toy.answersTo(...added, peeked, asked)).toEqual(["unknown", "peek 1", "asked"]);
});

test("links whose frames were lost are closed; others stay, and are told of anew", () => {
  const toy = ToyDriver.running();
  toy.link(ann, bob, cid);
  toy.arrive(cid, tags.ledger, line("kept"));
  toy.rest();
  toy.arrive(ann, tags.ledger, line("lost"));
  toy.settle();
  toy.arrive(bob, tags.pinger, { kind: "ping", number: 1 });
  toy.settle();
  toy.arrive(ann, tags.ledger, line("never stepped"));
  toy.ports.store.fail(refused);
  toy.rest();
  expect(toy.ports.transport.closed).toEqual([
    [ann, "the store failed"],
    [bob, "the store failed"],
  ]);
  expect(toy.ledgerJournal.heard.slice(toy.ledgerJournal.heard.lastIndexOf("started"))).toEqual([
    "started",
    "closing",
    "connected cid",
    "closing",
  ]);
  expect(linesIn(toy.ports.store.keys)).toEqual(["kept"]);
  expect(toy.faults).toEqual([]);
});

test("a link opened again since its frame was stepped does not pay for it", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.arrive(ann, tags.ledger, line("lost"));
  toy.settle();
  toy.unlink(ann);
  toy.link(ann);
  toy.settle();
  toy.ports.store.fail(refused);
  toy.rest();
  expect(toy.ports.transport.closed).toEqual([]);
  expect(toy.state["links"]).toEqual(["ann"]);
});

test("links that come and go while recovery waits are told once", () => {
  const toy = ToyDriver.running();
  toy.link(ann, bob);
  toy.rest();
  toy.add(1);
  toy.settle();
  toy.add(1);
  toy.settle();
  toy.ports.store.failOne(refused);
  toy.link(cid);
  toy.unlink(ann);
  toy.arrive(cid, tags.ledger, line("hello"));
  toy.ports.store.failOne(refused);
  toy.rest();
  const life = toy.ledgerJournal.heard.slice(toy.ledgerJournal.heard.lastIndexOf("started"));
  expect(life.filter((word) => word.includes("connected"))).toEqual(["connected bob", "connected cid"]);
  expect(linesIn(toy.ports.store.keys)).toEqual(["hello"]);
  expect(toy.faults).toEqual([]);
});

test("nothing that lost turns wanted to say is said", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.arrive(ann, tags.ledger, line("lost"));
  toy.tell({ kind: "remind", timer: "lost", delayMs: 1 });
  toy.tell({ kind: "work", job: "lost" });
  toy.settle();
  toy.ports.store.fail(refused);
  toy.rest();
  expect(toy.sent).toEqual([]);
  expect(toy.ports.compute.jobs).toEqual([]);
  expect(toy.ports.clock.waiting).toBe(0);
  expect(toy.notices).toEqual([]);
});

test("what the store showed before it failed is not believed any longer", () => {
  const toy = ToyDriver.running();
  const lost = toy.add(1);
  toy.settle();
  toy.ports.store.show(1);
  toy.ports.store.failOne(torn);
  const next = toy.add(1);
  toy.rest();
  expect(toy.answersTo(...lost, ...next)).toEqual(["unknown", "add 1"]);
});

test("a throw, then a failed commit before the recovery: one recovery for both", () => {
  const toy = ToyDriver.running();
  const lost = toy.add(1);
  toy.settle();
  const culprit = toy.tell({ kind: "explode" });
  const kept = toy.add(1);
  toy.settle();
  toy.ports.store.fail(refused);
  toy.rest();
  expect(toy.answersTo(...lost, culprit, ...kept)).toEqual(["not written", "not written", "add 1"]);
  expect(toy.ledgerJournal.created).toBe(2);
  expect(toy.faults).toEqual([]);
});

test("a started that wrote, and whose commit fails, starts again", () => {
  const { ledger } = new ToyDriver();
  const started: number[] = [];
  const step = (input: { readonly kind: string }, { turn }: { readonly turn: number }) => {
    if (input.kind !== "started") return [];
    started.push(turn);
    return [{ kind: "write", write: { kind: "line", number: 77, text: "begun" } }] as const;
  };
  const protocol = { ...ledger.protocol, name: "scribe", tag: 9, closesTurns: false, create: () => ({ step, describe: () => null }) };
  const toy = ToyDriver.running([{ ...ledger, protocol }]);
  toy.ports.store.failOne(refused);
  expect(started).toEqual([1, 2]);
  toy.ports.store.flush();
  expect(linesIn(toy.ports.store.keys)).toEqual(["begun"]);
  expect(toy.state).toMatchObject({ state: "running", unflushed: 0 });
});

test("a store that fails again and again halts the peer, and every command is answered", () => {
  const toy = ToyDriver.running();
  const ids: number[] = [];
  for (let count = 0; count <= quarantinePerMinuteMax; count++) {
    ids.push(...toy.add(2));
    toy.settle();
    ids.push(...toy.add(1));
    toy.settle();
    ids.push(...toy.add(1));
    toy.ports.store.fail(torn);
    toy.settle();
  }
  expect(toy.halts).toEqual(["too many failures within a minute, the last: the disk is gone"]);
  expect(ids.filter((id) => toy.answers.get(id)?.length !== 1)).toEqual([]);
});

test("a store that answers out of order, or twice, is not gone on with", () => {
  const toy = ToyDriver.running();
  const ids = toy.add(1);
  toy.settle();
  ids.push(...toy.add(1));
  toy.settle();
  toy.ports.store.commits[1]?.done();
  expect(toy.halts).toEqual(["the driver failed: the store finished commits out of order"]);
  expect(toy.answersTo(...ids)).toEqual(["unknown", "unknown"]);
  toy.ports.store.flush();
  expect(toy.answersTo(...ids)).toEqual(["unknown", "unknown"]);
});

test("a store that throws halts the peer", () => {
  const toy = ToyDriver.running();
  toy.ports.store.check = () => {
    throw new Error("not even a batch");
  };
  const ids = toy.add(2);
  toy.settle();
  expect(toy.halts).toEqual(["the driver failed: not even a batch"]);
  expect(toy.answersTo(...ids)).toEqual(["unknown", "unknown"]);
});
