// Writes WebAssembly, as much of it as our hashing needs: functions that answer nothing (results lie in memory), one
// memory of fixed size, structured control. Code is text with one character (U+0000–00FF) a byte: an expression is a
// nested call, and joining costs nearly nothing, which matters because this runs at every start.

export type ValueType = "i32" | "i64" | "f64" | "v128";
export type Code = string;

/** A parameter or local variable, by its index in the function. */
export interface Local {
  readonly index: number;
}

const VALUE_TYPES = { i32: "\x7f", i64: "\x7e", f64: "\x7c", v128: "\x7b" } as const;

const OPERATIONS = {
  "i32.eqz": "\x45",
  "i32.ne": "\x47",
  "i32.lt_u": "\x49",
  "i32.gt_u": "\x4b",
  "i32.ge_u": "\x4f",
  "i32.popcnt": "\x69",
  "i32.add": "\x6a",
  "i32.sub": "\x6b",
  "i32.and": "\x71",
  "i32.or": "\x72",
  "i32.shl": "\x74",
  "i32.shr_u": "\x76",
  "i64.add": "\x7c",
  "i64.trunc_f64_u": "\xb1",
  "i8x16.swizzle": "\xfd\x0e",
  "i32x4.splat": "\xfd\x11",
  "i64x2.splat": "\xfd\x12",
  "i32x4.eq": "\xfd\x37",
  "i32x4.gt_s": "\xfd\x3b",
  "v128.and": "\xfd\x4e",
  "v128.or": "\xfd\x50",
  "v128.xor": "\xfd\x51",
  "v128.bitselect": "\xfd\x52",
  "v128.any_true": "\xfd\x53",
  "i32x4.all_true": "\xfd\xa3\x01",
  "i32x4.shl": "\xfd\xab\x01",
  "i32x4.shr_u": "\xfd\xad\x01",
  "i32x4.add": "\xfd\xae\x01",
  "i32x4.sub": "\xfd\xb1\x01",
  "i32x4.min_s": "\xfd\xb6\x01",
  "i32x4.max_s": "\xfd\xb8\x01",
} as const;

const LOADS = {
  "i32.load": "\x28",
  "v128.load": "\xfd\x00",
  "v128.load32_splat": "\xfd\x09",
  "v128.load32_zero": "\xfd\x5c",
} as const;

const END = "\x0b";

/** Seven bits a byte, least significant first. */
function unsigned(value: number): Code {
  if (value < 0x80) return String.fromCharCode(value);
  return String.fromCharCode((value & 0x7f) | 0x80) + unsigned(Math.floor(value / 0x80));
}

/** As `unsigned`, but bit 6 of the last byte is the sign. */
function signed(value: number): Code {
  if (value >= -0x40 && value <= 0x3f) return String.fromCharCode(value & 0x7f);
  return String.fromCharCode((value & 0x7f) | 0x80) + signed(value >> 7);
}

function sized(content: Code): Code {
  return unsigned(content.length) + content;
}

function list(entries: readonly Code[]): Code {
  return unsigned(entries.length) + entries.join("");
}

export function littleEndian(words: readonly number[]): Code {
  return words.map((word) => String.fromCharCode(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24)).join("");
}

export function operate(name: keyof typeof OPERATIONS, first: Code, second: Code = "", third: Code = ""): Code {
  return first + second + third + OPERATIONS[name];
}

export function int32(value: number): Code {
  return `\x41${signed(value | 0)}`;
}

export function int64(value: number): Code {
  return `\x42${signed(value | 0)}`;
}

export function words4(a: number, b: number, c: number, d: number): Code {
  return `\xfd\x0c${littleEndian([a, b, c, d])}`;
}

export function get(local: Local): Code {
  return `\x20${unsigned(local.index)}`;
}

export function set(local: Local, value: Code): Code {
  return `${value}\x21${unsigned(local.index)}`;
}

/** Sets a local and answers its value. */
export function tee(local: Local, value: Code): Code {
  return `${value}\x22${unsigned(local.index)}`;
}

/** Promises no alignment, so every address will do. */
export function load(name: keyof typeof LOADS, address: Code, offset = 0): Code {
  return `${address}${LOADS[name]}\0${unsigned(offset)}`;
}

