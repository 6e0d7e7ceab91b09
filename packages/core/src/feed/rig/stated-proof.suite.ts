import type { Stamp } from "../../clock/stamp.js";
import { classicalKeys } from "../../identity/author-keys.js";
import { type Hasher, hashBytes, type Signer } from "../../identity/crypto.js";
import { asId, authorOfKey, type Epoch, feedId, type LaneId, laneId, networkId, subjectId } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import { idAt, mmrOver, sourceOf } from "../../proof/mmr-oracle.suite.js";
import { proveInclusion } from "../../proof/mmr-proof.js";
import { sealTree } from "../../proof/seal-tree.js";
import { type EventParts, eventSize, headLengthAt, writeEvent } from "../event/event.js";
import { eventIdOf, payloadHashOf } from "../event/event-id.js";
import type { Checkpoint, LanePlace } from "../seal/checkpoint.js";
import type { PortableProof } from "../seal/event-proof.js";
import { sealLeaf, sealMessage } from "../seal/seal.js";
import { pathOf, hasher as plainHasher } from "./feed-rig.suite.js";

// Proofs of any statement, made of a lane that lies in no store: by hand, so that a test can say anything in one, signed.

export interface Statement {
  readonly networkName: string;
  readonly path: string;
  readonly epoch: Epoch;
  /** All of the lane, at most 64. */
  readonly events: readonly EventParts[];
  readonly seq: number;
  /** Lanes under the seal. */
  readonly sealed: number;
}

export interface StatementTools {
  readonly signer: Signer;
  readonly hasher?: Hasher;
  /** What is signed, if not what a seal should be. */
  readonly message?: (honest: Uint8Array) => Uint8Array;
  /** What event `seq` names as the id before it, if not that. */
  readonly previous?: (honest: Uint8Array, seq: number) => Uint8Array;
}

interface Split {
  readonly head: Uint8Array;
  readonly payload: Uint8Array;
}

export function splitEvent(parts: EventParts): Split {
  const bytes = new Uint8Array(eventSize(parts));
  writeEvent(bytes, 0, parts);
  const at = headLengthAt(bytes, 0);
  return { head: bytes.subarray(0, at), payload: bytes.subarray(at) };
}

export function statedProof(statement: Statement, tools: StatementTools): PortableProof {
  const { networkName, path, epoch, events, seq, sealed } = statement;
  const { hasher = plainHasher, signer } = tools;
  const author = authorOfKey(signer.publicKey);
  const subject = subjectId(hasher, networkId(hasher, networkName), pathOf(path));
  const place = { author, subject, epoch };
  const { ids, previous } = chain(tools, laneId(hasher, feedId(hasher, author, subject), epoch), events);
  const inclusion = proveInclusion(hasher, sourceOf(ids, new Map()), events.length, seq - 1);
  if (inclusion === undefined) throw new Error(`no event ${seq} of ${events.length}`);
  const { head, payload } = splitEvent(events[seq - 1]);
  const [size, { stamp }] = [events.length, events[events.length - 1]];
  const headId = idAt(ids, size - 1);
  const checkpoint = signedCheckpoint(tools, { place, size, mmrRoot: mmrRoot(hasher, mmrOver(hasher, ids)), headId, stamp, sealed });
  return {
    networkName,
    path: pathOf(path),
    keys: classicalKeys(author),
    seq,
    previous: previous[seq - 1],
    head,
    payload: { kind: "whole", bytes: payload },
    inclusion,
    checkpoint,
  };
}

function chain(
  { hasher = plainHasher, previous: named = (honest) => honest }: StatementTools,
  lane: LaneId,
  events: readonly EventParts[],
) {
  const ids = new Uint8Array(events.length * hashBytes);
  const previous: Uint8Array[] = [];
  for (const [index, parts] of events.entries()) {
    const { head, payload } = splitEvent(parts);
    const seq = index + 1;
    previous.push(named(index === 0 ? new Uint8Array(hashBytes) : idAt(ids, index - 1), seq));
    const payloadHash = payloadHashOf(hasher, payload);
    ids.set(eventIdOf(hasher, { lane, previous: previous[index], seq, head, payloadHash }), index * hashBytes);
  }
  return { ids, previous };
}

export interface SignedHead {
  readonly place: LanePlace;
  readonly size: number;
  readonly mmrRoot: Uint8Array;
  readonly headId: Uint8Array;
  readonly stamp: Stamp;
  /** Lanes under the seal. */
  readonly sealed: number;
}

/** What a person who holds the author's key can have signed, true or not. */
export function signedCheckpoint(tools: StatementTools, { place, size, mmrRoot: root, headId, stamp, sealed }: SignedHead): Checkpoint {
  const { hasher = plainHasher, signer, message = (honest) => honest } = tools;
  const own = { lane: laneId(hasher, feedId(hasher, place.author, place.subject), place.epoch), size, mmrRoot: root, headId };
  const index = Math.floor(sealed / 2);
  const leaves = Array.from({ length: sealed }, (_, at) =>
    sealLeaf(hasher, at === index ? own : { ...own, lane: asId<LaneId>(new Uint8Array(hashBytes).fill(at + 1)) }),
  );
  const tree = sealTree(hasher, leaves);
  const signature = signer.sign(message(sealMessage({ author: place.author, stamp, leaves: sealed, root: tree.root })));
  const seal = { size, stamp, leaves: sealed, index, path: tree.path(index), signature };
  return { place, mmrRoot: root, headId, seal };
}
