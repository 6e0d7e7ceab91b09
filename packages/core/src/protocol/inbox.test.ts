import fc from "fast-check";
import { expect, test } from "vitest";
import { inputsAheadMax, linkControlInputsMax, localInputsMax } from "../bytes/limits.js";
import { plainTraits } from "./hand-ports.suite.js";
import { Inbox, type InputClass, type Waiting, type WaitingFrame } from "./inbox.js";
import type { PeerId } from "./protocol.js";

const peers = ["ann", "bob", "cid"] as PeerId[];
const [ann, bob] = peers as [PeerId, PeerId, PeerId];

function word(item: Waiting | undefined): string | undefined {
  if (item === undefined) return undefined;
  if (item.kind === "frame") return `${item.from} ${item.frame[0]}`;
  if (item.kind === "command") return `command ${item.input.command}`;
  return "peer" in item.input ? `${item.input.kind} ${item.input.peer} ${item.mount}` : item.input.kind;
}

function all(inbox: Inbox, upTo: InputClass = "bulk"): (string | undefined)[] {
  const words: (string | undefined)[] = [];
  while (inbox.has(upTo)) words.push(word(inbox.next(upTo)));
  expect(inbox.next(upTo)).toBeUndefined();
  return words;
}

function frame(from: PeerId, number: number): WaitingFrame {
  return { kind: "frame", from, frame: Uint8Array.of(number), messageClass: "control" };
}

/** One of each, in the order they should not come out. */
function filled(): Inbox {
  const inbox = new Inbox();
  inbox.frame(ann, Uint8Array.of(1), "bulk");
  inbox.command(0, "c");
  inbox.frame(ann, Uint8Array.of(2), "control");
  inbox.own(0, { kind: "expired", timer: "t" });
  inbox.again([frame(bob, 3)], "together");
  inbox.connected({ peer: ann, traits: plainTraits }, 2);
  return inbox;
}

test("news of links, then what is stepped again, then control, local, bulk", () => {
  expect(all(filled())).toEqual(["connected ann 0", "connected ann 1", "bob 3", "ann 2", "expired", "command c", "ann 1"]);
});

test("up to local, bulk waits", () => {
  const inbox = filled();
  expect(all(inbox, "local")).toEqual(["connected ann 0", "connected ann 1", "bob 3", "ann 2", "expired", "command c"]);
  expect(inbox.describe()).toEqual({ control: 0, local: 0, bulk: 1, again: 0 });
});

test("up to control, what is stepped again waits, and holds up what came after it", () => {
  const inbox = filled();
  expect(all(inbox, "control")).toEqual(["connected ann 0", "connected ann 1"]);
  expect(word(inbox.next("bulk"))).toBe("bob 3");
  expect(all(inbox, "control")).toEqual(["ann 2", "expired"]);
});

test("the driver's own inputs take turns with the links", () => {
  const inbox = new Inbox();
  for (let number = 0; number < 3; number++) inbox.own(0, { kind: "flushed", turn: number });
  for (let number = 0; number < 3; number++) inbox.frame(ann, Uint8Array.of(number), "control");
  expect(all(inbox)).toEqual(["flushed", "ann 0", "flushed", "ann 1", "flushed", "ann 2"]);
});

test("however much control comes, and never ends, local and bulk have their turns; up to control they wait", () => {
  const inbox = new Inbox();
  for (let number = 0; number < 4 * inputsAheadMax; number++) inbox.frame(ann, Uint8Array.of(number), "control");
  for (let number = 0; number < 3; number++) {
    inbox.command(0, number);
    inbox.frame(bob, Uint8Array.of(200 + number), "bulk");
  }
  for (let number = 0; number < 2 * inputsAheadMax; number++) inbox.next("control");
  const words = all(inbox);
  const lower = words.flatMap((each, at) => (each?.startsWith("ann") ? [] : [`${at} ${each}`]));
  expect(lower.slice(0, 4)).toEqual(["0 bob 200", "1 command 0", `${inputsAheadMax + 1} bob 201`, `${inputsAheadMax + 3} command 1`]);
  expect(words).toHaveLength(2 * inputsAheadMax + 6);
});

test("what must stand alone comes first, and says so", () => {
  const inbox = new Inbox();
  inbox.again([frame(ann, 9)], "together");
  inbox.again([frame(ann, 1), frame(bob, 2)], "alone");
  inbox.connected({ peer: bob, traits: plainTraits }, 1);
  expect(inbox.nextStandsAlone).toBe(false);
  expect(word(inbox.next("bulk"))).toBe("connected bob 0");
  expect(inbox.nextStandsAlone).toBe(true);
  expect([inbox.next("bulk"), inbox.next("bulk")].map(word)).toEqual(["ann 1", "bob 2"]);
  expect(inbox.nextStandsAlone).toBe(false);
  expect(all(inbox)).toEqual(["ann 9"]);
});

