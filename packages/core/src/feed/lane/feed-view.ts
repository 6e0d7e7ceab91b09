import { toHex } from "../../bytes/hex.js";
import { type Decoded, isMalformed } from "../../bytes/malformed.js";
import type { Stamp } from "../../clock/stamp.js";
import { type AuthorKeys, decodeAuthorKeys } from "../../identity/author-keys.js";
import type { AuthorId, Epoch, LaneId, SubjectId } from "../../identity/ids.js";
import type { SubjectPath } from "../../identity/subject-path.js";
import type { ReadableKeys } from "../../protocol/key-space.js";
import {
  authorKey,
  blockHolding,
  blockKey,
  changedKey,
  decodeKey,
  forkKey,
  givenUpKey,
  headKey,
  hybridKey,
  laneKey,
  laneNumberKey,
  lanesOf,
  metaKey,
  pathKey,
  pathsFrom,
  returnedKey,
  subjectKey,
  tableRange,
  unsealedKey,
} from "../../store/keys.js";
import {
  decodeClockRecord,
  decodeFrontierRecord,
  decodeGivenUpRecord,
  decodeHeadRecord,
  decodeHybridRecord,
  decodeLaneNumber,
  decodeLaneRecord,
  decodePathRecord,
  decodeReturnedRecord,
  decodeStoreRecord,
  decodeSubjectRecord,
  type FrontierRecord,
  type GivenUpRecord,
  type HeadRecord,
  type LaneRecord,
  type ReturnedRecord,
  type SealedHead,
  type StoreRecord,
} from "../../store/records.js";
import { type BlockView, blockPrevious, checkBlock } from "../event/block.js";
import { decodeForkProof, type ForkProof } from "../seal/fork-proof.js";

/** The store does not hold what this program wrote to it. Never a stranger's doing: those bytes were checked on the way in. */
export class DamagedStore extends Error {
  readonly where: string;

  constructor(where: string, detail: string) {
    super(`the store is damaged at ${where}: ${detail}`);
    this.name = "DamagedStore";
    this.where = where;
  }
}

/** What is read, or nothing where the disk has lost some of it: of that an audit tells. */
export function unlessLost<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DamagedStore)) throw error;
    return undefined;
  }
}

/** One lane of a subject. */
export interface LaneEntry {
  readonly number: number;
  readonly author: AuthorId;
  readonly epoch: Epoch;
}

export interface SubjectEntry {
  readonly path: SubjectPath;
  readonly id: SubjectId;
}

/** Reads the tables of feeds by their meaning. Holds nothing: what it answers is what the keys hold at that moment. */
export class FeedView {
  readonly keys: ReadableKeys;

  constructor(keys: ReadableKeys) {
    this.keys = keys;
  }

  head(lane: number): HeadRecord | undefined {
    return this.#record(headKey(lane), decodeHeadRecord, () => `head of lane ${lane}`);
  }

  lane(lane: number): LaneRecord | undefined {
    return this.#record(laneKey(lane), decodeLaneRecord, () => `lane ${lane}`);
  }

  laneNumber(subject: SubjectId, author: AuthorId, epoch: Epoch): number | undefined {
    return this.#record(laneNumberKey(subject, author, epoch), decodeLaneNumber, () => "number of a lane");
  }

  /** The lanes of a subject, or of one author in it, in the order of author, epoch index and nonce. */
  *lanes(subject: SubjectId, author?: AuthorId): Iterable<LaneEntry> {
    for (const [key, value] of this.keys.range(lanesOf(subject, author))) {
      const place = decodeKey(key);
      const number = decodeLaneNumber(value);
      if (isMalformed(place) || place.table !== "laneNumber" || isMalformed(number))
        throw new DamagedStore("lanes of a subject", "an entry that names no lane");
      yield { number, author: place.author, epoch: place.epoch };
    }
  }

  /** The number the next new lane takes: one that nothing in the store goes by, even where a lane's record is lost. */
  nextLaneNumber(): number {
    return Math.max(this.#numberBehind("lane"), this.#numberBehind("head"), this.#numberBehind("block"));
  }

  #numberBehind(table: "lane" | "head" | "block"): number {
    for (const [key] of this.keys.range({ ...tableRange(table), order: "descending", limit: 1 })) {
      const last = decodeKey(key);
      if (isMalformed(last) || last.table !== table) throw new DamagedStore(`table ${table}`, "a key that is none");
      return last.lane + 1;
    }
    return 0;
  }

  /** The public keys of an author of whom something is held. */
  keysOf(author: AuthorId): AuthorKeys {
    const where = () => `keys of author ${toHex(author.subarray(0, 8))}…`;
    const keys = this.#record(authorKey(author), decodeAuthorKeys, where);
    if (keys === undefined) throw new DamagedStore(where(), "they are missing");
    return keys;
  }

  /** The proof by which a lane is frozen, whether or not anything of the lane is held. */
  fork(lane: LaneId): ForkProof | undefined {
    return this.#record(forkKey(lane), decodeForkProof, () => `fork of lane ${toHex(lane.subarray(0, 8))}…`);
  }

  /** Seq of the first event of a lane that counts no more; 0: it is not frozen. */
  freezeAt(lane: LaneId): number {
    return this.fork(lane)?.forkedAt ?? 0;
  }

