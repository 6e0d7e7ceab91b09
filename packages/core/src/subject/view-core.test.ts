import { expect, test } from "vitest";
import { viewDropEntriesMax } from "../bytes/limits.js";
import { asId, type SubjectId } from "../identity/ids.js";
import { Overlay } from "../protocol/overlay.js";
import type { Input, Instant } from "../protocol/protocol.js";
import { MemoryKeys } from "../store/memory-keys.js";
import { applyBatch } from "../store/memory-store.js";
import { viewItemKey, viewItemsRange, viewKey, viewNumberKey } from "../store/view-keys.js";
import { encodeViewNumber } from "../store/view-records.js";
import { type ViewCommand, type ViewVocabulary, viewProtocol } from "./view-core.js";

const subject = asId<SubjectId>(new Uint8Array(32).fill(7));
const id = new Uint8Array(32).fill(9);

/** The core on keys of its own, a turn at a time. */
class Cranked {
  readonly keys = new MemoryKeys();
  readonly #overlay = new Overlay(this.keys);
  readonly #protocol = viewProtocol();
  readonly #opened = this.#protocol.open(this.#overlay);
  #core = this.#protocol.create();
  disk: "roomy" | "full" = "roomy";

  /** As after a commit that failed. */
  beginAnew(): readonly string[] {
    this.#core = this.#protocol.create();
    return this.start();
  }

  start(): readonly string[] {
    return this.#step({ kind: "started" });
  }

  command(command: ViewCommand): readonly string[] {
    return this.#step({ kind: "commanded", command });
  }

  expire(): readonly string[] {
    return this.#step({ kind: "expired", timer: "drop" });
  }

  get items(): number {
    return [...this.keys.range(viewItemsRange(0))].length;
  }

  #step(input: Input<ViewVocabulary>): readonly string[] {
    const random = { below: () => 0, bytes: (length: number) => new Uint8Array(length) };
    const { view } = this.#opened;
    this.#overlay.begin(1);
    const effects = this.#core.step(input, { now: 0 as Instant, wallMs: 0, random, view, turn: 1, disk: this.disk });
    for (const effect of effects) if (effect.kind === "write") this.#opened.apply(effect.write);
    applyBatch(this.keys, this.#overlay.seal());
    this.#overlay.flushed(1);
    return effects.map((effect) => (effect.kind === "notify" ? effect.notice.kind : effect.kind));
  }
}

function withItems(count: number, named: "named" | "unnamed"): Cranked {
  const cranked = new Cranked();
  cranked.keys.put(viewKey(0), new Uint8Array(1));
  if (named === "named") cranked.keys.put(viewNumberKey(subject, id), encodeViewNumber(0));
  for (let index = 0; index < count; index++) cranked.keys.put(viewItemKey(0, `item ${index}`), new Uint8Array(1));
  return cranked;
}

test("what was folded is kept in one commit, and on a full disk not at all", () => {
  const cranked = new Cranked();
  const batch = [[viewItemKey(3, "a"), Uint8Array.of(1)]] as const;
  cranked.disk = "full";
  expect(cranked.command({ kind: "keep", token: 1, beginning: 0, batch })).toEqual(["refused"]);
  expect(cranked.keys.get(viewItemKey(3, "a"))).toBeUndefined();
  cranked.disk = "roomy";
  expect(cranked.command({ kind: "keep", token: 1, beginning: 0, batch })).toEqual(["write", "kept"]);
  expect(cranked.keys.get(viewItemKey(3, "a"))).toEqual(Uint8Array.of(1));
});

test("what was given before the core began anew is not kept: whoever folds took up since what there is", () => {
  const cranked = new Cranked();
  const batch = [[viewItemKey(3, "a"), Uint8Array.of(1)]] as const;
  expect([...cranked.start(), ...cranked.beginAnew()]).toEqual(["begun", "begun"]);
  expect(cranked.command({ kind: "keep", token: 1, beginning: 0, batch })).toEqual(["refused"]);
  expect(cranked.command({ kind: "keep", token: 2, beginning: 1, batch })).toEqual(["write", "kept"]);
});

test("a view that nobody reads any more is removed piece by piece", () => {
  const cranked = withItems(viewDropEntriesMax + 5, "named");
  expect(cranked.command({ kind: "drop", view: 0 })).toEqual(["schedule"]);
  expect(cranked.expire()).toEqual(["write", "schedule"]);
  expect(cranked.items).toBe(5);
  expect(cranked.expire()).toEqual(["write"]);
  expect([cranked.items, cranked.keys.get(viewKey(0))]).toEqual([0, undefined]);
});

test("a view that no id leads to is removed when the core begins, one that an id leads to stays", () => {
  const left = withItems(3, "unnamed");
  expect(left.start()).toEqual(["begun", "schedule"]);
  left.expire();
  expect(left.items).toBe(0);
  const read = withItems(3, "named");
  expect(read.start()).toEqual(["begun"]);
  expect(read.items).toBe(3);
});
