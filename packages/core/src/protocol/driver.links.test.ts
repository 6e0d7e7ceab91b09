import { expect, test } from "vitest";
import { frameBytesMax, linkBulkBytesMax, linkControlBytesMax, linkControlInputsMax, turnCostMax } from "../bytes/limits.js";
import { ann, bob, cid, ToyDriver, tags } from "./toy-driver.suite.js";
import { linesIn, toyFrame } from "./toy-protocols.suite.js";

const line = (text: string) => ({ kind: "line", text });
const load = (text: string) => ({ kind: "load", text });

/** Two links, and a toy that has heard of them. */
function linked(): ToyDriver {
  const toy = ToyDriver.running();
  toy.link(ann, bob);
  toy.settle();
  return toy;
}

/** That link is closed, told to the cores and counted; the other goes on. */
function expectRejected(toy: ToyDriver, reason: string): void {
  toy.arrive(bob, tags.ledger, line("from bob"));
  toy.rest();
  expect(toy.ports.transport.closed).toEqual([[ann, expect.stringContaining(reason)]]);
  expect(toy.state).toMatchObject({ malformed: 1, links: ["bob"], quarantine: { total: 0 } });
  for (const journal of [toy.ledgerJournal, toy.pingerJournal]) expect(journal.heard).toContain("disconnected ann");
  expect(toy.sent).toEqual([[bob, { kind: "held", number: 1 }]]);
  expect(toy.ledgerJournal.created).toBe(1);
  expect(toy.faults).toEqual([]);
}

test("malformed message", () => {
  const toy = linked();
  toy.arrive(ann, tags.ledger, { kind: "nonsense" });
  expectRejected(toy, "ledger: no such message");
});

test("a tag of no protocol", () => {
  const toy = linked();
  toy.arrive(ann, 77, line("a"));
  expectRejected(toy, "no protocol");
});

test("an empty frame", () => {
  const toy = linked();
  toy.ports.transport.events?.arrived(ann, new Uint8Array(0), "bulk");
  expectRejected(toy, "a frame of 0 bytes");
});

test("a frame longer than frames may be", () => {
  const toy = linked();
  toy.ports.transport.events?.arrived(ann, new Uint8Array(frameBytesMax + 1), "control");
  expectRejected(toy, `a frame of ${frameBytesMax + 1} bytes`);
});

test("bulk sent as control", () => {
  const toy = linked();
  toy.arrive(ann, tags.ledger, load("a"), "control");
  expectRejected(toy, "a control frame that is none");
});

test("control sent as bulk", () => {
  const toy = linked();
  toy.arrive(ann, tags.ledger, line("a"), "bulk");
  expectRejected(toy, "a bulk frame that is none");
});

test("a frame whose decoder throws", () => {
  const toy = linked();
  toy.arrive(ann, tags.ledger, "explode");
  expectRejected(toy, "this decoder is not total");
});

test("what came before a malformed frame was heard; what came after it was not", () => {
  const toy = linked();
  toy.arrive(ann, tags.ledger, line("before"));
  toy.arrive(ann, tags.ledger, "nonsense");
  toy.arrive(ann, tags.ledger, line("after"));
  toy.rest();
  expect(toy.ledgerJournal.heard.filter((word) => word.startsWith("received"))).toEqual([
    'received {"kind":"line","text":"before"} from ann',
  ]);
  expect(linesIn(toy.ports.store.onDisk)).toEqual(["before"]);
  expect(toy.sent).toEqual([]);
});

test("more control frames than may wait", () => {
  const toy = linked();
  for (let count = 0; count < linkControlInputsMax; count++) toy.arrive(ann, tags.pinger, { kind: "pong", number: 0 });
  expect(toy.ports.transport.closed).toEqual([]);
  toy.arrive(ann, tags.pinger, { kind: "pong", number: 0 });
  expectRejected(toy, "more control frames than may wait");
});

test("more bytes of control than may wait", () => {
  const toy = linked();
  for (let bytes = 0; bytes < linkControlBytesMax; bytes += frameBytesMax) {
    toy.ports.transport.events?.arrived(ann, new Uint8Array(frameBytesMax), "control");
  }
  expect(toy.ports.transport.closed).toEqual([]);
  toy.arrive(ann, tags.pinger, { kind: "pong", number: 0 });
  expectRejected(toy, "more control frames than may wait");
});

test("bulk beyond its credit", () => {
  const toy = linked();
  const frame = toyFrame(tags.ledger, load("x".repeat(1_000)));
  let bytes = 0;
  for (; bytes + frame.length <= linkBulkBytesMax; bytes += frame.length) toy.ports.transport.events?.arrived(ann, frame, "bulk");
  expect(toy.ports.transport.closed).toEqual([]);
  toy.ports.transport.events?.arrived(ann, frame, "bulk");
  expectRejected(toy, "more bulk frames than may wait");
});

test("credit comes back when bulk is stepped, as much as it was, and none for control", () => {
  const toy = linked();
  const frames = Array.from({ length: 10 }, (_, index) => toyFrame(tags.ledger, load("x".repeat(100 * index))));
  for (const frame of frames) toy.ports.transport.events?.arrived(ann, frame, "bulk");
  toy.arrive(bob, tags.ledger, line("control"));
  expect(toy.ports.transport.credits.size).toBe(0);
  toy.settle();
  expect([...toy.ports.transport.credits]).toEqual([[ann, frames.reduce((sum, { length }) => sum + length, 0)]]);
});

