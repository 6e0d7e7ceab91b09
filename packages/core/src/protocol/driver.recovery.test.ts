import { expect, test } from "vitest";
import { quarantinePerMinuteMax } from "../bytes/limits.js";
import { plainTraits } from "./hand-ports.suite.js";
import type { LinkTraits } from "./protocol.js";
import { ann, bob, cid, ToyDriver, tags } from "./toy-driver.suite.js";
import { linesIn } from "./toy-protocols.suite.js";

const line = (text: string) => ({ kind: "line", text });

/** What the last core of the ledger was given. */
function lastLife(toy: ToyDriver): string[] {
  return toy.ledgerJournal.heard.slice(toy.ledgerJournal.heard.lastIndexOf("started"));
}

test("a throw in a step: its command is dropped, the others of the turn are stepped again in order", () => {
  const toy = ToyDriver.running();
  const before = toy.add(3);
  const culprit = toy.tell({ kind: "explode" });
  const after = toy.add(2);
  toy.rest();
  expect(toy.answersTo(...before, culprit, ...after)).toEqual(["add 1", "add 2", "add 3", "not written", "add 4", "add 5"]);
  expect(linesIn(toy.ports.store.keys)).toEqual([...before, ...after].map(String));
  expect(toy.ledgerJournal.created).toBe(2);
  expect(toy.pingerJournal.created).toBe(2);
  expect(toy.state["quarantine"]).toMatchObject({
    total: 1,
    kept: [{ protocol: "ledger", input: "commanded", from: null, reason: "told to" }],
  });
  expect(toy.faults).toEqual([]);
});

test("the frame that made a step throw costs its link; frames of others are stepped again", () => {
  const toy = ToyDriver.running();
  toy.link(ann, bob, cid);
  toy.settle();
  for (const text of ["1", "2"]) for (const peer of [ann, bob, cid]) toy.arrive(peer, tags.ledger, line(`${peer} ${text}`));
  toy.arrive(bob, tags.ledger, line("bad"));
  toy.arrive(ann, tags.ledger, line("ann 3"));
  toy.rest();
  expect(toy.ports.transport.closed).toEqual([[bob, "an input of this link made a step fail"]]);
  expect(linesIn(toy.ports.store.keys)).toEqual(["ann 1", "cid 1", "ann 2", "cid 2", "ann 3"]);
  expect(lastLife(toy).slice(0, 4)).toEqual(["started", "closing", "connected ann", "connected cid"]);
  expect(toy.state["quarantine"]).toMatchObject({ kept: [{ input: "received", from: "bob", reason: "a line nobody can write" }] });
  expect(toy.faults).toEqual([]);
});

test("what a link promises is told with it, and again to cores that begin anew", () => {
  const toy = ToyDriver.running();
  const traits: LinkTraits = { delivery: "lossy", integrity: "vouched" };
  toy.ports.transport.events?.opened(bob, traits);
  toy.link(ann);
  toy.settle();
  const told = () => toy.ports.lines.flatMap(({ input }) => ("traits" in (input as object) ? [input] : []));
  const before = told().length;
  toy.tell({ kind: "explode" });
  toy.rest();
  const [toAnn, toBob] = [
    { kind: "connected", peer: ann, traits: plainTraits },
    { kind: "connected", peer: bob, traits },
  ];
  // Each core of the two.
  expect(told().slice(0, before)).toEqual([toBob, toBob, toAnn, toAnn]);
  expect(told().slice(before)).toEqual([toAnn, toAnn, toBob, toBob]);
});

test("frames of a link that closed in the turn are not stepped again", () => {
  const toy = ToyDriver.running();
  toy.link(ann, bob);
  toy.settle();
  toy.arrive(ann, tags.ledger, line("ann"));
  toy.arrive(ann, tags.ledger, "nonsense");
  for (const text of ["1", "2", "bad"]) toy.arrive(bob, tags.ledger, line(text));
  const kept = toy.add(1);
  toy.rest();
  expect(linesIn(toy.ports.store.keys)).toEqual(kept.map(String));
  expect(toy.state).toMatchObject({ links: [], malformed: 1 });
  expect(toy.faults).toEqual([]);
});

