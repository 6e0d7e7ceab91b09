import { expect, test } from "vitest";
import { MemoryKeys } from "../../store/memory-keys.js";
import { audited } from "../rig/audited-store.suite.js";
import { putLane } from "../rig/crafted-lane.suite.js";
import { nonce, Rig } from "../rig/feed-rig.suite.js";
import { malformedReason, offerFrom, outcome } from "../rig/offered-lane.suite.js";
import { type EventParts, encodeEpochOpened, type Origin, systemKinds } from "./event.js";

const stamp = (wallMs: number) => ({ wallMs: 1_790_000_000_000 + wallMs, counter: 0 });
const origin = (index: number, wallMs: number): Origin => ({
  epoch: { index, nonce: nonce(9) },
  seq: 4,
  stamp: stamp(wallMs),
  id: new Uint8Array(32).fill(7),
});

/** A lane of author 1 in the epoch of that index, whose second event claims this origin. */
function claiming(index: number, claimed: Origin, kind = 128): Rig {
  const opened = encodeEpochOpened({ epoch: { index: 0, nonce: nonce(9) }, size: 1, headId: new Uint8Array(32).fill(1) });
  const first: EventParts =
    index === 0
      ? { kind: 128, stamp: stamp(1), payload: new Uint8Array(3) }
      : { kind: systemKinds.epochOpened, stamp: stamp(1), payload: opened, causal: Uint8Array.of(1, 0) };
  const second: EventParts = { kind, stamp: stamp(5), payload: new Uint8Array(kind === systemKinds.frontier ? 0 : 2), origin: claimed };
  const rig = new Rig({ keys: new MemoryKeys() });
  putLane(rig.keys, { lane: 0, author: 1, path: "s", epoch: { index, nonce: nonce(4) }, events: [first, second], perBlock: 9 });
  return rig;
}

const reader = () => new Rig({ author: 2, instance: 2 });

test("an origin in an earlier epoch, no later than its event, is a claim that may be made", () => {
  for (const claimed of [origin(0, 4), origin(0, 5), origin(1, -1000)]) {
    const rig = claiming(2, claimed);
    expect(outcome(reader(), offerFrom(rig, "s"))).toMatchObject({ kind: "verified" });
    expect(audited(rig.keys).problems.filter(({ what }) => what === "origin")).toEqual([]);
  }
});

test.each([
  ["in its own epoch's index", 2, origin(2, 1), 128, /an origin in epoch 2 of an event in epoch 2/],
  ["in a later epoch", 1, origin(3, 1), 128, /an origin in epoch 3 of an event in epoch 1/],
  ["in a feed's first epoch", 0, origin(0, 1), 128, /an origin in epoch 0 of an event in epoch 0/],
  ["later than itself", 1, origin(0, 6), 128, /an origin later than the event itself/],
  ["of what its own lane alone says", 1, origin(0, 1), systemKinds.frontier, /never appended again/],
] as const)("an origin %s is malformed: nobody takes it, and an audit names it", (_name, index, claimed, kind, reason) => {
  const rig = claiming(index, claimed, kind);
  expect(malformedReason(reader(), offerFrom(rig, "s"))).toMatch(reason);
  const found = audited(rig.keys).problems.filter(({ what }) => what === "origin");
  expect(found.map(({ detail }) => detail)).toEqual([expect.stringMatching(reason)]);
});