test("what is put back twice stays in its order", () => {
  const inbox = new Inbox();
  inbox.again([frame(ann, 3), frame(ann, 4)], "together");
  inbox.again([frame(ann, 1), frame(ann, 2)], "together");
  expect(all(inbox)).toEqual(["ann 1", "ann 2", "ann 3", "ann 4"]);
});

test("a closed link's frames are gone from everywhere; others' stay", () => {
  const inbox = filled();
  inbox.frame(bob, Uint8Array.of(4), "control");
  inbox.again([frame(ann, 5), frame(bob, 6)], "alone");
  inbox.again([frame(ann, 7), frame(bob, 8)], "together");
  inbox.disconnected(ann, 2);
  expect(all(inbox)).toEqual(["bob 6", "bob 8", "bob 3", "expired", "bob 4", "command c"]);
});

test("a core that was not told of a link is not told of its end; one that was, is", () => {
  const inbox = new Inbox();
  inbox.connected({ peer: ann, traits: plainTraits }, 3);
  inbox.next("bulk");
  inbox.disconnected(ann, 3);
  inbox.connected({ peer: ann, traits: plainTraits }, 3);
  expect(all(inbox)).toEqual(["disconnected ann 0", "connected ann 0", "connected ann 1", "connected ann 2"]);
});

test("the driver's own inputs are forgotten at once; commands and frames are not", () => {
  const inbox = filled();
  inbox.forgetOwn();
  expect(all(inbox)).toEqual(["bob 3", "ann 2", "command c", "ann 1"]);
});

test("draining leaves nothing, and gives back the commands in order", () => {
  const inbox = filled();
  inbox.command(0, "d");
  inbox.again([{ kind: "command", mount: 0, input: { kind: "commanded", command: "b" }, answered: "no" }], "alone");
  expect(inbox.drain().map(word)).toEqual(["command b", "command c", "command d"]);
  expect(inbox.describe()).toEqual({ control: 0, local: 0, bulk: 0, again: 0 });
});

test("bounds: so many commands, so much control a link, and what was stepped makes room", () => {
  const inbox = new Inbox();
  const refused: string[] = [];
  const note = (taken: string): unknown => taken !== "accepted" && refused.push(taken);
  for (let count = 0; count < localInputsMax; count++) note(inbox.command(0, count));
  for (let count = 0; count < linkControlInputsMax; count++) note(inbox.frame(ann, Uint8Array.of(1), "control"));
  expect(refused).toEqual([]);
  expect(inbox.command(0, "one more")).toBe("full");
  expect(inbox.frame(ann, Uint8Array.of(1), "control")).toBe("overflow");
  expect(inbox.frame(bob, Uint8Array.of(1), "control")).toBe("accepted");
  inbox.next("bulk");
  expect(inbox.frame(ann, Uint8Array.of(1), "control")).toBe("accepted");
});

test("within a link and class, order is kept; no link waits for more than one round of the others", () => {
  const deed = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ from: fc.constantFrom(...peers), messageClass: fc.constantFrom("control" as const, "bulk" as const) }),
    },
    { weight: 2, arbitrary: fc.constant("next" as const) },
    { weight: 1, arbitrary: fc.record({ gone: fc.constantFrom(...peers) }) },
  );
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 80, size: "max" }), (deeds) => {
      const inbox = new Inbox();
      const model = { control: new Map<PeerId, number[]>(), bulk: new Map<PeerId, number[]>() };
      let number = 0;
      let ahead = 0;
      for (const each of deeds) {
        if (each === "next") {
          const item = inbox.next("bulk") as WaitingFrame | undefined;
          const isDue = model.bulk.size > 0 && ahead >= inputsAheadMax;
          const lanes = model.control.size > 0 && !isDue ? model.control : model.bulk;
          ahead = lanes === model.control && model.bulk.size > 0 ? ahead + 1 : 0;
          // The first of a Map is the one that waited longest: served, it goes to the back.
          const [from, numbers] = [...lanes][0] ?? [];
          expect(item === undefined ? [undefined, undefined] : [item.from, item.frame[0]]).toEqual([from, numbers?.shift()]);
          if (from === undefined) continue;
          lanes.delete(from);
          if ((numbers?.length ?? 0) > 0) lanes.set(from, numbers as number[]);
        } else if ("gone" in each) {
          inbox.disconnected(each.gone, 0);
          model.control.delete(each.gone);
          model.bulk.delete(each.gone);
        } else {
          const lane = model[each.messageClass].get(each.from) ?? [];
          inbox.frame(each.from, Uint8Array.of(number), each.messageClass);
          model[each.messageClass].set(each.from, [...lane, number++]);
        }
      }
      const left = [...model.control.values(), ...model.bulk.values()].reduce((sum, lane) => sum + lane.length, 0);
      expect(all(inbox).length).toBe(left);
    }),
    { numRuns: 500 },
  );
});
