import { expect, test } from "vitest";
import { Driver } from "./driver.js";
import { HandPorts } from "./hand-ports.suite.js";
import { ann, ToyDriver, tags } from "./toy-driver.suite.js";
import { lineKey, linesIn } from "./toy-protocols.suite.js";

test("what was said of a write leaves once it is on disk", () => {
  const toy = ToyDriver.running();
  const [id] = toy.add();
  toy.settle();
  expect(toy.answersTo(id as number)).toEqual([""]);
  expect(toy.ports.store.commits.length).toBe(1);
  toy.ports.store.flush(1);
  expect(toy.answersTo(id as number)).toEqual(["add 1"]);
  expect(linesIn(toy.ports.store.keys)).toEqual(["0"]);
});

test("nothing is stepped before the scheduler says so, nor within a call", () => {
  const toy = ToyDriver.running();
  const heard = toy.ledgerJournal.heard.length;
  toy.link(ann);
  toy.arrive(ann, tags.ledger, { kind: "line", text: "a" });
  toy.add();
  expect(toy.ledgerJournal.heard.length).toBe(heard);
  expect(toy.ports.scheduler.waiting).toBe(1);
});

test("inputs that wait together share one turn, one seal and one commit", () => {
  const toy = ToyDriver.running();
  const ids = toy.add(20);
  toy.settle();
  expect(toy.ports.store.commits.map(({ batch }) => batch.length)).toEqual([21]);
  toy.ports.store.flush();
  expect(toy.answersTo(...ids)).toEqual(ids.map((_, index) => `add ${index + 1}`));
  expect(toy.ledgerJournal.heard.filter((word) => word === "closing").length).toBe(2);
});

test("effects of turns in flight leave in order, each with its own flush", () => {
  const toy = ToyDriver.running();
  const ids: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    ids.push(...toy.add(2));
    toy.settle();
  }
  expect(toy.ports.store.commits.length).toBe(3);
  const order: unknown[] = [];
  toy.whenNotified = (notice) => order.push(notice.kind === "answer" ? notice.id : notice.kind);
  toy.ports.store.flush(1);
  expect(order).toEqual(ids.slice(0, 2));
  toy.ports.store.flush(2);
  expect(order).toEqual(ids);
});

test("a step sees what earlier steps of its turn, and of turns not yet flushed, wrote", () => {
  const toy = ToyDriver.running();
  toy.add(2);
  toy.settle();
  const peeked = toy.tell({ kind: "peek" });
  toy.add(1);
  const again = toy.tell({ kind: "peek" });
  toy.settle();
  expect(toy.answersTo(peeked, again)).toEqual(["peek 2", "peek 3"]);
  expect(linesIn(toy.ports.store.keys)).toEqual([]);
});

test("a turn that only read waits for the turns before it", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.settle();
  toy.add(1);
  toy.settle();
  const listed = toy.tell({ kind: "list" });
  toy.settle();
  expect(toy.ports.store.commits.length).toBe(2);
  toy.ports.store.flush(1);
  expect(toy.answersTo(listed)).toEqual([""]);
  toy.ports.store.flush(1);
  expect(toy.answersTo(listed)).toEqual(["list 2"]);
});

test("a turn that only read waits for nothing where nothing is under way, and commits nothing", () => {
  const toy = ToyDriver.running();
  const listed = toy.tell({ kind: "list" });
  toy.settle();
  expect(toy.answersTo(listed)).toEqual(["list 0"]);
  expect(toy.ports.store.commits).toEqual([]);
});

test("what a read-only turn waits with leaves before what a later turn wrote", () => {
  const toy = ToyDriver.running();
  const ids = toy.add(1);
  toy.settle();
  ids.push(toy.tell({ kind: "list" }));
  toy.settle();
  ids.push(...toy.add(1));
  toy.settle();
  const order: number[] = [];
  toy.whenNotified = (notice) => void (notice.kind === "answer" && order.push(notice.id));
  toy.ports.store.flush(1);
  expect(order).toEqual(ids.slice(0, 2));
  toy.ports.store.flush(1);
  expect(order).toEqual(ids);
});

test("after the step: it leaves with its turn, and overtakes what waits for the flush", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.add(1);
  toy.settle();
  toy.arrive(ann, tags.ledger, { kind: "line", text: "kept" });
  toy.arrive(ann, tags.pinger, { kind: "ping", number: 7 });
  toy.settle();
  expect(toy.sent).toEqual([[ann, { kind: "pong", number: 7 }]]);
  toy.ports.store.flush();
  expect(toy.sent.slice(1)).toEqual([[ann, { kind: "held", number: 2 }]]);
});

test("a step that wrote may not let anything out before the flush", () => {
  const toy = ToyDriver.running();
  const hasty = toy.tell({ kind: "hasty" });
  const [kept] = toy.add(1);
  toy.rest();
  expect(toy.answersTo(hasty, kept as number)).toEqual(["not written", "add 1"]);
  expect(JSON.stringify(toy.state["quarantine"])).toContain("a step that writes may not");
});

test("once a turn is flushed, the store answers for it", () => {
  const toy = ToyDriver.running();
  toy.add(2);
  toy.rest();
  toy.ports.store.keys.remove(lineKey(0));
  const peeked = toy.tell({ kind: "peek" });
  toy.rest();
  expect(toy.answersTo(peeked)).toEqual(["peek 1"]);
});

