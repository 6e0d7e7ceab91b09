import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import { Ahead } from "../feed/range/verified-range.js";
import { offerWithout } from "../feed/rig/absent-lane.suite.js";
import { hasher, network, parts as partsOf, Rig } from "../feed/rig/feed-rig.suite.js";
import { offerFrom, takeOffer } from "../feed/rig/offered-lane.suite.js";
import { defaultKnobs, type SyncCommand, type SyncNotice } from "../sync/sync-vocabulary.js";
import { busy } from "./feed-calls.js";
import type { TakeOutcome } from "./intake.js";
import { Pending } from "./pending.js";
import { SinterError } from "./sinter-error.js";
import { Syncing, type SyncingParts } from "./syncing.js";

/** Of a peer no more than what the core of sync is told through. */
function syncing(more: Partial<SyncingParts> = {}) {
  const told: SyncCommand[] = [];
  const soon: (() => void)[] = [];
  const settles: (() => void)[] = [];
  const state = { driver: "free" as "free" | "busy", taken: new Malformed("nothing is taken") as TakeOutcome | SinterError };
  const parts = {
    ...{ hasher, network, salt: new Uint8Array(16), knobs: defaultKnobs, pending: new Pending() },
    command: (command: SyncCommand) => {
      if (state.driver === "busy") throw busy();
      told.push(command);
    },
    soon: (run: () => void) => void soon.push(run),
    intake: {
      take: async () => {
        if (state.taken instanceof SinterError) throw state.taken;
        return state.taken;
      },
    },
    frontier: { settle: () => new Promise((resolve) => settles.push(() => resolve(undefined))) },
    ...more,
  };
  const under = new Syncing(parts as unknown as SyncingParts);
  const settled = async () => {
    for (const settle of settles.splice(0)) settle();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { under, told, soon, state, settled };
}

test("what a driver is too busy to take it is told later, in order, and changes all at once", async () => {
  const { under, told, soon, state, settled } = syncing();
  state.driver = "busy";
  under.mount.notify({ kind: "settle", token: 5 });
  await settled();
  under.pace("pause");
  under.changed([1]);
  await settled();
  under.changed([2]);
  await settled();
  expect(told).toEqual([]);
  soon.shift()?.();
  expect([told.length, soon.length]).toEqual([0, 1]);
  state.driver = "free";
  soon.shift()?.();
  expect(told).toEqual([{ kind: "settled", token: 5 }, { kind: "pause" }, { kind: "changed", lanes: [1, 2] }]);
});

test("what a core asked that is gone is not answered to the next", async () => {
  const { under, told, settled } = syncing();
  under.mount.notify({ kind: "begun" });
  under.mount.notify({ kind: "settle", token: 0 });
  under.mount.notify({ kind: "begun" });
  await settled();
  expect(told).toEqual([]);
  under.mount.notify({ kind: "settle", token: 0 });
  await settled();
  expect(told).toEqual([{ kind: "settled", token: 0 }]);
});

test("a core that begins anew is told that its operator has paused it", () => {
  const { under, told } = syncing();
  under.pace("pause");
  under.mount.notify({ kind: "begun" });
  under.pace("resume");
  under.mount.notify({ kind: "begun" });
  expect(told).toEqual([{ kind: "pause" }, { kind: "pause" }, { kind: "resume" }]);
});

test("who sends what lies behind a range that was lost here is not to blame; who sends what does not hold is", async () => {
  const { under, told, state, settled } = syncing();
  const offered = { kind: "offered", token: 1, from: "b", offer: {} } as unknown as SyncNotice;
  under.mount.notify({ kind: "begun" });
  for (const taken of [new Ahead("it begins at event 9"), new Malformed("it is made up")]) {
    state.taken = taken;
    under.mount.notify(offered);
    await settled();
  }
  expect(told).toMatchObject([
    { kind: "took", taking: { kind: "failed", code: "ahead" } },
    { kind: "took", taking: { kind: "wrong", reason: "it is made up" } },
  ]);
});

test("what parts from ours before it begins is asked for from further back; a payload that is not taken is no reason for that", async () => {
  const [writer, reader] = [new Rig(), new Rig({ author: 2, instance: 2 })];
  writer.append("s", partsOf("one"));
  expect(takeOffer(reader, offerWithout(writer, 0, [1]))).toBe("taken");
  const refused = new SinterError("usage", "event 1 is redacted by its author", "Let it go.");
  const fill = async () => {
    throw refused;
  };
  const { under, told, state, settled } = syncing({ view: reader.view, feed: { fill } as unknown as SyncingParts["feed"] });
  const offered = { kind: "offered", token: 1, from: "b", offer: offerFrom(writer, "s") } as unknown as SyncNotice;
  under.mount.notify({ kind: "begun" });
  for (const taken of [{ kind: "held" } as TakeOutcome, new SinterError("usage", "it parts before it begins", "Offer more of it.")]) {
    state.taken = taken;
    under.mount.notify(offered);
    await settled();
  }
  expect(told).toEqual([
    { kind: "took", token: 1, taking: { kind: "failed", code: "usage", reason: refused.message } },
    { kind: "took", token: 1, taking: { kind: "elsewhere" } },
  ]);
});
