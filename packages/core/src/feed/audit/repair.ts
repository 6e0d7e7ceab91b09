import { toHex } from "../../bytes/hex.js";
import { repairBatchEntriesMax } from "../../bytes/limits.js";
import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { encodeAuthorKeys } from "../../identity/author-keys.js";
import { compareEpochs, feedId, laneId, subjectId } from "../../identity/ids.js";
import { mmrRoot } from "../../proof/mmr-append.js";
import type { Batch } from "../../protocol/key-space.js";
import {
  authorKey,
  changedKey,
  decodeKey,
  laneKey,
  laneNumberKey,
  lanesOf,
  metaKey,
  pathKey,
  subjectKey,
  tableRange,
} from "../../store/keys.js";
import {
  decodeLaneNumber,
  decodePathRecord,
  decodeSubjectRecord,
  encodeClockRecord,
  encodeLaneNumber,
  encodeLaneRecord,
  encodePathRecord,
  type LaneRecord,
} from "../../store/records.js";
import type { FeedView } from "../lane/feed-view.js";
import { verifyHeldHead } from "../seal/held-head.js";
import { auditFrontier } from "./audit-frontier.js";
import { entriesOf, isWrittenHere, storeAuthor, strayMark } from "./audit-tables.js";
import { type AuditFinding, type AuditParts, Findings } from "./findings.js";
import { repairAbsence } from "./repair-absence.js";
import { repairForks } from "./repair-forks.js";
import { repairHybrid } from "./repair-hybrid.js";
import { keysLeft, repairLane } from "./repair-lane.js";
import { repairReturns } from "./repair-returns.js";
import { repairViews } from "./repair-views.js";

// Puts in order what can be told for certain: tables that follow from other tables, what follows from events that a seal
// covers, and the frontier trie. An event that is damaged stays as it is: what was acknowledged is never cut away, and a backup
// or another peer has it whole. Runs while nobody else has the store. Whatever is left is for the next audit to tell.

export interface RepairResult {
  readonly mended: readonly AuditFinding[];
}

type Change = Batch[number];
type Steps<T> = Generator<Batch, T, undefined>;

/** Each batch is to be in the store before the next step is asked for. An empty one only gives others a turn. */
export function* repairStore(view: FeedView, parts: AuditParts): Steps<RepairResult> {
  const repair = new Repair(view, parts);
  yield* repair.names();
  yield* repairForks(view, parts, repair.mended);
  yield* repair.lanes();
  yield* repairAbsence(view, parts, repair.mended);
  yield* repairReturns(view, repair.mended);
  yield* repair.clock();
  yield* repair.marks("changed");
  yield* repair.marks("unsealed");
  yield* repairHybrid(view, parts, repair.mended);
  yield* repair.frontier();
  yield* repairViews(view, parts.hasher, repair.mended);
  return { mended: repair.mended.list() };
}

class Repair {
  readonly mended = new Findings();
  readonly #view: FeedView;
  readonly #parts: AuditParts;

  constructor(view: FeedView, parts: AuditParts) {
    this.#view = view;
    this.#parts = parts;
  }

  /** Subjects and paths name each other, lanes and their numbers do: of each pair, one is enough. */
  *names(): Steps<void> {
    const { keys } = this.#view;
    for (const [key, value] of entriesOf(keys, tableRange("path"))) yield this.#path(key, value);
    for (const [key, value] of entriesOf(keys, tableRange("subject"))) yield this.#subject(key, value);
    for (const [key, value] of entriesOf(keys, tableRange("laneNumber"))) yield this.#laneNumber(key, value);
    for (const [key] of entriesOf(keys, tableRange("lane"))) yield this.#lane(key);
  }

