import { syncPartsMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import type { AskingParts } from "./asking.js";
import { digestOf, isSameDigest } from "./digest.js";
import { areSame, type Roots } from "./link-state.js";
import type { Digest, SyncMessage, Tell } from "./messages.js";
import { answer } from "./reconcile/answer.js";
import { chosen, firstSymbols } from "./reconcile/choose.js";
import type { Sides } from "./reconcile/reconciler.js";
import { scopeName } from "./scope.js";
import type { Around } from "./sync-vocabulary.js";

// The other side of a session: answers what is asked from what is held at that moment. All that is kept of a session is which
// parts of the difference have come.

type Told<K extends SyncMessage["kind"]> = Extract<SyncMessage, { readonly kind: K }>;

export type AnsweringParts = Omit<AskingParts, "view" | "agreed"> & {
  /** Both hold the same. */
  readonly agreed: (around: Around) => void;
};

export class Answering {
  readonly #parts: AnsweringParts;
  /** The last session that was opened; its answer may still be waited for. */
  #opening: number | undefined;
  #difference: { readonly session: number; readonly parts: Set<number>; rows: number; said: "settled" | "missing" } | undefined;

  /** Roots that differed when a session was opened last. */
  #compared: (Roots & { readonly session: number }) | undefined;

  /** Those of a session that brought nothing to this side. */
  #foundNothing: Roots | undefined;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
  }

  open(message: Told<"open">, around: Around): void {
    if (this.#opening === message.session) return;
    this.#opening = message.session;
    this.#parts.settled((then) => {
      if (this.#opening !== message.session) return;
      this.#opening = undefined;
      this.#opened(message, then);
    }, around);
  }

  ask({ session, round, ask }: Told<"ask">, around: Around): void {
    const { link } = this.#parts;
    if (link.scope === undefined) return;
    this.#parts.settled((then) => {
      const tell = answer(this.#sides(then), ask);
      then.out.send(link.peer, { kind: "tell", session, round, tell });
    }, around);
  }

  difference({ session, part, parts, rows }: Told<"difference">, around: Around): void {
    const { consider, link } = this.#parts;
    if (parts > syncPartsMax) return around.out.disconnect(link.peer, "a difference of more parts than may be");
    if (this.#difference?.session !== session) this.#difference = { session, parts: new Set(), rows: 0, said: "missing" };
    this.#difference.parts.add(part);
    this.#difference.said = "missing";
    for (const row of rows) consider(row, around);
    this.#difference.rows += rows.length;
    if (this.#difference.parts.size < parts) return;
    const hasRows = this.#difference.rows > 0 || this.#parts.missing() > 0;
    this.#foundNothing = !hasRows && this.#compared?.session === session ? this.#compared : undefined;
    link.compared = "yes";
    this.check(around);
    // Whoever waits for the end of it is not to give up meanwhile.
    const missing = this.#parts.missing();
    if (missing > 0) around.out.send(link.peer, { kind: "settled", session, missing });
  }

  /** Says so, once all that was wanted has come. */
  check({ out }: Around): void {
    const { missing, link } = this.#parts;
    const difference = this.#difference;
    if (difference === undefined || difference.said === "settled") return;
    if (missing() > 0) return;
    difference.said = "settled";
    out.send(link.peer, { kind: "settled", session: difference.session, missing: 0 });
  }

  #opened({ session, scope, digest, ask }: Told<"open">, around: Around): void {
    const { hasher, link, index } = this.#parts;
    if (link.scope === undefined) return;
    link.answeredAt = around.now;
    const answered = (mine: Told<"opened">["digest"], tell: Tell | undefined) =>
      around.out.send(link.peer, { kind: "opened", session, digest: mine, tell });
    if (!equalBytes(scope, scopeName(hasher, link.scope))) return answered("other scope", undefined);
    const mine = digestOf({ view: around.view, hasher, index }, link.scope);
    if (isSameDigest(mine, digest)) {
      link.compared = "yes";
      answered("same", undefined);
      return this.#parts.agreed(around);
    }
    this.#compared = { session, mine, theirs: digest };
    link.parted(this.#compared);
    // The other may have had something to fetch. Now that it comes again, and neither has moved, it had not.
    if (this.#foundNothing !== undefined && areSame(this.#foundNothing, this.#compared)) link.foundNothing(this.#compared);
    answered(mine, ask === undefined ? this.#symbols(mine, digest, around) : answer(this.#sides(around), ask));
  }

  #symbols(mine: Digest, theirs: Digest, around: Around): Tell | undefined {
    const { link, salt, knobs } = this.#parts;
    const salts = link.hello !== undefined && equalBytes(link.hello.salt, salt) ? "agree" : "differ";
    const compared = { mine: theirs, theirs: mine, salts } as const;
    if ((knobs.reconciler ?? chosen(compared)) !== "sketch") return undefined;
    return answer(this.#sides(around), { kind: "symbols", from: 0, count: firstSymbols(mine, theirs) });
  }

  #sides({ view }: Around): Sides {
    const { hasher, index, link } = this.#parts;
    return { source: { view, hasher, index }, scope: link.scope ?? { kind: "some", parts: [] } };
  }
}
