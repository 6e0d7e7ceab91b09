import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { rangeBytesMax, rangeEnvelopeBytesMax } from "../bytes/limits.js";
import { isMalformed, Malformed } from "../bytes/malformed.js";
import { Pieces } from "../bytes/pieces.js";
import { blockHeaderBytes } from "../feed/event/block.js";
import type { RangeOffer } from "../feed/range/verified-range.js";
import { parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { cutOffer, offerFrom, takeOffer } from "../feed/rig/offered-lane.suite.js";
import { flipped } from "../feed/rig/segments.suite.js";
import { fill } from "./messages.suite.js";
import { decodeRange, encodeRange, encodeRangeHead, takeRange } from "./range-codec.js";

function decoded(bytes: Uint8Array): RangeOffer {
  const offer = decodeRange(bytes);
  if (offer instanceof Malformed) throw new Error(offer.reason);
  return offer;
}

const reasonOf = (bytes: Uint8Array) => (decodeRange(bytes) as Malformed).reason;

function written(): Rig {
  const rig = new Rig();
  for (let at = 0; at < 20; at++) rig.append("s/ä", parts(`event ${at}`), parts(900));
  return rig;
}

const small = (): Uint8Array => {
  const rig = new Rig();
  rig.append("s", parts("one"), parts("two"), parts("three"));
  return encodeRange(cutOffer(rig, "s", { from: 1, to: 2, perBlock: 1 }));
};

test("a range is read as it was offered, and what it offers is taken", () => {
  const rig = written();
  for (const offer of [offerFrom(rig, "s/ä"), offerFrom(rig, "s/ä", 1, 1), cutOffer(rig, "s/ä", { from: 1, to: 3, perBlock: 1 })]) {
    const bytes = encodeRange(offer);
    const read = decoded(bytes);
    expect(read).toEqual(offer);
    expect(toHex(encodeRange(read))).toBe(toHex(bytes));
    expect(takeOffer(new Rig({ author: 2, instance: 2 }), read)).toBe("taken");
  }
});

test("the keys of a hybrid author travel with it; of a classical one its id is enough", () => {
  const offer = offerFrom(written(), "s/ä");
  const keys = { suite: 2, ed25519: fill(1), falcon: fill(2, 897) } as const;
  const hybrid = encodeRange({ ...offer, keys });
  expect(decoded(hybrid).keys).toEqual(keys);
  expect(hybrid.length - encodeRange(offer).length).toBe(32 + 897);
});

test("its blocks are views of the bytes they came in", () => {
  const bytes = encodeRange(offerFrom(written(), "s/ä"));
  const { blocks } = decoded(bytes);
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) expect(block.buffer).toBe(bytes.buffer);
});

test("in whatever pieces it comes it is the same, and what lies within one is a view", () => {
  const bytes = encodeRange(offerFrom(written(), "s/ä"));
  for (const size of [1, 7, 100, 5_000, bytes.length]) {
    const pieces = new Pieces();
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
    pieces.push(Uint8Array.of(1, 2, 3));
    expect(takeRange(pieces, bytes.length)).toEqual(decoded(bytes));
    expect([...pieces.take(9)]).toEqual([1, 2, 3]);
  }
});

test("what goes out in pieces is what it is encoded as", () => {
  const offer = offerFrom(written(), "s/ä");
  expect([encodeRangeHead(offer), ...offer.blocks].map(toHex).join("")).toBe(toHex(encodeRange(offer)));
});

test("cut off anywhere but behind a block, it is none", () => {
  const bytes = small();
  const { blocks } = decoded(bytes);
  const behindFirst = bytes.length - (blocks.at(-1)?.length ?? 0);
  for (let end = 0; end < bytes.length; end++)
    expect([end, isMalformed(decodeRange(bytes.subarray(0, end)))]).toEqual([end, end !== behindFirst]);
});

test("with any bit flipped it is none, or another that is written the same", () => {
  const bytes = small();
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const spoilt = flipped(bytes, bit);
    const offer = decodeRange(spoilt);
    if (!(offer instanceof Malformed) && toHex(encodeRange(offer)) !== toHex(spoilt)) throw new Error(`bit ${bit}`);
  }
});

test("it has blocks that follow one another, and no more bytes of them than are verified together", () => {
  const offer = cutOffer(written(), "s/ä", { from: 1, to: 3, perBlock: 1 });
  expect(reasonOf(encodeRange({ ...offer, blocks: [] }))).toBe("a range of no blocks");
  expect(reasonOf(encodeRange({ ...offer, blocks: offer.blocks.toReversed() }))).toBe("blocks that do not follow one another");
  const block = new Uint8Array(rangeBytesMax);
  new DataView(block.buffer).setUint32(4, rangeBytesMax - blockHeaderBytes);
  const largest = encodeRange({ ...offer, blocks: [block] });
  expect(decoded(largest).blocks).toHaveLength(1);
  expect(largest.length).toBeLessThanOrEqual(rangeBytesMax + rangeEnvelopeBytesMax);
  const larger = new Uint8Array(largest.length + 1);
  larger.set(largest);
  expect(reasonOf(larger)).toContain("are allowed");
});

test("what stands before the blocks is never more than the bound for it", () => {
  const offer = offerFrom(written(), "s/ä");
  const path = new Array(8).fill("p".repeat(64)).join("/") as RangeOffer["path"];
  const keys = { suite: 2, ed25519: fill(1), falcon: fill(2, 897) } as const;
  const seal = { ...offer.checkpoint.seal, leaves: 65_536, index: 0, path: new Array<Uint8Array>(16).fill(fill(1)) };
  const longest = { ...offer, path, keys, checkpoint: { ...offer.checkpoint, seal }, proof: new Array<Uint8Array>(106).fill(fill(2)) };
  const blocks = offer.blocks.reduce((sum, block) => sum + block.length, 0);
  const bytes = encodeRange(longest);
  expect(decoded(bytes)).toEqual(longest);
  expect(bytes.length - blocks).toBeLessThanOrEqual(rangeEnvelopeBytesMax);
});
