import { type Decoded, linkDatagramBytesMax, Malformed, noiseNoncesMax, Reader, Writer } from "@sinter/core";
import { noiseTagBytes } from "./noise.js";
import type { ReplayWindow } from "./replay-window.js";

// What travels on UDP. Datagrams of a handshake and one that refuses it are plain; all others are sealed, each by itself, under the
// number that it says. Sealed in it is what has come from the other side, and a piece of what there is to say.

export const linkIdBytes = 8;
export const cookieBytes = 16;

export const datagramKinds = { ask: 1, cookie: 2, answer: 3, finish: 4, refused: 5, sealed: 6 } as const;
type DatagramKind = keyof typeof datagramKinds;
const kindOf = new Map(Object.entries(datagramKinds).map(([kind, number]) => [number as number, kind as DatagramKind]));

const askBytes = 48;
/** Kind, link and number: sealed along with what they stand before. */
export const sealedHeadBytes = 1 + linkIdBytes + 8;

/** An `ask` is the first message of the handshake, and as long as a datagram may be: whatever it is answered with is shorter. */
export type Datagram = { readonly link: Uint8Array } & (
  | { readonly kind: "ask"; readonly cookie: Uint8Array; readonly message: Uint8Array }
  | { readonly kind: "cookie"; readonly cookie: Uint8Array }
  | { readonly kind: "answer"; readonly message: Uint8Array }
  | { readonly kind: "finish"; readonly message: Uint8Array }
  | { readonly kind: "refused"; readonly code: number }
  | { readonly kind: "sealed"; readonly number: number; readonly head: Uint8Array; readonly sealed: Uint8Array }
);

export function encodeDatagram(datagram: Exclude<Datagram, { readonly kind: "sealed" }>): Uint8Array {
  const { kind, link } = datagram;
  const writer = new Writer().u8(datagramKinds[kind]).bytes(link);
  switch (kind) {
    case "ask": {
      writer.bytes(datagram.cookie).bytes(datagram.message);
      return writer.bytes(new Uint8Array(linkDatagramBytesMax - writer.length)).finish();
    }
    case "cookie":
      return writer.bytes(datagram.cookie).finish();
    case "refused":
      return writer.u8(datagram.code).finish();
    default:
      return writer.bytes(datagram.message).finish();
  }
}

export function sealedHead(link: Uint8Array, number: number): Uint8Array {
  return new Writer(sealedHeadBytes).u8(datagramKinds.sealed).bytes(link).u64(number).finish();
}

export function decodeDatagram(bytes: Uint8Array): Decoded<Datagram> {
  if (bytes.length > linkDatagramBytesMax) return new Malformed("a datagram longer than any");
  const reader = new Reader(bytes);
  const kind = kindOf.get(reader.u8());
  const link = reader.take(linkIdBytes);
  switch (kind) {
    case "ask": {
      if (bytes.length !== linkDatagramBytesMax) reader.fail("a first datagram that is not as long as it has to be");
      const [cookie, message] = [reader.take(cookieBytes), reader.take(askBytes)];
      reader.take(reader.left);
      return reader.finish(() => ({ kind, link, cookie, message }));
    }
    case "cookie": {
      const cookie = reader.take(cookieBytes);
      return reader.finish(() => ({ kind, link, cookie }));
    }
    case "answer":
    case "finish": {
      const message = reader.take(reader.left);
      return reader.finish(() => ({ kind, link, message }));
    }
    case "refused": {
      const code = reader.u8();
      return reader.finish(() => ({ kind, link, code }));
    }
    case "sealed": {
      const number = reader.u64();
      if (number === 0 || number >= noiseNoncesMax) reader.fail("no number of a datagram");
      const [head, sealed] = [bytes.subarray(0, sealedHeadBytes), reader.take(reader.left)];
      return reader.finish(() => ({ kind, link, number, head, sealed }));
    }
    default:
      return new Malformed("a datagram of no known kind");
  }
}

// --- what is sealed ---

/** Numbers before the highest are told of one by one: a bit each. */
const beforeBytes = 8;

/** What has come: the highest number, and of those before it which. */
export interface Came {
  readonly highest: number;
  /** The least bit of the first byte is for the number before the highest, and so on backwards. */
  readonly before: Uint8Array;
}

const wordKinds = { came: 0, part: 1, end: 2, frame: 3 } as const;
type WordKind = keyof typeof wordKinds;
const wordOf = new Map(Object.entries(wordKinds).map(([kind, number]) => [number as number, kind as WordKind]));

/** A piece of what is said. Pieces are numbered from 0, whatever datagram they are in. */
export interface Piece {
  /** `part` and `end`: of a stream of bytes, in the order of their numbers; `frame`: a whole control frame. */
  readonly kind: "part" | "end" | "frame";
  readonly seq: number;
  readonly bytes: Uint8Array;
}

export interface Words {
  readonly came: Came;
  readonly piece: Piece | undefined;
}

const cameBytes = 1 + 8 + beforeBytes;
const seqBytes = 6;
/** What a datagram has room for. */
export const pieceBytes = linkDatagramBytesMax - sealedHeadBytes - noiseTagBytes - cameBytes - seqBytes;

export function cameOf(window: ReplayWindow): Came {
  const { highest } = window;
  const before = new Uint8Array(beforeBytes);
  for (let back = 0; back < 8 * beforeBytes && back < highest - 1; back++) {
    if (window.has(highest - 1 - back) === "seen") before[back >> 3] = (before[back >> 3] as number) | (1 << (back & 7));
  }
  return { highest, before };
}

/** `untold`: it was sent too long before the highest to be told of. */
export function hasCome({ highest, before }: Came, number: number): "came" | "missing" | "untold" {
  if (number === highest) return "came";
  const back = highest - 1 - number;
  if (back < 0 || back >= 8 * beforeBytes) return "untold";
  return ((before[back >> 3] as number) >> (back & 7)) & 1 ? "came" : "missing";
}

export function encodeWords({ came, piece }: Words): Uint8Array {
  const writer = new Writer(linkDatagramBytesMax)
    .u8(wordKinds[piece?.kind ?? "came"])
    .u64(came.highest)
    .bytes(came.before);
  if (piece !== undefined) writer.u48(piece.seq).bytes(piece.bytes);
  return writer.finish();
}

export function decodeWords(bytes: Uint8Array): Decoded<Words> {
  const reader = new Reader(bytes);
  const kind = wordOf.get(reader.u8());
  if (kind === undefined) return new Malformed("words of no known kind");
  const came = { highest: reader.u64(), before: reader.take(beforeBytes) };
  if (kind === "came") return reader.finish(() => ({ came, piece: undefined }));
  const seq = reader.u48();
  const rest = reader.take(reader.left);
  if (rest.length > pieceBytes) reader.fail("a piece longer than any");
  if (kind === "end" && rest.length > 0) reader.fail("an end with something behind it");
  return reader.finish(() => ({ came, piece: { kind, seq, bytes: rest } }));
}
