import { Malformed } from "../../bytes/malformed.js";
import { hashBytes } from "../../identity/crypto.js";
import { proveCoveredInclusion } from "../../proof/mmr-cover.js";
import { type MmrProof, proveInclusion } from "../../proof/mmr-proof.js";
import type { HeadRecord, SealedHead } from "../../store/records.js";
import { headLengthAt, payloadAt } from "../event/event.js";
import { payloadHashOf } from "../event/event-id.js";
import type { Checkpoint, SealTools } from "../seal/checkpoint.js";
import { encodePortableProof, type HybridPart, type ShownPayload, verifyProof } from "../seal/event-proof.js";
import { DamagedStore, type FeedView } from "./feed-view.js";
import { type EventProof, LaneReader, type Located } from "./lane-reader.js";

export interface AskedProof {
  /** By its number in this store. */
  readonly lane: number;
  readonly seq: number;
  readonly networkName: string;
  /** Whether the proof shows what the event says, or only that it is there. */
  readonly payload: "shown" | "hash";
}

/** The bytes of a proof of one event, or `undefined` where the lane has no such event. What this store holds is believed no
 * more than a stranger's bytes: the proof is checked as whoever gets it will check it. */
export function proveEvent(view: FeedView, tools: SealTools, asked: AskedProof): Uint8Array<ArrayBuffer> | undefined {
  const { lane, seq, networkName } = asked;
  const where = `lane ${lane}`;
  const [head, record] = [view.head(lane), view.lane(lane)];
  if (head === undefined || record === undefined || !Number.isSafeInteger(seq) || seq < 1 || seq > head.size) return undefined;
  const path = view.subject(record.subject);
  if (path === undefined) throw new DamagedStore(where, "the path of its subject is missing");
  // Every commit has a seal over what it writes, or over more: a head that no seal covers is none of ours.
  if (head.seal.size !== head.size && head.cover === undefined)
    throw new DamagedStore(where, `its seal covers ${head.seal.size} events of ${head.size}`);
  const keys = view.keysOf(record.author);
  const reader = new LaneReader(view, tools.hasher, lane);
  const shown = reader.prove(seq);
  const hybrid = hybridPart(tools, view.hybrid(lane), reader, seq);
  const inclusion = shown && inclusionOf(tools, head, reader, shown);
  const previous = idBefore(reader, seq);
  const located = reader.event(seq);
  if (shown === undefined || inclusion === undefined || previous === undefined || located === undefined)
    throw new DamagedStore(where, `event ${seq} is missing`);
  const { bytes, offset } = located;
  const { subject, author, epoch } = record;
  const proof = encodePortableProof({
    networkName,
    path,
    keys,
    seq,
    previous,
    head: bytes.subarray(offset, offset + headLengthAt(bytes, offset)),
    payload: shownPayload(tools, located, asked.payload),
    inclusion,
    checkpoint: { place: { author, subject, epoch }, ...sealedEnd(head, shown), seal: head.seal },
    hybrid,
  });
  const proven = verifyProof(proof, tools);
  if (proven instanceof Malformed) throw new DamagedStore(where, `event ${seq} cannot be proven: ${proven.reason}`);
  return proof;
}

/** Of a lane that is not here to its end, the way to the root of all that its seal is over. */
function inclusionOf({ hasher }: SealTools, head: HeadRecord, reader: LaneReader, { seq, path }: EventProof): MmrProof | undefined {
  if (head.cover === undefined) return path;
  const range = { source: reader.nodes(reader.laneId()), held: head.size, size: head.seal.size, proof: head.cover.proof };
  return proveCoveredInclusion(hasher, range, seq - 1);
}

/** Of an event that the author's second key has signed for, what shows it. */
function hybridPart({ hasher }: SealTools, sealed: SealedHead | undefined, reader: LaneReader, seq: number): HybridPart | undefined {
  if (sealed === undefined || seq > sealed.seal.size) return undefined;
  const inclusion = proveInclusion(hasher, reader.nodes(reader.laneId()), sealed.seal.size, seq - 1);
  return inclusion && { inclusion, sealed };
}

function sealedEnd({ cover, headId }: HeadRecord, { root }: EventProof): Pick<Checkpoint, "mmrRoot" | "headId"> {
  return cover === undefined ? { mmrRoot: root, headId } : { mmrRoot: cover.mmrRoot, headId: cover.headId };
}

function idBefore(reader: LaneReader, seq: number): Uint8Array | undefined {
  return seq === 1 ? new Uint8Array(hashBytes) : reader.nodes(reader.laneId()).leaves(seq - 2, 1);
}

/** Where the payload is absent, a proof can only show that the event is there. */
function shownPayload({ hasher }: SealTools, { bytes, offset, payload }: Located, asked: AskedProof["payload"]): ShownPayload {
  if (payload === "absent") {
    const at = offset + headLengthAt(bytes, offset);
    return { kind: "hash", hash: bytes.subarray(at, at + hashBytes) };
  }
  const whole = payloadAt(bytes, offset);
  return asked === "shown" ? { kind: "whole", bytes: whole } : { kind: "hash", hash: payloadHashOf(hasher, whole) };
}
