import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { segmentBlocksBytesMax } from "../../bytes/limits.js";
import { blockKey } from "../../store/keys.js";
import { BlockBuilder, type BlockView, checkBlock, eventIn } from "../event/block.js";
import { headLengthAt } from "../event/event.js";
import { hasher, parts, Rig } from "../rig/feed-rig.suite.js";
import { laneBytes, takeOffer } from "../rig/offered-lane.suite.js";
import { type Archived, archived, atHead, offersOf, sealedByBoth, segmented } from "../rig/segments.suite.js";
import { decodeSegment, type Segment } from "./segment.js";

const EVENT_BYTES = 200_000;

/** A lane of large events, one a block: every segment holds so many. */
function growing(count: number, rig = new Rig()): Rig {
  for (let at = 0; at < count; at++) rig.append("s", parts(EVENT_BYTES + at));
  return rig;
}

const joined = (blocks: readonly Uint8Array[]) => Buffer.concat(blocks);
const ids = (rig: Rig) => segmented(rig, atHead(rig, 0)).made.map(({ id }) => toHex(id));

test("a lane comes in segments of whole blocks, one behind the other, none too long", () => {
  const rig = growing(50);
  const { made, lane } = segmented(rig, atHead(rig, 0));
  const segments = made.map(({ bytes }) => decodeSegment(bytes) as Segment);
  expect(segments.length).toBe(3);
  expect(segments.map(({ firstSeq }) => firstSeq)).toEqual([1, ...segments.slice(0, -1).map(({ lastSeq }) => lastSeq + 1)]);
  expect(segments.at(-1)?.lastSeq).toBe(50);
  for (const { blocks } of segments)
    expect(blocks.reduce((sum, block) => sum + block.length, 0)).toBeLessThanOrEqual(segmentBlocksBytesMax);
  const stored = Array.from({ length: 50 }, (_, at) => rig.keys.get(blockKey(0, at + 1)) as Uint8Array);
  expect(joined(segments.flatMap(({ blocks }) => blocks)).equals(joined(stored))).toBe(true);
  expect(lane.segments).toEqual(made.map(({ id, lastSeq, proof }) => ({ id, lastSeq, proof })));
});

test("exported again, a lane has the same segments; grown, the same but for the last", () => {
  const rig = growing(50);
  const before = ids(rig);
  expect(ids(rig)).toEqual(before);
  growing(1, rig);
  const after = ids(rig);
  expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
  expect([after.length, after[2] === before[2]]).toEqual([3, false]);
});

test("another store takes the segments in, and comes to the same bytes", () => {
  const [a, b] = [growing(45), new Rig({ author: 2, instance: 2 })];
  const archive = archived(a, "s");
  const outcomes = archive.index.lanes.flatMap((lane) => offersOf(archive, lane).map((offer) => takeOffer(b, offer)));
  expect(outcomes).toEqual(["taken", "taken", "taken"]);
  expect(laneBytes(b, b.laneNumber("s", a.author))).toEqual(laneBytes(a, 0));
});

test("what is appended meanwhile is not in it: the lane is as it was at the head named", () => {
  const rig = new Rig();
  for (let at = 0; at < 30; at++) rig.append("s", parts(at + 1));
  const lane = atHead(rig, 0);
  const before = segmented(rig, lane);
  rig.append("s", ...Array.from({ length: 700 }, (_, at) => parts(at % 50)));
  expect(segmented(rig, lane)).toEqual(before);
  expect(segmented(rig, lane, () => void rig.append("s", parts(3)))).toEqual(before);
  expect(segmented(rig, atHead(rig, 0)).made).not.toEqual(before.made);
});

test("a lane held in part goes on under the seal it came with", () => {
  const [a, b, c] = [growing(45), new Rig({ author: 2, instance: 2 }), new Rig({ author: 3, instance: 3 })];
  const archive = archived(a, "s");
  const [first, second] = offersOf(archive, archive.index.lanes[0] as never);
  for (const offer of [first, second]) takeOffer(b, offer as never);
  const again = archived(b, "s");
  expect(again.index.lanes[0]?.checkpoint.seal.size).toBe(45);
  expect([...again.files.keys()]).toEqual([...archive.files.keys()].slice(0, 2));
  expect(offersOf(again, again.index.lanes[0] as never).map((offer) => takeOffer(c, offer))).toEqual(["taken", "taken"]);
  expect(laneBytes(c, 0)).toEqual(laneBytes(b, 0));
});

/** The block without the payloads of its events. */
function emptied(bytes: Uint8Array): Uint8Array {
  const block = checkBlock(bytes) as BlockView;
  const builder = new BlockBuilder(block.firstSeq, block.previous);
  for (let index = 0; index < block.count; index++) {
    const event = eventIn(block, index);
    const head = event.subarray(0, headLengthAt(event, 0));
    builder.addAbsent(head, hasher.hash("sinter 1 payload", event.subarray(head.length)));
  }
  return builder.finish();
}

test("whichever payloads are absent, a lane is cut in the same places", () => {
  const [a, b, c] = [growing(45), new Rig({ author: 2, instance: 2 }), new Rig({ author: 3, instance: 3 })];
  const archive = archived(a, "s");
  const offers = archive.index.lanes.flatMap((lane) => offersOf(archive, lane));
  const without = offers.map((offer) => ({ ...offer, blocks: offer.blocks.map((block, at) => (at % 3 === 0 ? block : emptied(block))) }));
  expect(without.map((offer) => takeOffer(b, offer))).toEqual(["taken", "taken", "taken"]);
  const again = archived(b, "s");
  const ends = ({ index }: Archived) => index.lanes[0]?.segments.map(({ lastSeq }) => lastSeq);
  expect(ends(again)).toEqual(ends(archive));
  expect(again.index.lanes.flatMap((lane) => offersOf(again, lane)).map((offer) => takeOffer(c, offer))).toEqual([
    "taken",
    "taken",
    "taken",
  ]);
  expect(laneBytes(c, 0)).toEqual(laneBytes(b, 0));
});

test("with a lane stands what its author's second key signed, but not over events that are not in it", () => {
  const rig = sealedByBoth("s");
  const { lane, made } = segmented(rig, atHead(rig, 0));
  expect([lane.hybrid, made.at(-1)?.lastSeq]).toEqual([rig.view.hybrid(0), 3]);
  const { head, ...at } = atHead(rig, 0);
  const frozen = segmented(rig, { ...at, head: { ...head, freezeAt: 2 } });
  expect([frozen.lane.hybrid, frozen.made.at(-1)?.lastSeq]).toEqual([undefined, 1]);
});

test("a lane that has lost a block is damaged, and not cut short", () => {
  const rig = growing(5);
  rig.keys.remove(blockKey(0, 5));
  expect(() => segmented(rig, atHead(rig, 0))).toThrow("its events behind 4 are missing");
});
