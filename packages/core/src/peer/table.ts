import { toHex } from "../bytes/hex.js";
import { changesWaitingBytesMax, changesWaitingMax, tablePageMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { kindAt, payloadAt } from "../feed/event/event.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import { LaneReader } from "../feed/lane/lane-reader.js";
import { decodeOperations } from "../merge/transaction.js";
import type { LoggedOperation } from "../store/view-records.js";
import { applied } from "../subject/applied.js";
import { Backlog } from "./latest.js";
import type { LiveSubject } from "./live-subject.js";
import { SinterError } from "./sinter-error.js";
import type { OperationRecord, SubjectStatus, Write } from "./subject-api.js";
import type { SubjectParts } from "./subject-parts.js";

/** Keys and what each holds: one state each, by a merge type. A subject that is read key by key, and need not fit into memory. */
export interface TableView<Value, Changes> {
  readonly path: string;
  readonly type: string;
  /** One event of several operations: all of them count, or none. */
  change(make: (commands: Changes) => void): Write;
  /** What the key holds, with what was just written; nothing of one that was never written, or is deleted. */
  get(key: string): Value | undefined;
  /** In the order of keys (of their bytes). Keys written or deleted meanwhile may be told of or not. */
  scan(options?: ScanOptions): AsyncIterable<readonly [key: string, value: Value]>;
  /** What was ever written under a key, in the total order; nothing for a value is a deletion. */
  history(key: string): readonly OperationRecord[];
  /** Each key under the prefix that comes to hold something else, from now on: also because what it held counts no more. */
  watch(options?: WatchOptions): AsyncIterable<{ readonly key: string; readonly value: Value | undefined }>;
  /** In hexadecimal. Equal roots: the same keys, holding the same, written by the same operations. What changed since it was last
   * asked for is taken in now: the first time, all there is. */
  root(): Promise<string>;
  /** Whether it is the same everywhere, and if not, why. */
  status(): Promise<SubjectStatus>;
  current(options?: { readonly signal?: AbortSignal }): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ScanOptions {
  readonly prefix?: string;
  /** Keys behind this one. */
  readonly after?: string;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface WatchOptions {
  readonly prefix?: string;
  readonly signal?: AbortSignal;
}

/** A table, and the commands of its type: each writes one event. */
export type Table<Value, Commands, Changes> = TableView<Value, Changes> & Commands;

/** A table whose keys hold the last value written: the commands of a map, each of them one event. */
export interface PutCommands<Value> {
  put(key: string, value: Value): Write;
  delete(key: string): Write;
}

export class LiveTable<Value, Changes> implements TableView<Value, Changes> {
  readonly path: string;
  readonly type: string;
  readonly #parts: SubjectParts;
  readonly #subject: LiveSubject<unknown, Changes>;

  constructor(parts: SubjectParts, subject: LiveSubject<unknown, Changes>) {
    this.#parts = parts;
    this.#subject = subject;
    this.path = parts.path;
    this.type = parts.type.name;
  }

  change(make: (commands: Changes) => void): Write {
    return this.#subject.change(make);
  }

  status(): Promise<SubjectStatus> {
    return this.#subject.status();
  }

  get(key: string): Value | undefined {
    this.#subject.goesOn();
    const itemKey = this.#parts.type.keyFrom(key);
    return this.#valueOf(itemKey, this.#parts.live.shown.item(itemKey));
  }

  async *scan({
    prefix = "",
    after,
    limit = Number.POSITIVE_INFINITY,
    signal,
  }: ScanOptions = {}): AsyncGenerator<readonly [string, Value], void, undefined> {
    const { type, live, soon } = this.#parts;
    const itemPrefix = prefix === "" ? "" : type.keyFrom(prefix);
    let last = after === undefined ? undefined : type.keyFrom(after);
    // What is on disk is read in the order of keys; what is not has to be put in order for each page.
    await live.keep();
    for (let left = limit; left > 0 && !signal?.aborted; ) {
      this.#subject.goesOn();
      live.fold.settle();
      const page = live.shown.page(itemPrefix, last, tablePageMax);
      for (const [itemKey, item] of page) {
        last = itemKey;
        const value = this.#valueOf(itemKey, item);
        if (value === undefined) continue;
        yield [type.keyText(itemKey), value];
        if (--left <= 0 || signal?.aborted) return;
      }
      if (page.length < tablePageMax) return;
      await soon();
    }
  }

  history(key: string): readonly OperationRecord[] {
    this.#subject.goesOn();
    const { type, live } = this.#parts;
    const itemKey = type.keyFrom(key);
    const records = [...(live.fold.log?.of(itemKey) ?? [])].map((logged) => this.#recordOf(itemKey, logged));
    return records.sort(
      ({ stamp: [leftMs, leftCounter], ...left }, { stamp: [rightMs, rightCounter], ...right }) =>
        leftMs - rightMs ||
        leftCounter - rightCounter ||
        compareTexts(left.author, right.author) ||
        left.epoch - right.epoch ||
        compareTexts(left.nonce, right.nonce) ||
        left.seq - right.seq ||
        left.operation - right.operation,
    );
  }

  watch({ prefix = "", signal }: WatchOptions = {}): AsyncIterable<{ readonly key: string; readonly value: Value | undefined }> {
    this.#subject.goesOn();
    const { type, live } = this.#parts;
    const itemPrefix = prefix === "" ? "" : type.keyFrom(prefix);
    const backlog = new Backlog<string>({
      max: changesWaitingMax,
      bytesMax: changesWaitingBytesMax,
      bytesOf: (key) => key.length,
      over: () => {
        silence();
        forget();
      },
      overflow: fellBehind,
    });
    const waiting = new Set<string>();
    // One that waits to be told of is told of once, with what it holds by then.
    const tell = (keys: Iterable<string>) => {
      for (const key of keys) {
        if (!key.startsWith(itemPrefix) || waiting.has(key)) continue;
        waiting.add(key);
        backlog.add(key);
      }
    };
    let withdrawn = new Set<string>();
    const silence = live.listen({
      changed: () => {},
      folded: ({ keys }) => tell(keys),
      // One more than may wait is enough for the reader to be told that it fell behind.
      differs: (key) => {
        if (key.startsWith(itemPrefix) && withdrawn.size <= changesWaitingMax) withdrawn.add(key);
      },
      withdrawn: () => {
        tell(withdrawn);
        withdrawn = new Set();
      },
      failed: (error) => backlog.end(error),
    });
    const forget = this.#subject.onEnd((why) => backlog.end(why));
    return this.#told(backlog.read(signal), waiting);
  }

  async *#told(
    keys: AsyncIterable<string>,
    waiting: Set<string>,
  ): AsyncGenerator<{ readonly key: string; readonly value: Value | undefined }, void, undefined> {
    const { type, live } = this.#parts;
    for await (const key of keys) {
      waiting.delete(key);
      yield { key: type.keyText(key), value: this.#valueOf(key, live.shown.item(key)) };
    }
  }

  async root(): Promise<string> {
    return toHex(await this.#parts.live.root(() => this.#subject.goesOn()));
  }

  current(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#subject.current(options);
  }

  close(): Promise<void> {
    return this.#subject.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #valueOf(itemKey: string, item: unknown): Value | undefined {
    if (item === undefined) return undefined;
    const { type } = this.#parts;
    const values = type.value(new Map([[itemKey, item]])) as ReadonlyMap<string, Value>;
    return values.get(type.keyText(itemKey));
  }

  #recordOf(itemKey: string, { lane, seq, operation }: LoggedOperation): OperationRecord {
    const { view, hasher, type } = this.#parts;
    const record = view.lane(lane);
    const event = new LaneReader(view, hasher, lane).event(seq);
    if (record === undefined || event === undefined) throw new DamagedStore(`event ${seq} of lane ${lane}`, "it is missing");
    const place = this.#parts.live.fold.placeAt(lane, seq, event);
    const operations =
      event.payload === "absent" ? [] : decodeOperations(type, kindAt(event.bytes, event.offset), payloadAt(event.bytes, event.offset));
    const asked = isMalformed(operations) ? undefined : operations[operation];
    const value = asked === undefined ? undefined : this.#valueOf(itemKey, applied(type, asked, { ...place, operation }));
    const { author, epoch } = record;
    return {
      author: toHex(author),
      epoch: epoch.index,
      nonce: toHex(epoch.nonce),
      seq,
      operation,
      stamp: [place.wallMs, place.counter],
      value,
    };
  }
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function fellBehind(): SinterError {
  return new SinterError("busy", "this reader of a table fell too far behind", "Take what changes faster, or watch a smaller part of it.");
}
