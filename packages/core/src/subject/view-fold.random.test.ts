import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { isMalformed } from "../bytes/malformed.js";
import { systemKindMax } from "../feed/event/event.js";
import { countedSize } from "../feed/lane/freeze.js";
import { eventsInOrder, type StoredEvent } from "../feed/lane/subject-reader.js";
import { hasher, network, pathOf, Rig } from "../feed/rig/feed-rig.suite.js";
import { copyOf, exchange, later, pass, run, twinsMax } from "../feed/rig/twins.suite.js";
import { subjectId } from "../identity/ids.js";
import { text } from "../merge/element-codec.js";
import { lwwMap } from "../merge/lww-map.js";
import { register } from "../merge/lww-register.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { orMap } from "../merge/or-map.js";
import { orSet } from "../merge/or-set.js";
import { pnCounter } from "../merge/pn-counter.js";
import { record } from "../merge/record.js";
import { removeWinsSet } from "../merge/remove-wins-set.js";
import { encodeItems } from "../merge/state.js";
import { decodeOperations, encodeOperations } from "../merge/transaction.js";
import { applyBatch } from "../store/memory-store.js";
import { ViewFold } from "./view-fold.js";
import { ViewStore } from "./view-store.js";

// Stores of one author that are copied, cloned and put back while they write, others that write at the same time, events that are
// taken back, forks: each store folds as it goes, closes its view and opens it again. In the end all meet, and every view is the same
// bytes as one that is folded from the beginning, everywhere.

const subject = subjectId(hasher, network, pathOf("s"));

interface Trial {
  readonly type: AnyMergeType;
  readonly operation: (draw: number) => unknown;
  /** What the events that count come to, each of them once: told by reading them in order. */
  readonly total?: (rig: Rig) => unknown;
}

const words = ["a", "b", "c"];
const wordOf = (draw: number) => words[draw % words.length] as string;
const made = <Commands>(type: AnyMergeType<unknown, Commands>, call: (commands: Commands, draw: number) => void): Trial => ({
  type,
  operation: (draw) => sent(type, (commands) => call(commands, draw)),
});

const trials: Readonly<Record<string, Trial>> = {
  "or-set": made(orSet(text), (set, draw) => (draw % 3 === 0 ? set.remove(wordOf(draw)) : set.add(wordOf(draw)))),
  "remove-wins-set": made(removeWinsSet(text), (set, draw) => (draw % 3 === 0 ? set.remove(wordOf(draw)) : set.add(wordOf(draw)))),
  register: made(register(text), (it, draw) => it.set(`value ${draw}`)),
  "pn-counter": {
    ...made(pnCounter(), (it, draw) => (draw % 3 === 0 ? it.decrement(1 + draw) : it.increment(1 + draw))),
    total: (rig) => operations(rig).reduce((sum, { kind, payload }) => sum + sumOf(kind, payload), 0),
  },
  "lww-map": made(lwwMap(text), (map, draw) => (draw % 3 === 0 ? map.delete(wordOf(draw)) : map.set(wordOf(draw), `value ${draw}`))),
  "or-map": made(orMap(pnCounter()), (map, draw) => (draw % 4 === 0 ? map.delete(wordOf(draw)) : map.at(wordOf(draw)).increment(1 + draw))),
  record: made(record({ votes: pnCounter(), tags: orSet(text) }), (it, draw) =>
    draw % 2 === 0 ? it.votes.increment() : draw % 3 === 0 ? it.tags.remove(wordOf(draw)) : it.tags.add(wordOf(draw)),
  ),
};

function sumOf(kind: number, payload: StoredEvent["payload"]): number {
  if (typeof payload === "string") return 0;
  const asked = decodeOperations(pnCounter(), kind, payload);
  if (isMalformed(asked)) throw new Error(asked.reason);
  return (asked as readonly number[]).reduce((sum, by) => sum + by, 0);
}

function sent<Commands>(type: AnyMergeType<unknown, Commands>, call: (commands: Commands) => void): unknown {
  const operations: unknown[] = [];
  call(type.commands((operation) => operations.push(operation)));
  return operations[0];
}

type Step =
  | { readonly kind: "write"; readonly who: number; readonly draws: readonly number[] }
  | { readonly kind: "copy" | "clone" | "keep" | "put back"; readonly who: number }
  | { readonly kind: "fold" | "reopen"; readonly who: number }
  | { readonly kind: "pass"; readonly from: number; readonly to: number }
  | { readonly kind: "redact"; readonly who: number; readonly which: number };

const one = fc.nat({ max: 7 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      who: one,
      draws: fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("pass" as const), from: one, to: one }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("fold" as const, "reopen" as const), who: one }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("redact" as const), who: one, which: fc.nat({ max: 40 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("copy" as const, "clone" as const, "keep" as const, "put back" as const), who: one }),
  },
);

/** A store and its view. */
class Folding {
  readonly rig: Rig;
  readonly #type: AnyMergeType;
  #numbers = 0;
  #store: ViewStore;
  #fold: ViewFold;

