import { toHex } from "../../bytes/hex.js";
import { auditBytesPerReadMax, auditEntriesPerReadMax, clockReserveMs, stampWallMsMax } from "../../bytes/limits.js";
import { type Decoded, isMalformed, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { authorOf, decodeAuthorKeys } from "../../identity/author-keys.js";
import { type AuthorId, networkId, subjectId } from "../../identity/ids.js";
import type { Entry, Range, ReadableKeys } from "../../protocol/key-space.js";
import { authorKey, decodeKey, laneRange, metaKey, type StoreKey, tableRange } from "../../store/keys.js";
import {
  decodeClockRecord,
  decodeFrontierRecord,
  decodeHeadRecord,
  decodeHybridRecord,
  decodeLaneNumber,
  decodeLaneRecord,
  decodePathRecord,
  decodeStoreRecord,
  decodeSubjectRecord,
  type LaneRecord,
  type StoreRecord,
} from "../../store/records.js";
import { type ViewStoreKey, viewTables } from "../../store/view-keys.js";
import type { FeedView } from "../lane/feed-view.js";
import { listedFault, redactionFault } from "./audit-absence.js";
import { forkFault } from "./audit-forks.js";
import { HybridAudit } from "./audit-hybrid.js";
import { givenUpFault, returnedFault } from "./audit-returns.js";
import { type AuditParts, Findings } from "./findings.js";

// Every key and record of the small tables, each held against the tables it points into. Blocks and nodes of lanes that
// exist are the lanes' own audit; here only those of lanes that do not exist are looked for. Views have one of their own, too.

/** Beyond any key: none of ours, and hardly a stray one, begins with so many of these. */
const PAST_ALL = new Uint8Array(256).fill(0xff);

interface Tables {
  readonly view: FeedView;
  readonly parts: AuditParts;
  readonly findings: Findings;
  /** The clock's reserve before anything else was read. */
  readonly reserve: Stamp | undefined;
  /** Who writes here. What others wrote may be stamped beyond the clock: it waits for its time. */
  readonly author: AuthorId | undefined;
  /** Nonce of the store instance. */
  readonly instance: Uint8Array | undefined;
  readonly hybrid: HybridAudit;
  /** The greatest stamp of any lane's last event. */
  last: Stamp;
  /** Of lanes that this store writes. */
  lastOwn: Stamp;
}

/** Answers the number of each lane it meets, `undefined` for anything else. */
export function* auditTables(view: FeedView, parts: AuditParts, findings: Findings): Generator<number | undefined, void, undefined> {
  const reserve = findings.attempt(() => view.clock());
  const none = { wallMs: 0, counter: 0 };
  const hybrid = new HybridAudit(view, parts, findings);
  const instance = new Findings().attempt(() => view.store())?.instance;
  const tables: Tables = { view, parts, findings, reserve, author: storeAuthor(view), instance, last: none, lastOwn: none, hybrid };
  const small = { from: new Uint8Array(0), to: tableRange("block").from };
  for (const [key, value] of entriesOf(view.keys, small)) yield auditEntry(tables, key, value);
  const marks = { from: tableRange("changed").from, to: tableRange("changed").to };
  for (const [key, value] of entriesOf(view.keys, marks)) yield auditEntry(tables, key, value);
  const behind = { from: tableRange("trie").to, to: viewTables.from };
  for (const [key, value] of entriesOf(view.keys, behind)) yield auditEntry(tables, key, value);
  const rest = { from: viewTables.to, to: PAST_ALL };
  for (const [key, value] of entriesOf(view.keys, rest)) yield auditEntry(tables, key, value);
  auditClock(tables);
  yield* auditStrays(tables, "block");
  yield* auditStrays(tables, "mmr");
}

/** Whose store it is; `undefined` where its record does not tell. */
export function storeAuthor(view: FeedView): AuthorId | undefined {
  const record = decodeStoreRecord(view.keys.get(metaKey("store")) ?? new Uint8Array(0));
  return isMalformed(record) ? undefined : record.author;
}

/** Where nobody knows whose store it is, everything counts as its own. */
export function isWrittenHere(lane: LaneRecord, author: AuthorId | undefined): boolean {
  return author === undefined || equalBytes(lane.author, author);
}

/** A copy of this store may have another clock: what it wrote waits for its time, like what others wrote. */
function isStampedHere({ author, instance }: Tables, lane: LaneRecord): boolean {
  return isWrittenHere(lane, author) && (instance === undefined || equalBytes(lane.epoch.nonce, instance));
}

/** A bounded piece at a time, each from a fresh look at the store. */
export function* entriesOf(keys: ReadableKeys, range: Range): Generator<Entry, void, undefined> {
  for (let from = range.from; ; ) {
    const piece = pieceOf(keys, { ...range, from, limit: auditEntriesPerReadMax });
    yield* piece;
    const last = piece.at(-1)?.[0];
    if (last === undefined) return;
    from = behind(last);
  }
}

function pieceOf(keys: ReadableKeys, range: Range): readonly Entry[] {
  const piece: Entry[] = [];
  let bytes = 0;
  for (const entry of keys.range(range)) {
    piece.push(entry);
    bytes += entry[1].length;
    if (bytes >= auditBytesPerReadMax) break;
  }
  return piece;
}

function auditEntry(tables: Tables, key: Uint8Array, value: Uint8Array): number | undefined {
  const place = decodeKey(key);
  if (isMalformed(place)) {
    tables.findings.add("key", toHex(key), place.reason);
    return undefined;
  }
  // Views are an audit of their own.
  if ("view" in place || place.table === "viewNumber") return undefined;
  const fault = faultOf(tables, place, value);
  if (fault !== undefined) tables.findings.add(place.table, where(place), fault);
  return place.table === "lane" ? place.lane : undefined;
}

function where(place: Exclude<StoreKey, ViewStoreKey>): string {
  switch (place.table) {
    case "meta":
      return place.name;
    case "author":
      return toHex(place.author);
    case "subject":
      return toHex(place.subject);
    case "path":
      return place.path;
    case "laneNumber":
      return `subject ${toHex(place.subject)}, author ${toHex(place.author)}, epoch ${place.epoch.index}`;
    case "trie":
      return toHex(place.path);
    case "fork":
      return toHex(place.id);
    case "returned":
      return toHex(place.event);
    case "redaction":
      return `lane ${toHex(place.event.lane)}, seq ${place.event.seq}`;
    default:
      return `lane ${place.lane}`;
  }
}

function faultOf(tables: Tables, place: Exclude<StoreKey, ViewStoreKey>, value: Uint8Array): string | undefined {
  const { view, parts } = tables;
  switch (place.table) {
    case "meta":
      if (place.name === "store") return faultIn(decodeStoreRecord(value), (store) => storeFault(tables, store));
      return reasonOf(place.name === "clock" ? decodeClockRecord(value) : decodeFrontierRecord(value));
    case "author":
      return faultIn(decodeAuthorKeys(value), (keys) =>
        equalBytes(authorOf(parts.hasher, keys), place.author) ? undefined : "keys that are not the author's",
      );
    case "subject":
      return faultIn(decodePathRecord(value), (path) => {
        if (!equalBytes(subjectId(parts.hasher, parts.network, path), place.subject)) return `its path is that of another subject: ${path}`;
        return indexed(
          tables.findings.attempt(() => view.subjectId(path)),
          (id) => equalBytes(id, place.subject),
          `the paths, as ${path}`,
        );
      });
    case "path":
      return faultIn(decodeSubjectRecord(value), (id) =>
        indexed(
          tables.findings.attempt(() => view.subject(id)),
          (path) => path === place.path,
          "the subjects",
        ),
      );
    case "lane":
      return faultIn(decodeLaneRecord(value), (record) => laneFault(tables, place.lane, record));
    case "laneNumber":
      return faultIn(decodeLaneNumber(value), (number) => {
        const record = tables.findings.attempt(() => view.lane(number));
        const same = (found: NonNullable<typeof record>) =>
          equalBytes(found.subject, place.subject) && equalBytes(found.author, place.author);
        return indexed(
          record,
          (found) => same(found) && found.epoch.index === place.epoch.index && equalBytes(found.epoch.nonce, place.epoch.nonce),
          "the lanes",
        );
      });
    case "head":
      return faultIn(decodeHeadRecord(value), (head) => {
        if (compareStamps(head.stamp, tables.last) > 0) tables.last = head.stamp;
        const lane = tables.findings.attempt(() => view.lane(place.lane));
        if (lane === undefined) return "a head of no lane";
        if (isStampedHere(tables, lane) && compareStamps(head.stamp, tables.lastOwn) > 0) tables.lastOwn = head.stamp;
        return isWrittenHere(lane, tables.author) ? tables.hybrid.markFault(place.lane) : undefined;
      });
    case "fork":
      return forkFault(view, parts, place.id, value);
    case "hybrid":
      return faultIn(decodeHybridRecord(value), (sealed) => tables.hybrid.sealFault(place.lane, sealed));
    case "absent":
      return tables.findings.attempt(() => listedFault(view, place, value));
    case "redaction":
      return tables.findings.attempt(() => redactionFault({ view, hasher: parts.hasher }, place, value));
    case "givenUp":
      return tables.findings.attempt(() => givenUpFault(view, place.lane, value));
    case "returned":
      return tables.findings.attempt(() => returnedFault(view, place.event, value));
    case "unsealed":
    case "changed":
      return tables.findings.attempt(() => strayMark(view, place, value));
    default:
      return undefined;
  }
}

/** What is wrong with a mark that a lane has changed, or is to be sealed by its author's second key. */
export function strayMark(
  view: FeedView,
  { table, lane }: { readonly table: string; readonly lane: number },
  value: Uint8Array,
): string | undefined {
  if (value.length > 0) return "a mark that holds something";
  const record = view.lane(lane);
  if (record === undefined) return "a mark of no lane";
  return table === "unsealed" && view.keysOf(record.author).suite === 1
    ? "a mark for a second key that its author does not have"
    : undefined;
}

function laneFault({ view, findings }: Tables, lane: number, { author, subject, epoch }: LaneRecord): string | undefined {
  if (view.keys.get(authorKey(author)) === undefined) return "an author without a record";
  if (findings.attempt(() => view.subject(subject)) === undefined) return "a subject without a path";
  if (findings.attempt(() => view.head(lane)) === undefined) return "a lane without a head";
  const number = findings.attempt(() => view.laneNumber(subject, author, epoch));
  return indexed(number, (found) => found === lane, "the lanes of its subject");
}

/** What a store is. The instance and its data file are its own: a change there makes it begin epochs, which harms nobody. */
function storeFault({ view, parts }: Tables, { network, networkName, author }: StoreRecord): string | undefined {
  if (!equalBytes(network, parts.network)) return "another network than the one it is opened for";
  if (!equalBytes(network, networkId(parts.hasher, networkName))) return "a network's name that is not its id's";
  return view.keys.get(authorKey(author)) === undefined ? "an author without a record" : undefined;
}

function auditClock({ view, findings, reserve: earlier, last, lastOwn }: Tables): void {
  const reserve = findings.attempt(() => view.clock());
  // The reserve is raised together with a stamp, to so far ahead of it; heads were read after it, so theirs is no lesser.
  if (earlier !== undefined && earlier.wallMs > Math.min(last.wallMs + clockReserveMs, stampWallMsMax)) {
    findings.add("clock", "clock", "a reserve further ahead than it is ever raised");
  }
  if (last.wallMs === 0) return;
  if (reserve === undefined && lastOwn.wallMs > 0) findings.add("clock", "clock", "events, but no clock");
  if (reserve !== undefined && lastOwn.wallMs > 0 && compareStamps(lastOwn, reserve) >= 0)
    findings.add("clock", "clock", "a stamp that reaches the clock's reserve");
  if (view.keys.get(metaKey("store")) === undefined) findings.add("meta", "store", "events, but no record of what the store is");
}

/** Lanes that have blocks or nodes: from each, the next is sought behind all it has. */
function* auditStrays({ view, findings }: Tables, table: "block" | "mmr"): Generator<undefined, void, undefined> {
  for (let from = tableRange(table).from; ; ) {
    const [entry] = [...view.keys.range({ from, to: tableRange(table).to, limit: 1 })];
    if (entry === undefined) return;
    const place = decodeKey(entry[0]);
    if (isMalformed(place) || (place.table !== "block" && place.table !== "mmr")) {
      findings.add("key", toHex(entry[0]), isMalformed(place) ? place.reason : "a key out of place");
      from = behind(entry[0]);
    } else {
      if (findings.attempt(() => view.lane(place.lane)) === undefined)
        findings.add(table, `lane ${place.lane}`, "entries of a lane that is not there");
      from = laneRange(table, place.lane).to;
    }
    yield undefined;
  }
}

function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

function indexed<T>(found: T | undefined, same: (found: T) => boolean, index: string): string | undefined {
  if (found === undefined) return `missing from ${index}`;
  return same(found) ? undefined : `another entry stands for it in ${index}`;
}

function faultIn<T>(decoded: Decoded<T>, look: (value: T) => string | undefined): string | undefined {
  return decoded instanceof Malformed ? decoded.reason : look(decoded);
}

function reasonOf(decoded: Decoded<unknown>): string | undefined {
  return decoded instanceof Malformed ? decoded.reason : undefined;
}
