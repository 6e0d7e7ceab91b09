import {
  clockDriftMsMax,
  viewFlushMs,
  viewFutureMsMax,
  viewKeepEventsMax,
  viewKeepItemsMax,
  viewSliceEventsMax,
  viewUnkeptBytesMax,
} from "../bytes/limits.js";
import { DamagedStore, type FeedView } from "../feed/lane/feed-view.js";
import type { Assurance } from "../feed/lane/lane-reach.js";
import type { Freeze } from "../feed/write/feed-vocabulary.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectId } from "../identity/ids.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import type { Batch } from "../protocol/key-space.js";
import type { Clock } from "../protocol/ports.js";
import type { Json } from "../protocol/protocol.js";
import type { LaneFold } from "../subject/lane-fold.js";
import { Shown } from "../subject/shown.js";
import { keysThatDiffer } from "../subject/view-difference.js";
import { type FoldedEvent, type PassedOver, ViewFold, type Wait } from "../subject/view-fold.js";
import { ViewStore } from "../subject/view-store.js";
import { readable } from "./readable.js";

export interface LiveViewParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly clock: Clock;
  readonly subject: SubjectId;
  /** Who writes here, in hexadecimal. */
  readonly author: string;
  readonly type: AnyMergeType;
  readonly typeDigest: Uint8Array;
  readonly assurance: Assurance;
  /** Of the view: subject, type and assurance. */
  readonly id: Uint8Array;
  readonly kept: "whole" | "some";
  /** The one that is on disk, if one is. */
  readonly number: () => number | undefined;
  readonly newNumber: () => number;
  /** Resolves once it is on disk; or says that it is to be given again. */
  readonly keep: (batch: Batch) => Promise<"kept" | "again">;
  readonly drop: (view: number) => void;
  readonly soon: () => Promise<void>;
}

export interface ViewListener {
  /** More is folded, or otherwise than before. */
  changed(): void;
  /** Only where every event is wanted. */
  folded?(event: FoldedEvent): void;
  /** Told of each key that will hold something else, before `withdrawn`: only where they are wanted. */
  differs?(key: string): void;
  withdrawn?(reason: string): void;
  passedOver?(event: PassedOver): void;
  /** A lane counts only up to there. */
  frozen?(freeze: Freeze): void;
  /** A second signature reaches further in some feed. */
  sealed?(): void;
  failed?(error: Error): void;
}

/** `later`: the disk is full. */
type Kept = "kept" | "later";

/** One fold of a subject, kept up with what comes, and on disk. However many read it, it is folded once. */
export class LiveView {
  readonly shown: Shown;
  readonly #parts: LiveViewParts;
  readonly #listeners = new Set<ViewListener>();
  #fold: ViewFold;
  #store: ViewStore;
  /** On disk, and to be dropped once this one is in its place. */
  #old: number | undefined;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #failure: Error | undefined;
  #keeping: Promise<Kept> | undefined;
  /** On its way to the disk, or refused there because it is full: to be given again before anything else. */
  #given: { readonly batch: Batch; readonly layer: number } | undefined;
  #unkept = 0;
  #cancelFlush: (() => void) | undefined;
  #cancelWait: (() => void) | undefined;
  #state: "open" | "closed" = "open";
  #restarts = 0;

