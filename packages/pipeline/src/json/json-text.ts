import { type Data, isWhole, jsonDepthMax, numberFromDecimal } from "@sinter/core";
import { FormatFault } from "../format.js";
import { composed, setOwn } from "../names.js";
import { columnAt, lineAt } from "../text.js";

// JSON read with care (RFC 8259), where it must be said what is wrong with it, or where numbers or names are not what JSON.parse makes of
// them: whole numbers are exact, names are in NFC, and no name is there twice.

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const WORDS: readonly (readonly [string, Data])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

export function parseJsonText(text: string): Data | FormatFault {
  return new JsonText(text).document();
}

/** The line on which the value at that place begins. */
export function lineInJson(text: string, names: readonly string[]): number | undefined {
  const at = new JsonText(text).placeOf(names);
  return at === undefined ? undefined : lineAt(text, at);
}

/** After a fault nothing more is read, and the first fault is the one that is told. */
class JsonText {
  readonly #text: string;
  #at: number;
  #fault: FormatFault | undefined;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.#at = at;
  }

  document(): Data | FormatFault {
    this.#skipSpace();
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#failExpecting("nothing more");
    return this.#fault ?? value;
  }

  placeOf(names: readonly string[]): number | undefined {
    this.#skipSpace();
    for (const name of names) if (!this.#enter(name)) return undefined;
    const at = this.#at;
    this.#value(0);
    return this.#fault === undefined ? at : undefined;
  }

  /** Goes on to the value under that name, or at that index. */
  #enter(name: string): boolean {
    if (this.#take(OBJECT))
      for (let isMore = !this.#takeEnd(OBJECT_END); isMore; isMore = this.#takeMore(OBJECT_END)) {
        if (this.#member() === name) return this.#fault === undefined;
        this.#value(0);
      }
    else if (this.#take(ARRAY)) {
      let index = 0;
      for (let isMore = !this.#takeEnd(ARRAY_END); isMore; isMore = this.#takeMore(ARRAY_END)) {
        if (String(index++) === name) return this.#fault === undefined;
        this.#value(0);
      }
    }
    return false;
  }

  #value(depth: number): Data {
    const first = this.#text.charCodeAt(this.#at);
    if (first === QUOTE) return this.#string();
    if (first === OBJECT || first === ARRAY) {
      if (depth >= jsonDepthMax) return this.#fail(`nested no deeper than ${jsonDepthMax} expected`);
      return first === OBJECT ? this.#object(depth + 1) : this.#array(depth + 1);
    }
    if (first === MINUS || isDigit(first)) return this.#number();
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#failExpecting("a value");
  }

  #object(depth: number): Data {
    const object: Record<string, Data> = {};
    const start = ++this.#at;
    for (let isMore = !this.#takeEnd(OBJECT_END); isMore; isMore = this.#takeMore(OBJECT_END)) {
      const at = this.#at;
      const name = this.#member();
      if (Object.hasOwn(object, name)) return this.#failTwice(name, { first: start, second: at });
      setOwn(object, name, this.#value(depth));
    }
    return object;
  }

  #array(depth: number): Data {
    const array: Data[] = [];
    this.#at++;
    for (let isMore = !this.#takeEnd(ARRAY_END); isMore; isMore = this.#takeMore(ARRAY_END)) array.push(this.#value(depth));
    return array;
  }

  /** A name and its colon, up to the value. */
  #member(): string {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) {
      this.#failExpecting("a name in double quotes");
      return "";
    }
    const name = composed(this.#string());
    this.#skipSpace();
    if (!this.#take(COLON)) this.#failExpecting('":"');
    this.#skipSpace();
    return name;
  }

  #takeEnd(end: number): boolean {
    this.#skipSpace();
    return this.#take(end);
  }

  /** Behind a value: whether another one follows. */
  #takeMore(end: number): boolean {
    this.#skipSpace();
    if (this.#take(end)) return false;
    if (!this.#take(COMMA)) this.#failExpecting(`"," or "${String.fromCharCode(end)}"`);
    this.#skipSpace();
    return this.#fault === undefined;
  }

  #take(character: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    let at = this.#at;
    while (isSpace(this.#text.charCodeAt(at))) at++;
    this.#at = at;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    for (let at = start; ; at++) {
      const character = text.charCodeAt(at);
      if (character === QUOTE) {
        this.#at = at + 1;
        return text.slice(start, at);
      }
      if (character === BACKSLASH) return this.#escapedString(start, at);
      if (!(character >= 0x20)) return this.#failInString(start, at);
    }
  }

  /** A string whose first escape is at `first`. */
  #escapedString(start: number, first: number): string {
    const text = this.#text;
    let value = text.slice(start, first);
    for (let at = first; ; ) {
      const character = text.charCodeAt(at);
      if (character === QUOTE) {
        this.#at = start - 1;
        if (!isWhole(value)) this.#fail("text of whole characters expected, not half of one (a lone surrogate)");
        else this.#at = at + 1;
        return value;
      }
      if (!(character >= 0x20)) return this.#failInString(start, at);
      if (character !== BACKSLASH) {
        value += text[at++];
        continue;
      }
      const hex = text[at + 1] === "u" ? /^[0-9a-fA-F]{4}$/.exec(text.slice(at + 2, at + 6))?.[0] : undefined;
      const plain = ESCAPES[text[at + 1] ?? ""];
      if (hex === undefined && plain === undefined) {
        this.#at = at;
        return this.#fail('an escape that JSON has expected: \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000');
      }
      value += plain ?? String.fromCharCode(Number.parseInt(hex as string, 16));
      at += plain === undefined ? 6 : 2;
    }
  }

  #number(): number | bigint {
    const start = this.#at;
    this.#take(MINUS);
    const isShort = this.#take(ZERO) || this.#takeDigits();
    const isFractionGood = !this.#take(POINT) || this.#takeDigits();
    const hasExponent = isShort && isFractionGood && /[eE]/.test(this.#text[this.#at] ?? "");
    if (hasExponent) {
      this.#at++;
      if (!this.#take(PLUS)) this.#take(MINUS);
    }
    if (!isShort || !isFractionGood || (hasExponent && !this.#takeDigits()) || isDigit(this.#text.charCodeAt(this.#at))) {
      this.#failExpecting(isDigit(this.#text.charCodeAt(this.#at)) ? "a number without zeros in front" : "a digit");
      return 0;
    }
    const number = numberFromDecimal(this.#text.slice(start, this.#at));
    if (number !== undefined) return number;
    this.#at = start;
    this.#fail("a number that a double can hold expected: this one is beyond 1.8e308");
    return 0;
  }

  #takeDigits(): boolean {
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#at > start;
  }

  #failInString(start: number, at: number): "" {
    const isEnd = at >= this.#text.length;
    this.#at = isEnd ? start - 1 : at;
    return this.#fail(
      isEnd ? "a closing quote expected: this text never ends" : "an escape such as \\n or \\t expected, not a control character",
    );
  }

  #failTwice(name: string, { first, second }: { readonly first: number; readonly second: number }): "" {
    this.#at = second;
    if (this.#fault !== undefined) return "";
    const before = new JsonText(this.#text, first).#placeOfName(name);
    return this.#fail(`each name once expected: ${JSON.stringify(name)} is here, and on line ${lineAt(this.#text, before)} already`);
  }

  /** Where a name that is there begins, in the object whose members begin here. */
  #placeOfName(name: string): number {
    for (this.#skipSpace(); ; this.#takeMore(OBJECT_END)) {
      const at = this.#at;
      if (this.#member() === name || this.#fault !== undefined) return at;
      this.#value(0);
    }
  }

  #failExpecting(expected: string): "" {
    const character = this.#text.codePointAt(this.#at);
    const found = character === undefined ? "the end" : JSON.stringify(String.fromCodePoint(character));
    return this.#fail(`${expected} expected, not ${found}`);
  }

  /** The empty text: what is read from here on counts for nothing. */
  #fail(reason: string): "" {
    this.#fault ??= new FormatFault(reason, { line: lineAt(this.#text, this.#at), column: columnAt(this.#text, this.#at) });
    this.#at = this.#text.length;
    return "";
  }
}

function isDigit(character: number): boolean {
  return character >= ZERO && character <= NINE;
}

function isSpace(character: number): boolean {
  return character === 0x20 || character === 0x0a || character === 0x0d || character === 0x09;
}
