import type { Data } from "@sinter/core";
import { FormatFault, type RecordFormat, type RecordReader, type TakeRecord } from "../format.js";
import { ndjsonBatchBytes, recordBytesMax } from "../limits.js";
import { markBytes, textOf } from "../text.js";
import { parseJson, parsePlain } from "./json.js";
import { countingBalance, JsonScan } from "./json-scan.js";

// A JSON value a line. Many lines are parsed in one go, as the elements of one array: each newline becomes a comma. That is what the lines
// say if each has all its brackets and quotes, and there are as many elements as lines. Otherwise each is read by itself.

export const ndjson: RecordFormat = { kind: "records", name: "NDJSON", open: () => new NdjsonReader() };

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;

class NdjsonReader implements RecordReader {
  /** Room for a bracket, then what is not handed on yet: the beginning of a line. */
  #held = Buffer.alloc(4 * ndjsonBatchBytes);
  #size = 1;
  /** The line that what is held begins with. */
  #line = 1;
  #isSkipping = false;
  readonly #scan = new JsonScan(countingBalance);
  /** Lines that are not blank: which, and where in what is held. */
  readonly #numbers: number[] = [];
  readonly #starts: number[] = [];
  readonly #stops: number[] = [];

  push(chunk: Uint8Array, take: TakeRecord): void {
    for (let from = 0; from < chunk.length; ) {
      if (this.#isSkipping) {
        const stop = chunk.indexOf(NEWLINE, from);
        if (stop < 0) return;
        this.#isSkipping = false;
        this.#line++;
        from = stop + 1;
      } else {
        const piece = chunk.subarray(from, from + ndjsonBatchBytes);
        from += piece.length;
        this.#gather(piece, take);
      }
    }
  }

  end(take: TakeRecord): void {
    // The last line counts though no newline ends it.
    if (this.#size > 1) this.#gather(Buffer.of(NEWLINE), take);
  }

  #gather(piece: Uint8Array, take: TakeRecord): void {
    const before = this.#size;
    this.#hold(piece);
    const last = piece.lastIndexOf(NEWLINE);
    if (last >= 0) {
      const end = before + last + 1;
      this.#handOn(end, take);
      this.#held.copy(this.#held, 1, end, this.#size);
      this.#size -= end - 1;
    }
    if (this.#size - 1 <= recordBytesMax) return;
    take(tooLong(this.#line), this.#line);
    this.#size = 1;
    this.#isSkipping = true;
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

  /** Whole lines. */
  #handOn(end: number, take: TakeRecord): void {
    const from = 1 + (this.#line === 1 ? markBytes(this.#held.subarray(1, end)) : 0);
    const look = this.#look(from, end);
    if (this.#numbers.length === 0) return;
    const values = look === undefined ? undefined : this.#together(from, look);
    for (let at = 0; at < this.#numbers.length; at++) {
      const line = this.#numbers[at] as number;
      take(values === undefined ? this.#apart(at, line) : (values[at] as Data), line);
    }
  }

  /** Finds the lines; undefined where one is to be read by itself. */
  #look(from: number, end: number): Look | undefined {
    let [members, hasNumberedEscapes, isSound] = [0, false, true];
    for (const list of [this.#numbers, this.#starts, this.#stops]) list.length = 0;
    for (let start = from; start < end; this.#line++) {
      const stop = this.#held.indexOf(NEWLINE, start);
      this.#scan.scan(this.#held, start, stop);
      if (!this.#scan.isBlank) {
        members += this.#scan.members;
        hasNumberedEscapes ||= this.#scan.hasNumberedEscapes;
        isSound &&= this.#scan.isClosed && this.#scan.counted === 0 && stop - start <= recordBytesMax;
        this.#numbers.push(this.#line);
        this.#starts.push(start);
        this.#stops.push(stop);
      }
      start = stop + 1;
    }
    return isSound ? { members, hasNumberedEscapes } : undefined;
  }

  #together(from: number, look: Look): readonly Data[] | undefined {
    const end = (this.#stops.at(-1) as number) + 1;
    for (const stop of this.#stops) this.#held[stop] = COMMA;
    this.#held[end - 1] = ARRAY_END;
    this.#held[from - 1] = ARRAY;
    const bytes = this.#held.subarray(from - 1, end);
    const text = textOf(bytes);
    if (text instanceof FormatFault) return undefined;
    const values = parsePlain(text, { ...look, hasOthers: text.length < bytes.length, depth: -1 }) as readonly Data[] | undefined;
    return values?.length === this.#numbers.length ? values : undefined;
  }

  #apart(at: number, line: number): Data | FormatFault {
    const bytes = this.#held.subarray(this.#starts[at], this.#stops[at]);
    if (bytes.length > recordBytesMax) return tooLong(line);
    const body = parseJson(bytes);
    if (!(body instanceof FormatFault)) return body;
    return new FormatFault(body.reason, body.column === undefined ? { line } : { line, column: body.column });
  }
}

interface Look {
  readonly members: number;
  readonly hasNumberedEscapes: boolean;
}

function tooLong(line: number): FormatFault {
  return new FormatFault(`a line of at most ${recordBytesMax} bytes expected`, { line });
}
