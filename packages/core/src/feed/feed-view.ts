import { toHex } from "../bytes/hex.js";
import { type Decoded, isMalformed } from "../bytes/malformed.js";
import type { Stamp } from "../clock/stamp.js";
import { type AuthorKeys, decodeAuthorKeys } from "../identity/author-keys.js";
import type { AuthorId, Epoch, SubjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { ReadableKeys } from "../protocol/key-space.js";
import {
  authorKey,
  blockHolding,
  blockKey,
  changedKey,
  decodeKey,
  headKey,
  laneKey,
  laneNumberKey,
  lanesOf,
  metaKey,
  pathKey,
  pathsFrom,
  subjectKey,
  tableRange,
} from "../store/keys.js";
import {
  decodeClockRecord,
  decodeFrontierRecord,
  decodeHeadRecord,
  decodeLaneNumber,
  decodeLaneRecord,
  decodePathRecord,
  decodeSubjectRecord,
  type FrontierRecord,
  type HeadRecord,
  type LaneRecord,
} from "../store/records.js";
import { type BlockView, checkBlock } from "./block.js";

/** The store does not hold what this program wrote to it. Never a stranger's doing: those bytes were checked on the way in. */
export class DamagedStore extends Error {
  readonly where: string;

  constructor(where: string, detail: string) {
    super(`the store is damaged at ${where}: ${detail}`);
    this.name = "DamagedStore";
    this.where = where;
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
    for (const [, value] of this.keys.range(blockHolding(lane, seq))) return value;
    return undefined;
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
    const lanes: number[] = [];
    for (const [key] of this.keys.range({ ...tableRange("changed"), limit })) {
      const place = decodeKey(key);
      if (isMalformed(place) || place.table !== "changed") throw new DamagedStore("changed lanes", "a key that is none");
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
