import { toHex } from "../bytes/hex.js";
import { compareBytes } from "../bytes/order.js";
import type { Reader } from "../bytes/reader.js";
import type { CausalLane } from "../feed/event/causal-delta.js";
import { DamagedStore, type FeedView, type LaneEntry } from "../feed/lane/feed-view.js";
import type { Hasher } from "../identity/crypto.js";
import {
  type AuthorId,
  asId,
  compareEpochs,
  type Epoch,
  epochNonceBytes,
  feedId,
  idBytes,
  type LaneId,
  laneId,
  type SubjectId,
} from "../identity/ids.js";
import type { LaneIndex, Lanes } from "../merge/dot.js";

/** A lane that something in a view speaks of. */
export interface KnownLane {
  readonly id: LaneId;
  /** Not known of a lane that is only claimed to be: its feed is a hash. */
  readonly author: AuthorId | undefined;
  readonly epoch: Epoch;
  /** Local to the store, where the lane is held. */
  number: number | undefined;
}

/** How a lane is written among a view's records: short where it is held. */
const WRITTEN = { number: 0, claimed: 1, authored: 2 } as const;

/** The lanes of one view, by small numbers given out as they come up. */
export class ViewLanes {
  readonly #view: FeedView;
  readonly #hasher: Hasher;
  readonly #subject: SubjectId;
  readonly #lanes: KnownLane[] = [];
  readonly #byId = new Map<string, LaneIndex>();
  readonly #byNumber = new Map<number, LaneIndex>();
  /** As every replica writes them: states of the same events are the same bytes. */
  readonly canonical: Lanes;
  /** As this store does. */
  readonly stored: Lanes;

  constructor(view: FeedView, hasher: Hasher, subject: SubjectId) {
    this.#view = view;
    this.#hasher = hasher;
    this.#subject = subject;
    const order = {
      author: (lane: LaneIndex) => toHex(this.of(lane).author ?? this.of(lane).id),
      compare: (left: LaneIndex, right: LaneIndex) => this.#compare(left, right),
      compareIds: (left: LaneIndex, right: LaneIndex) => (left === right ? 0 : compareBytes(this.of(left).id, this.of(right).id)),
    };
    this.canonical = {
      ...order,
      write: (writer, lane) => writer.bytes(this.of(lane).id),
      read: (reader) => this.#byIdOf(reader),
    };
    this.stored = {
      ...order,
      write: (writer, lane) => {
        const { id, author, epoch, number } = this.of(lane);
        if (number !== undefined) writer.u8(WRITTEN.number).varint(number);
        else if (author === undefined) writer.u8(WRITTEN.claimed).bytes(id).varint(epoch.index).bytes(epoch.nonce);
        else writer.u8(WRITTEN.authored).bytes(author).varint(epoch.index).bytes(epoch.nonce);
      },
      read: (reader) => this.#readStored(reader),
    };
  }

  of(lane: LaneIndex): KnownLane {
    return this.#lanes[lane] as KnownLane;
  }

  held({ number, author, epoch }: LaneEntry): LaneIndex {
    const known = this.#byNumber.get(number);
    if (known !== undefined) return known;
    const lane = this.authored(author, epoch);
    this.of(lane).number = number;
    this.#byNumber.set(number, lane);
    return lane;
  }

  /** Where an event says it first stood: a lane that need not be held. */
  authored(author: AuthorId, epoch: Epoch): LaneIndex {
    const id = laneId(this.#hasher, feedId(this.#hasher, author, this.#subject), epoch);
    const known = this.#byId.get(toHex(id));
    if (known !== undefined && this.of(known).author !== undefined) return known;
    const lane: KnownLane = { id, author, epoch, number: undefined };
    if (known === undefined) return this.#add(lane);
    this.#lanes[known] = lane;
    return known;
  }

  claimed({ feed, epoch }: CausalLane): LaneIndex {
    const id = laneId(this.#hasher, feed, epoch);
    return this.#byId.get(toHex(id)) ?? this.#add({ id, author: undefined, epoch, number: undefined });
  }

  #add(lane: KnownLane): LaneIndex {
    const index = this.#lanes.length;
    this.#lanes.push(lane);
    this.#byId.set(toHex(lane.id), index);
    return index;
  }

  #compare(left: LaneIndex, right: LaneIndex): number {
    if (left === right) return 0;
    const [one, other] = [this.of(left), this.of(right)];
    if (one.author === undefined || other.author === undefined) return compareBytes(one.id, other.id);
    return compareBytes(one.author, other.author) || compareEpochs(one.epoch, other.epoch);
  }

  #readStored(reader: Reader): LaneIndex {
    const how = reader.u8();
    if (how === WRITTEN.number) return this.#readNumber(reader);
    if (how > WRITTEN.authored) reader.fail("a lane written in a way that is not known");
    const id = reader.take(idBytes);
    const epoch = { index: reader.varint(), nonce: reader.take(epochNonceBytes).slice() };
    if (reader.failed) return 0;
    if (how === WRITTEN.authored) return this.authored(asId<AuthorId>(id.slice()), epoch);
    return this.#byId.get(toHex(id)) ?? this.#add({ id: asId<LaneId>(id.slice()), author: undefined, epoch, number: undefined });
  }

  #readNumber(reader: Reader): LaneIndex {
    const number = reader.varint();
    if (reader.failed) return 0;
    const known = this.#byNumber.get(number);
    if (known !== undefined) return known;
    const record = this.#view.lane(number);
    if (record === undefined) throw new DamagedStore(`lane ${number}`, "a view speaks of it, and its record is missing");
    return this.held({ number, author: record.author, epoch: record.epoch });
  }

  #byIdOf(reader: Reader): LaneIndex {
    const id = reader.take(idBytes);
    const known = reader.failed ? 0 : this.#byId.get(toHex(id));
    if (known === undefined) reader.fail("a lane that is not known here");
    return known ?? 0;
  }
}