  /** In the order of their lanes' ids. */
  *forks(): Iterable<ForkProof> {
    for (const [key, value] of this.keys.range(tableRange("fork"))) {
      const proof = decodeForkProof(value);
      if (isMalformed(proof)) throw new DamagedStore(`fork of lane ${toHex(key.subarray(1, 9))}…`, proof.reason);
      yield proof;
    }
  }

  /** From where on a lane of this store's author counts no more, and how far its events have been appended again. */
  givenUp(lane: number): GivenUpRecord | undefined {
    return this.#record(givenUpKey(lane), decodeGivenUpRecord, () => `mark of lane ${lane}, given up`);
  }

  *lanesGivenUp(): Iterable<number> {
    for (const [key] of this.keys.range(tableRange("givenUp"))) {
      const place = decodeKey(key);
      if (isMalformed(place) || place.table !== "givenUp") throw new DamagedStore("lanes given up", "a key that is none");
      yield place.lane;
    }
  }

  /** Where this store has appended an event again, by the id it first had. */
  returned(event: Uint8Array): ReturnedRecord | undefined {
    return this.#record(returnedKey(event), decodeReturnedRecord, () => `event ${toHex(event.subarray(0, 8))}…, appended again`);
  }

  subject(id: SubjectId): SubjectPath | undefined {
    return this.#record(subjectKey(id), decodePathRecord, () => "path of a subject");
  }

  subjectId(path: SubjectPath): SubjectId | undefined {
    return this.#record(pathKey(path), decodeSubjectRecord, () => `subject ${path}`);
  }

  /** Subjects whose path begins with these characters, in the order of their bytes. */
  *subjects(prefix = ""): Iterable<SubjectEntry> {
    for (const [key, value] of this.keys.range(prefix === "" ? tableRange("path") : pathsFrom(prefix))) {
      const place = decodeKey(key);
      const id = decodeSubjectRecord(value);
      if (isMalformed(place) || place.table !== "path" || isMalformed(id)) throw new DamagedStore("subjects", "an entry that names none");
      yield { path: place.path, id };
    }
  }

  /** The whole block that begins at this seq, checked: for who writes on behind it, or takes nothing for granted. */
  block(lane: number, firstSeq: number): BlockView | undefined {
    return this.#record(blockKey(lane, firstSeq), checkBlock, () => `block of lane ${lane} from seq ${firstSeq}`);
  }

  /** The bytes of the block that holds an event; good until the next read. */
  blockOf(lane: number, seq: number): Uint8Array | undefined {
    // Most ask for the end of a lane, which the head names: a known key is read several times faster than one sought.
    const head = unlessLost(() => this.head(lane));
    const last = head !== undefined && seq >= head.lastBlockSeq && seq <= head.size ? head.lastBlockSeq : 0;
    if (last > 0) return this.keys.peek(blockKey(lane, last));
    for (const [, value] of this.keys.range(blockHolding(lane, seq))) return value;
    return undefined;
  }

  /** What the store is; nothing in one that was never founded. */
  store(): StoreRecord | undefined {
    return this.#record(metaKey("store"), decodeStoreRecord, () => "the record of what the store is");
  }

  /** Id of an event that is the last of its block, as what follows names it: the next block, or the lane's head. */
  idFollowed(lane: number, seq: number): Uint8Array | undefined {
    const next = this.keys.get(blockKey(lane, seq + 1));
    if (next !== undefined) return blockPrevious(next);
    const head = this.head(lane);
    return head?.size === seq ? head.headId : undefined;
  }

  clock(): Stamp | undefined {
    return this.#record(metaKey("clock"), decodeClockRecord, () => "the clock");
  }

  frontier(): FrontierRecord | undefined {
    return this.#record(metaKey("frontier"), decodeFrontierRecord, () => "the frontier's summary");
  }

  /** Whether the frontier trie is yet to take this lane's last change in. */
  isChanged(lane: number): boolean {
    return this.keys.peek(changedKey(lane)) !== undefined;
  }

  /** Lanes that the frontier trie is yet to take in, at most `limit` of them. */
  changedLanes(limit: number): number[] {
    return this.#marked("changed", limit);
  }

  /** How far the lane is sealed by both of a hybrid author's keys, and by what. */
  hybrid(lane: number): SealedHead | undefined {
    return this.#record(hybridKey(lane), decodeHybridRecord, () => `hybrid seal of lane ${lane}`);
  }

  /** Whether the lane is marked as one whose second signature is due. */
  isUnsealed(lane: number): boolean {
    return this.keys.peek(unsealedKey(lane)) !== undefined;
  }

  /** Lanes of ours whose second signature is due, at most `limit` of them. */
  unsealedLanes(limit: number): number[] {
    return this.#marked("unsealed", limit);
  }

  #marked(table: "changed" | "unsealed", limit: number): number[] {
    const lanes: number[] = [];
    for (const [key] of this.keys.range({ ...tableRange(table), limit })) {
      const place = decodeKey(key);
      if (isMalformed(place) || place.table !== table) throw new DamagedStore(`${table} lanes`, "a key that is none");
      lanes.push(place.lane);
    }
    return lanes;
  }

  #record<T>(key: Uint8Array, decode: (bytes: Uint8Array) => Decoded<T>, where: () => string): T | undefined {
    const bytes = this.keys.get(key);
    if (bytes === undefined) return undefined;
    const value = decode(bytes);
    if (isMalformed(value)) throw new DamagedStore(where(), value.reason);
    return value;
  }
}
