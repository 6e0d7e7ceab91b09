import { expect, test } from "vitest";
import { blockBytesMax, sendingRangeBytes } from "../../bytes/limits.js";
import { parts, Rig } from "../rig/feed-rig.suite.js";
import { offerFrom } from "../rig/offered-lane.suite.js";

const stored = (rig: Rig): Uint8Array[] => {
  const bytes = offerFrom(rig, "s", 1, 1);
  const blocks = [...bytes.blocks];
  for (let next = bytes; next.blocks.length > 0 && blocks.length < 40; ) {
    const seq = 1 + blocks.reduce((sum, block) => sum + new DataView(block.buffer, block.byteOffset).getUint16(2), 0);
    if (seq > (rig.view.head(0)?.size ?? 0)) break;
    next = offerFrom(rig, "s", seq, 1);
    blocks.push(...next.blocks);
  }
  return blocks;
};

test("blocks are offered as each by itself, and lie side by side behind the first", () => {
  const rig = new Rig();
  // One is larger than any block of many.
  for (const length of [3_000, 3_000, 3_000, 3_000, 20_000, 3_000, 3_000, 3_000, 3_000]) rig.append("s", parts(length));
  const { blocks } = offerFrom(rig, "s");
  expect(blocks).toEqual(stored(rig));
  const large = blocks.findIndex(({ length }) => length > blockBytesMax);
  expect(large).toBeGreaterThan(1);
  const [second, behind] = [blocks[1] as Uint8Array, blocks.at(-1) as Uint8Array];
  expect(behind.buffer).toBe(second.buffer);
  expect(new Set([blocks[0]?.buffer, second.buffer, blocks[large]?.buffer]).size).toBe(3);
  expect(second.buffer.byteLength).toBeLessThanOrEqual(sendingRangeBytes + 2 * blockBytesMax);
});

test("one alone takes no more memory than it has bytes", () => {
  const rig = new Rig();
  rig.append("s", parts(100));
  const [only] = offerFrom(rig, "s", 1, 48 * 1024).blocks;
  expect(only?.buffer.byteLength).toBe(only?.length);
});
