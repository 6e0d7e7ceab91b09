import { isUtf8 } from "node:buffer";
import { FormatFault, type RecordReader, type TakeRecord } from "../format.js";
import { csvColumnsMax, recordBytesMax } from "../limits.js";
import { composed, setOwn } from "../names.js";
import { markBytes } from "../text.js";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;

/** Where in a field the next byte stands. */
const START = 0;
const PLAIN = 1;
const QUOTED = 2;
/** Behind a quote in a quoted field: the last of it, or the first of two that stand for one. */
const AFTER_QUOTE = 3;
/** Behind a return behind that. */
const AFTER_RETURN = 4;

/** Bytes taken in before rows are looked for. */
const PIECE_BYTES = 64 * 1024;
const MARK_BYTES = 3;

export class CsvReader implements RecordReader {
  readonly #delimiter: number;
  #held = Buffer.alloc(4 * PIECE_BYTES);
  #size = 0;
  /** In what is held: where the row begins, and what has been looked at. */
  #row = 0;
  #at = 0;
  #state = START;
  /** Where the fields of the row begin and end, from its beginning and without their quotes; and which of them had some. */
  readonly #froms: number[] = [];
  readonly #tos: number[] = [];
  readonly #quoted: boolean[] = [];
  #fieldFrom = 0;
  #isFieldQuoted = false;
  /** All bits that are set in the row. */
  #bits = 0;
  /** What is wrong with the row. */
  #fault: FormatFault | undefined;
  /** The row is longer than is kept: it is followed to its end. */
  #isSkipping = false;
  /** That of the row, and of the byte that is looked at. */
  #rowLine = 1;
  #line = 1;
  #names: readonly string[] | undefined;
  #hasBegun = false;
  /** Without names for the fields nothing of the file counts. */
  #isClosed = false;

