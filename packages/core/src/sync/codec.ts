import { forkProofBytesMax, syncSealBytesMax, syncSeqsMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { readShownKeys } from "../feed/seal/event-proof.js";
import type { MessageClass } from "../protocol/protocol.js";
import { readRising, writePiece, writeRising } from "./bounded.js";
import type { MessageLayout, MessageLayouts } from "./message-layout.js";
import type { SyncMessage } from "./messages.js";
import { readPlace, readRows, writePlace, writeRows } from "./row-codec.js";
import { sessionLayouts } from "./session-codec.js";
import { streamLayouts } from "./stream-codec.js";

// The bytes of every message (docs/wire.md, "Sync"): first which one, then its parts one behind the other. Each has one encoding.
// What is read are views of the bytes given.

const SEQS = { what: "events", max: syncSeqsMax };
const FIRST_BYTES = 256;

const layouts: MessageLayouts = {
  ...sessionLayouts,
  ...streamLayouts,
  held: {
    type: 8,
    messageClass: "control",
    write: (writer, { number, rows }) => writeRows(writer.varint(number), rows),
    read: (reader) => ({ kind: "held", number: reader.varint(), rows: readRows(reader) }),
  },
  heard: numbered(9, "heard"),
  "want fork": {
    type: 17,
    messageClass: "control",
    write: (writer, { place }) => writePlace(writer, place),
    read: (reader) => ({ kind: "want fork", place: readPlace(reader) }),
  },
  fork: {
    type: 18,
    messageClass: "control",
    write(writer, { keys, proof }) {
      writer.u8(keys?.suite ?? 1);
      if (keys !== undefined) writer.bytes(keys.ed25519).bytes(keys.falcon);
      writePiece(writer, proof, forkProofBytesMax);
    },
    read: (reader) => ({ kind: "fork", keys: readShownKeys(reader), proof: reader.prefixed(forkProofBytesMax) }),
  },
  "want seal": {
    type: 19,
    messageClass: "control",
    write: (writer, { place }) => writePlace(writer, place),
    read: (reader) => ({ kind: "want seal", place: readPlace(reader) }),
  },
  seal: {
    type: 20,
    messageClass: "control",
    write: (writer, { checkpoint }) => writePiece(writer, checkpoint, syncSealBytesMax),
    read: (reader) => ({ kind: "seal", checkpoint: reader.prefixed(syncSealBytesMax) }),
  },
  "want payloads": {
    type: 21,
    messageClass: "control",
    write(writer, { place, seqs }) {
      writePlace(writer, place);
      writeRising(writer, seqs, 1, SEQS);
    },
    read: (reader) => ({ kind: "want payloads", place: readPlace(reader), seqs: readRising(reader, 1, SEQS) }),
  },
  ping: numbered(23, "ping"),
  pong: numbered(24, "pong"),
};

const byType = new Map(Object.values<MessageLayout<SyncMessage>>(layouts as never).map((layout) => [layout.type, layout]));

export function encodeSyncMessage(message: SyncMessage): Uint8Array<ArrayBuffer> {
  return written(writerFor(message), message);
}

/** Behind a byte, as a frame has it: what it carries is copied once. */
export function encodeSyncMessageBehind(first: number, message: SyncMessage): Uint8Array<ArrayBuffer> {
  return written(writerFor(message).u8(first), message);
}

function writerFor(message: SyncMessage): Writer {
  return new Writer(FIRST_BYTES + pieceOf(message));
}

function written(writer: Writer, message: SyncMessage): Uint8Array<ArrayBuffer> {
  const layout = layouts[message.kind] as MessageLayout<SyncMessage>;
  layout.write(writer.u8(layout.type), message);
  return writer.finish();
}

export function decodeSyncMessage(bytes: Uint8Array): Decoded<SyncMessage> {
  const reader = new Reader(bytes);
  const type = reader.u8();
  const layout = byType.get(type);
  if (layout === undefined) return new Malformed(`a message of type ${type}, which is not assigned`);
  const message = layout.read(reader);
  return reader.finish(() => message);
}

/** What carries events, or tells of many lanes, waits behind whatever else there is to say. */
export function classOfSync({ kind }: SyncMessage): MessageClass {
  return layouts[kind].messageClass;
}

/** So much of it is known to be there before anything is written. */
function pieceOf(message: SyncMessage): number {
  if (message.kind === "push") return message.range.length;
  return message.kind === "chunk" || message.kind === "payload" ? message.bytes.length : 0;
}

function numbered<Kind extends "heard" | "ping" | "pong">(type: number, kind: Kind): MessageLayouts[Kind] {
  const layout: MessageLayout<{ readonly kind: Kind; readonly number: number }> = {
    type,
    messageClass: "control",
    write: (writer, { number }) => writer.varint(number),
    read: (reader) => ({ kind, number: reader.varint() }),
  };
  return layout as MessageLayouts[Kind];
}
