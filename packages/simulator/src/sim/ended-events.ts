import {
  absentIn,
  blockCount,
  blockHeaderBytes,
  eventHeaderBytes,
  isMalformed,
  pathBytesMax,
  Reader,
  readCheckpoint,
  readMmrProof,
  readShownKeys,
  sizeAt,
} from "@sinter/core";

// How many events end in each piece of a stream: ranges one behind the other, each with its length before it, in each of them what
// vouches for it and then its blocks. A piece may end anywhere, so that what is not whole yet is kept until the next one comes.

const LENGTH_BYTES = 4;
/** Where a block says how long it is behind its header. */
const BLOCK_LENGTH_AT = 4;
const FLAGS_AT = 2;
/** Of an event with flags: up to where it says how long the parts are that they stand for. */
const EXTENDED_HEADER_BYTES = eventHeaderBytes + 2;

type At =
  | { readonly kind: "length" }
  | { readonly kind: "envelope" }
  | { readonly kind: "block" }
  | { readonly kind: "events"; readonly left: number }
  /** What came was none of it. */
  | { readonly kind: "lost" };

export class EndedEvents {
  #bytes: Uint8Array = new Uint8Array(0);
  /** Of the range that is coming. */
  #left = 0;
  #at: At = { kind: "length" };

  /** The next piece; answers how many events end in it. */
  take(piece: Uint8Array): number {
    const bytes = new Uint8Array(this.#bytes.length + piece.length);
    bytes.set(this.#bytes);
    bytes.set(piece, this.#bytes.length);
    this.#bytes = bytes;
    let ended = 0;
    for (let more: number | "wait" = 0; more !== "wait" && this.#at.kind !== "lost"; ) {
      more = this.#step();
      if (more !== "wait") ended += more;
    }
    // A view would hold on to all that came.
    this.#bytes = this.#at.kind === "lost" ? new Uint8Array(0) : this.#bytes.slice();
    return ended;
  }

  /** One part more of what is here; answers how many events ended with it. */
  #step(): number | "wait" {
    switch (this.#at.kind) {
      case "length":
        return this.#length();
      case "envelope":
        return this.#envelope();
      case "block":
        return this.#block();
      case "events":
        return this.#event(this.#at.left);
      default:
        return "wait";
    }
  }

  #length(): number | "wait" {
    if (this.#bytes.length < LENGTH_BYTES) return "wait";
    const length = u32(this.#bytes, 0);
    this.#bytes = this.#bytes.subarray(LENGTH_BYTES);
    this.#left = length;
    this.#at = { kind: "envelope" };
    return 0;
  }

  #envelope(): number | "wait" {
    const reader = new Reader(this.#bytes, 0, this.#left);
    reader.prefixed(pathBytesMax);
    const [keys, place, proof] = [readShownKeys(reader), readCheckpoint(reader), readMmrProof(reader)];
    if (isMalformed(keys) || isMalformed(place) || isMalformed(proof) || reader.failed) {
      if (this.#bytes.length < this.#left) return "wait";
      this.#at = { kind: "lost" };
      return 0;
    }
    this.#gone(reader.at);
    return 0;
  }

  #block(): number | "wait" {
    if (this.#bytes.length < blockHeaderBytes) return "wait";
    const events = blockCount(this.#bytes);
    if (this.#bytes[1] === 0) {
      this.#gone(blockHeaderBytes);
      if (events > 0) this.#at = { kind: "events", left: events };
      return 0;
    }
    // Where payloads are absent it counts as a whole.
    const length = blockHeaderBytes + u32(this.#bytes, BLOCK_LENGTH_AT);
    if (this.#bytes.length < length) return "wait";
    const ended = absentIn(this.#bytes.subarray(0, length)).length > events ? 0 : events;
    this.#gone(length);
    return ended;
  }

  #event(left: number): number | "wait" {
    const bytes = this.#bytes;
    const header = bytes.length > FLAGS_AT && bytes[FLAGS_AT] !== 0 ? EXTENDED_HEADER_BYTES : eventHeaderBytes;
    if (bytes.length < header) return "wait";
    const size = sizeAt(bytes, 0);
    if (bytes.length < size) return "wait";
    this.#gone(size);
    if (left > 1) this.#at = { kind: "events", left: left - 1 };
    return 1;
  }

  /** So much of the range is read: behind it begins a block, or the next range. */
  #gone(length: number): void {
    this.#bytes = this.#bytes.subarray(length);
    this.#left -= length;
    this.#at = this.#left > 0 ? { kind: "block" } : { kind: this.#left === 0 ? "length" : "lost" };
  }
}

function u32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}
