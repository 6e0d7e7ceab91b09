import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { Reader } from "../../bytes/reader.js";
import { Writer } from "../../bytes/writer.js";
import type { AuthorKeys } from "../../identity/author-keys.js";
import { type Hasher, signatureBytes, type Verifier } from "../../identity/crypto.js";
import { type AuthorId, type Epoch, epochNonceBytes, feedId, idBytes, type LaneId, laneId, type SubjectId } from "../../identity/ids.js";
import { readSealedHead, type SealedHead, writeSealedHead } from "../../store/records.js";
import { verifySeal } from "./seal.js";

// One lane's part of a seal, with all that is needed to check it but the author's keys: what proofs, accusations and
// foreign ranges rest on. It names network and subject only by their hash, and stays the same bytes wherever it goes.

export const checkpointVersion = 1;

/** Which lane, in the words that everybody shares: a lane's number is local to a store. */
export interface LanePlace {
  readonly author: AuthorId;
  readonly subject: SubjectId;
  readonly epoch: Epoch;
}

export function laneOf(hasher: Hasher, { author, subject, epoch }: LanePlace): LaneId {
  return laneId(hasher, feedId(hasher, author, subject), epoch);
}

export interface Checkpoint extends SealedHead {
  readonly place: LanePlace;
}

export function encodeCheckpoint({ place, ...sealed }: Checkpoint): Uint8Array<ArrayBuffer> {
  const writer = new Writer(512).u8(checkpointVersion).bytes(place.author).bytes(place.subject);
  writer.u32(place.epoch.index).bytes(place.epoch.nonce);
  return writeSealedHead(writer, sealed).finish();
}

export function decodeCheckpoint(bytes: Uint8Array): Decoded<Checkpoint> {
  const reader = new Reader(bytes);
  const checkpoint = readCheckpoint(reader);
  return reader.finish(() => checkpoint);
}

/** One that stands among other bytes: whoever reads them asks in the end whether all of it was there. */
export function readCheckpoint(reader: Reader, signatureLength: number = signatureBytes): Checkpoint {
  const version = reader.u8();
  if (version !== checkpointVersion) reader.fail(`a checkpoint of version ${version}; this program reads ${checkpointVersion}`);
  const author = reader.take(idBytes) as AuthorId;
  const subject = reader.take(idBytes) as SubjectId;
  const epoch = { index: reader.u32(), nonce: reader.take(epochNonceBytes) };
  return { place: { author, subject, epoch }, ...readSealedHead(reader, signatureLength) };
}

export interface SealTools {
  readonly hasher: Hasher;
  readonly verifier: Verifier;
}

/** A checkpoint whose author signed it. Nothing else makes one than `verify`: holding it is the proof. */
export class VerifiedCheckpoint {
  readonly #checkpoint: Checkpoint;
  readonly #lane: LaneId;

  private constructor(checkpoint: Checkpoint, lane: LaneId) {
    this.#checkpoint = checkpoint;
    this.#lane = lane;
  }

  /** From the bytes and the keys alone. Of suite 1 the author's id is its key; of suite 2 the keys have to be shown. */
  static verify({ hasher, verifier }: SealTools, checkpoint: Checkpoint, keys: AuthorKeys): Decoded<VerifiedCheckpoint> {
    const { place, mmrRoot, headId, seal } = checkpoint;
    const lane = laneOf(hasher, place);
    const head = { lane, size: seal.size, mmrRoot, headId };
    const holds = verifySeal(hasher, verifier, { author: place.author, keys, head, seal });
    return holds instanceof Malformed ? holds : new VerifiedCheckpoint(checkpoint, lane);
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  get lane(): LaneId {
    return this.#lane;
  }

  get size(): number {
    return this.#checkpoint.seal.size;
  }
}
