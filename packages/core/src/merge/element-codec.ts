import { canonicalJson, canonicalJsonFault, canonicalText, parseCanonicalJson } from "../bytes/canonical-json.js";
import { elementBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { decodeUtf8, encodeUtf8, isUtf8, isWhole } from "../bytes/utf8.js";
import type { Writer } from "../bytes/writer.js";
import { bytesOfKey, isAscii } from "./item-key.js";

// How elements of sets and values of registers are bytes: equal elements are equal bytes, at every replica.

export interface ElementCodec<T> {
  /** What types are named with: "text". */
  readonly name: string;
  encode(element: T): Uint8Array;
  decode(bytes: Uint8Array): Decoded<T>;
  /** The text whose UTF-8 `encode` gives, where there is one. */
  textOf?(element: T): string;
  /** What is wrong with the bytes, where that is found sooner than by decoding them. */
  fault?(bytes: Uint8Array): Malformed | undefined;
}

/** What libraries that check data agree on (standardschema.dev): the part of it that is used here. */
export interface StandardSchema<T> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<T> | PromiseLike<SchemaResult<T>>;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** A codec, or a schema that JSON must fit. */
export type Element<T> = ElementCodec<T> | StandardSchema<T>;

const NO_TEXT = new Malformed("text that is not UTF-8");

/** Bytes of an element. Of ASCII the text itself: it takes a fifth of what an array does, and what was just encoded is much of what a
 * change of many operations leaves to be collected. */
export type Encoded = Uint8Array | string;

export const text: ElementCodec<string> = {
  name: "text",
  encode(element) {
    if (!isWhole(element)) throw new RangeError("text that holds half of a character");
    return bounded(encodeUtf8(element));
  },
  decode: (encoded) => decodeUtf8(encoded) ?? NO_TEXT,
  fault: (encoded) => (isUtf8(encoded) ? undefined : NO_TEXT),
};

export const bytes: ElementCodec<Uint8Array> = {
  name: "bytes",
  encode: (element) => bounded(element.slice()),
  decode: (encoded) => encoded.slice(),
  fault: () => undefined,
};

/** Anything that JSON has, in its one canonical form. */
export const json: ElementCodec<unknown> = {
  name: "json",
  encode: (element) => bounded(canonicalJson(element)),
  textOf: canonicalText,
  decode: (encoded) => parseCanonicalJson(encoded),
  fault: (encoded) => canonicalJsonFault(encoded),
};

export function codecOf<T>(element: Element<T>): ElementCodec<T> {
  if (!("~standard" in element)) return element;
  const check = (value: unknown): Decoded<T> => {
    const result = element["~standard"].validate(value);
    if ("then" in result) throw new TypeError("a schema that validates asynchronously cannot be folded: use one that answers at once");
    return result.issues === undefined ? result.value : new Malformed(result.issues.map(({ message }) => message).join("; "));
  };
  return {
    name: "json",
    encode(value) {
      const checked = check(value);
      if (checked instanceof Malformed) throw new RangeError(`the schema refuses it: ${checked.reason}`);
      return json.encode(value);
    },
    decode(encoded) {
      const value = json.decode(encoded);
      return value instanceof Malformed ? value : check(value);
    },
  };
}

export function encodedBy<T>(codec: ElementCodec<T>, element: T): Encoded {
  const told = codec.textOf?.(element);
  if (told === undefined) return codec.encode(element);
  return bounded(isAscii(told) ? told : encodeUtf8(told));
}

export function bytesOfEncoded(encoded: Encoded): Uint8Array {
  return typeof encoded === "string" ? bytesOfKey(encoded) : encoded;
}

export function writeEncoded(writer: Writer, encoded: Encoded): void {
  if (typeof encoded === "string") writer.characters(encoded);
  else writer.bytes(encoded);
}

/** What is wrong with what should be an element, as it came from others. */
export function elementFault<T>(codec: ElementCodec<T>, encoded: Uint8Array): Malformed | undefined {
  if (encoded.length > elementBytesMax) return new Malformed(`an element of ${encoded.length} bytes; ${elementBytesMax} are allowed`);
  if (codec.fault !== undefined) return codec.fault(encoded);
  const element = codec.decode(encoded);
  return element instanceof Malformed ? element : undefined;
}

/** Of bytes that were found good when they came. */
export function readElement<T>(codec: ElementCodec<T>, encoded: Encoded): T {
  const element = codec.decode(bytesOfEncoded(encoded));
  if (element instanceof Malformed) throw new RangeError(`a state that holds an element which its type refuses: ${element.reason}`);
  return element;
}

function bounded<Bytes extends Encoded>(encoded: Bytes): Bytes {
  if (encoded.length > elementBytesMax) throw new RangeError(`an element has at most ${elementBytesMax} bytes, not ${encoded.length}`);
  return encoded;
}
