import { mmrHeightMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { compareBytes, equalBytes } from "../../bytes/order.js";
import { Reader } from "../../bytes/reader.js";
import { Writer } from "../../bytes/writer.js";
import type { AuthorKeys } from "../../identity/author-keys.js";
import { hashBytes } from "../../identity/crypto.js";
import { type AuthorId, epochNonceBytes, idBytes, type LaneId, type SubjectId } from "../../identity/ids.js";
import { rootOfSplit, splitCounts } from "../../proof/mmr-split.js";
import { readSeal, type Seal, writeSeal } from "../../store/records.js";
import { type LanePlace, type SealTools, VerifiedCheckpoint } from "./checkpoint.js";

// That an author signed two histories of one lane (docs/wire.md, "Fork proof"): checkable from its bytes alone, so that nobody
// has to be believed. Both ranges are split at the first event in which they differ, and share the peaks before it; the roots
// follow from the parts, and the seals hold over the roots. Epochs of one index and different nonces are different lanes:
// two stores of one author that both go on writing are no fork.

export const forkProofVersion = 1;

/** One of the two histories, from the event at which they part. */
export interface ForkBranch {
  /** Id of that event. */
  readonly leaf: Uint8Array;
  readonly rest: readonly Uint8Array[];
  readonly headId: Uint8Array;
  /** Its size is that of the branch. */
  readonly seal: Seal;
}

export interface ForkProof {
  readonly place: LanePlace;
  /** Seq of the first event in which the branches differ. */
  readonly forkedAt: number;
  /** Peaks of the events before it. */
  readonly before: readonly Uint8Array[];
  /** The one with the smaller leaf first: one fork, one proof of it, whichever branch was met first. */
  readonly branches: readonly [ForkBranch, ForkBranch];
}

export function forkProof(place: LanePlace, forkedAt: number, parts: Omit<ForkProof, "place" | "forkedAt">): ForkProof {
  const [one, other] = parts.branches;
  return { place, forkedAt, before: parts.before, branches: compareBytes(one.leaf, other.leaf) < 0 ? [one, other] : [other, one] };
}

export function encodeForkProof({ place, forkedAt, before, branches }: ForkProof): Uint8Array<ArrayBuffer> {
  const writer = new Writer(2048).u8(forkProofVersion).bytes(place.author).bytes(place.subject);
  writer.u32(place.epoch.index).bytes(place.epoch.nonce).u64(forkedAt);
  for (const peak of before) writer.bytes(peak);
  for (const { leaf, rest, headId, seal } of branches) {
    writer.bytes(leaf).u64(seal.size).bytes(headId);
    for (const node of rest) writer.bytes(node);
    writeSeal(writer, seal);
  }
  return writer.finish();
}

export function decodeForkProof(bytes: Uint8Array): Decoded<ForkProof> {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== forkProofVersion) reader.fail(`a fork proof of version ${version}; this program reads ${forkProofVersion}`);
  const author = reader.take(idBytes) as AuthorId;
  const subject = reader.take(idBytes) as SubjectId;
  const epoch = { index: reader.u32(), nonce: reader.take(epochNonceBytes) };
  const forkedAt = reader.u64();
  if (forkedAt < 1) reader.fail("a fork at event 0; the first is 1");
  const before = readHashes(reader, reader.failed ? 0 : splitCounts(forkedAt - 1, forkedAt).before);
  const branches = [readBranch(reader, forkedAt), readBranch(reader, forkedAt)] as const;
  if (!reader.failed && compareBytes(branches[0].leaf, branches[1].leaf) >= 0)
    reader.fail("branches that do not stand in order, or do not differ");
  return reader.finish(() => ({ place: { author, subject, epoch }, forkedAt, before, branches }));
}

function readBranch(reader: Reader, forkedAt: number): ForkBranch {
  const leaf = reader.take(hashBytes);
  const size = reader.u64();
  if (size < forkedAt) reader.fail(`a branch of ${size} events of which event ${forkedAt} is one`);
  const headId = reader.take(hashBytes);
  const rest = readHashes(reader, reader.failed ? 0 : splitCounts(forkedAt - 1, size).rest);
  return { leaf, rest, headId, seal: readSeal(reader, size) };
}

function readHashes(reader: Reader, count: number): Uint8Array[] {
  if (count > 2 * mmrHeightMax) reader.fail(`${count} hashes`);
  const hashes: Uint8Array[] = [];
  while (hashes.length < count && !reader.failed) hashes.push(reader.take(hashBytes));
  return hashes;
}

/** A fork that its author signed for, twice. Nothing else makes one than `verify`. */
export class VerifiedFork {
  readonly #proof: ForkProof;
  readonly #lane: LaneId;
  readonly #keys: AuthorKeys;

  private constructor(proof: ForkProof, lane: LaneId, keys: AuthorKeys) {
    this.#proof = proof;
    this.#lane = lane;
    this.#keys = keys;
  }

  /** From the bytes of the proof and the keys alone. */
  static verify(tools: SealTools, proof: ForkProof, keys: AuthorKeys): Decoded<VerifiedFork> {
    const [one, other] = proof.branches;
    if (equalBytes(one.leaf, other.leaf)) return new Malformed("two branches that do not differ where they are said to");
    const first = sealedBranch(tools, proof, one, keys);
    if (first instanceof Malformed) return first;
    const second = sealedBranch(tools, proof, other, keys);
    return second instanceof Malformed ? second : new VerifiedFork(proof, first.lane, keys);
  }

  get proof(): ForkProof {
    return this.#proof;
  }

  get lane(): LaneId {
    return this.#lane;
  }

  /** The author's. */
  get keys(): AuthorKeys {
    return this.#keys;
  }

  get forkedAt(): number {
    return this.#proof.forkedAt;
  }
}

function sealedBranch(
  tools: SealTools,
  { place, forkedAt, before }: ForkProof,
  branch: ForkBranch,
  keys: AuthorKeys,
): Decoded<VerifiedCheckpoint> {
  const { leaf, rest, headId, seal } = branch;
  if (seal.size === forkedAt && !equalBytes(leaf, headId)) return new Malformed("a branch whose last event is not its head");
  const mmrRoot = rootOfSplit(tools.hasher, { at: forkedAt - 1, size: seal.size, before, leaf, rest });
  if (mmrRoot === undefined) return new Malformed("a branch whose hashes do not fit its size");
  return VerifiedCheckpoint.verify(tools, { place, mmrRoot, headId, seal }, keys);
}
