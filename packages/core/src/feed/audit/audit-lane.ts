import { toHex } from "../../bytes/hex.js";
import { auditCountsMax } from "../../bytes/limits.js";
import { isMalformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { hashBytes } from "../../identity/crypto.js";
import type { LaneId } from "../../identity/ids.js";
import { appendLeaves, emptyMmr, type Mmr, mmrRoot } from "../../proof/mmr-append.js";
import { groupLeaves } from "../../proof/mmr-positions.js";
import { decodeKey, headKey, laneRange, mmrKey } from "../../store/keys.js";
import type { HeadRecord, LaneRecord } from "../../store/records.js";
import { type BlockView, checkBlock } from "../event/block.js";
import { idsOfBlock } from "../event/block-ids.js";
import { CausalDecoder } from "../event/causal-delta.js";
import { causalAt, kindAt, stampAt, systemKinds } from "../event/event.js";
import { hasOrigins, originFault } from "../event/origin.js";
import { type NamedLane, namedLane, redactedSeqs } from "../lane/absence.js";
import type { FeedView } from "../lane/feed-view.js";
import { verifyHeldHead } from "../seal/held-head.js";
import { absenceFaults, unlistedRedaction } from "./audit-absence.js";
import { unmarkedFault } from "./audit-returns.js";
import { entriesOf, isWrittenHere, storeAuthor } from "./audit-tables.js";
import { type AuditParts, Findings } from "./findings.js";

// One lane, from its first byte to its seal. What lies beyond the head read at the start came meanwhile and is left to
// the next audit, unless no head covers it even now.

export interface LaneAudit {
  readonly view: FeedView;
  readonly parts: AuditParts;
  readonly findings: Findings;
  readonly lane: number;
}

/** Answers how many events each step has gone through. A lane of this store's author may be given other events meanwhile: what
 * looks wrong in one that has changed is looked at again. */
export function* auditLane(audit: LaneAudit): Generator<number, void, undefined> {
  const { view, lane } = audit;
  for (let attempt = 1; ; attempt++) {
    const findings = new Findings();
    const before = view.keys.get(headKey(lane));
    let events = 0;
    for (const walked of walkLane({ ...audit, findings })) {
      events += walked;
      yield walked;
    }
    const after = view.keys.get(headKey(lane));
    const isChanged = before !== undefined && after !== undefined && !equalBytes(before, after);
    if (findings.list().length === 0 || !isChanged || attempt === auditCountsMax) return audit.findings.take(findings);
    yield -events;
  }
}

function* walkLane(audit: LaneAudit): Generator<number, void, undefined> {
  const { view, findings, lane } = audit;
  const record = findings.attempt(() => view.lane(lane));
  const head = findings.attempt(() => view.head(lane));
  if (record === undefined || head === undefined) return;
  const walk = new LaneWalk(audit, record, head);
  for (const [key, value] of entriesOf(view.keys, laneRange("block", lane))) {
    const goesOn = walk.block(key, value);
    yield walk.taken();
    if (!goesOn) return;
  }
  walk.end();
  for (const [key] of entriesOf(view.keys, laneRange("mmr", lane))) {
    walk.nodes(key);
    yield 0;
  }
}

class LaneWalk {
  readonly #audit: LaneAudit;
  readonly #record: LaneRecord;
  readonly #head: HeadRecord;
  readonly #named: NamedLane;
  readonly #id: LaneId;
  readonly #causal: CausalDecoder;
  readonly #isOwn: boolean;
  /** Whether a redaction names any of its events. */
  readonly #isRedacted: boolean;
  #mmr: Mmr = emptyMmr;
  #previous: Uint8Array = new Uint8Array(hashBytes);
  #stamp: Stamp = { wallMs: -1, counter: 0 };
  #lastBlockSeq = 0;
  #taken = 0;
  #causalFaults = 0;

  constructor(audit: LaneAudit, record: LaneRecord, head: HeadRecord) {
    const { hasher } = audit.parts;
    this.#audit = audit;
    this.#record = record;
    this.#head = head;
    this.#named = namedLane(hasher, record);
    this.#id = this.#named.id;
    this.#causal = new CausalDecoder({ feed: this.#named.feed, epoch: record.epoch });
    this.#isOwn = isWrittenHere(record, storeAuthor(audit.view));
    const named = redactedSeqs(audit.view, this.#id, 1, Number.MAX_SAFE_INTEGER - 1);
    this.#isRedacted = audit.findings.attempt(() => named.next().done) === false;
  }

  /** Events gone through since it was last asked. */
  taken(): number {
    const taken = this.#taken;
    this.#taken = 0;
    return taken;
  }

  /** False: what follows cannot be told any more. */
  block(key: Uint8Array, bytes: Uint8Array): boolean {
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "block") return this.#stop("key", "a key of a block that is none");
    const block = checkBlock(bytes);
    if (isMalformed(block)) return this.#stop("block", `block from seq ${place.firstSeq}: ${block.reason}`);
    if (block.firstSeq !== place.firstSeq)
      return this.#stop("block", `the block stored from seq ${place.firstSeq} says it begins at ${block.firstSeq}`);
    if (block.firstSeq + block.count - 1 > this.#head.size && !this.#isCovered(block)) return false;
    if (block.firstSeq > this.#head.size) return true;
    if (block.firstSeq !== this.#mmr.size + 1)
      return this.#stop("block", `seq ${this.#mmr.size + 1} is missing: the next block begins at ${block.firstSeq}`);
    if (!equalBytes(block.previous, this.#previous))
      return this.#stop(
        "chain",
        `the events from seq ${this.#lastBlockSeq} to ${this.#mmr.size} are not those that the block from seq ${block.firstSeq} follows; what comes after is not checked`,
      );
    this.#lastBlockSeq = block.firstSeq;
    return this.#events(block, Math.min(block.count, this.#head.size - this.#mmr.size));
  }

  end(): void {
    const { hasher, verifier } = this.#audit.parts;
    const head = this.#head;
    if (this.#mmr.size !== head.size) return void this.#stop("block", `the head says ${head.size} events; ${this.#mmr.size} are there`);
    if (!equalBytes(this.#previous, head.headId)) this.#stop("chain", "the last event is not the one the head names");
    if (compareStamps(this.#stamp, head.stamp) !== 0) this.#stop("head", "its stamp is not that of the last event");
    if (this.#lastBlockSeq !== head.lastBlockSeq) this.#stop("head", "its last block begins elsewhere");
    const peaksHold = this.#mmr.peaks.every((peak, index) => equalBytes(peak, head.peaks[index] ?? new Uint8Array(0)));
    if (!peaksHold) this.#stop("proof", "the peaks in the head are not those of its events");
    const { author } = this.#record;
    const keys = this.#audit.findings.attempt(() => this.#audit.view.keysOf(author));
    if (keys === undefined) return void this.#stop("seal", "no key to check it with");
    const claimed = { lane: this.#id, size: head.size, mmrRoot: mmrRoot(hasher, this.#mmr), headId: this.#previous };
    const seal = verifyHeldHead({ hasher, verifier }, { author, keys, head: claimed, record: head });
    if (isMalformed(seal)) this.#stop("seal", seal.reason);
    this.#frozen();
    const unmarked = this.#audit.findings.attempt(() => unmarkedFault(this.#audit.view, this.#audit.lane));
    if (unmarked !== undefined) this.#stop("givenUp", unmarked);
  }

  /** Both as they are now: a lane may be frozen while it is gone through. */
  #frozen(): void {
    const { view, findings, lane } = this.#audit;
    const { freezeAt } = findings.attempt(() => view.head(lane)) ?? this.#head;
    const proven = findings.attempt(() => view.freezeAt(this.#id));
    if (proven === undefined || proven === freezeAt) return;
    this.#stop("fork", `it is said to be ${frozenText(freezeAt)}; by the proof kept it is ${frozenText(proven)}`);
  }

  /** The nodes of complete groups were held against the events; here it is seen that there are no others. */
  nodes(key: Uint8Array): void {
    const { view, findings, lane } = this.#audit;
    const size = findings.attempt(() => view.head(lane))?.size ?? this.#head.size;
    const place = decodeKey(key);
    if (isMalformed(place) || place.table !== "mmr") this.#stop("key", `a key of nodes that is none: ${toHex(key)}`);
    else if (place.group >= Math.floor(size / groupLeaves)) this.#stop("proof", `nodes of group ${place.group}, which is not complete`);
  }

  #events(block: BlockView, count: number): boolean {
    const { hasher } = this.#audit.parts;
    if (compareStamps(stampAt(block.bytes, block.spans[0] as number), this.#stamp) <= 0)
      this.#stop("stamp", `the stamp of event ${block.firstSeq} does not rise`);
    for (let index = 0; index < count; index++) this.#event(block, index);
    if (this.#isRedacted || block.absent.length > 0 || hasOrigins(block.bytes)) this.#absence(block);
    const ids = idsOfBlock(hasher, this.#id, block, count);
    this.#previous = ids.slice((count - 1) * hashBytes, count * hashBytes);
    this.#stamp = stampAt(block.bytes, block.spans[(count - 1) * 3] as number);
    this.#mmr = appendLeaves(hasher, this.#mmr, ids, count, (group, nodes) => this.#nodes(group, nodes));
    this.#taken += count;
    return true;
  }

  #event(block: BlockView, index: number): void {
    const offset = block.spans[index * 3] as number;
    const seq = block.firstSeq + index;
    const fault = this.#causal.apply(causalAt(block.bytes, offset));
    // A fault in a delta makes those that lean on it fail as well: the first says where. What others claim is not our damage:
    // it is sealed as it stands.
    if (fault !== undefined && this.#isOwn && this.#causalFaults++ === 0)
      this.#stop("causal", `the delta of event ${seq}: ${fault.reason}`);
    if (kindAt(block.bytes, offset) === systemKinds.redacted) this.#redaction(block.bytes, offset, seq);
    const origin = originFault(block.bytes, offset, this.#record.epoch);
    if (origin !== undefined) this.#stop("origin", `event ${seq} claims ${origin}`);
    if (seq === 1 && this.#record.epoch.index > 0 !== (kindAt(block.bytes, offset) === systemKinds.epochOpened)) {
      this.#stop("epoch", "every epoch but a feed's first begins by saying what it branched from");
    }
  }

  #absence(block: BlockView): void {
    const { view, findings, parts, lane: number } = this.#audit;
    const faults = findings.attempt(() => [...absenceFaults({ view, hasher: parts.hasher }, { ...this.#named, number }, block)]) ?? [];
    for (const fault of faults) this.#stop("absence", fault);
  }

  #redaction(bytes: Uint8Array, at: number, seq: number): void {
    const { view, lane, parts } = this.#audit;
    const fault = unlistedRedaction({ view, hasher: parts.hasher }, this.#record, { lane, seq }, { bytes, at });
    if (fault !== undefined) this.#stop("absence", fault);
  }

  #nodes(group: number, nodes: Uint8Array): void {
    const stored = this.#audit.view.keys.get(mmrKey(this.#audit.lane, group));
    if (stored === undefined) this.#stop("proof", `the nodes of group ${group} are missing`);
    else if (!equalBytes(stored, nodes)) this.#stop("proof", `the nodes of group ${group} are not those of its events`);
  }

  /** Events behind the head the walk began with: a head that came meanwhile must cover them. */
  #isCovered(block: BlockView): boolean {
    const { view, findings, lane } = this.#audit;
    const size = findings.attempt(() => view.head(lane))?.size ?? 0;
    const last = block.firstSeq + block.count - 1;
    return size >= last || this.#stop("block", `the block from seq ${block.firstSeq} goes on to ${last}, beyond the head at ${size}`);
  }

  #stop(what: string, detail: string): false {
    const { view, findings, lane } = this.#audit;
    const path = findings.attempt(() => view.subject(this.#record.subject)) ?? "?";
    const { author, epoch } = this.#record;
    findings.add(what, `${path}, author ${toHex(author.subarray(0, 8))}…, epoch ${epoch.index} (lane ${lane})`, detail);
    return false;
  }
}

function frozenText(freezeAt: number): string {
  return freezeAt === 0 ? "not frozen" : `frozen at ${freezeAt}`;
}
