import { type Bytes, H, hex, joined, number, write } from "./bytes.js";

export interface Place {
  readonly height: number;
  readonly index: number;
}

const leafAt = (index: number): Bytes => H("event", number(8, index));

function node({ height, index }: Place): Bytes {
  if (height === 0) return leafAt(index);
  return H("mmr parent", node({ height: height - 1, index: 2 * index }), node({ height: height - 1, index: 2 * index + 1 }));
}

/** The fewest nodes that cover the leaves `from` to `to` − 1, from left to right. */
export function covering(from: number, to: number): Place[] {
  if (from === to) return [];
  let height = 0;
  while (from % 2 ** (height + 1) === 0 && from + 2 ** (height + 1) <= to) height++;
  return [{ height, index: from / 2 ** height }, ...covering(from + 2 ** height, to)];
}

const proofBytes = (places: readonly Place[]): string => hex(joined(number(1, places.length), ...places.map(node)));

function inclusion(size: number, leafIndex: number): Record<string, unknown> {
  const peaks = covering(0, size);
  const own = peaks.find(({ height, index }) => Math.floor(leafIndex / 2 ** height) === index) as Place;
  const path = Array.from({ length: own.height }, (_, height) => ({ height, index: Math.floor(leafIndex / 2 ** height) ^ 1 }));
  return { size, leafIndex, leaf: hex(leafAt(leafIndex)), proof: proofBytes([...path, ...peaks.filter((peak) => peak !== own)]) };
}

export function mmr(): void {
  const sizes = [1, 2, 3, 4, 5, 7, 8, 11, 63, 64, 65, 127, 128, 200];
  const roots = sizes.map((size) => ({ size, root: hex(H("mmr root", number(8, size), ...covering(0, size).map(node))) }));
  const asked = [
    [1, 0],
    [2, 1],
    [3, 2],
    [7, 0],
    [7, 5],
    [7, 6],
    [64, 33],
    [65, 64],
    [200, 0],
    [200, 131],
    [200, 199],
  ] as const;
  const pairs = [
    [1, 1],
    [1, 2],
    [2, 3],
    [3, 7],
    [5, 8],
    [7, 11],
    [8, 8],
    [63, 64],
    [64, 65],
    [65, 200],
    [127, 128],
    [128, 200],
  ] as const;
  const consistency = pairs.map(([oldSize, newSize]) => {
    const proof = proofBytes([...covering(0, oldSize), ...covering(oldSize, newSize)]);
    return { oldSize, newSize, proof };
  });
  const about = "Leaf i, from 0, is the hash of the u64 i under the tag `sinter 1 event`. Proofs are bytes: a count and the hashes.";
  write("mmr", about, { roots, inclusion: asked.map(([size, leafIndex]) => inclusion(size, leafIndex)), consistency });
}
