import { Bytes, type Cursor, expectThat, same } from "./bytes.suite.js";
import type { Place } from "./hashes.suite.js";

// "Sync" of docs/wire.md: the messages that a small client needs, a message a frame. It asks for rows page by page, and says of every
// other question that it cannot.

export const types = {
  hello: 1,
  open: 2,
  opened: 3,
  ask: 4,
  tell: 5,
  difference: 6,
  settled: 7,
  held: 8,
  heard: 9,
  want: 10,
  chunk: 11,
  ack: 12,
  nack: 13,
  gone: 14,
  enough: 15,
  push: 16,
  ping: 23,
  pong: 24,
} as const;

export interface Row {
  readonly place: Place;
  readonly size: number;
  readonly headId: Uint8Array;
}

export interface Digest {
  readonly root: Uint8Array;
  readonly sum: Uint8Array;
  readonly rows: number;
}

export const isSameDigest = (one: Digest, other: Digest): boolean =>
  same(one.root, other.root) && same(one.sum, other.sum) && one.rows === other.rows;

/** A frame begins with the tag of what speaks in it. */
export const syncTag = 6;
const message = (type: keyof typeof types): Bytes => new Bytes().u8(syncTag).u8(types[type]);

export interface Hello {
  readonly number: number;
  readonly nonce: Uint8Array;
  readonly salt: Uint8Array;
  readonly wall: number;
}

/** Without a list of interests, so that all is wanted; and it asks for what it lacks. */
export function helloBytes({ number, nonce, salt, wall }: Hello): Uint8Array {
  return message("hello").varint(1).varint(1).varint(number).raw(nonce, salt).u48(wall).u8(2).done();
}

export function readHello(from: Cursor): Hello {
  expectThat(from.varint() <= 1 && from.varint() >= 1, "version 1 of sync");
  const hello = { number: from.varint(), nonce: from.take(16), salt: from.take(16), wall: from.u48() };
  if ((from.u8() & 1) !== 0) from.list(() => from.take(16));
  from.end();
  return hello;
}

const digestBytes = ({ root, sum, rows }: Digest): Uint8Array => new Bytes().raw(root, sum).varint(rows).done();
const readDigest = (from: Cursor): Digest => ({ root: from.take(16), sum: from.take(8), rows: from.varint() });

export const openBytes = (session: number, scope: Uint8Array, digest: Digest): Uint8Array =>
  message("open").varint(session).raw(scope, digestBytes(digest)).u8(0).done();

export function readOpen(from: Cursor): { readonly session: number; readonly scope: Uint8Array; readonly digest: Digest } {
  // An ask may follow, which is not answered here: what is asked again, is.
  return { session: from.varint(), scope: from.take(8), digest: readDigest(from) };
}

/** `undefined`: the same. No tell goes with it. */
export function openedBytes(session: number, digest: Digest | undefined): Uint8Array {
  const opened = message("opened").varint(session);
  return (digest === undefined ? opened.u8(1) : opened.u8(0).raw(digestBytes(digest))).u8(0).done();
}

export function readOpened(from: Cursor): { readonly session: number; readonly digest: Digest | "same" | "other scope" } {
  const session = from.varint();
  const kind = from.u8();
  expectThat(kind <= 2, "an answer to open");
  // A tell may follow: the beginning of a sketch, which this client makes nothing of.
  return { session, digest: kind === 0 ? readDigest(from) : kind === 1 ? "same" : "other scope" };
}

export const askRowsBytes = (session: number, round: number, after: Uint8Array): Uint8Array =>
  message("ask").varint(session).varint(round).u8(1).prefixed(after).done();

export const askBucketsBytes = (session: number, round: number, count: number): Uint8Array =>
  message("ask").varint(session).varint(round).u8(2).varint(count).done();
export const askSymbolsBytes = (session: number, round: number, count: number): Uint8Array =>
  message("ask").varint(session).varint(round).u8(4).varint(0).varint(count).done();

export interface Asked {
  readonly session: number;
  readonly round: number;
  readonly isRows: "yes" | "no";
}

export function readAsk(from: Cursor): Asked {
  return { session: from.varint(), round: from.varint(), isRows: from.u8() === 1 ? "yes" : "no" };
}

export function tellRowsBytes({ session, round }: Asked, rows: readonly Row[]): Uint8Array {
  return message("tell").varint(session).varint(round).u8(1).raw(rowsBytes(rows)).prefixed(new Uint8Array(0)).done();
}

export const tellCannotBytes = ({ session, round }: Asked): Uint8Array => message("tell").varint(session).varint(round).u8(5).done();

