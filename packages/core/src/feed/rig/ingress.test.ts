import { expect, test } from "vitest";
import { bytesOfText } from "../../identity/subject-path.js";
import { type BlockView, checkBlock, eventIn } from "../event/block.js";
import { flagsAt, kindAt, payloadLengthAt } from "../event/event.js";
import { proveEvent } from "../lane/prove-event.js";
import type { RangeOffer } from "../range/verified-range.js";
import { parseProofText, proofText } from "../seal/event-proof.js";
import { networkName, Rig } from "./feed-rig.suite.js";
import { branches } from "./forked-stores.suite.js";
import {
  type Bent,
  bent,
  bentBlocks,
  bentCheckpoints,
  bentIndexes,
  bentSegments,
  bentWords,
  expectRefused,
  fillEach,
  foreign,
  importing,
  own,
  proven,
  quickTools,
  sealed,
  smallSegments,
} from "./ingress.suite.js";
import { cutOffer, takeOffer } from "./offered-lane.suite.js";
import { piecesOf, shortLanes, type VariedLane, variedLanes, withoutPayloads } from "./varied-lanes.suite.js";

// Every bit of what comes from others, at every way in. What takes longer is beside this, in
// ingress.ranges.integration.test.ts and ingress.proofs.integration.test.ts.

const lanes = variedLanes();
const reader = () => new Rig({ author: 90, instance: 90 });
const named = (name: string) => lanes.find((lane) => lane.name === name) as VariedLane;
/** Of one to three events, under seals of one, two and five heads. */
const few = shortLanes(8).filter((_, at) => [0, 2, 3, 4, 7].includes(at));
const blocksOf = (lane: VariedLane) => piecesOf(lane, 1).map(({ blocks: [block] }) => checkBlock(block as Uint8Array) as BlockView);

test("the lanes have some of everything that a lane can hold", () => {
  const events = lanes.flatMap(blocksOf).map((block) => eventIn(block, 0));
  expect(events.length).toBeGreaterThanOrEqual(200);
  const kinds = new Set(events.map((event) => kindAt(event, 0)));
  expect([1, 2, 3, 30, 60, 128, 255].filter((kind) => !kinds.has(kind))).toEqual([]);
  const flags = events.map((event) => flagsAt(event, 0));
  expect([1, 2, 4, 8].filter((flag) => !flags.some((each) => (each & flag) !== 0))).toEqual([]);
  const lengths = events.map((event) => payloadLengthAt(event, 0));
  expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([0, 300]);
  expect(lanes.flatMap((lane) => piecesOf(lane, 99)).map(({ keys }) => keys.suite)).toContain(2);
});

test("every bit of more than 200 events is vouched for: no block with one flipped is taken, and nobody is accused by it", () => {
  let bits = 0;
  for (const lane of lanes) {
    const rig = reader();
    for (const piece of piecesOf(lane, 5)) {
      const takes = foreign(rig, piece);
      expect(takes(piece)).toBe("verified");
      bits += expectRefused(lane.name, bentBlocks(piece), takes);
      expect(takeOffer(rig, piece)).toBe("taken");
    }
  }
  expect(bits).toBeGreaterThan(60_000);
}, 120_000);

test.each(["of one key, under seals of several heads", "of two keys", "crafted"])(
  "every bit of what comes with the blocks of a lane is vouched for, checkpoint, way to it, keys and path: %s",
  (name) => {
    const rig = reader();
    const [first, second] = piecesOf(named(name), 5) as [RangeOffer, RangeOffer];
    expect(takeOffer(rig, first)).toBe("taken");
    const takes = foreign(rig, second);
    expect(takes(second)).toBe("verified");
    expect(second.proof.length).toBeGreaterThan(3);
    expect(expectRefused(name, bentWords(second), takes)).toBeGreaterThan(3_000);
  },
);

test("every bit of blocks without payloads is vouched for", () => {
  const [first, second] = piecesOf(named("crafted"), 8) as [RangeOffer, RangeOffer];
  const rig = reader();
  takeOffer(rig, first);
  const bare = withoutPayloads(second);
  expect(foreign(rig, bare)(bare)).toBe("verified");
  expectRefused("without payloads", bentBlocks(bare), foreign(rig, bare));
});

test("every bit of what comes back to a store of its author is vouched for, behind what that has and in the place of what it wrote since", () => {
  const [store, behind, parted] = branches(3, { from: 1, more: 0 }, { from: 1, more: 2 }) as [Rig, Rig, Rig];
  const offer = cutOffer(store, "s", { from: 1, to: 3, perBlock: 2 });
  for (const rig of [behind, parted]) {
    expect(own(rig)(offer)).toBe("comes");
    expectRefused("blocks", bentBlocks(offer), own(rig));
  }
  expectRefused("what comes with them", bentWords(offer), own(parted));
});

test("every bit of a proof of an event is vouched for, as bytes and as text", () => {
  let texts = 0;
  for (const [at, lane] of few.entries()) {
    const payload = at % 2 === 0 ? "shown" : "hash";
    const proof = proveEvent(lane.rig.view, quickTools, { lane: lane.number, seq: lane.size, networkName, payload }) as Uint8Array;
    expect(proven(proof)).toBe("proven, classical");
    expectRefused(`proof ${at}`, bent(proof), proven);
    // The last character of its text says less than six bits.
    if (proof.length % 3 !== 0 && texts++ === 0) expectRefused("text", bentTexts(proofText(proof)), proven);
  }
  expect(texts).toBeGreaterThan(0);
});

/** What a text says of which a bit, of a byte of it, is another. */
function* bentTexts(text: string): Generator<Bent<Uint8Array>> {
  for (const changed of bent(bytesOfText(text))) yield parseProofText(new TextDecoder().decode(changed));
}

test("every bit of a seal is vouched for", () => {
  for (const [at, lane] of few.entries()) {
    const [{ checkpoint, keys }] = piecesOf(lane, 3) as [RangeOffer];
    const holds = sealed(keys);
    expect(holds(checkpoint)).toBe("sealed");
    expect(expectRefused(`seal ${at}`, bentCheckpoints(checkpoint), holds)).toBeGreaterThanOrEqual(8 * 238);
  }
});

test("every bit of segments is vouched for, and of an index that says how each of them leads to one checkpoint", () => {
  const archive = smallSegments(shortLanes(5)[4] as VariedLane, 1, withoutPayloads);
  const names = [...archive.files.keys()];
  expect(names.length).toBe(2);
  for (const [at, name] of names.entries()) {
    expect(importing(archive, at)(archive)).toBe(`${2 - at} segments of ${2 - at}`);
    expectRefused(name, bentSegments(archive, name), importing(archive, at));
  }
  expectRefused("index", bentIndexes(archive), importing(archive));
});

test("every bit of a payload is vouched for where the hash alone is here", () => {
  const [lane, rig] = [named("of a copy"), reader()];
  for (const piece of piecesOf(lane, 50)) takeOffer(rig, withoutPayloads(piece));
  expect(fillEach(rig, lane)).toBe(lane.size - 1);
});
