import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import type { AuthorKeys } from "../identity/author-keys.js";
import { type Hasher, hashBytes, type Verifier } from "../identity/crypto.js";
import { type AuthorId, type Epoch, epochNonceBytes, feedId, idBytes, type LaneId, laneId, type SubjectId } from "../identity/ids.js";
import { readSeal, type Seal, writeSeal } from "../store/records.js";
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

export interface Checkpoint {
  readonly place: LanePlace;
  readonly mmrRoot: Uint8Array;
  readonly headId: Uint8Array;
  /** Its size is that of the lane when it was sealed. */
  readonly seal: Seal;
}

export function encodeCheckpoint({ place, mmrRoot, headId, seal }: Checkpoint): Uint8Array<ArrayBuffer> {
  const writer = new Writer(512).u8(checkpointVersion).bytes(place.author).bytes(place.subject);
  writer.u32(place.epoch.index).bytes(place.epoch.nonce).u64(seal.size).bytes(mmrRoot).bytes(headId);
  return writeSeal(writer, seal).finish();
}

export function decodeCheckpoint(bytes: Uint8Array): Decoded<Checkpoint> {
  const reader = new Reader(bytes);
  const checkpoint = readCheckpoint(reader);
  return reader.finish(() => checkpoint);
}

/** One that stands among other bytes: whoever reads them asks in the end whether all of it was there. */
export function readCheckpoint(reader: Reader): Checkpoint {
  const version = reader.u8();
  if (version !== checkpointVersion) reader.fail(`a checkpoint of version ${version}; this program reads ${checkpointVersion}`);
  const author = reader.take(idBytes);
  const subject = reader.take(idBytes);
  const epoch = { index: reader.u32(), nonce: reader.take(epochNonceBytes) };
  const size = reader.u64();
  if (size < 1) reader.fail("a checkpoint of no events");
  const mmrRoot = reader.take(hashBytes);
  const headId = reader.take(hashBytes);
  const seal = readSeal(reader, size);
  return { place: { author: author as AuthorId, subject: subject as SubjectId, epoch }, mmrRoot, headId, seal };
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
    const lane = laneId(hasher, feedId(hasher, place.author, place.subject), place.epoch);
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
