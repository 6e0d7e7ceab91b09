import { sketchSymbolsMax, sketchTriesMax, syncAsksUnderWayMax, syncLanesPerFindMax, syncRowsMax } from "../../bytes/limits.js";
import type { Ask, Item, Row, SketchSymbol, Tell } from "../messages.js";
import { decodeSketch, itemsIn, Sketch, symbolsFor } from "../sketch.js";
import { compareRow, type Found, OpenAsks, type Reconciler, type Sides } from "./reconciler.js";

// Symbols of theirs less those of the rows here: what is left tells which items differ, and then their rows are asked for. Where rows
// change between one lot of symbols and the next it may never decode: then another reconciler finds what differs.

export class SketchedReconciler implements Reconciler {
  readonly name = "sketch";
  readonly #sides: Sides;
  readonly #asks = new OpenAsks();
  /** As told: they are compared with what is here at that moment, all of them each time. */
  readonly #symbols: SketchSymbol[] = [];
  #tries = 0;
  /** Only there, and yet to be asked for. */
  #items: Item[] = [];
  #theirs: Row[] = [];
  #ours: number[] = [];
  state: Reconciler["state"] = "going";

  /** With so many symbols to begin with. */
  constructor(sides: Sides, first: number) {
    this.#sides = sides;
    this.#asks.add({ kind: "symbols", from: 0, count: first });
  }

  asks(): readonly Ask[] {
    while (this.#items.length > 0 && this.#asks.list.length < syncAsksUnderWayMax) {
      this.#asks.add({ kind: "items", items: this.#items.splice(0, syncRowsMax) });
    }
    return this.#asks.list;
  }

  told(ask: Ask, tell: Tell): void {
    if (!this.#asks.close(ask)) return;
    if (ask.kind === "symbols" && tell.kind === "symbols" && isBehind(ask.from, tell)) this.#decode(tell.symbols);
    else if (ask.kind === "items" && tell.kind === "rows") this.#theirs.push(...tell.rows.filter((row) => this.#isOther(row)));
    else this.state = "failed";
    this.#settle();
  }

  found(): Found {
    const theirs = this.#theirs;
    this.#theirs = [];
    const ours = this.#ours.splice(0, syncLanesPerFindMax);
    this.#settle();
    return { theirs, ours };
  }

  #decode(symbols: readonly SketchSymbol[]): void {
    const { source, scope } = this.#sides;
    this.#symbols.push(...symbols);
    const count = this.#symbols.length;
    const sketch = new Sketch(source.index.salt, 0, count);
    sketch.foldSymbols(this.#symbols);
    sketch.foldSketch(source.index.symbols(source.view, scope, 0, count), -1);
    const items = itemsIn(sketch);
    const { plus, minus, left } = decodeSketch(sketch);
    if (left === "some") return this.#askMore(items);
    this.#items = [...plus];
    this.#ours = minus.flatMap((item) => source.index.lanesOf(item));
  }

  #askMore(items: number): void {
    const from = this.#symbols.length;
    const wanted = Math.min(sketchSymbolsMax, Math.max(symbolsFor(items), Math.ceil(from * 1.25)));
    if (wanted <= from || ++this.#tries === sketchTriesMax) this.state = "failed";
    else this.#asks.add({ kind: "symbols", from, count: wanted - from });
  }

  #isOther(row: Row): boolean {
    return compareRow(this.#sides.source, row).is === "other";
  }

  #settle(): void {
    const isIdle = this.#asks.list.length === 0 && this.#items.length === 0;
    if (this.state === "going" && isIdle && this.#theirs.length === 0 && this.#ours.length === 0) this.state = "done";
  }
}

/** More than asked for are as good. */
function isBehind(from: number, tell: Extract<Tell, { readonly kind: "symbols" }>): boolean {
  return tell.from === from && tell.symbols.length > 0 && from + tell.symbols.length <= sketchSymbolsMax;
}
