import { stampWallMsMax, syncInterestsMax, syncPartsMax } from "../bytes/limits.js";
import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import { readAsk, readTell, writeAsk, writeTell } from "./ask-codec.js";
import { readList, readWord, writeExact, writeList, writeWord } from "./bounded.js";
import type { MessageLayout, MessageLayouts } from "./message-layout.js";
import type { Ask, Digest, Hello, Tell } from "./messages.js";
import { readRows, writeRows } from "./row-codec.js";
import { hiddenBytes } from "./scope.js";

// What opens a link and a session, and what is said in one.

const NONCE_BYTES = 16;
const SALT_BYTES = 16;
const SCOPE_BYTES = 8;
const ROOT_BYTES = 16;
const SUM_BYTES = 8;
const INTERESTS = { what: "interests", max: syncInterestsMax };
const helloFlags = { some: 1, syncs: 2 } as const;
const answers = ["digest", "same", "other scope"] as const;
/** Stand in where reading failed, and go nowhere. */
const asksNothing: Ask = { kind: "items", items: [] };
const tellsNothing: Tell = { kind: "cannot" };

const hello: MessageLayout<Hello> = {
  type: 1,
  messageClass: "control",
  write(writer, { from, to, number, nonce, interest, salt, syncs, wallMs }) {
    if (wallMs > stampWallMsMax) throw new RangeError(`a clock at ${wallMs}`);
    writer.varint(from).varint(to).varint(number);
    writeExact(writer, nonce, NONCE_BYTES);
    writeExact(writer, salt, SALT_BYTES);
    writer.u48(wallMs).u8((interest.kind === "some" ? helloFlags.some : 0) | (syncs === "yes" ? helloFlags.syncs : 0));
    if (interest.kind === "some") writeList(writer, interest.hidden, INTERESTS, (hidden) => writeExact(writer, hidden, hiddenBytes));
  },
  read(reader) {
    const [from, to, number] = [reader.varint(), reader.varint(), reader.varint()];
    if (from < 1 || to < from) reader.fail(`versions from ${from} to ${to}`);
    const [nonce, salt, wallMs, flags] = [reader.take(NONCE_BYTES), reader.take(SALT_BYTES), reader.u48(), reader.u8()];
    if (flags > (helloFlags.some | helloFlags.syncs)) reader.fail("flags of a hello that are not assigned");
    const some = (flags & helloFlags.some) === 0 ? undefined : readList<Uint8Array>(reader, INTERESTS, () => reader.take(hiddenBytes));
    const interest = some === undefined ? ({ kind: "all" } as const) : ({ kind: "some", hidden: some } as const);
    return { kind: "hello", from, to, number, nonce, interest, salt, syncs: (flags & helloFlags.syncs) === 0 ? "no" : "yes", wallMs };
  },
};

export const sessionLayouts: MessageLayouts<"hello" | "open" | "opened" | "ask" | "tell" | "difference" | "settled"> = {
  hello,
  open: {
    type: 2,
    messageClass: "control",
    write(writer, { session, scope, digest, ask }) {
      writeExact(writer.varint(session), scope, SCOPE_BYTES);
      writeDigest(writer, digest);
      writeAsk(writer, ask);
    },
    read(reader) {
      const [session, scope] = [reader.varint(), reader.take(SCOPE_BYTES)];
      return { kind: "open", session, scope, digest: readDigest(reader), ask: readAsk(reader) };
    },
  },
  opened: {
    type: 3,
    messageClass: "control",
    write(writer, { session, digest, tell }) {
      writeWord(writer.varint(session), answers, typeof digest === "string" ? digest : "digest");
      if (typeof digest !== "string") writeDigest(writer, digest);
      writeTell(writer, tell);
    },
    read(reader) {
      const [session, answer] = [reader.varint(), readWord(reader, answers, "an answer")];
      return { kind: "opened", session, digest: answer === "digest" ? readDigest(reader) : answer, tell: readTell(reader) };
    },
  },
  ask: {
    type: 4,
    messageClass: "control",
    write: (writer, { session, round, ask }) => writeAsk(writer.varint(session).varint(round), ask),
    read: (reader) => ({
      kind: "ask",
      session: reader.varint(),
      round: reader.varint(),
      ask: readAsk(reader) ?? missing(reader, asksNothing),
    }),
  },
  tell: {
    type: 5,
    messageClass: "bulk",
    write: (writer, { session, round, tell }) => writeTell(writer.varint(session).varint(round), tell),
    read: (reader) => ({
      kind: "tell",
      session: reader.varint(),
      round: reader.varint(),
      tell: readTell(reader) ?? missing(reader, tellsNothing),
    }),
  },
  difference: {
    type: 6,
    messageClass: "bulk",
    write(writer, { session, part, parts, rows }) {
      if (part >= parts || parts > syncPartsMax) throw new RangeError(`part ${part} of ${parts}`);
      writeRows(writer.varint(session).varint(part).varint(parts), rows);
    },
    read(reader) {
      const [session, part, parts] = [reader.varint(), reader.varint(), reader.varint()];
      if (part >= parts || parts > syncPartsMax) reader.fail(`part ${part} of ${parts}`);
      return { kind: "difference", session, part, parts, rows: readRows(reader) };
    },
  },
  settled: {
    type: 7,
    messageClass: "control",
    write: (writer, { session, missing }) => writer.varint(session).varint(missing),
    read: (reader) => ({ kind: "settled", session: reader.varint(), missing: reader.varint() }),
  },
};

function missing<Word>(reader: Reader, instead: Word): Word {
  reader.fail("nothing where something is asked or told");
  return instead;
}

function writeDigest(writer: Writer, { root, sum, rows }: Digest): void {
  writeExact(writer, root, ROOT_BYTES);
  writeExact(writer, sum, SUM_BYTES);
  writer.varint(rows);
}

function readDigest(reader: Reader): Digest {
  return { root: reader.take(ROOT_BYTES), sum: reader.take(SUM_BYTES), rows: reader.varint() };
}