test("cores that are created anew may set timers and begin jobs", () => {
  const toy = ToyDriver.running();
  toy.tell({ kind: "explode" });
  toy.rest();
  toy.tell({ kind: "remind", timer: "tea", delayMs: 1 });
  toy.tell({ kind: "work", job: "w" });
  toy.rest();
  expect(toy.state).toMatchObject({ timers: 1, jobs: 1 });
});

test("of a dropped turn nothing leaves, neither early nor late, and nothing is written", () => {
  const toy = ToyDriver.running();
  toy.link(ann, bob);
  toy.settle();
  toy.arrive(ann, tags.pinger, { kind: "ping", number: 1 });
  toy.arrive(bob, tags.ledger, line("bad"));
  toy.ports.scheduler.tick();
  expect(toy.sent).toEqual([]);
  expect(toy.ports.store.commits).toEqual([]);
  toy.rest();
  expect(toy.sent).toEqual([[ann, { kind: "pong", number: 1 }]]);
  expect(toy.faults).toEqual([]);
});

test("a throw waits with recovery for the turns under way, and lets out what they held", () => {
  const toy = ToyDriver.running();
  const kept = toy.add(1);
  toy.settle();
  kept.push(...toy.add(1));
  toy.settle();
  const culprit = toy.tell({ kind: "explode" });
  const later = toy.add(1);
  toy.settle();
  expect(toy.state["state"]).toBe("recovering");
  expect(toy.ledgerJournal.created).toBe(1);
  expect(toy.answersTo(...kept, culprit, ...later)).toEqual(["", "", "not written", ""]);
  toy.ports.store.flush(1);
  toy.settle();
  expect(toy.state["state"]).toBe("recovering");
  toy.ports.store.flush(1);
  expect(toy.answersTo(...kept)).toEqual(["add 1", "add 2"]);
  expect(lastLife(toy)).toEqual(["started", "closing"]);
  toy.rest();
  expect(toy.answersTo(...later)).toEqual(["add 3"]);
  expect(toy.faults).toEqual([]);
});

test("a throw in closing: inputs are tried one by one, until the culprit is found", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.settle();
  const ids = toy.add(2);
  const spoiler = toy.tell({ kind: "spoil" });
  ids.push(...toy.add(2));
  toy.arrive(ann, tags.ledger, line("ann"));
  const turn = toy.state["turn"] as number;
  toy.rest();
  expect(toy.answersTo(...ids, spoiler)).toEqual(["add 2", "add 3", "add 4", "add 5", "not written"]);
  expect(linesIn(toy.ports.store.keys)).toEqual(["ann", ...ids.map(String)]);
  expect(toy.state["quarantine"]).toMatchObject({ total: 1, kept: [{ input: "commanded", reason: "a spoiled turn" }] });
  expect(toy.state["turn"]).toBeGreaterThan(turn + 6);
  expect(toy.faults).toEqual([]);
});

test("the last that must stand alone shares its turn with nothing that came later", () => {
  const toy = ToyDriver.running();
  toy.add(1);
  toy.tell({ kind: "spoil" });
  toy.ports.scheduler.tick();
  toy.add(1);
  toy.rest();
  expect(toy.ledgerJournal.heard.filter((word) => word.includes('"spoil"')).length).toBe(2);
  expect(toy.ledgerJournal.heard.filter((word) => word.includes('"id":2')).length).toBe(1);
});

test("several culprits in one turn are all found, and a link loses what it sent after its own", () => {
  const toy = ToyDriver.running();
  toy.link(ann, bob);
  toy.settle();
  for (const text of ["a", "spoil", "b"]) toy.arrive(ann, tags.ledger, line(text));
  toy.arrive(bob, tags.ledger, line("c"));
  const spoiler = toy.tell({ kind: "spoil" });
  toy.rest();
  expect(linesIn(toy.ports.store.keys)).toEqual(["a", "c"]);
  expect(toy.answersTo(spoiler)).toEqual(["not written"]);
  expect(toy.state).toMatchObject({ links: ["bob"], state: "running", quarantine: { total: 2 } });
  expect(toy.faults).toEqual([]);
});

