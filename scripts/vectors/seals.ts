import { classical, signed } from "./authors.js";
import { type Bytes, H, hex, joined, number, utf8, write } from "./bytes.js";
import { stampBytes } from "./events.js";

/** Levels from the leaves up; a last odd one rises unchanged. */
export function levels(bottom: readonly Bytes[]): (readonly Bytes[])[] {
  if (bottom.length === 1) return [bottom];
  const above: Bytes[] = [];
  for (let at = 0; at < bottom.length; at += 2) {
    const [left, right] = [bottom[at] as Bytes, bottom[at + 1]];
    above.push(right === undefined ? left : H("seal parent", left, right));
  }
  return [bottom, ...levels(above)];
}

function sealOver(count: number): Record<string, unknown> {
  const stamp = [1_795_000_000_000 + count, count] as const;
  const heads = Array.from({ length: count }, (_, index) => {
    const lane = H("lane", number(4, index));
    return { lane, size: 3 ** index, mmrRoot: H("mmr root", number(4, index)), headId: H("event", number(4, index)) };
  }).sort((left, right) => Buffer.compare(left.lane, right.lane));
  const leaves = heads.map(({ lane, size, mmrRoot, headId }) => H("head", lane, number(8, size), mmrRoot, headId));
  const tree = levels(leaves);
  const [root] = tree.at(-1) as readonly [Bytes];
  const message = joined(utf8("sinter/1/seal\n"), classical.id, stampBytes(stamp), number(4, count), root);
  const listed = heads.map(({ lane, size, mmrRoot, headId }, index) => {
    const path = tree.flatMap((level, up) => level[Math.floor(index / 2 ** up) ^ 1] ?? []).map(hex);
    const leaf = hex(leaves[index] as Bytes);
    return { index, lane: hex(lane), size, mmrRoot: hex(mmrRoot), headId: hex(headId), leaf, path };
  });
  return { stamp, heads: listed, root: hex(root), message: hex(message), signature: hex(signed(classical, message)) };
}

export function seals(): void {
  const about = "Seals over 1 to 7 heads by one author. The seed is that of its Ed25519 key; a path holds the siblings from the bottom.";
  write("seal", about, { seed: hex(classical.seed), author: hex(classical.id), seals: [1, 2, 3, 4, 7].map(sealOver) });
}
