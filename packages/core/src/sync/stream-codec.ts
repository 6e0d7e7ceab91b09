import { syncPieceBytesMax } from "../bytes/limits.js";
import { hashBytes } from "../identity/crypto.js";
import { readWord, writeExact, writePiece, writeWord } from "./bounded.js";
import { chunkHashBytes } from "./chunk-hash.js";
import type { MessageLayouts } from "./message-layout.js";
import { type GoneReason, goneReasons, nackReasons } from "./messages.js";
import { readPlace, writePlace } from "./row-codec.js";

// What carries events, and what keeps it going.

const chunkFlags = { last: 1, hash: 2 } as const;

export const streamLayouts: MessageLayouts<"want" | "chunk" | "ack" | "nack" | "gone" | "enough" | "push" | "payload"> = {
  want: {
    type: 10,
    messageClass: "control",
    write(writer, { stream, place, from, previous }) {
      if (from < 1) throw new RangeError("the first event is 1");
      writePlace(writer.varint(stream), place);
      writer.varint(from);
      if (from > 1) writeExact(writer, previous, hashBytes);
    },
    read(reader) {
      const [stream, place, from] = [reader.varint(), readPlace(reader), reader.varint()];
      if (from < 1) reader.fail("event 0 is wanted; the first is 1");
      return { kind: "want", stream, place, from, previous: from > 1 ? reader.take(hashBytes) : new Uint8Array(hashBytes) };
    },
  },
  chunk: {
    type: 11,
    messageClass: "bulk",
    write(writer, { stream, seq, position, hash, bytes }) {
      writer.varint(stream).varint(seq);
      writer.u8((position === "last" ? chunkFlags.last : 0) | (hash === undefined ? 0 : chunkFlags.hash));
      if (hash !== undefined) writeExact(writer, hash, chunkHashBytes);
      writePiece(writer, bytes, syncPieceBytesMax);
    },
    read(reader) {
      const [stream, seq, flags] = [reader.varint(), reader.varint(), reader.u8()];
      if (flags > (chunkFlags.last | chunkFlags.hash)) reader.fail("flags of a chunk that are not assigned");
      const hash = (flags & chunkFlags.hash) === 0 ? undefined : reader.take(chunkHashBytes);
      const position = (flags & chunkFlags.last) === 0 ? "within" : "last";
      return { kind: "chunk", stream, seq, position, hash, bytes: reader.prefixed(syncPieceBytesMax) };
    },
  },
  ack: {
    type: 12,
    messageClass: "control",
    write: (writer, { stream, seq, window }) => writer.varint(stream).varint(seq).varint(window),
    read: (reader) => ({ kind: "ack", stream: reader.varint(), seq: reader.varint(), window: reader.varint() }),
  },
  nack: {
    type: 13,
    messageClass: "control",
    write: (writer, { stream, seq, reason }) => writeWord(writer.varint(stream).varint(seq), nackReasons, reason),
    read(reader) {
      const [stream, seq] = [reader.varint(), reader.varint()];
      return { kind: "nack", stream, seq, reason: readWord(reader, nackReasons, "a reason") };
    },
  },
  gone: {
    type: 14,
    messageClass: "control",
    write: (writer, { stream, reason }) => writeWord<GoneReason>(writer.varint(stream), goneReasons, reason),
    read: (reader) => ({ kind: "gone", stream: reader.varint(), reason: readWord(reader, goneReasons, "a reason") }),
  },
  enough: {
    type: 15,
    messageClass: "control",
    write: (writer, { stream }) => writer.varint(stream),
    read: (reader) => ({ kind: "enough", stream: reader.varint() }),
  },
  push: {
    type: 16,
    messageClass: "bulk",
    write: (writer, { range }) => writePiece(writer, range, syncPieceBytesMax),
    read: (reader) => ({ kind: "push", range: reader.prefixed(syncPieceBytesMax) }),
  },
  payload: {
    type: 22,
    messageClass: "bulk",
    write(writer, { place, seq, bytes }) {
      writePlace(writer, place);
      writePiece(writer.varint(seq), bytes, syncPieceBytesMax);
    },
    read(reader) {
      const [place, seq] = [readPlace(reader), reader.varint()];
      return { kind: "payload", place, seq, bytes: reader.prefixed(syncPieceBytesMax) };
    },
  },
};
