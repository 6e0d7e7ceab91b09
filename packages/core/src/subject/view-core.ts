import { viewDropEntriesMax } from "../bytes/limits.js";
import { isMalformed, Malformed } from "../bytes/malformed.js";
import type { Batch, KeySpace, ReadableKeys } from "../protocol/key-space.js";
import type { Core, Effect, Input, Json, Protocol, Surroundings, Vocabulary } from "../protocol/protocol.js";
import { decodeKey, tableRange } from "../store/keys.js";
import { type ViewTable, viewParts, viewRange } from "../store/view-keys.js";
import { decodeViewNumber } from "../store/view-records.js";

// The core that puts views on disk. What was folded comes as one batch, with the cursors it goes with, and is one commit. Views whose
// place another has taken are removed piece by piece.

export type ViewCommand =
  /** `beginning`: the last that was told of when it was folded. */
  | { readonly kind: "keep"; readonly token: number; readonly beginning: number; readonly batch: Batch }
  /** Nobody reads that view any more. */
  | { readonly kind: "drop"; readonly view: number };

export type ViewNotice =
  | { readonly kind: "kept"; readonly token: number }
  /** This core begins, or begins anew: what was given to it before is on disk by now, or never will be. */
  | { readonly kind: "begun"; readonly beginning: number }
  /** The disk is full: to be given again. Or it was given before this core began anew. */
  | { readonly kind: "refused"; readonly token: number };

export type ViewWrite = { readonly kind: "batch"; readonly batch: Batch };

export interface ViewVocabulary extends Vocabulary {
  Message: never;
  Command: ViewCommand;
  Notice: ViewNotice;
  Timer: "drop";
  Write: ViewWrite;
  View: ReadableKeys;
  Job: never;
  Result: never;
}

type View = ViewVocabulary;

export function viewProtocol(): Protocol<View> {
  let beginnings = 0;
  return {
    name: "view",
    tag: 4,
    closesTurns: false,
    create: () => new ViewCore(beginnings++),
    codec: { encode: (message) => message, decode: () => new Malformed("views have no messages") },
    classOf: () => "bulk",
    costOf: (input) => (input.kind === "commanded" && input.command.kind === "keep" ? 5 + input.command.batch.length : 5),
    open: (keys) => ({ view: keys, apply: (write) => applyBatch(keys, write.batch) }),
  };
}

function applyBatch(keys: KeySpace, batch: Batch): void {
  for (const [key, value] of batch) {
    if (value === undefined) keys.remove(key);
    else keys.put(key, value);
  }
}

class ViewCore implements Core<View> {
  /** Numbers of views that nobody reads. */
  readonly #gone: number[] = [];
  /** How many there were before this one. */
  readonly #beginning: number;
  #kept = 0;

  constructor(beginning: number) {
    this.#beginning = beginning;
  }

  step(input: Input<View>, { view, disk }: Surroundings<View>): readonly Effect<View>[] {
    switch (input.kind) {
      case "started":
        this.#gone.push(...unreadViews(view));
        return [{ kind: "notify", notice: { kind: "begun", beginning: this.#beginning } }, ...this.#schedule()];
      case "commanded":
        if (input.command.kind === "drop") {
          this.#gone.push(input.command.view);
          return this.#schedule();
        }
        // Whoever folds has taken up since what is on disk, and must not find it changed.
        if (disk === "full" || input.command.beginning !== this.#beginning)
          return [{ kind: "notify", notice: { kind: "refused", token: input.command.token } }];
        this.#kept++;
        return [
          { kind: "write", write: { kind: "batch", batch: input.command.batch } },
          { kind: "notify", notice: { kind: "kept", token: input.command.token } },
        ];
      case "expired":
        return this.#drop(view);
      default:
        return [];
    }
  }

  describe(): Json {
    return { kept: this.#kept, dropping: this.#gone.length };
  }

  #schedule(): readonly Effect<View>[] {
    return this.#gone.length === 0 ? [] : [{ kind: "schedule", timer: "drop", delayMs: 0 }];
  }

  #drop(keys: ReadableKeys): readonly Effect<View>[] {
    const [view] = this.#gone;
    if (view === undefined) return [];
    const batch: [Uint8Array, undefined][] = [];
    for (const table of viewParts) {
      const limit = viewDropEntriesMax - batch.length;
      if (limit > 0) for (const [key] of keys.range({ ...viewRange(table, view), limit })) batch.push([key.slice(), undefined]);
    }
    if (batch.length < viewDropEntriesMax) this.#gone.shift();
    return [...(batch.length === 0 ? [] : [{ kind: "write", write: { kind: "batch", batch } } as const]), ...this.#schedule()];
  }
}

/** A view that no id leads to: another took its place, or it was never finished. */
function unreadViews(keys: ReadableKeys): number[] {
  const read = new Set<number>();
  for (const [, value] of keys.range(tableRange("viewNumber"))) {
    const number = decodeViewNumber(value);
    if (!isMalformed(number)) read.add(number);
  }
  const unread = new Set<number>();
  for (const table of viewParts) for (const number of numbersIn(keys, table)) if (!read.has(number)) unread.add(number);
  return [...unread];
}

/** The views that a table has something of. */
function* numbersIn(keys: ReadableKeys, table: ViewTable): Iterable<number> {
  for (let from = tableRange(table).from; ; ) {
    const [entry] = keys.range({ ...tableRange(table), from, limit: 1 });
    const place = entry && decodeKey(entry[0]);
    if (place === undefined || isMalformed(place) || !("view" in place)) return;
    yield place.view;
    from = viewRange(table, place.view).to;
  }
}
