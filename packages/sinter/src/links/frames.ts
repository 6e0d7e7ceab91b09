import { frameBytesMax, linkGreetingBytesMax, linkReasonBytesMax, Malformed } from "@sinter/core";

// What travels on a link: kind u8, length u32, payload. Links of every transport that is a stream of bytes have it.

export const frameKinds = {
  /** Versions and the proof of membership, once from each side, before anything else. */
  hello: 1,
  /** From the peer with the smaller id: this connection is the link. Back: so it is. */
  open: 2,
  control: 3,
  bulk: 4,
  /** u32: so many more bytes of bulk may come. */
  credit: 5,
  /** Why the link ends; the last frame. */
  close: 6,
} as const;

export type FrameKind = keyof typeof frameKinds;

export const frameHeadBytes = 5;

const lengths: Readonly<Record<FrameKind, readonly [least: number, most: number]>> = {
  hello: [1, linkGreetingBytesMax],
  open: [4, 4],
  control: [0, frameBytesMax],
  bulk: [0, frameBytesMax],
  credit: [4, 4],
  close: [1, 1 + linkReasonBytesMax],
};

const kindOf = new Map(Object.entries(frameKinds).map(([kind, number]) => [number as number, kind as FrameKind]));

export function frameHead(kind: FrameKind, length: number): Uint8Array {
  const [least, most] = lengths[kind];
  if (length < least || length > most) throw new RangeError(`a frame of ${length} bytes where ${most} are allowed`);
  const head = Buffer.allocUnsafe(frameHeadBytes);
  head[0] = frameKinds[kind];
  head.writeUInt32BE(length, 1);
  return head;
}

export function u32Payload(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u32In(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}

const none = new Uint8Array(0);
const GROWTH = 8;

/**
 * Frames out of chunks as they come. Nothing of a chunk is kept: a frame is a copy, gathered in memory that grows with what has come,
 * never with what is announced. A head that is wrong is found before anything of its payload is held.
 */
export class FrameReader {
  /** What may come now. Whatever else comes is malformed. */
  expected: readonly FrameKind[];
  #head: Uint8Array = new Uint8Array(frameHeadBytes);
  #headHeld = 0;
  #kind: FrameKind | undefined;
  #length = 0;
  #payload: Uint8Array = none;
  #payloadHeld = 0;

  constructor(expected: readonly FrameKind[]) {
    this.expected = expected;
  }

  /** Memory held for a frame that is not whole yet. */
  get heldBytes(): number {
    return this.#payload.length;
  }

  /** `take` says whether it wants more; after a `stop` or a `Malformed` nothing is to be pushed any more. */
  push(chunk: Uint8Array, take: (kind: FrameKind, payload: Uint8Array) => "more" | "stop"): Malformed | undefined {
    let at = 0;
    while (at < chunk.length || (this.#kind !== undefined && this.#length === 0)) {
      if (this.#kind === undefined) {
        at += this.#takeHead(chunk, at);
        if (this.#headHeld < frameHeadBytes) return undefined;
        const fault = this.#begin();
        if (fault !== undefined) return fault;
        continue;
      }
      const payload = this.#takePayload(chunk, at);
      at += payload.taken;
      if (payload.whole === undefined) return undefined;
      const kind = this.#kind;
      this.#kind = undefined;
      this.#headHeld = 0;
      if (take(kind, payload.whole) === "stop") return undefined;
    }
    return undefined;
  }

  #takeHead(chunk: Uint8Array, at: number): number {
    const taken = Math.min(frameHeadBytes - this.#headHeld, chunk.length - at);
    for (let index = 0; index < taken; index++) this.#head[this.#headHeld++] = chunk[at + index] as number;
    return taken;
  }

  #begin(): Malformed | undefined {
    const kind = kindOf.get(this.#head[0] as number);
    if (kind === undefined) return new Malformed("a frame of no known kind");
    if (!this.expected.includes(kind)) return new Malformed(`a ${kind} frame, which may not come now`);
    const length = new DataView(this.#head.buffer).getUint32(1);
    const [least, most] = lengths[kind];
    if (length < least || length > most) return new Malformed(`a ${kind} frame of ${length} bytes, where ${least} to ${most} are allowed`);
    this.#kind = kind;
    this.#length = length;
    return undefined;
  }

  #takePayload(chunk: Uint8Array, at: number): { readonly taken: number; readonly whole: Uint8Array | undefined } {
    const taken = Math.min(this.#length - this.#payloadHeld, chunk.length - at);
    // Plain, not a Buffer: slice() of a Buffer is no copy, and who receives a frame may want one.
    const part = new Uint8Array(chunk.buffer, chunk.byteOffset + at, taken);
    if (taken === this.#length) return { taken, whole: part.slice() };
    this.#room(this.#payloadHeld + taken);
    this.#payload.set(part, this.#payloadHeld);
    this.#payloadHeld += taken;
    if (this.#payloadHeld < this.#length) return { taken, whole: undefined };
    const whole = this.#payload;
    this.#payload = none;
    this.#payloadHeld = 0;
    return { taken, whole };
  }

  /** At most eight times what has come, and in the end exactly the frame: a piece of a stream, of which a record of TLS has come, is copied
   * once, and nothing is held on a promise. */
  #room(needed: number): void {
    if (needed <= this.#payload.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#length, GROWTH * needed));
    const plain = new Uint8Array(grown.buffer);
    plain.set(this.#payload.subarray(0, this.#payloadHeld));
    this.#payload = plain;
  }
}
