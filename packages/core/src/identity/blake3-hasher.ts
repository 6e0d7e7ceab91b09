import {
  chunkBytes,
  chunkHeadBytes,
  identityAt,
  inAt,
  ivAt,
  keysAt,
  outAt,
  pieceBytes,
  pieceEvents,
  piecePairs,
  previousAt,
  spansAt,
  stackAt,
} from "./blake3-layout.js";
import { blake3Module, flags } from "./blake3-module.js";
import { type EventRun, type Hasher, hashBytes, spanWords } from "./crypto.js";
import { type Tag, tags } from "./tags.js";

/** Compiles and instantiates a module that imports nothing, and answers its exports. With a WebAssembly global:
 * `(module) => new WebAssembly.Instance(new WebAssembly.Module(module)).exports`. */
export type InstantiateModule = (module: Uint8Array<ArrayBuffer>) => object;

/** What `blake3Module` exports. The memory never grows, so views of it stay good. */
interface Blake3Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  absorb(key: number, chunks: number, chunksBefore: number): void;
  finish(key: number, length: number, chunksBefore: number, flags: number): void;
  parents(key: number, count: number): void;
  events(payloadKey: number, key: number, count: number, base: number, firstSeq: number): void;
}

/** Each hasher has a memory of its own of about 128 KiB; a process needs one. */
export function createHasher(instantiate: InstantiateModule): Hasher {
  return new Blake3Hasher(instantiate(blake3Module()) as Blake3Exports);
}

class Blake3Hasher implements Hasher {
  readonly #exports: Blake3Exports;
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #spans: Uint32Array<ArrayBuffer>;
  readonly #digest: Uint8Array<ArrayBuffer>;
  readonly #previous: Uint8Array<ArrayBuffer>;
  readonly #firstOut: Uint8Array<ArrayBuffer>;
  /** Address of the key of each tag. */
  readonly #keys = new Map<Tag, number>();
  readonly #payloadKey: number;
  readonly #eventKey: number;

  constructor(exports: Blake3Exports) {
    this.#exports = exports;
    const { buffer } = exports.memory;
    this.#memory = new Uint8Array(buffer);
    this.#spans = new Uint32Array(buffer, spansAt, pieceEvents * spanWords);
    this.#digest = new Uint8Array(buffer, stackAt, hashBytes);
    this.#previous = new Uint8Array(buffer, previousAt, hashBytes);
    this.#firstOut = new Uint8Array(buffer, outAt, hashBytes);
    for (const [index, tag] of tags.entries()) {
      const context = new TextEncoder().encode(tag);
      this.#memory.set(context, inAt);
      exports.finish(ivAt, context.length, 0, flags.context);
      this.#memory.set(this.#digest, keysAt + index * hashBytes);
      this.#keys.set(tag, keysAt + index * hashBytes);
    }
    this.#payloadKey = this.#keyOf("sinter 1 payload");
    this.#eventKey = this.#keyOf("sinter 1 event");
  }

  hash(tag: Tag, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#hash(this.#keyOf(tag), bytes);
    return this.#digest.slice();
  }

