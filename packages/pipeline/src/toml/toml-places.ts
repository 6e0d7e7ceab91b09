import { jsonDepthMax } from "@sinter/core";
import { composed } from "../names.js";

// Where the values of a TOML document stand in its text: the library does not tell. It has parsed the document before, so this need not
// see what is wrong with it; of another text it makes nothing useful.

interface TomlPlace {
  readonly from: number;
  readonly to: number;
}

/** All names on the way to a value, in words. */
type Way = string;

// Classes of single characters alone: what repeats anything else keeps a note of each step, for which a large text has too many.
const SPACE = /[ \t]*/y;
const SPACE_AND_LINES = /[ \t\r\n]*/y;
const BARE_NAME = /[A-Za-z0-9_-]+/y;
/** Words, numbers, times: a time may hold one space. */
const BARE_VALUE = /\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+/y;
/** Names in one key; an index may come with each. What is nested more deeply is refused before. */
const KEY_NAMES = 2 * jsonDepthMax;

/** Of one value. */
export function placeInToml(text: string, wanted: readonly string[]): TomlPlace | undefined {
  const isWanted: Keeps = (names) => names.length === wanted.length && names.every((name, at) => name === wanted[at]);
  return new TomlPlaces(text, isWanted).find(wanted);
}

const TIME = /\d{4}-|\d\d:/y;

/** Of all dates and times. */
export function timesInToml(text: string): TomlPlaces {
  return new TomlPlaces(text, (_, from) => {
    TIME.lastIndex = from;
    return TIME.test(text);
  });
}

/** Of large documents not all places can be kept. */
type Keeps = (names: readonly string[], from: number) => boolean;

class TomlPlaces {
  readonly #text: string;
  #at = 0;
  readonly #keeps: Keeps;
  readonly #places = new Map<Way, TomlPlace>();
  /** Arrays of tables, and how many tables they have so far. */
  readonly #tables = new Map<Way, number>();

  constructor(text: string, keeps: Keeps) {
    this.#text = text;
    this.#keeps = keeps;
    let table: readonly string[] = [];
    this.#put([], { from: 0, to: text.length });
    for (this.#skipBetween(); this.#at < text.length; this.#skipBetween()) {
      if (text[this.#at] === "[") table = this.#header(this.#at);
      else this.#pair(table);
    }
  }

  find(names: readonly string[]): TomlPlace | undefined {
    return this.#places.get(wayOf(names));
  }

  /** `[a.b]`, `[[a.b]]`: the names of the table, with indexes where they lead through arrays of tables. */
  #header(from: number): readonly string[] {
    const isElement = this.#text[from + 1] === "[";
    this.#at += isElement ? 2 : 1;
    const written = this.#names();
    this.#at += isElement ? 2 : 1;
    let names: readonly string[] = [];
    for (const [index, name] of written.entries()) {
      names = [...names, name];
      this.#put(names, { from, to: from });
      const way = wayOf(names);
      const count = this.#tables.get(way) ?? 0;
      const isNew = isElement && index === written.length - 1;
      if (isNew) this.#tables.set(way, count + 1);
      if (!isNew && count === 0) continue;
      names = [...names, String(isNew ? count : count - 1)];
      this.#put(names, { from, to: from });
    }
    return names;
  }

  /** `a.b = value` */
  #pair(table: readonly string[]): void {
    const from = this.#at;
    const written = this.#names();
    for (let count = 1; count < written.length; count++) this.#put([...table, ...written.slice(0, count)], { from, to: from });
    this.#skip(SPACE);
    if (this.#text[this.#at] !== "=") return this.#giveUp();
    this.#at++;
    this.#skip(SPACE);
    this.#value([...table, ...written]);
  }

  #names(): readonly string[] {
    const names: string[] = [];
    do {
      this.#skip(SPACE);
      const from = this.#at;
      const isQuoted = this.#text[from] === '"' || this.#text[from] === "'";
      if (isQuoted) this.#skipString();
      else this.#skip(BARE_NAME);
      if (this.#at === from) return names;
      const written = this.#text.slice(from, this.#at);
      if (names.length < KEY_NAMES) names.push(composed(isQuoted ? unquoted(written) : written));
      this.#skip(SPACE);
    } while (this.#text[this.#at++] === ".");
    this.#at--;
    return names;
  }

  #value(names: readonly string[]): void {
    const from = this.#at;
    const first = this.#text[from];
    if (first === "[") this.#list(names);
    else if (first === "{") this.#inlineTable(names);
    else if (first === '"' || first === "'") this.#skipString();
    else if (!this.#skip(BARE_VALUE)) this.#giveUp();
    this.#put(names, { from, to: this.#at });
  }

  #list(names: readonly string[]): void {
    this.#at++;
    for (let index = 0; this.#hasMore("]"); index++) this.#value([...names, String(index)]);
  }

  #inlineTable(names: readonly string[]): void {
    this.#at++;
    while (this.#hasMore("}")) this.#pair(names);
  }

  /** Behind what opens a list or a table, or behind one of its elements. */
  #hasMore(end: string): boolean {
    this.#skipBetween();
    if (this.#text[this.#at] === ",") {
      this.#at++;
      this.#skipBetween();
    }
    if (this.#text[this.#at] !== end) return this.#at < this.#text.length;
    this.#at++;
    return false;
  }

  #skipBetween(): void {
    for (this.#skip(SPACE_AND_LINES); this.#text[this.#at] === "#"; this.#skip(SPACE_AND_LINES)) {
      const end = this.#text.indexOf("\n", this.#at);
      if (end < 0) return this.#giveUp();
      this.#at = end;
    }
  }

  #skipString(): void {
    const text = this.#text;
    const quote = text[this.#at] as string;
    const closing = text.startsWith(quote.repeat(3), this.#at) ? quote.repeat(3) : quote;
    let at = this.#at + closing.length;
    while (at < text.length && !text.startsWith(closing, at)) at += text[at] === "\\" && quote === '"' ? 2 : 1;
    at += closing.length;
    // Up to two quotes may be the last of the text.
    if (closing.length === 3) while (text[at] === quote) at++;
    this.#at = at;
  }

  #giveUp(): void {
    this.#at = this.#text.length;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return false;
    this.#at += found[0].length;
    return true;
  }

  /** What is named more than once stands where it is named first. */
  #put(names: readonly string[], place: TomlPlace): void {
    if (!this.#keeps(names, place.from)) return;
    const way = wayOf(names);
    if (!this.#places.has(way)) this.#places.set(way, place);
  }
}

function wayOf(names: readonly string[]): Way {
  return JSON.stringify(names);
}

const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))/g;
const ESCAPED: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\u001b" };

function unquoted(written: string): string {
  const inner = written.slice(1, -1);
  if (written.startsWith("'")) return inner;
  return inner.replaceAll(ESCAPE, (_, ...found: (string | undefined)[]) => {
    const digits = found[0] ?? found[1] ?? found[2];
    const plain = found[3] ?? "";
    return digits === undefined ? (ESCAPED[plain] ?? plain) : String.fromCodePoint(Number.parseInt(digits, 16));
  });
}