  constructor(parts: LiveViewParts) {
    this.#parts = parts;
    [this.#store, this.#fold] = this.#open();
    this.shown = new Shown(parts.type, this.#fold, parts.author);
  }

  get fold(): ViewFold {
    return this.#fold;
  }

  get store(): ViewStore {
    return this.#store;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get isCurrent(): boolean {
    return this.#running === undefined && this.#failure === undefined;
  }

  get waits(): ReadonlyMap<LaneFold, Wait> {
    return this.#fold.waits;
  }

  /** `events` are all that are folded, `since` those since it was opened or last restarted: the rest was on disk. */
  describe(): { readonly [name: string]: Json } {
    const { waits } = this.#fold;
    let events = 0;
    for (const seq of this.#fold.frontier().values()) events += seq;
    const state = this.#failure?.message ?? (this.isCurrent ? "current" : "folding");
    const reach = { events, since: this.#fold.events, restarts: this.#restarts, waiting: waits.size, pending: this.shown.pending };
    return { type: this.#parts.type.name, view: this.#store.number, state, ...reach };
  }

  listen(listener: ViewListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** There may be more to fold. Folds the first of it at once. */
  wake(): void {
    if (this.#state === "closed" || this.#failure !== undefined) return;
    this.#isWanted = true;
    if (this.#running !== undefined || this.#step() === "done") return;
    this.#running = this.#goOn().finally(() => {
      this.#running = undefined;
      // What came while it was ending.
      if (this.#isWanted) this.wake();
      this.tell();
    });
  }

  sealed(): void {
    for (const listener of [...this.#listeners]) listener.sealed?.();
  }

  frozen(freeze: Freeze): void {
    for (const listener of [...this.#listeners]) listener.frozen?.(freeze);
  }

  replaced(lane: number, from: number): void {
    this.#fold.replaced(lane, from);
    this.wake();
  }

  /** The store may not have what was given to it: what it has is taken up anew. */
  restart(): void {
    this.#restarts++;
    this.#failure = undefined;
    this.#old = undefined;
    this.#given = undefined;
    try {
      [this.#store, this.#fold] = this.#open();
    } catch (error) {
      return this.#fail(error);
    }
    // What is shown stays until what takes its place has come as far: on disk there may be less, and what counts no more.
    this.wake();
  }

  /** Resolves once nothing is left to fold. */
  async current(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Folds no more, and puts on disk what is folded. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#cancelTimers();
    await this.#running;
    if (this.#failure === undefined) await this.keep();
  }

  /** Somebody reads it again, before it was let go of. */
  reopen(): void {
    this.#state = "open";
    if (this.#failure !== undefined) this.restart();
    else this.wake();
  }

  /** The peer goes no further: told to who reads it. */
  end(why: Error): void {
    this.#cancelTimers();
    for (const listener of [...this.#listeners]) listener.failed?.(why);
  }

  /** Puts what is folded on disk. Where that is full, it is tried again from time to time, and nobody waits for it. */
  async keep(): Promise<Kept> {
    while (this.#keeping !== undefined) await this.#keeping;
    this.#keeping = this.#keep().finally(() => {
      this.#keeping = undefined;
    });
    return await this.#keeping;
  }

  /** However long the disk is full: for who has no more room for what is not there. */
  async flush(): Promise<void> {
    while ((await this.keep()) === "later" && this.#state === "open")
      await new Promise<void>((resolve) => this.#parts.clock.after(viewFlushMs, resolve));
  }

  /** Of a table: its root. Where much of it changed, with pauses for all else; `goesOn` throws once nobody waits for it any more. */
  async root(goesOn: () => void): Promise<Uint8Array> {
    for (;;) {
      goesOn();
      const root = this.#fold.takeIn();
      this.#flushSoon();
      if (root !== "more") return root;
      if (this.#store.overlay.bytes >= viewUnkeptBytesMax) await this.flush();
      await this.#parts.soon();
    }
  }

  #open(): [ViewStore, ViewFold] {
    const number = this.#parts.number();
    if (number === undefined) return this.#begin();
    const store = this.#storeOf(number);
    try {
      return [store, this.#foldOn(store)];
    } catch (error) {
      // It is a cache: what was lost of it is folded anew.
      if (!(error instanceof DamagedStore)) throw error;
      this.#old = number;
      return this.#begin();
    }
  }

  #begin(order: "stamps" | "epochs" = "stamps"): [ViewStore, ViewFold] {
    const { id, subject, type, typeDigest, assurance, newNumber } = this.#parts;
    const store = this.#storeOf(newNumber());
    store.found(id, { subject, name: type.name, version: type.version, digest: typeDigest, assurance, freezes: new Uint8Array(0) });
    return [store, this.#foldOn(store, order)];
  }

  #storeOf(number: number): ViewStore {
    return new ViewStore(this.#parts.view.keys, this.#parts.hasher, number);
  }

  #foldOn(store: ViewStore, order: "stamps" | "epochs" = "stamps"): ViewFold {
    const { view, hasher, subject, type, assurance, kept, clock } = this.#parts;
    const known = (lane: number, seq: number) => this.shown?.operationsAt(lane, seq);
    return new ViewFold({ view, hasher, subject, type, assurance, store, kept, order, known, wallMs: () => clock.wallMs() });
  }

  /** As much as may be done without a pause. */
  #step(): "done" | "more" {
    try {
      const waiting = this.#fold.waits.size;
      if (this.#isWanted) this.#fold.look();
      this.#isWanted = false;
      const before = this.#fold.events;
      const listening = [...this.#listeners].filter((listener) => listener.folded !== undefined);
      const told = (event: FoldedEvent) => {
        for (const listener of listening) listener.folded?.(event);
      };
      const state = this.#fold.fold(viewSliceEventsMax, listening.length === 0 ? undefined : told);
      this.#unkept += this.#fold.events - before;
      if (this.#fold.outdated !== undefined) return "more";
      this.shown.refold(this.#fold);
      for (const event of this.#fold.takePassedOver()) for (const listener of this.#listeners) listener.passedOver?.(event);
      if (this.#fold.events > before || this.#fold.waits.size !== waiting) this.tell();
      this.#keepSoon();
      if (state === "done") this.#awaitFuture();
      return state;
    } catch (error) {
      this.#fail(error);
      return "done";
    }
  }

  async #goOn(): Promise<void> {
    try {
      for (;;) {
        const { outdated } = this.#fold;
        if (outdated !== undefined) await this.#refold(outdated);
        else if (this.#unkept >= viewKeepEventsMax) await this.flush();
        await this.#parts.soon();
        if (this.#state === "closed" || this.#step() === "done") return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Folds everything anew beside what is shown, and shows that once it has come as far. */
  async #refold(reason: string): Promise<void> {
    const anew = await this.#foldedAnew();
    if (anew === undefined || (await this.#differences(anew[1])) === "closed") return;
    this.#old ??= this.#store.number;
    [this.#store, this.#fold] = anew;
    this.#given = undefined;
    this.#unkept = this.#fold.events;
    this.#isWanted = true;
    this.shown.refold(this.#fold);
    for (const listener of this.#listeners) listener.withdrawn?.(reason);
    this.tell();
    await this.keep();
  }

  /** Tells who asked of each key that is not in the new fold as it is in this one. Both stand still meanwhile. */
  async #differences(anew: ViewFold): Promise<"told" | "closed"> {
    const listening = [...this.#listeners].filter((listener) => listener.differs !== undefined);
    if (listening.length === 0) return "told";
    for (const keys of keysThatDiffer(this.#fold, anew)) {
      for (const key of keys) for (const listener of listening) listener.differs?.(key);
      await this.#parts.soon();
      if (this.#state === "closed") return "closed";
    }
    return "told";
  }

  /** None, where the view is closed meanwhile. */
  async #foldedAnew(): Promise<[ViewStore, ViewFold] | undefined> {
    for (let order = this.#fold.orderAnew; ; ) {
      const [store, fold] = this.#begin(order);
      fold.look();
      while (fold.fold(viewSliceEventsMax) === "more") {
        await this.#parts.soon();
        if (this.#state === "closed") return undefined;
      }
      if (fold.outdated === undefined) return [store, fold];
      // Something was taken away while it went on.
      order = fold.orderAnew;
      await this.#parts.soon();
      if (this.#state === "closed") return undefined;
    }
  }

  /** What is shown is another. */
  tell(): void {
    for (const listener of [...this.#listeners]) listener.changed();
  }

  #fail(error: unknown): void {
    const told = readable(error);
    this.#failure = told instanceof Error ? told : new Error(String(told));
    for (const listener of [...this.#listeners]) listener.failed?.(this.#failure);
  }

  #keepSoon(): void {
    if (this.#unkept === 0 || this.#state === "closed") return;
    if (this.#fold.items.dirty.size >= viewKeepItemsMax && this.#keeping === undefined && this.#given === undefined) {
      this.keep().catch((error: unknown) => this.#fail(error));
      return;
    }
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#cancelFlush !== undefined || this.#state === "closed") return;
    this.#cancelFlush = this.#parts.clock.after(viewFlushMs, () => {
      this.#cancelFlush = undefined;
      this.keep().catch((error: unknown) => this.#fail(error));
    });
  }

  async #keep(): Promise<Kept> {
    const { view, subject, keep, drop } = this.#parts;
    // Nobody has written to it, and to open it is no reason to.
    if (view.subject(subject) === undefined) return "kept";
    const store = this.#store;
    for (;;) {
      const wasRefused = this.#given !== undefined;
      this.#given ??= this.#take();
      if (this.#given === undefined) return "kept";
      const { batch, layer } = this.#given;
      const answer = await keep(batch);
      // Taken up anew meanwhile, or folded anew: another is put on disk by now.
      if (store !== this.#store) return "kept";
      if (answer === "again") {
        this.#flushSoon();
        return "later";
      }
      this.#given = undefined;
      store.kept(layer);
      if (this.#old !== undefined) drop(this.#old);
      this.#old = undefined;
      if (!wasRefused) return "kept";
    }
  }

  #take(): { readonly batch: Batch; readonly layer: number } | undefined {
    this.#fold.settle();
    this.#unkept = 0;
    const taken = this.#store.take();
    return taken.batch.length === 0 ? undefined : taken;
  }

  #cancelTimers(): void {
    this.#cancelFlush?.();
    this.#cancelWait?.();
    this.#cancelFlush = undefined;
    this.#cancelWait = undefined;
  }

  /** An event from the future is folded when its time comes, be it that the clock is set. */
  #awaitFuture(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    const times = [...this.#fold.waits.values()].flatMap((wait) => (wait.why === "future" ? [wait.wallMs] : []));
    if (times.length === 0 || this.#state === "closed") return;
    const { clock } = this.#parts;
    const dueMs = Math.min(...times) - clockDriftMsMax;
    const inMs = Math.min(Math.max(1, dueMs - clock.wallMs()), viewFutureMsMax);
    this.#cancelWait = clock.after(inMs, () => (clock.wallMs() < dueMs ? this.#awaitFuture() : this.wake()));
  }
}
