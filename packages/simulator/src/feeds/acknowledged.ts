import {
  type AuthorId,
  checkBlock,
  compareStamps,
  equalBytes,
  FeedView,
  type Hasher,
  hashBytes,
  idsOfBlock,
  isAbsent,
  isMalformed,
  LaneReader,
  payloadAt,
  type ReadableKeys,
  type Stamp,
  type SubjectPath,
  spanWords,
  stampAt,
  toHex,
} from "@sinter/core";

// What a store has promised: every event it acknowledged, kept outside of it, and held against what it shows.

/** Where events were acknowledged to lie. */
export interface AcknowledgedLane {
  readonly author: AuthorId;
  readonly path: SubjectPath;
  readonly epoch: number;
  readonly nonce: Uint8Array;
}

export interface AcknowledgedEvent {
  readonly seq: number;
  readonly id: string;
  readonly payload: Uint8Array;
}

interface Promised extends AcknowledgedEvent {
  readonly lane: string;
  /** Asked for: what the event says may be gone. Done: it must be. */
  readonly redaction?: "asked" | "done";
  stamp: Stamp | undefined;
}

interface Lane {
  readonly place: AcknowledgedLane;
  readonly events: Map<number, Promised>;
}

/** One id for one place, whoever acknowledges it: shared by all stores of a world. */
export class Ids {
  readonly #ids = new Map<string, string>();

  /** What is wrong with it, or nothing. */
  take(lane: string, { seq, id }: AcknowledgedEvent): string | undefined {
    const place = `${lane} seq ${seq}`;
    const known = this.#ids.get(place);
    if (known !== undefined) return `${place} is acknowledged twice${known === id ? "" : ", with two ids"}`;
    this.#ids.set(place, id);
    return undefined;
  }
}

export class Acknowledged {
  readonly #ids: Ids;
  readonly #lanes: Map<string, Lane>;
  /** In the order of their acknowledgement. */
  readonly #order: Promised[];

  constructor(ids: Ids, from?: Acknowledged) {
    this.#ids = ids;
    this.#lanes = new Map();
    this.#order = [];
    if (from === undefined) return;
    this.#order = [...from.#order];
    for (const [name, { place, events }] of from.#lanes) this.#lanes.set(name, { place, events: new Map(events) });
  }

  get count(): number {
    return this.#order.length;
  }

  /** What a copy of the store must still show. */
  copy(): Acknowledged {
    return new Acknowledged(this.#ids, this);
  }

  /** Throws where the place was acknowledged before. */
  take(place: AcknowledgedLane, event: AcknowledgedEvent): void {
    const name = nameOf(place);
    const fault = this.#ids.take(name, event);
    if (fault !== undefined) throw new Error(fault);
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { place, events: new Map() };
      this.#lanes.set(name, lane);
    }
    const promised = { ...event, lane: name, stamp: undefined };
    lane.events.set(event.seq, promised);
    this.#order.push(promised);
  }

  /** What was acknowledged is taken back again. */
  redact(place: AcknowledgedLane, seq: number, redaction: "asked" | "done"): void {
    const events = this.#lanes.get(nameOf(place))?.events;
    const promised = events?.get(seq);
    if (promised !== undefined) events?.set(seq, { ...promised, redaction });
  }

  /** What the store does not show as it was acknowledged. */
  problems(keys: ReadableKeys, hasher: Hasher): string[] {
    const view = new FeedView(keys);
    const problems: string[] = [];
    for (const [name, lane] of this.#lanes) problems.push(...laneProblems(view, hasher, { name, lane }));
    let last: Stamp = { wallMs: -1, counter: 0 };
    for (const { lane, seq, stamp } of this.#order) {
      if (stamp === undefined) continue;
      if (compareStamps(stamp, last) <= 0)
        problems.push(`${lane} seq ${seq}: its stamp is not greater than that of the event acknowledged before it`);
      last = stamp;
    }
    return problems;
  }
}

function nameOf({ path, author, epoch, nonce }: AcknowledgedLane): string {
  return `${path}, author ${toHex(author).slice(0, 8)}, epoch ${epoch} ${toHex(nonce).slice(0, 8)}`;
}

function laneProblems(view: FeedView, hasher: Hasher, { name, lane }: { readonly name: string; readonly lane: Lane }): string[] {
  const { author, path, epoch, nonce } = lane.place;
  const subject = view.subjectId(path);
  const number = subject === undefined ? undefined : view.laneNumber(subject, author, { index: epoch, nonce });
  if (number === undefined) return [`${name}: ${lane.events.size} acknowledged events, and no such lane`];
  const problems: string[] = [];
  const reader = new LaneReader(view, hasher, number);
  const id = reader.laneId();
  const size = reader.size;
  let met = 0;
  for (const block of reader.blocks(1, size)) {
    const checked = checkBlock(block);
    if (isMalformed(checked)) return [`${name}: a block that is none: ${checked.reason}`];
    const ids = idsOfBlock(hasher, id, checked);
    for (let index = 0; index < checked.count; index++) {
      const offset = checked.spans[index * spanWords] as number;
      const promised = lane.events.get(checked.firstSeq + index);
      if (promised === undefined) continue;
      met += 1;
      const stamp = stampAt(block, offset);
      if (toHex(ids.subarray(index * hashBytes, (index + 1) * hashBytes)) !== promised.id)
        problems.push(`${name} seq ${promised.seq}: another event than the one acknowledged`);
      const payload = isAbsent(checked, index) ? undefined : payloadAt(block, offset);
      if (payload === undefined ? promised.redaction === undefined : promised.redaction === "done")
        problems.push(`${name} seq ${promised.seq}: redacted, or not, as nobody asked`);
      if (payload !== undefined && !equalBytes(payload, promised.payload))
        problems.push(`${name} seq ${promised.seq}: another payload than the one given`);
      if (promised.stamp !== undefined && compareStamps(promised.stamp, stamp) !== 0)
        problems.push(`${name} seq ${promised.seq}: its stamp has changed`);
      promised.stamp = stamp;
    }
  }
  if (met !== lane.events.size)
    problems.push(`${name}: ${lane.events.size - met} of ${lane.events.size} acknowledged events are gone; the head says ${size}`);
  return problems;
}