  constructor(rig: Rig, type: AnyMergeType) {
    this.rig = rig;
    this.#type = type;
    [this.#store, this.#fold] = this.#open(this.#numbers);
  }

  get fold(): ViewFold {
    return this.#fold;
  }

  /** How much at a time makes no difference. */
  goOn(eventsMax = 3): void {
    this.#fold.look();
    this.#foldAll(eventsMax);
    for (let times = 0; this.#fold.outdated !== undefined; times++) {
      if (times > 1) throw new Error(`folded anew, it is outdated again: ${this.#fold.outdated}`);
      [this.#store, this.#fold] = this.#open(++this.#numbers, this.#fold.orderAnew);
      this.#fold.look();
      this.#foldAll(eventsMax);
    }
  }

  #foldAll(eventsMax: number): void {
    while (this.#fold.fold(eventsMax) === "more");
  }

  reopen(): void {
    this.#fold.settle();
    const { batch, layer } = this.#store.take();
    applyBatch(this.rig.keys, batch);
    this.#store.kept(layer);
    [this.#store, this.#fold] = this.#open(this.#numbers);
  }

  get bytes(): string {
    return encoded(this.#type, this.#fold);
  }

  get fresh(): string {
    const [, fold] = this.#open(0xffff, "epochs");
    fold.look();
    fold.fold(1_000_000);
    return encoded(this.#type, fold);
  }

  #open(number: number, order: "stamps" | "epochs" = "stamps"): [ViewStore, ViewFold] {
    const { view, keys } = this.rig;
    const store = new ViewStore(keys, hasher, number);
    const parts = { view, hasher, subject, type: this.#type, assurance: "classical", store, kept: "whole", order } as const;
    return [store, new ViewFold({ ...parts, wallMs: () => Number.MAX_SAFE_INTEGER })];
  }
}

function encoded(type: AnyMergeType, fold: ViewFold): string {
  return toHex(encodeItems(type, new Map(fold.items.all), { lanes: fold.lanes.canonical, seen: fold.seen }));
}

class World {
  readonly #trial: Trial;
  readonly #twins: Folding[];
  readonly #others: readonly Folding[];
  readonly #kept: Rig[] = [];
  #instances = 1;

  constructor(trial: Trial) {
    this.#trial = trial;
    this.#twins = [this.#folding(new Rig())];
    this.#others = [this.#folding(new Rig({ author: 2, instance: 102 })), this.#folding(new Rig({ author: 3, instance: 103 }))];
  }

  get all(): readonly Folding[] {
    return [...this.#twins, ...this.#others];
  }

  run(step: Step): void {
    if (step.kind === "pass") return this.#pass(step.from, step.to);
    const who = this.all[step.who % this.all.length] as Folding;
    if (step.kind === "write") return this.#write(who, step.draws);
    if (step.kind === "fold") return who.goOn();
    if (step.kind === "reopen") return who.reopen();
    if (step.kind === "redact") return this.#redact(who, step.which);
    this.#twin(step.kind, step.who % this.#twins.length);
  }

  #twin(kind: "copy" | "clone" | "keep" | "put back", at: number): void {
    const { rig } = this.#twins[at] as Folding;
    const kept = this.#kept[at];
    if (kind === "keep") this.#kept[at] = new Rig({ keys: copyOf(rig) });
    else if (kind === "put back" && kept !== undefined) this.#twins[at] = this.#folding(new Rig({ keys: copyOf(kept) }));
    else if (kind === "copy" && this.#twins.length < twinsMax)
      this.#twins.push(this.#folding(new Rig({ keys: copyOf(rig), instance: ++this.#instances })));
    else if (kind === "clone" && this.#twins.length < twinsMax) this.#twins.push(this.#folding(new Rig({ keys: copyOf(rig) })));
  }

  #folding(rig: Rig): Folding {
    return new Folding(rig, this.#trial.type);
  }

  #pass(from: number, to: number): void {
    const [sender, taker] = [this.all[from % this.all.length] as Folding, this.all[to % this.all.length] as Folding];
    if (sender !== taker) pass(sender.rig, taker.rig);
  }

  #write({ rig, fold }: Folding, draws: readonly number[]): void {
    const { type, operation } = this.#trial;
    later(rig);
    const { kind, payload } = encodeOperations(type, draws.map(operation));
    run(rig, { ...rig.commandOf("s", [{ kind, codec: 0, payload }]), observed: fold.frontier() });
  }

  #redact({ rig }: Folding, which: number): void {
    const said = operations(rig).filter(({ payload, author }) => typeof payload !== "string" && toHex(author) === toHex(rig.author));
    const event = said[which % said.length];
    const lane = event && rig.view.laneNumber(subject, event.author, event.epoch);
    if (event === undefined || lane === undefined) return;
    later(rig);
    run(rig, { kind: "redact", token: 5, lane, seq: event.seq });
  }
}

function operations(rig: Rig): StoredEvent[] {
  const spans = [...rig.view.lanes(subject)].map((entry) => {
    const head = rig.view.head(entry.number);
    return { entry, next: 1, end: 1 + (head === undefined ? 0 : countedSize(head)) };
  });
  return [...eventsInOrder(rig.view, hasher, subject, spans)].filter(({ kind }) => kind > systemKindMax);
}

test.each(Object.entries(trials))(
  "CORE-DET-01 whatever comes when, and whatever is taken back, every view of it comes to the same: %s",
  (_name, trial) => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 5, maxLength: 40 }), (steps) => {
        const world = new World(trial);
        for (const step of steps) world.run(step);
        exchange(...world.all.map(({ rig }) => rig));
        for (const each of world.all) each.goOn();
        const [first, ...rest] = world.all.map(({ bytes }) => bytes);
        for (const other of rest)
          if (other !== first) throw new Error(world.all.map(({ bytes, fresh }) => `${bytes} fresh ${fresh}`).join("\n"));
        for (const each of world.all) expect(each.fresh).toBe(first);
        if (trial.total !== undefined)
          for (const { rig, fold } of world.all) expect(trial.type.value(fold.items.all)).toBe(trial.total(rig));
      }),
      { numRuns: 60 },
    );
  },
);