  *lanes(): Steps<void> {
    for (const [key] of entriesOf(this.#view.keys, tableRange("lane"))) {
      const place = decodeKey(key);
      if (isMalformed(place) || place.table !== "lane") continue;
      const lane = repairLane({ view: this.#view, parts: this.#parts, lane: place.lane, mended: this.mended });
      for (let step = lane.next(); ; step = lane.next()) {
        yield step.done === true ? step.value : [];
        if (step.done === true) break;
      }
    }
  }

  /** Every stamp given out is in an event written here: the reserve goes just above the last of them. Where a head cannot be
   * read, there is no telling which is the last. */
  *clock(): Steps<void> {
    const author = storeAuthor(this.#view);
    let last: Stamp = { wallMs: 0, counter: 0 };
    for (const [key] of entriesOf(this.#view.keys, tableRange("lane"))) {
      const place = decodeKey(key);
      if (isMalformed(place) || place.table !== "lane") return;
      const head = this.#read(() => this.#view.head(place.lane));
      if (head === undefined) return;
      const record = this.#read(() => this.#view.lane(place.lane));
      if (record !== undefined && !isWrittenHere(record, author)) continue;
      if (compareStamps(head.stamp, last) > 0) last = head.stamp;
      yield [];
    }
    const reserve = this.#read(() => this.#view.clock());
    if (last.wallMs === 0 || (reserve !== undefined && compareStamps(last, reserve) < 0)) return;
    this.mended.add("clock", "clock", "raised above the last stamp of any event");
    yield [[metaKey("clock"), encodeClockRecord({ wallMs: last.wallMs + 1, counter: 0 })]];
  }

  *marks(table: "changed" | "unsealed"): Steps<void> {
    for (const [key, value] of entriesOf(this.#view.keys, tableRange(table))) {
      const place = decodeKey(key);
      const isOne = !isMalformed(place) && (place.table === "changed" || place.table === "unsealed");
      if (isOne && this.#read(() => strayMark(this.#view, place, value) ?? "sound") === "sound") continue;
      this.mended.add(table, toHex(key), "a mark that stands for nothing, removed");
      yield [[key.slice(), undefined]];
    }
  }

  /** Wholly derived: if anything is wrong with it, it is taken in anew, lane by lane, when a peer next opens the store. */
  *frontier(): Steps<void> {
    const found = new Findings();
    for (const _step of auditFrontier(this.#view, this.#parts, found)) yield [];
    if (found.list().length === 0) return;
    this.mended.add("frontier", "trie", "removed, to be made anew from the lanes");
    yield* this.#inPieces(tableRange("lane"), (key) => {
      const place = decodeKey(key);
      return isMalformed(place) || place.table !== "lane" ? undefined : [changedKey(place.lane), new Uint8Array(0)];
    });
    yield [[metaKey("frontier"), undefined]];
    yield* this.#inPieces(tableRange("trie"), (key) => [key.slice(), undefined]);
  }

  *#inPieces(range: ReturnType<typeof tableRange>, changeOf: (key: Uint8Array) => Change | undefined): Steps<void> {
    let piece: Change[] = [];
    for (const [key] of entriesOf(this.#view.keys, range)) {
      const change = changeOf(key);
      if (change !== undefined) piece.push(change);
      if (piece.length < repairBatchEntriesMax) continue;
      yield piece;
      piece = [];
    }
    yield piece;
  }

  #path(key: Uint8Array, value: Uint8Array): Batch {
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "path") return [];
    const id = subjectId(this.#parts.hasher, this.#parts.network, place.path);
    const named = decodeSubjectRecord(value);
    const isUsed = [...this.#view.keys.range({ ...lanesOf(id), limit: 1 })].length > 0;
    const changes: Change[] = [];
    if (!isUsed) {
      // Where its id says another path, the entry is that path's with a damaged name.
      if (isMalformed(named) || equalBytes(named, id)) return [];
      this.mended.add("path", place.path, "an entry of no subject, removed");
      return [[key.slice(), undefined]];
    }
    if (isMalformed(named) || !equalBytes(named, id)) changes.push([key.slice(), id]);
    const known = decodePathRecord(this.#view.keys.get(subjectKey(id)) ?? new Uint8Array(0));
    if (isMalformed(known) || known !== place.path) changes.push([subjectKey(id), encodePathRecord(place.path)]);
    if (changes.length > 0) this.mended.add("subject", place.path, "its path and its id name each other again");
    return changes;
  }

  #subject(key: Uint8Array, value: Uint8Array): Batch {
    const place = decodeKey(key);
    const path = decodePathRecord(value);
    if (isMalformed(place) || place.table !== "subject" || isMalformed(path)) return [];
    if (!equalBytes(subjectId(this.#parts.hasher, this.#parts.network, path), place.subject)) return [];
    const stored = this.#view.keys.get(pathKey(path));
    if (stored !== undefined && equalBytes(stored, place.subject)) return [];
    this.mended.add("path", path, "its path and its id name each other again");
    return [[pathKey(path), place.subject]];
  }

  #laneNumber(key: Uint8Array, value: Uint8Array): Batch {
    const place = decodeKey(key);
    const number = decodeLaneNumber(value);
    if (isMalformed(place) || place.table !== "laneNumber" || isMalformed(number)) return [];
    const record = this.#read(() => this.#view.lane(number));
    if (record !== undefined && isSameLane(record, place)) return [];
    if (this.#isSealed(number, place)) {
      this.mended.add("lane", `lane ${number}`, "its record written anew from the lanes of its subject");
      return [[laneKey(number), encodeLaneRecord(place)]];
    }
    if (record === undefined || !this.#isSealed(number, record)) return [];
    this.mended.add("laneNumber", `lane ${number}`, "an entry that names another lane, removed");
    return [[key.slice(), undefined]];
  }

  #lane(key: Uint8Array): Batch {
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "lane") return [];
    const record = this.#read(() => this.#view.lane(place.lane));
    if (record === undefined || !this.#isSealed(place.lane, record)) return [];
    const changes: Change[] = [];
    const { subject, author, epoch } = record;
    const keys = keysLeft(this.#view, this.#parts.hasher, author);
    if (keys.kind === "made") {
      changes.push([authorKey(author), encodeAuthorKeys(keys.keys)]);
      this.mended.add("author", toHex(author), "its key written anew: it is its id");
    }
    if (this.#read(() => this.#view.laneNumber(subject, author, epoch)) === place.lane) return changes;
    changes.push([laneNumberKey(subject, author, epoch), encodeLaneNumber(place.lane)]);
    this.mended.add("laneNumber", `lane ${place.lane}`, "entered among the lanes of its subject again");
    return changes;
  }

  /** Of two records that contradict each other, the one under which the seal holds is right. */
  #isSealed(lane: number, place: LaneRecord): boolean {
    const { hasher } = this.#parts;
    const head = this.#read(() => this.#view.head(lane));
    if (head === undefined) return false;
    const id = laneId(hasher, feedId(hasher, place.author, place.subject), place.epoch);
    const claimed = { lane: id, size: head.size, mmrRoot: mmrRoot(hasher, head), headId: head.headId };
    const { keys } = keysLeft(this.#view, hasher, place.author);
    return verifyHeldHead(this.#parts, { author: place.author, keys, head: claimed, record: head }) === "holds";
  }

  /** Damage is no answer. */
  #read<T>(read: () => T): T | undefined {
    return new Findings().attempt(read);
  }
}

function isSameLane(left: LaneRecord, right: LaneRecord): boolean {
  return equalBytes(left.subject, right.subject) && equalBytes(left.author, right.author) && compareEpochs(left.epoch, right.epoch) === 0;
}