test("while inputs are tried one by one, what came later stays behind them", () => {
  const toy = ToyDriver.running();
  toy.link(ann);
  toy.settle();
  for (let number = 0; number < 12; number++) toy.arrive(ann, tags.ledger, line(`${number}`));
  toy.tell({ kind: "spoil" });
  toy.ports.scheduler.tick();
  for (let number = 12; number < 16; number++) toy.arrive(ann, tags.ledger, line(`${number}`));
  toy.settle();
  expect(toy.state["unflushed"]).toBe(4);
  toy.rest();
  expect(linesIn(toy.ports.store.keys)).toEqual(Array.from({ length: 16 }, (_, number) => `${number}`));
  expect(toy.faults).toEqual([]);
});

test("a closing that fails over inputs of the driver alone is counted, or it would go on for ever", () => {
  const toy = ToyDriver.running([failingAtClosing()]);
  toy.link(ann);
  toy.settle();
  expect(toy.halts).toEqual([expect.stringContaining("too many failures within a minute")]);
});

/** Its closing throws whenever it was told of a link. */
function failingAtClosing() {
  const toy = new ToyDriver();
  return {
    ...toy.pinger,
    protocol: {
      ...toy.pinger.protocol,
      name: "sulker",
      tag: 9,
      closesTurns: true,
      create: () => {
        let sulks = 0;
        return {
          step: (input: { readonly kind: string }) => {
            if (input.kind === "connected" || input.kind === "disconnected") sulks++;
            if (input.kind === "closing" && sulks > 0) throw new Error("no");
            return [];
          },
          describe: () => null,
        };
      },
    },
  };
}

test("a throw in started stops the peer, and says what failed", () => {
  const toy = ToyDriver.running();
  const kept = toy.add(1);
  const protocol = toy.ledger.protocol;
  protocol.create = () => ({
    step: () => {
      throw new Error("cannot read line 7");
    },
    describe: () => null,
  });
  const culprit = toy.tell({ kind: "explode" });
  toy.settle();
  expect(toy.halts).toEqual(["ledger could not start: cannot read line 7"]);
  expect(toy.answersTo(...kept, culprit)).toEqual(["not written", "not written"]);
  expect(toy.answersTo(...toy.add(1))).toEqual(["stopped"]);
});

test("a throw in the first started stops the peer before it listens", () => {
  const toy = new ToyDriver([failingAtStart()]);
  toy.driver.start();
  expect(toy.halts).toEqual(["newborn could not start: no"]);
  expect(toy.ports.transport.events).toBeUndefined();
  expect(toy.state["state"]).toBe("stopped");
});

function failingAtStart() {
  const { pinger } = new ToyDriver();
  const step = () => {
    throw new Error("no");
  };
  return { ...pinger, protocol: { ...pinger.protocol, name: "newborn", tag: 9, create: () => ({ step, describe: () => null }) } };
}

test("a few failures a minute pass; one more halts", () => {
  const toy = ToyDriver.running();
  const culprits: number[] = [];
  for (let count = 0; count < quarantinePerMinuteMax; count++) {
    culprits.push(toy.tell({ kind: "explode" }));
    toy.rest();
  }
  expect(toy.halts).toEqual([]);
  toy.ports.clock.advance(60_000);
  culprits.push(toy.tell({ kind: "explode" }));
  toy.rest();
  expect(toy.halts).toEqual([]);
  for (let count = 0; count < quarantinePerMinuteMax; count++) {
    culprits.push(toy.tell({ kind: "explode" }));
    toy.rest();
  }
  expect(toy.halts).toEqual(["too many failures within a minute, the last: ledger: told to"]);
  expect(toy.answersTo(...culprits)).toEqual(culprits.map(() => "not written"));
});