export function readTellRows(from: Cursor): { readonly rows: Row[]; readonly next: Uint8Array } {
  const told = { rows: readRows(from), next: from.prefixed() };
  from.end();
  return told;
}

export const differenceBytes = (session: number, rows: readonly Row[]): Uint8Array =>
  message("difference").varint(session).varint(0).varint(1).raw(rowsBytes(rows)).done();

export function readDifference(from: Cursor): { readonly session: number; readonly rows: Row[] } {
  const [session, part, parts] = [from.varint(), from.varint(), from.varint()];
  expectThat(part < parts, "a part of so many");
  return { session, rows: readRows(from) };
}

export const settledBytes = (session: number, missing: number): Uint8Array => message("settled").varint(session).varint(missing).done();
export const heldBytes = (number: number, rows: readonly Row[]): Uint8Array => message("held").varint(number).raw(rowsBytes(rows)).done();
export const heardBytes = (number: number): Uint8Array => message("heard").varint(number).done();
export const pongBytes = (number: number): Uint8Array => message("pong").varint(number).done();

export function wantBytes(stream: number, { author, subject, epoch, nonce }: Place, from: number, previous: Uint8Array): Uint8Array {
  const want = message("want").varint(stream).raw(author, subject).varint(epoch).raw(nonce).varint(from);
  return from > 1 ? want.raw(previous).done() : want.done();
}

export interface Want {
  readonly stream: number;
  readonly place: Place;
  readonly from: number;
}

export function readWant(cursor: Cursor): Want {
  const stream = cursor.varint();
  const place = { author: cursor.take(32), subject: cursor.take(32), epoch: cursor.varint(), nonce: cursor.take(16) };
  const from = cursor.varint();
  if (from > 1) cursor.take(32);
  cursor.end();
  return { stream, place, from };
}

export interface Chunk {
  readonly stream: number;
  readonly seq: number;
  readonly isLast: "yes" | "no";
  readonly bytes: Uint8Array;
}

/** TLS vouches for what it carries: no hash. */
export const chunkBytes = ({ stream, seq, isLast, bytes }: Chunk): Uint8Array =>
  message("chunk")
    .varint(stream)
    .varint(seq)
    .u8(isLast === "yes" ? 1 : 0)
    .prefixed(bytes)
    .done();

export function readChunk(from: Cursor): Chunk {
  const [stream, seq, flags] = [from.varint(), from.varint(), from.u8()];
  if ((flags & 2) !== 0) from.take(16);
  const bytes = from.prefixed();
  from.end();
  return { stream, seq, isLast: (flags & 1) !== 0 ? "yes" : "no", bytes };
}

export const ackBytes = (stream: number, seq: number, window: number): Uint8Array =>
  message("ack").varint(stream).varint(seq).varint(window).done();
export const readAck = (from: Cursor) => ({ stream: from.varint(), seq: from.varint(), window: from.varint() });
export const goneBytes = (stream: number): Uint8Array => message("gone").varint(stream).u8(0).done();

// --- rows ---

export function rowsBytes(rows: readonly Row[]): Uint8Array {
  const bytes = new Bytes().varint(rows.length);
  rows.forEach(({ place, size, headId }, at) => {
    const before = rows[at - 1]?.place;
    // What is as in the row before is left out, and must be.
    const [author, subject, nonce] = (["author", "subject", "nonce"] as const).map(
      (part) => before !== undefined && same(before[part], place[part]),
    );
    bytes.u8((author ? 1 : 0) + (subject ? 2 : 0) + (nonce ? 4 : 0));
    if (!author) bytes.raw(place.author);
    if (!subject) bytes.raw(place.subject);
    bytes.varint(place.epoch);
    if (!nonce) bytes.raw(place.nonce);
    bytes.varint(size);
    if (size > 0) bytes.raw(headId);
  });
  return bytes.done();
}

export function readRows(from: Cursor): Row[] {
  return from.list<Row>((before) => {
    const flags = from.u8();
    const author = (flags & 1) === 0 ? from.take(32) : (before as Row).place.author;
    const subject = (flags & 2) === 0 ? from.take(32) : (before as Row).place.subject;
    const epoch = from.varint();
    const nonce = (flags & 4) === 0 ? from.take(16) : (before as Row).place.nonce;
    const size = from.varint();
    const headId = size > 0 ? from.take(32) : new Uint8Array(32);
    if ((flags & 8) !== 0) from.varint();
    if ((flags & 16) !== 0) from.varint();
    return { place: { author, subject, epoch, nonce }, size, headId };
  });
}
