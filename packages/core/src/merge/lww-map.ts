import { elementBytesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import type { Writer } from "../bytes/writer.js";
import { decodeAt, encodeAt, writeAt } from "./at-key.js";
import {
  bytesOfEncoded,
  codecOf,
  type Element,
  type Encoded,
  elementFault,
  encodedBy,
  readElement,
  writeEncoded,
} from "./element-codec.js";
import { addHead, areBare, copyHeads, coverHeads, type Head, type Heads, joinHeads, noHeads, readHeads, writeHeads } from "./heads.js";
import { bytesOfKey, decodeTextKey, keyOfText, textKeyFault, textOfKey } from "./item-key.js";
import type { MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// Under each key the last write wins, and that may be a deletion: it is kept, so that what was written at once with it stands before
// or behind it everywhere.

/** A value's bytes; nothing, where it is deleted. */
export type MapValue = Encoded | undefined;

/** One that came with others is copied out when it is asked for: of the many writes of one event most are written over by the next. */
class WriteWithin {
  readonly key: string;
  readonly #within: ArrayBufferLike;
  readonly #from: number;
  readonly #length: number;

  /** Bytes that are others', and not kept. */
  constructor(key: string, { buffer, byteOffset, length }: Uint8Array) {
    this.key = key;
    this.#within = buffer;
    this.#from = byteOffset;
    this.#length = length;
  }

  get value(): MapValue {
    return new Uint8Array(this.#within, this.#from, this.#length).slice();
  }
}

/** Without a value a deletion. */
export interface MapWrite {
  readonly key: string;
  readonly value: MapValue;
}

export interface LwwMapCommands<T> {
  set(key: string, value: T): void;
  delete(key: string): void;
}

export type LwwMap<T> = MergeType<Heads<MapValue>, MapWrite, ReadonlyMap<string, T>, LwwMapCommands<T>>;

export function lwwMap<T>(element: Element<T>): LwwMap<T> {
  const codec = codecOf(element);
  const written = ({ what }: Head<MapValue>): T | undefined => (what === undefined ? undefined : readElement(codec, what));
  return {
    name: `lww-map(${codec.name})`,
    version: 1,
    keys: "many",
    retract: "by-key",
    encodeOperation({ key, value }) {
      if (value === undefined) return { kind: operationKinds.delete, payload: bytesOfKey(key) };
      return encodeAt(key, { kind: operationKinds.write, payload: bytesOfEncoded(value) });
    },
    writeOperation(writer, { key, value }) {
      if (value === undefined) writer.u8(operationKinds.delete).varint(key.length).characters(key);
      else writeAt(writer.u8(operationKinds.at), key, { kind: operationKinds.write, payload: value });
    },
    decodeOperation(kind, payload) {
      if (kind === operationKinds.delete) {
        const key = decodeTextKey(payload);
        return key instanceof Malformed ? key : { key, value: undefined };
      }
      if (kind !== operationKinds.at) return new Malformed(`an operation of kind ${kind}, which a map does not have`);
      const at = decodeAt(payload);
      if (at instanceof Malformed) return at;
      if (at.kind !== operationKinds.write) return new Malformed(`an operation of kind ${at.kind} under a key of values`);
      const { key, from } = at;
      const value = payload.subarray(from);
      return textKeyFault(key) ?? elementFault(codec, value) ?? new WriteWithin(key, value);
    },
    keyOf: ({ key }) => key,
    fresh: noHeads,
    apply(heads, { value }, at) {
      coverHeads(heads, at);
      addHead(heads, value, at);
    },
    copy: copyHeads,
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) => writeHeads(writer, heads, { lanes, seen, what: (value) => writeValue(writer, value) }),
    readItem: (reader, lanes) =>
      readHeads(reader, lanes, () => {
        const there = reader.u8();
        if (there > 1) reader.fail("a value that is neither there nor deleted");
        return there === 1 ? reader.prefixed(elementBytesMax).slice() : undefined;
      }),
    value(items) {
      const there: string[] = [];
      for (const [key, { live }] of items) if (live[0]?.what !== undefined) there.push(key);
      return new Map(there.sort().map((key) => [textOfKey(key), written(items.get(key)?.live[0] as Head<MapValue>) as T]));
    },
    explain(_key, { live }) {
      const told = live.map((head) => ({ dot: head.dot, value: written(head) }));
      return { winners: told.slice(0, 1), losers: told.slice(1) };
    },
    restore: (key, { value }) => ({ key, value: value === undefined ? undefined : encodedBy(codec, value as T) }),
    commands: (send) => ({
      set: (key, value) => send({ key: keyOfText(key), value: encodedBy(codec, value) }),
      delete: (key) => send({ key: keyOfText(key), value: undefined }),
    }),
    keyText: textOfKey,
    keyFrom: keyOfText,
  };
}

function writeValue(writer: Writer, value: MapValue): void {
  writer.u8(value === undefined ? 0 : 1);
  if (value !== undefined) writeEncoded(writer.varint(value.length), value);
}