  eventIds(run: EventRun, out: Uint8Array, outOffset: number): void {
    const { bytes, spans, count } = run;
    if (run.lane.length !== hashBytes || run.previous.length !== hashBytes) throw new Error("a lane's and an event's id have 32 bytes");
    if (spans.length < count * spanWords) throw new Error(`${count} events need ${count * spanWords} words of spans`);
    if (out.length < outOffset + count * hashBytes) throw new Error(`no room for ${count} ids`);
    this.#memory.set(run.lane, identityAt);
    this.#previous.set(run.previous);
    for (let first = 0; first < count; ) {
      const from = spans[first * spanWords] as number;
      const { end, to } = pieceOf(run, first, from);
      const outAtEvent = outOffset + first * hashBytes;
      if (end === first) {
        this.#longEvent(run, first);
        out.set(this.#previous, outAtEvent);
        first++;
        continue;
      }
      this.#memory.set(part(bytes, from, to), inAt);
      this.#spans.set(spans.subarray(first * spanWords, end * spanWords));
      this.#exports.events(this.#payloadKey, this.#eventKey, end - first, inAt - from, run.firstSeq + first);
      out.set(end - first === 1 ? this.#firstOut : this.#memory.subarray(outAt, outAt + (end - first) * hashBytes), outAtEvent);
      first = end;
    }
  }

  parents(tag: Tag, pairs: Uint8Array, count: number, out: Uint8Array): void {
    if (pairs.length < count * 2 * hashBytes || out.length < count * hashBytes)
      throw new Error(`no room for ${count} pairs and their hashes`);
    const key = this.#keyOf(tag);
    for (let first = 0; first < count; first += piecePairs) {
      const end = Math.min(count, first + piecePairs);
      // Everything of the piece is read before anything is written, and what is written lies before what is yet to be read.
      this.#memory.set(part(pairs, first * 2 * hashBytes, end * 2 * hashBytes), inAt);
      this.#exports.parents(key, end - first);
      out.set(end - first === 1 ? this.#firstOut : this.#memory.subarray(outAt, outAt + (end - first) * hashBytes), first * hashBytes);
    }
  }

  #keyOf(tag: Tag): number {
    const key = this.#keys.get(tag);
    if (key === undefined) throw new Error(`"${tag}" is not one of our tags`);
    return key;
  }

  /** Leaves the hash in `#digest`. */
  #hash(key: number, bytes: Uint8Array): void {
    if (bytes.length <= chunkBytes) {
      this.#memory.set(bytes, inAt);
      this.#exports.finish(key, bytes.length, 0, flags.material);
      return;
    }
    // The last chunk is kept back: it may be partial, and its tree ends otherwise.
    const whole = Math.floor((bytes.length - 1) / chunkBytes) * chunkBytes;
    for (let from = 0; from < whole; from += pieceBytes) {
      const to = Math.min(whole, from + pieceBytes);
      this.#memory.set(bytes.subarray(from, to), inAt);
      this.#exports.absorb(key, (to - from) / chunkBytes, from / chunkBytes);
    }
    this.#memory.set(bytes.subarray(whole), inAt);
    this.#exports.finish(key, bytes.length - whole, whole / chunkBytes, flags.material);
  }

  /** An event of which the payload, or what its id is the hash of, is more than a chunk. */
  #longEvent(run: EventRun, index: number): void {
    const [offset, headLength, payloadLength] = run.spans.subarray(index * spanWords) as unknown as [number, number, number];
    const payloadFrom = offset + headLength;
    this.#hash(this.#payloadKey, run.bytes.subarray(payloadFrom, payloadFrom + payloadLength));
    const identity = new Uint8Array(3 * hashBytes + 8 + headLength);
    identity.set(run.lane, 0);
    identity.set(this.#previous, hashBytes);
    new DataView(identity.buffer).setBigUint64(2 * hashBytes, BigInt(run.firstSeq + index));
    identity.set(this.#digest, 2 * hashBytes + 8);
    identity.set(run.bytes.subarray(offset, payloadFrom), 3 * hashBytes + 8);
    this.#hash(this.#eventKey, identity);
    this.#previous.set(this.#digest);
  }
}

/** Making a view costs as much as hashing a block, so the whole is not made one of. */
function part(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
}

/** The events from `first` on that can go in together: short ones, within one piece's length of `from`. `to` is where
 * the last of their bytes ends. */
function pieceOf(run: EventRun, first: number, from: number): { readonly end: number; readonly to: number } {
  const { bytes, spans, count } = run;
  const most = Math.min(count, first + pieceEvents);
  let to = from;
  let end = first;
  for (; end < most; end++) {
    const offset = spans[end * spanWords] as number;
    const headLength = spans[end * spanWords + 1] as number;
    const payloadLength = spans[end * spanWords + 2] as number;
    const eventEnd = offset + headLength + payloadLength;
    if (eventEnd > bytes.length) throw new Error(`event ${end} of the run lies outside its bytes`);
    if (headLength > chunkHeadBytes || payloadLength > chunkBytes || offset < from || eventEnd > from + pieceBytes) break;
    if (eventEnd > to) to = eventEnd;
  }
  return { end, to };
}