test("each core that wrote is told of the flush, and no other", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.tellPinger({ kind: "ping", to: ann });
  toy.rest();
  const turn = toy.ledgerJournal.around.at(-2)?.turn;
  expect(toy.ledgerJournal.heard.at(-2)).toBe(`flushed ${turn}`);
  expect(toy.pingerJournal.heard.filter((word) => word.startsWith("flushed"))).toEqual([]);
});

test("a write that changes nothing is flushed like any other, in its place", () => {
  const toy = ToyDriver.running();
  const [first] = toy.add(1);
  toy.settle();
  const touched = toy.tell({ kind: "touch" });
  toy.settle();
  expect(toy.ports.store.commits.map(({ batch }) => batch.length)).toEqual([2, 0]);
  toy.ports.store.flush(1);
  expect(toy.answersTo(first as number, touched)).toEqual(["add 1", ""]);
  toy.rest();
  expect(toy.answersTo(touched)).toEqual(["touch 1"]);
  expect(toy.ledgerJournal.heard.filter((word) => word.startsWith("flushed")).length).toBe(2);
});

test("turns are numbered, and their surroundings stay as they are", () => {
  const toy = ToyDriver.running();
  toy.ports.clock.stepMs = 0.05;
  toy.add(5);
  toy.settle();
  toy.add(5);
  toy.rest();
  expect(toy.faults).toEqual([]);
  const turns = toy.ledgerJournal.around.map(({ turn }) => turn);
  expect(new Set(turns).size).toBe(turns.length);
  expect(turns).toEqual([...turns].sort((left, right) => left - right));
  expect(turns[0]).toBe(1);
});

test("a full disk shows to the steps of the turn, and passes by itself", () => {
  const toy = ToyDriver.running();
  toy.ports.store.room = 0;
  const refused = toy.add(1);
  const listed = toy.tell({ kind: "list" });
  toy.settle();
  expect(toy.ledgerJournal.around.at(-1)?.disk).toBe("full");
  toy.ports.store.room = 1;
  const kept = toy.add(1);
  toy.rest();
  expect(toy.answersTo(...refused, listed, ...kept)).toEqual(["add -1", "list 0", "add 1"]);
});

test("closing comes last in a turn, once, to the cores that want it and were stepped in it", () => {
  const toy = ToyDriver.running();
  const from = toy.ledgerJournal.heard.length;
  toy.tellPinger({ kind: "ping", to: ann });
  toy.settle();
  expect(toy.ledgerJournal.heard.length).toBe(from);
  toy.add(2);
  toy.settle();
  expect(toy.ledgerJournal.heard.slice(from).map((word) => word.split(" ")[0])).toEqual(["commanded", "commanded", "closing"]);
  expect(toy.pingerJournal.heard).not.toContain("closing");
  expect(toy.faults).toEqual([]);
});

test("a command given from within a notice is a later turn's", () => {
  const toy = ToyDriver.running();
  const chain: number[] = toy.add(1);
  toy.whenNotified = () => void (chain.length < 4 && chain.push(...toy.add(1)));
  toy.rest();
  expect(toy.answersTo(...chain)).toEqual(["add 1", "add 2", "add 3", "add 4"]);
  expect(toy.ledgerJournal.heard.filter((word) => word === "closing").length).toBeGreaterThanOrEqual(5);
  expect(toy.faults).toEqual([]);
});

test("a message is sent as it was when its step said it", () => {
  const message = { kind: "line", text: "then" };
  const toy = ToyDriver.running();
  const encode = toy.ledger.protocol.codec.encode;
  const encoded: number[] = [];
  toy.ledger.protocol.codec.encode = (said) => {
    encoded.push(linesIn(toy.ports.store.onDisk).length);
    return encode(said);
  };
  toy.link(ann);
  toy.arrive(ann, tags.ledger, message);
  toy.rest();
  expect(encoded).toEqual([0]);
  expect(toy.sent).toEqual([[ann, { kind: "held", number: 1 }]]);
});

test("the trace names turn, protocol, input and effects of every step", () => {
  const toy = ToyDriver.running();
  toy.ports.lines.length = 0;
  toy.add(1);
  toy.settle();
  const seen = toy.ports.lines.map(({ turn, protocol, input, effects }) => [
    turn,
    protocol,
    (input as { kind: string }).kind,
    effects.length,
  ]);
  expect(seen).toEqual([
    [2, "ledger", "commanded", 2],
    [2, "ledger", "closing", 1],
  ]);
});

test("two protocols of one tag, a second start, a mount that is not mounted: refused", () => {
  const toy = ToyDriver.running();
  expect(() => toy.driver.start()).toThrow("starts once");
  expect(() => toy.driver.command(new ToyDriver().ledger, { kind: "list", id: 0 })).toThrow("ledger is not mounted here");
  const twice = { mounts: [toy.ledger, toy.ledger], ports: new HandPorts(), halted: () => {} };
  expect(() => new Driver(twice)).toThrow("two protocols with tag 1");
});

test("a driver not yet started takes no command", () => {
  const toy = new ToyDriver();
  expect(toy.answersTo(...toy.add(1))).toEqual(["stopped"]);
});

test("describe tells the state of driver and cores, as JSON", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.add(2);
  toy.settle();
  toy.add(1);
  const { turn, ...state } = JSON.parse(JSON.stringify(toy.driver.describe()));
  expect(turn).toBe(2);
  expect(state).toEqual({
    state: "running",
    unflushed: 1,
    waiting: { control: 0, local: 1, bulk: 0, again: 0 },
    timers: 0,
    jobs: 0,
    malformed: 0,
    links: ["ann"],
    quarantine: { total: 0, kept: [] },
    cores: { ledger: { lines: 2 }, pinger: null },
  });
});
