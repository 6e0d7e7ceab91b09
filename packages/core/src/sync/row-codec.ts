import { epochIndexMax, syncRowsMax } from "../bytes/limits.js";
import { equalBytes } from "../bytes/order.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import type { LanePlace } from "../feed/seal/checkpoint.js";
import { hashBytes } from "../identity/crypto.js";
import { type AuthorId, type Epoch, epochNonceBytes, idBytes, type SubjectId } from "../identity/ids.js";
import { readList, readUpTo, writeExact, writeList } from "./bounded.js";
import type { Row } from "./messages.js";

// Rows, and the places of lanes. Rows in a list mostly have their author, subject or store in common with the one before: that
// costs a bit. What is equal must be left out, so that a list has one encoding.

const flags = { sameAuthor: 1, sameSubject: 2, sameNonce: 4, frozen: 8, hybrid: 16 } as const;
const FLAGS_ALL = 31;
const ROWS = { what: "rows", max: syncRowsMax };
const EPOCH_INDEX = { what: "as the index of an epoch,", max: epochIndexMax };

export function writePlace(writer: Writer, { author, subject, epoch }: LanePlace): void {
  writeExact(writer, author, idBytes);
  writeExact(writer, subject, idBytes);
  writer.varint(epochIndex(epoch));
  writeExact(writer, epoch.nonce, epochNonceBytes);
}

export function readPlace(reader: Reader): LanePlace {
  const author = reader.take(idBytes) as AuthorId;
  const subject = reader.take(idBytes) as SubjectId;
  return { author, subject, epoch: { index: readUpTo(reader, EPOCH_INDEX), nonce: reader.take(epochNonceBytes) } };
}

export function writeRows(writer: Writer, rows: readonly Row[]): void {
  writeList(writer, rows, ROWS, (row, before) => writeRow(writer, row, before));
}

export function readRows(reader: Reader): Row[] {
  return readList<Row>(reader, ROWS, (before) => readRow(reader, before));
}

function writeRow(writer: Writer, row: Row, before: Row | undefined): void {
  const { author, subject, epoch, size, headId, freezeAt, hybridSize } = row;
  const same = before === undefined ? 0 : sameAs(row, before);
  writer.u8(same | (freezeAt === 0 ? 0 : flags.frozen) | (hybridSize === 0 ? 0 : flags.hybrid));
  if ((same & flags.sameAuthor) === 0) writeExact(writer, author, idBytes);
  if ((same & flags.sameSubject) === 0) writeExact(writer, subject, idBytes);
  writer.varint(epochIndex(epoch));
  if ((same & flags.sameNonce) === 0) writeExact(writer, epoch.nonce, epochNonceBytes);
  writer.varint(size);
  if (size > 0) writeExact(writer, headId, hashBytes);
  if (freezeAt > 0) writer.varint(freezeAt);
  if (hybridSize > 0) writer.varint(hybridSize);
}

function readRow(reader: Reader, before: Row | undefined): Row {
  const form = reader.u8();
  if (form > FLAGS_ALL) reader.fail("flags of a row that are not assigned");
  const same = form & (flags.sameAuthor | flags.sameSubject | flags.sameNonce);
  if (before === undefined && same !== 0) reader.fail("a row like the one before it, where there is none");
  const author = before && (same & flags.sameAuthor) !== 0 ? before.author : (reader.take(idBytes) as AuthorId);
  const subject = before && (same & flags.sameSubject) !== 0 ? before.subject : (reader.take(idBytes) as SubjectId);
  const index = readUpTo(reader, EPOCH_INDEX);
  const nonce = before && (same & flags.sameNonce) !== 0 ? before.epoch.nonce : reader.take(epochNonceBytes);
  const size = reader.varint();
  const headId = size > 0 ? reader.take(hashBytes) : new Uint8Array(hashBytes);
  const freezeAt = (form & flags.frozen) === 0 ? 0 : reader.varint();
  const hybridSize = (form & flags.hybrid) === 0 ? 0 : reader.varint();
  if (freezeAt === 0 && (form & flags.frozen) !== 0) reader.fail("a frozen row that is frozen nowhere");
  if (hybridSize === 0 && (form & flags.hybrid) !== 0) reader.fail("a row sealed by both keys up to nowhere");
  const row = { author, subject, epoch: { index, nonce }, size, headId, freezeAt, hybridSize };
  if (before !== undefined && !reader.failed && sameAs(row, before) !== same) reader.fail("a row that repeats what the one before says");
  return row;
}

function epochIndex({ index }: Epoch): number {
  if (index > epochIndexMax) throw new RangeError(`an epoch of index ${index}`);
  return index;
}

function sameAs({ author, subject, epoch }: LanePlace, before: LanePlace): number {
  const isAuthor = equalBytes(author, before.author) ? flags.sameAuthor : 0;
  const isSubject = equalBytes(subject, before.subject) ? flags.sameSubject : 0;
  return isAuthor | isSubject | (equalBytes(epoch.nonce, before.epoch.nonce) ? flags.sameNonce : 0);
}
