import { mmrStoredHeightMin } from "../bytes/limits.js";
import { Writer } from "../bytes/writer.js";
import { type Hasher, hashBytes } from "../identity/crypto.js";
import { groupLeaves, isSize, peakCount, storedNodes } from "./mmr-positions.js";

export interface Mmr {
  /** Number of leaves. */
  readonly size: number;
  /** From the highest. */
  readonly peaks: readonly Uint8Array[];
}

export const emptyMmr: Mmr = { size: 0, peaks: [] };

export function mmrRoot(hasher: Hasher, mmr: Mmr): Uint8Array<ArrayBuffer> {
  const bytes = new Writer(8 + mmr.peaks.length * hashBytes).u64(mmr.size);
  for (const peak of mmr.peaks) bytes.bytes(peak);
  return hasher.hash("sinter 1 mmr root", bytes.finish());
}

/** Takes the stored nodes of a completed group of 64 leaves: the value of its record in table 09. */
export type OnNodes = (group: number, nodes: Uint8Array) => void;

/** The nodes an append made at one height; `first` is the index of the first of them. */
interface Level {
  readonly first: number;
  readonly nodes: Uint8Array;
}

/**
 * Appends `count` leaves, a level at a time, so that the hasher is given whole levels and not pairs. Completed groups
 * are reported in ascending order.
 */
export function appendLeaves(hasher: Hasher, mmr: Mmr, ids: Uint8Array, count: number, onNodes?: OnNodes): Mmr {
  const size = mmr.size + count;
  if (!isSize(mmr.size) || !isSize(count) || !isSize(size)) throw new RangeError(`no range of ${mmr.size} and ${count} leaves`);
  if (mmr.peaks.length !== peakCount(mmr.size)) throw new RangeError(`${mmr.peaks.length} peaks for ${mmr.size} leaves`);
  if (ids.length < count * hashBytes) throw new RangeError(`${ids.length} bytes for ${count} ids`);
  if (count === 0) return mmr;

  const levels: Level[] = [];
  const lowPeaks: Uint8Array[] = [];
  let peaksLeft = mmr.peaks.length;
  let index = mmr.size;
  let nodeCount = count;
  // Nodes made here stand behind room for the peak that may wait at their height for a right sibling. Levels alternate
  // between two such buffers; the ids are the caller's and have no room.
  let made: Uint8Array | undefined;
  let spare: Uint8Array | undefined;
  for (let height = 0; ; height++) {
    let pairs = made?.subarray(hashBytes) ?? ids;
    if (index % 2 === 1) {
      pairs = made ?? behindRoom(ids, count);
      pairs.set(mmr.peaks[--peaksLeft] as Uint8Array);
      index--;
      nodeCount++;
    }
    if (nodeCount % 2 === 1) lowPeaks.push(hashAt(pairs, nodeCount - 1));
    nodeCount = Math.floor(nodeCount / 2);
    index /= 2;
    if (nodeCount === 0) break;
    const out = spare ?? new Uint8Array((nodeCount + 2) * hashBytes);
    const nodes = out.subarray(hashBytes, (nodeCount + 1) * hashBytes);
    hasher.parents("sinter 1 mmr parent", pairs, nodeCount, nodes);
    if (onNodes !== undefined && height + 1 >= mmrStoredHeightMin) levels.push({ first: index, nodes: nodes.slice() });
    spare = made;
    made = out;
  }
  if (onNodes !== undefined) reportGroups(mmr.size, size, levels, onNodes);
  return { size, peaks: [...mmr.peaks.slice(0, peaksLeft), ...lowPeaks.reverse()] };
}

/** A copy of hash number `index`. Never `slice`: the bytes may be a Buffer, whose `slice` answers a view of them. */
export function hashAt(hashes: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hashes.subarray(index * hashBytes, (index + 1) * hashBytes));
}

function behindRoom(ids: Uint8Array, count: number): Uint8Array {
  const joined = new Uint8Array((count + 1) * hashBytes);
  joined.set(ids.subarray(0, count * hashBytes), hashBytes);
  return joined;
}

function reportGroups(oldSize: number, size: number, levels: readonly Level[], onNodes: OnNodes): void {
  const groupsEnd = Math.floor(size / groupLeaves);
  for (let group = Math.floor(oldSize / groupLeaves); group < groupsEnd; group++) {
    const record = new Uint8Array(storedNodes(group) * hashBytes);
    let end = group + 1;
    for (let to = 0; to < record.length; to += hashBytes, end /= 2) {
      const { first, nodes } = levels[to / hashBytes] as Level;
      const from = (end - 1 - first) * hashBytes;
      for (let at = 0; at < hashBytes; at++) record[to + at] = nodes[from + at] as number;
    }
    onNodes(group, record);
  }
}
