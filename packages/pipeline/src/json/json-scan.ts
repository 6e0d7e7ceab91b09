// One look at each byte of a text that may be JSON: what JSON.parse does not tell, told about ten times as fast as it parses. There is no
// branch that depends on the bytes: where strings begin and end cannot be guessed ahead, and a wrong guess costs more than all the rest.

const OUTSIDE = 0x000;
const STRING = 0x100;
const ESCAPED = 0x200;
const STATE = 0x300;

/** An escape by number: `\u0041`. */
export const numberedEscape = 0x400;
/** Anything but space. */
const content = 0x800;
const ONE_MORE = 0x1_0000;

/** The next state by the state and a byte, what that is (flags), and what it adds: members below, what is counted above 2^16. */
function transitions(counted: Readonly<Record<string, number>>): Int32Array {
  const table = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte);
    table[OUTSIDE | byte] = (" \t\r\n".includes(character) ? 0 : content) + (counted[character] ?? 0);
    table[STRING | byte] = STRING;
    table[ESCAPED | byte] = STRING;
  }
  table[OUTSIDE | code('"')] = STRING | content;
  table[OUTSIDE | code(":")] = content + 1;
  table[STRING | code('"')] = OUTSIDE;
  table[STRING | code("\\")] = ESCAPED;
  table[ESCAPED | code("u")] = STRING | numberedEscape;
  return table;
}

function code(character: string): number {
  return character.charCodeAt(0);
}

/** Brackets that open less those that close. */
export const countingBalance = transitions({ "{": ONE_MORE, "[": ONE_MORE, "}": -ONE_MORE, "]": -ONE_MORE });
/** Values, or a few more: one for each comma and each bracket that opens. */
export const countingValues = transitions({ "{": ONE_MORE, "[": ONE_MORE, ",": ONE_MORE });

/** No sum of so many bytes spills over. */
const BLOCK_BYTES = 0x7fff;
const SUMMED = ~0xfffe;

export class JsonScan {
  /** Colons outside of strings. */
  members = 0;
  counted = 0;
  /** Strings are closed where the text ends. */
  isClosed = true;
  isBlank = true;
  hasNumberedEscapes = false;
  readonly #table: Int32Array;

  constructor(table: Int32Array) {
    this.#table = table;
  }

  scan(bytes: Uint8Array, from: number, to: number): void {
    const table = this.#table;
    let step = OUTSIDE;
    let flags = 0;
    this.members = 0;
    this.counted = 0;
    for (let start = from; start < to; start += BLOCK_BYTES) {
      const end = Math.min(to, start + BLOCK_BYTES);
      let sum = 0;
      for (let at = start; at < end; at++) {
        step = table[(step & STATE) | (bytes[at] as number)] as number;
        sum += step & SUMMED;
        flags |= step;
      }
      this.members += sum & 0xffff;
      this.counted += sum >> 16;
    }
    this.isClosed = (step & STATE) === OUTSIDE;
    this.isBlank = (flags & content) === 0;
    this.hasNumberedEscapes = (flags & numberedEscape) !== 0;
  }
}
