import { elementBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import type { Lanes, Seen } from "./dot.js";
import { codecOf, type Element, elementFault, readElement } from "./element-codec.js";
import { addHead, coverHeads, type Head, type Heads, readHeads, writeHeads } from "./heads.js";
import type { Circumstance, EncodedOperation, Told } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// What registers have in common: a value is written, and kept as bytes, with every other one that was written at once with it.

export interface RegisterCommands<T> {
  set(value: T): void;
}

export class RegisterValues<T> {
  /** Of the codec. */
  readonly name: string;
  readonly #codec: ReturnType<typeof codecOf<T>>;

  constructor(element: Element<T>) {
    this.#codec = codecOf(element);
    this.name = this.#codec.name;
  }

  encode(payload: Uint8Array): EncodedOperation {
    return { kind: operationKinds.write, payload };
  }

  decode(kind: number, payload: Uint8Array): Decoded<Uint8Array> {
    if (kind !== operationKinds.write) return new Malformed(`an operation of kind ${kind}, which a register does not have`);
    // A copy: it is kept, and what it came in need not be.
    return elementFault(this.#codec, payload) ?? payload.slice();
  }

  apply(heads: Heads<Uint8Array>, written: Uint8Array, at: Circumstance): void {
    coverHeads(heads, at);
    addHead(heads, written, at);
  }

  write(writer: Writer, heads: Heads<Uint8Array>, lanes: Lanes, seen: Seen): void {
    writeHeads(writer, heads, { lanes, seen, what: (written) => writer.prefixed(written) });
  }

  read(reader: Reader, lanes: Lanes): Heads<Uint8Array> {
    return readHeads(reader, lanes, () => reader.prefixed(elementBytesMax).slice());
  }

  valueOf({ what }: Head<Uint8Array>): T {
    return readElement(this.#codec, what);
  }

  told(head: Head<Uint8Array>): Told {
    return { dot: head.dot, value: this.valueOf(head) };
  }

  restore(lost: Told): Uint8Array {
    return this.#codec.encode(lost.value as T);
  }

  commands(send: (written: Uint8Array) => void): RegisterCommands<T> {
    return { set: (value) => send(this.#codec.encode(value)) };
  }
}