export function store128(address: Code, value: Code, offset = 0): Code {
  return `${address}${value}\xfd\x0b\0${unsigned(offset)}`;
}

/** Stores the lower eight bytes of a vector. */
export function store64(address: Code, value: Code, offset = 0): Code {
  return `${address}${value}\xfd\x5b\0${unsigned(offset)}\0`;
}

/** Picks sixteen bytes out of the 32 of two vectors. */
export function shuffle(left: Code, right: Code, picks: Code): Code {
  return `${left}${right}\xfd\x0d${picks}`;
}

/** The picks of a shuffle, by byte. */
export function picks(...bytes: readonly number[]): Code {
  return String.fromCharCode(...bytes);
}

export function extract(vector: Code, lane: number): Code {
  return `${vector}\xfd\x1b${unsigned(lane)}`;
}

export function replace(vector: Code, lane: number, value: Code): Code {
  return `${vector}${value}\xfd\x1c${unsigned(lane)}`;
}

/** `whenTrue` if the condition is not zero. */
export function select(whenTrue: Code, whenFalse: Code, condition: Code): Code {
  return `${whenTrue}${whenFalse}${condition}\x1b`;
}

export function repeatWhile(condition: Code, ...body: readonly Code[]): Code {
  // block, loop; leave the block when the condition fails; back to the loop; end, end.
  return `\x02\x40\x03\x40${condition}\x45\x0d\x01${body.join("")}\x0c\0${END}${END}`;
}

export function when(condition: Code, then: readonly Code[], otherwise: readonly Code[] = []): Code {
  const alternative = otherwise.length === 0 ? "" : `\x05${otherwise.join("")}`;
  return `${condition}\x04\x40${then.join("")}${alternative}${END}`;
}

export class WasmFunction {
  readonly index: number;
  readonly parameters: readonly ValueType[];
  readonly #locals: Code[] = [];
  #body: Code = "";

  constructor(index: number, parameters: readonly ValueType[]) {
    this.index = index;
    this.parameters = parameters;
  }

  parameter(position: number): Local {
    if (position >= this.parameters.length) throw new Error(`function ${this.index} has no parameter ${position}`);
    return { index: position };
  }

  local(type: ValueType): Local {
    this.#locals.push(`\x01${VALUE_TYPES[type]}`);
    return { index: this.parameters.length + this.#locals.length - 1 };
  }

  emit(...code: readonly Code[]): void {
    for (const instructions of code) this.#body += instructions;
  }

  call(...operands: readonly Code[]): Code {
    if (operands.length !== this.parameters.length) throw new Error(`function ${this.index} takes ${this.parameters.length} operands`);
    return `${operands.join("")}\x10${unsigned(this.index)}`;
  }

  /** As the type section wants it: no results. */
  signature(): Code {
    return `\x60${list(this.parameters.map((type) => VALUE_TYPES[type]))}\0`;
  }

  /** As the code section wants it. */
  code(): Code {
    return sized(list(this.#locals) + this.#body + END);
  }
}

export class WasmModule {
  readonly #functions: WasmFunction[] = [];
  readonly #exports: Code[] = [];

  function(...parameters: readonly ValueType[]): WasmFunction {
    const made = new WasmFunction(this.#functions.length, parameters);
    this.#functions.push(made);
    return made;
  }

  /** Names are ASCII. */
  export(name: string, made: WasmFunction): void {
    this.#exports.push(`${sized(name)}\0${unsigned(made.index)}`);
  }

  /** The memory is exported as `memory`; `data` lies at its start. */
  finish(memory: { readonly pages: number; readonly data: Code }): Uint8Array<ArrayBuffer> {
    const functions = this.#functions;
    const pages = unsigned(memory.pages);
    const sections: readonly (readonly [id: number, entries: readonly Code[]])[] = [
      [1, functions.map((made) => made.signature())],
      [3, functions.map((made) => unsigned(made.index))],
      [5, [`\x01${pages}${pages}`]],
      [7, [`${sized("memory")}\x02\0`, ...this.#exports]],
      [10, functions.map((made) => made.code())],
      [11, [`\0${int32(0)}${END}${sized(memory.data)}`]],
    ];
    const text = `\0asm\x01\0\0\0${sections.map(([id, entries]) => String.fromCharCode(id) + sized(list(entries))).join("")}`;
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes;
  }
}