  /** A byte. */
  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  push(chunk: Uint8Array, take: TakeRecord): void {
    for (let from = 0; from < chunk.length && !this.#isClosed; from += PIECE_BYTES) {
      this.#hold(chunk.subarray(from, from + PIECE_BYTES));
      if (!this.#hasBegun && this.#size < MARK_BYTES) continue;
      if (!this.#hasBegun) this.#begin();
      this.#look(take);
      this.#held.copy(this.#held, 0, this.#row, this.#size);
      this.#size -= this.#row;
      this.#at -= this.#row;
      this.#row = 0;
      if (this.#size > recordBytesMax && !this.#isSkipping) {
        take(tooLong(this.#rowLine), this.#rowLine);
        this.#isSkipping = true;
        this.#isClosed = this.#names === undefined;
      }
      if (this.#isSkipping) this.#at = this.#size = 0;
    }
  }

  end(take: TakeRecord): void {
    if (!this.#hasBegun) this.#begin();
    this.#look(take);
    if (this.#isClosed || (this.#size === this.#row && !this.#isSkipping)) return;
    if (this.#state === QUOTED) this.#fail("a closing quote expected: this row never ends", this.#rowLine);
    this.#endRow(take);
  }

  #hold(bytes: Uint8Array): void {
    const size = this.#size + bytes.length;
    if (size > this.#held.length) {
      const larger = Buffer.alloc(2 * size);
      this.#held.copy(larger, 0, 0, this.#size);
      this.#held = larger;
    }
    this.#held.set(bytes, this.#size);
    this.#size = size;
  }

  /** Behind the mark in front, if there is one. */
  #begin(): void {
    this.#hasBegun = true;
    this.#row = this.#at = markBytes(this.#held.subarray(0, this.#size));
  }

  #look(take: TakeRecord): void {
    while (this.#at < this.#size && !this.#isClosed) {
      this.#skipContent();
      if (this.#at === this.#size) return;
      const byte = this.#held[this.#at] as number;
      if (this.#state === QUOTED) {
        if (byte === QUOTE) this.#state = AFTER_QUOTE;
        else this.#line++;
      } else if (byte === NEWLINE) {
        this.#endRow(take);
        this.#row = this.#at + 1;
      } else if (this.#state === AFTER_RETURN) this.#fail("a newline behind a carriage return expected", this.#line);
      else if (byte === this.#delimiter) this.#endField(this.#at);
      else if (this.#state === AFTER_QUOTE) this.#behindQuote(byte);
      else this.#quote();
      this.#at++;
    }
  }

  /** Goes on to a byte that means something. */
  #skipContent(): void {
    const [held, size, delimiter] = [this.#held, this.#size, this.#delimiter];
    const from = this.#at;
    let at = from;
    let bits = this.#bits;
    if (this.#state === QUOTED)
      for (; at < size; at++) {
        const byte = held[at] as number;
        if (byte === QUOTE || byte === NEWLINE) break;
        bits |= byte;
      }
    else if (this.#state === START || this.#state === PLAIN) {
      for (; at < size; at++) {
        const byte = held[at] as number;
        if (byte === delimiter || byte === NEWLINE || byte === QUOTE) break;
        bits |= byte;
      }
      if (at > from) this.#state = PLAIN;
    }
    this.#at = at;
    this.#bits = bits;
  }

  #quote(): void {
    this.#isFieldQuoted = this.#state === START;
    if (this.#isFieldQuoted) this.#state = QUOTED;
    else this.#fail('quotes around the whole field expected, with "" for each in it', this.#line);
  }

  #behindQuote(byte: number): void {
    if (byte === QUOTE) this.#state = QUOTED;
    else if (byte === RETURN) this.#state = AFTER_RETURN;
    else this.#fail('the end of the field behind its closing quote expected, or "" for a quote in it', this.#line);
  }

  #endField(at: number): void {
    const to = at - this.#row;
    const quotes = this.#isFieldQuoted ? 1 : 0;
    if (this.#froms.length >= csvColumnsMax) this.#fail(`at most ${csvColumnsMax} fields expected`, this.#line);
    else {
      this.#froms.push(this.#fieldFrom + quotes);
      this.#tos.push(to - quotes);
      this.#quoted.push(this.#isFieldQuoted);
    }
    this.#fieldFrom = to + 1;
    this.#isFieldQuoted = false;
    this.#state = START;
  }

  #endRow(take: TakeRecord): void {
    const length = this.#at - this.#row;
    const isReturned = this.#state !== QUOTED && length > 0 && this.#held[this.#at - 1] === RETURN;
    this.#endField(isReturned ? this.#at - 1 : this.#at);
    const isBlank = length === (isReturned ? 1 : 0);
    if (!this.#isSkipping && !isBlank) this.#handOn(take, length);
    this.#isSkipping = false;
    this.#fault = undefined;
    for (const list of [this.#froms, this.#tos, this.#quoted]) list.length = 0;
    this.#fieldFrom = 0;
    this.#bits = 0;
    this.#rowLine = ++this.#line;
  }

  #handOn(take: TakeRecord, length: number): void {
    const names = this.#names;
    const texts = length > recordBytesMax ? tooLong(this.#rowLine) : (this.#fault ?? this.#texts());
    if (texts instanceof FormatFault) {
      this.#isClosed = names === undefined;
      return take(texts, this.#rowLine);
    }
    if (names === undefined) return this.#nameFields(texts, take);
    if (texts.length !== names.length) {
      const reason = `as many fields as the first line names expected: ${names.length}, not ${texts.length}`;
      return take(new FormatFault(reason, { line: this.#rowLine }), this.#rowLine);
    }
    const record: Record<string, string> = {};
    for (let at = 0; at < names.length; at++) setOwn(record, names[at] as string, texts[at] as string);
    take(record, this.#rowLine);
  }

  #nameFields(texts: readonly string[], take: TakeRecord): void {
    const names = texts.map(composed);
    const seen = new Set<string>();
    const twice = names.find((name) => seen.size === seen.add(name).size);
    this.#names = names;
    this.#isClosed = names.includes("") || twice !== undefined;
    if (!this.#isClosed) return;
    const reason =
      twice === undefined || twice === ""
        ? "a name for each field expected"
        : `each name once expected: ${JSON.stringify(twice)} is here twice`;
    take(new FormatFault(reason, { line: this.#rowLine }), this.#rowLine);
  }

  #texts(): string[] | FormatFault {
    const row = this.#held.subarray(this.#row, this.#at);
    const isAscii = this.#bits < 0x80;
    if (!isAscii && !isUtf8(row)) return new FormatFault("valid UTF-8 expected", { line: this.#rowLine });
    // Slices keep the row, and no more than that.
    const text = isAscii ? row.toString("latin1") : undefined;
    const texts: string[] = [];
    for (let at = 0; at < this.#froms.length; at++) {
      const [from, to] = [this.#froms[at] as number, this.#tos[at] as number];
      const field = text?.slice(from, to) ?? row.toString("utf8", from, to);
      if (this.#quoted[at]) texts.push(field.replaceAll('""', '"'));
      else if (field.includes("\r")) return new FormatFault("a newline behind a carriage return expected", { line: this.#rowLine });
      else texts.push(field);
    }
    return texts;
  }

  /** What follows, up to the next newline, belongs to the row. */
  #fail(reason: string, line: number): void {
    this.#fault ??= new FormatFault(reason, { line });
    this.#state = PLAIN;
  }
}

function tooLong(line: number): FormatFault {
  return new FormatFault(`a row of at most ${recordBytesMax} bytes expected`, { line });
}
