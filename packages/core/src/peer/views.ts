import { toHex } from "../bytes/hex.js";
import { isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { Writer } from "../bytes/writer.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { Assurance } from "../feed/lane/lane-reach.js";
import type { Freeze } from "../feed/write/feed-vocabulary.js";
import type { Hasher } from "../identity/crypto.js";
import type { AuthorId, SubjectId } from "../identity/ids.js";
import { bytesOfText, type SubjectPath } from "../identity/subject-path.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import type { Mount } from "../protocol/mount.js";
import type { Clock } from "../protocol/ports.js";
import type { Json } from "../protocol/protocol.js";
import { decodeKey, tableRange } from "../store/keys.js";
import { viewKey, viewNumberKey } from "../store/view-keys.js";
import { decodeViewNumber, decodeViewRecord } from "../store/view-records.js";
import { type ViewCommand, type ViewVocabulary, viewProtocol } from "../subject/view-core.js";
import { LiveView } from "./live-view.js";
import type { Pending } from "./pending.js";

export interface ViewsParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly clock: Clock;
  readonly author: AuthorId;
  readonly pending: Pending;
  readonly command: (command: ViewCommand) => void;
  readonly soon: () => Promise<void>;
}

export interface ViewAsked {
  readonly path: SubjectPath;
  readonly subject: SubjectId;
  readonly type: AnyMergeType;
  readonly typeDigest: Uint8Array;
  readonly assurance: Assurance;
  readonly kept: "whole" | "some";
}

interface OpenView {
  readonly live: LiveView;
  readers: number;
  /** Nobody reads it any more. */
  closing: Promise<void> | undefined;
}

/** The views that are open: one for all who read a subject through one type. */
export class Views {
  readonly mount: Mount<ViewVocabulary>;
  readonly #parts: ViewsParts;
  readonly #open = new Map<SubjectPath, Map<string, OpenView>>();
  /** Subjects that changed in the turn that is being told of. */
  readonly #woken = new Set<SubjectPath>();
  #next: number | undefined;
  /** Of the core that writes them down. */
  #beginning = 0;

  constructor(parts: ViewsParts) {
    this.#parts = parts;
    const { pending } = parts;
    this.mount = {
      protocol: viewProtocol(),
      notify: (notice) => {
        if (notice.kind === "begun") return this.#restart(notice.beginning);
        pending.resolve(notice.token, notice.kind === "kept" ? "kept" : "again");
      },
      // Whether it was written or not: the same, given again, comes to the same.
      dropped: (command) => {
        if (command.kind === "keep") pending.resolve(command.token, "again");
      },
    };
  }

  open(asked: ViewAsked): LiveView {
    const { hasher, view, clock, soon, pending, command, author } = this.#parts;
    const { path, subject, type, typeDigest, assurance, kept } = asked;
    const id = viewId(hasher, asked);
    const views = this.#open.get(path) ?? new Map<string, OpenView>();
    this.#open.set(path, views);
    const known = views.get(toHex(id));
    if (known !== undefined) {
      if (known.readers++ === 0) {
        known.closing = undefined;
        known.live.reopen();
      }
      return known.live;
    }
    const live = new LiveView({
      view,
      hasher,
      clock,
      author: toHex(author),
      subject,
      type,
      typeDigest,
      assurance,
      id,
      kept,
      number: () => this.#numberOf(subject, id),
      newNumber: () => this.#newNumber(),
      keep: (batch) => pending.call((token) => command({ kind: "keep", token, beginning: this.#beginning, batch })),
      drop: (number) => command({ kind: "drop", view: number }),
      soon,
    });
    views.set(toHex(id), { live, readers: 1, closing: undefined });
    live.wake();
    return live;
  }

  /** One reader fewer; the last one closes it. Who asks for it before it is on disk has it again: another one would not see what this
   * one still puts there, and fold it a second time. */
  async release(path: SubjectPath, live: LiveView): Promise<void> {
    const views = this.#open.get(path);
    const [id, open] = [...(views ?? [])].find(([, each]) => each.live === live) ?? [];
    if (views === undefined || id === undefined || open === undefined || --open.readers > 0) return;
    const closing = live.close();
    open.closing = closing;
    await closing;
    if (open.closing !== closing) return;
    views.delete(id);
    if (views.size === 0) this.#open.delete(path);
  }

  /** Something of the subject changed. All that one turn changed is folded together, before anybody who awaited it goes on. */
  wake(path: SubjectPath): void {
    if (!this.#open.has(path)) return;
    if (this.#woken.size === 0) {
      void Promise.resolve().then(() => {
        const woken = [...this.#woken];
        this.#woken.clear();
        for (const each of woken) for (const { live } of this.#open.get(each)?.values() ?? []) live.wake();
      });
    }
    this.#woken.add(path);
  }

  wakeAll(): void {
    for (const path of [...this.#open.keys()]) this.wake(path);
  }

  sealed(path: SubjectPath): void {
    for (const { live } of this.#open.get(path)?.values() ?? []) live.sealed();
  }

  frozen(path: SubjectPath, freeze: Freeze): void {
    for (const { live } of this.#open.get(path)?.values() ?? []) live.frozen(freeze);
  }

  replaced(path: SubjectPath, lane: number, from: number): void {
    for (const { live } of this.#open.get(path)?.values() ?? []) live.replaced(lane, from);
  }

  /** The peer takes no more calls. */
  end(why: Error): void {
    for (const views of this.#open.values()) for (const { live } of views.values()) live.end(why);
  }

  describe(): Json {
    return [...this.#open].flatMap(([path, views]) => [...views.values()].map(({ live }) => ({ path, ...live.describe() })));
  }

  /** What is folded goes to disk before the peer stops. */
  async close(): Promise<void> {
    const open = [...this.#open.values()].flatMap((views) => [...views.values()]);
    this.#open.clear();
    for (const { live, closing } of open) await (closing ?? live.close());
  }

  #restart(beginning: number): void {
    this.#beginning = beginning;
    for (const views of this.#open.values()) for (const { live } of views.values()) live.restart();
  }

  #numberOf(subject: SubjectId, id: Uint8Array): number | undefined {
    const bytes = this.#parts.view.keys.get(viewNumberKey(subject, id));
    const number = bytes === undefined ? undefined : decodeViewNumber(bytes);
    if (number === undefined || isMalformed(number)) return undefined;
    const record = decodeViewRecord(this.#parts.view.keys.get(viewKey(number)) ?? new Uint8Array(0));
    return !isMalformed(record) && equalBytes(record.id, id) ? number : undefined;
  }

  #newNumber(): number {
    this.#next ??= this.#lastNumber() + 1;
    return this.#next++;
  }

  #lastNumber(): number {
    for (const [key] of this.#parts.view.keys.range({ ...tableRange("view"), order: "descending", limit: 1 })) {
      const last = decodeKey(key);
      if (!isMalformed(last) && last.table === "view") return last.view;
    }
    return -1;
  }
}

function viewId(hasher: Hasher, { type, typeDigest, assurance, kept }: ViewAsked): Uint8Array {
  const writer = new Writer().prefixed(bytesOfText(type.name)).varint(type.version).bytes(typeDigest);
  return hasher.hash(
    "sinter 1 view",
    writer
      .u8(assurance === "hybrid" ? 1 : 0)
      .u8(kept === "some" ? 1 : 0)
      .finish(),
  );
}
