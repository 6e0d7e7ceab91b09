import { Malformed } from "../bytes/malformed.js";
import { decodeSegmentIndex, type SegmentIndex } from "../feed/range/segment-index.js";
import type { ExportPart } from "./export.js";
import type { SegmentShelf } from "./import.js";
import type { PeerRig } from "./peer-rig.suite.js";

// A subject's segments as a peer exports them, kept in memory.

export interface Shelf extends SegmentShelf {
  readonly files: Map<string, Uint8Array>;
}

export function shelfOf(index: SegmentIndex, files: Map<string, Uint8Array>): Shelf {
  return { from: "the shelf", index, files, segment: async (name) => files.get(name) ?? new Malformed("it is not there") };
}

export async function exported(rig: PeerRig, subject: string): Promise<Shelf> {
  const read = async () => {
    const found: ExportPart[] = [];
    for await (const part of rig.peer.segments(subject)) found.push(part);
    return found;
  };
  const found = await rig.of(read());
  const last = found.at(-1);
  if (last?.kind !== "index") throw new Error("the index comes last");
  const files = new Map(found.flatMap((part) => (part.kind === "segment" ? [[part.name, part.bytes] as const] : [])));
  return shelfOf(decodeSegmentIndex(last.bytes) as SegmentIndex, files);
}