test("credit comes back once for a frame that is stepped again", () => {
  const toy = linked();
  const frame = toyFrame(tags.ledger, load("a"));
  toy.ports.transport.events?.arrived(ann, frame, "bulk");
  toy.arrive(bob, tags.ledger, load("bad"), "bulk");
  toy.rest();
  expect(toy.ledgerJournal.heard.filter((word) => word.includes("from ann")).length).toBe(2);
  expect([...toy.ports.transport.credits]).toEqual([[ann, frame.length]]);
  expect(toy.ports.transport.closed.map(([peer]) => peer)).toEqual([bob]);
});

test("a core hears of a link before it hears the link, however much else waits", () => {
  const toy = ToyDriver.running();
  for (let index = 0; index < 10; index++) toy.tell({ kind: "remind", timer: `${index}`, delayMs: 0 });
  toy.settle();
  toy.ports.clock.advance(1);
  toy.link(ann);
  toy.arrive(ann, tags.pinger, { kind: "ping", number: 1 });
  toy.arrive(ann, tags.ledger, line("a"));
  toy.rest();
  expect(toy.faults).toEqual([]);
  expect(toy.sent.length).toBe(2);
});

test("a link that comes and goes while nothing is stepped leaves no more than its last state", () => {
  const toy = linked();
  const before = toy.ledgerJournal.heard.length;
  for (let round = 0; round < 1_000; round++) {
    toy.unlink(ann);
    toy.link(ann);
    toy.arrive(ann, tags.ledger, line(`${round}`));
    toy.link(cid);
    toy.arrive(cid, tags.pinger, { kind: "ping", number: round });
    toy.unlink(cid);
  }
  expect(toy.state["waiting"]).toMatchObject({ control: 5 });
  toy.settle();
  const words = toy.ledgerJournal.heard.slice(before);
  expect(words.slice(0, 3)).toEqual(["disconnected ann", "connected ann", 'received {"kind":"line","text":"999"} from ann']);
  expect(words.join()).not.toContain("cid");
  expect(toy.faults).toEqual([]);
});

test("nothing a closed link sent is stepped", () => {
  const toy = linked();
  toy.arrive(ann, tags.ledger, line("control"));
  toy.arrive(ann, tags.ledger, load("bulk"), "bulk");
  toy.unlink(ann);
  toy.unlink(ann);
  toy.rest();
  expect(toy.ledgerJournal.heard.filter((word) => word.startsWith("received"))).toEqual([]);
  expect(toy.ledgerJournal.heard.filter((word) => word.startsWith("disconnected"))).toEqual(["disconnected ann"]);
});

test("frames of strangers, and a link opened twice, mean nothing", () => {
  const toy = linked();
  toy.link(ann);
  toy.arrive(cid, tags.ledger, line("who?"));
  toy.rest();
  expect(toy.faults).toEqual([]);
  expect(toy.ledgerJournal.heard.join()).not.toContain("cid");
});

test("a core that disconnects a peer hears no more of it, and is told so", () => {
  const toy = linked();
  toy.tell({ kind: "leave", peer: ann });
  toy.settle();
  toy.arrive(ann, tags.ledger, line("too late"));
  toy.unlink(ann);
  toy.rest();
  expect(toy.ports.transport.closed).toEqual([[ann, "enough"]]);
  expect(toy.ledgerJournal.heard.filter((word) => word.includes("ann"))).toEqual([
    "connected ann",
    'commanded {"kind":"leave","peer":"ann","id":0}',
    "disconnected ann",
  ]);
});

test("what was held for a link is not for the link that follows it", () => {
  const toy = linked();
  toy.arrive(ann, tags.ledger, line("a"));
  toy.tell({ kind: "leave", peer: ann });
  toy.tell({ kind: "tell", to: cid, text: "not yet there" });
  toy.settle();
  toy.unlink(ann);
  toy.link(ann, cid);
  toy.rest();
  expect(toy.sent).toEqual([]);
  expect(toy.ports.transport.closed).toEqual([]);
  expect(toy.state["links"]).toEqual(["ann", "bob", "cid"]);
  toy.arrive(ann, tags.ledger, line("b"));
  toy.rest();
  expect(toy.sent).toEqual([[ann, { kind: "held", number: 2 }]]);
});

test("messages go out behind their protocol's tag, in their class", () => {
  const toy = linked();
  toy.tell({ kind: "tell", to: ann, text: "hello" });
  toy.arrive(bob, tags.ledger, line("a"));
  toy.rest();
  const sent = toy.ports.transport.sent.map(({ to, frame, messageClass }) => [to, frame[0], messageClass]);
  expect(sent).toEqual([
    [bob, 1, "control"],
    [ann, 1, "bulk"],
  ]);
});

test("a message too long for a frame makes its step fail", () => {
  const toy = linked();
  const long = toy.tell({ kind: "tell", to: ann, text: "x".repeat(frameBytesMax) });
  const fits = toy.tell({ kind: "tell", to: ann, text: "x".repeat(frameBytesMax - 100) });
  toy.rest();
  expect(toy.answersTo(long, fits)).toEqual(["not written", "tell 0"]);
  expect(toy.ports.transport.sent.length).toBe(1);
});

test("malformed frames of many links at once cost no turn", () => {
  const toy = ToyDriver.running();
  const peers = Array.from({ length: 100 }, (_, index) => `peer ${index}` as typeof ann);
  toy.link(...peers);
  toy.settle();
  for (const peer of peers) toy.arrive(peer, 99, "x");
  toy.rest();
  expect(toy.state).toMatchObject({ malformed: 100, links: [], state: "running" });
  expect(toy.ports.store.commits).toEqual([]);
  expect(turnCostMax).toBeGreaterThan(2 * peers.length);
});
