import { elementBytesMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { decodeAt, encodeAt } from "./at-key.js";
import { codecOf, type Element, elementFault, readElement } from "./element-codec.js";
import { addHead, areBare, coverHeads, type Head, type Heads, joinHeads, noHeads, readHeads, writeHeads } from "./heads.js";
import { bytesOfKey, decodeTextKey, keyOfText, textKeyFault, textOfKey } from "./item-key.js";
import type { MergeType } from "./merge-type.js";
import { operationKinds } from "./operation-kinds.js";

// Under each key the last write wins, and that may be a deletion: it is kept, so that what was written at once with it stands before
// or behind it everywhere.

/** Bytes of a value; nothing, where it is deleted. */
export type MapValue = Uint8Array | undefined;

/** One that came with others is copied out when it is asked for: of the many writes of one event most are written over by the next. */
export class MapWrite {
  readonly key: string;
  readonly #bytes: MapValue;
  readonly #within: ArrayBufferLike | undefined;
  readonly #from: number;
  readonly #length: number;

  /** Without a value a deletion. Bytes `within` others are theirs, and not kept. */
  constructor(key: string, value: MapValue, within: "its own" | "within" = "its own") {
    this.key = key;
    this.#bytes = within === "within" ? undefined : value;
    this.#within = within === "within" ? value?.buffer : undefined;
    this.#from = within === "within" ? (value?.byteOffset ?? 0) : 0;
    this.#length = value?.length ?? 0;
  }

  get value(): MapValue {
    return this.#within === undefined ? this.#bytes : new Uint8Array(this.#within, this.#from, this.#length).slice();
  }
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
      return encodeAt(key, { kind: operationKinds.write, payload: value });
    },
    decodeOperation(kind, payload) {
      if (kind === operationKinds.delete) {
        const key = decodeTextKey(payload);
        return key instanceof Malformed ? key : new MapWrite(key, undefined);
      }
      if (kind !== operationKinds.at) return new Malformed(`an operation of kind ${kind}, which a map does not have`);
      const at = decodeAt(payload);
      if (at instanceof Malformed) return at;
      if (at.kind !== operationKinds.write) return new Malformed(`an operation of kind ${at.kind} under a key of values`);
      const { key, from } = at;
      const value = payload.subarray(from);
      return textKeyFault(key) ?? elementFault(codec, value) ?? new MapWrite(key, value, "within");
    },
    keyOf: ({ key }) => key,
    fresh: noHeads,
    apply(heads, { value }, at) {
      coverHeads(heads, at);
      addHead(heads, value, at);
    },
    join: joinHeads,
    reset: coverHeads,
    isBare: areBare,
    writeItem: (writer, heads, lanes, seen) =>
      writeHeads(writer, heads, {
        lanes,
        seen,
        what(value) {
          writer.u8(value === undefined ? 0 : 1);
          if (value !== undefined) writer.prefixed(value);
        },
      }),
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
    restore: (key, { value }) => new MapWrite(key, value === undefined ? undefined : codec.encode(value as T)),
    commands: (send) => ({
      set: (key, value) => send(new MapWrite(keyOfText(key), codec.encode(value))),
      delete: (key) => send(new MapWrite(keyOfText(key), undefined)),
    }),
    keyText: textOfKey,
    keyFrom: keyOfText,
  };
}
