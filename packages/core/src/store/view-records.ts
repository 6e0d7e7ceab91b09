import { typeNameBytesMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { hashBytes } from "../identity/crypto.js";
import { asId, idBytes, type SubjectId } from "../identity/ids.js";
import { bytesOfText } from "../identity/subject-path.js";
import { decodeLaneNumber, encodeLaneNumber } from "./records.js";

// What the store has of a view besides its items (docs/wire.md, "Store"). A view is a cache, folded from feeds: where anything here
// is damaged the view goes as a whole, and is folded anew.

const viewVersion = 1;
const ASSURANCES = ["classical", "hybrid"] as const;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is folded, and by which type. */
export interface ViewRecord {
  readonly subject: SubjectId;
  /** Of the merge type. */
  readonly name: string;
  readonly version: number;
  readonly digest: Uint8Array;
  readonly assurance: (typeof ASSURANCES)[number];
  /** Of the lanes folded, where they were frozen then: for whoever folds to lay out. */
  readonly freezes: Uint8Array;
}

export function encodeViewRecord({ subject, name, version, digest, assurance, freezes }: ViewRecord): Uint8Array<ArrayBuffer> {
  const text = bytesOfText(name);
  if (text.length > typeNameBytesMax) throw new RangeError(`a type's name has at most ${typeNameBytesMax} bytes, not ${text.length}`);
  const writer = new Writer().u8(viewVersion).bytes(subject).prefixed(text).varint(version).bytes(digest);
  return writer.u8(ASSURANCES.indexOf(assurance)).prefixed(freezes).finish();
}

export function decodeViewRecord(bytes: Uint8Array): Decoded<ViewRecord> {
  const reader = new Reader(bytes);
  const format = reader.u8();
  if (format !== viewVersion) reader.fail(`a view's record of version ${format}; this program reads ${viewVersion}`);
  const subject = reader.take(idBytes);
  const name = decodeTypeName(reader.prefixed(typeNameBytesMax));
  const version = reader.varint();
  const digest = reader.take(hashBytes);
  const assurance = ASSURANCES[reader.u8()];
  if (assurance === undefined) reader.fail("a view of no known assurance");
  const freezes = reader.prefixed(reader.left);
  return reader.finish(() => {
    if (name instanceof Malformed) return name;
    return { subject: asId<SubjectId>(subject), name, version, digest, assurance: assurance ?? ASSURANCES[0], freezes };
  });
}

/** Names of merge types, here and in a lens: text of one byte or more. */
export function decodeTypeName(bytes: Uint8Array): Decoded<string> {
  if (bytes.length > typeNameBytesMax) return new Malformed(`a type's name has at most ${typeNameBytesMax} bytes, not ${bytes.length}`);
  if (bytes.length === 0) return new Malformed("a type without a name");
  try {
    return utf8.decode(bytes);
  } catch {
    return new Malformed("a type's name must be valid UTF-8");
  }
}

export const encodeViewNumber: (view: number) => Uint8Array<ArrayBuffer> = encodeLaneNumber;
export const decodeViewNumber: (bytes: Uint8Array) => Decoded<number> = decodeLaneNumber;

/** How far a lane is folded: the last event, by its seq and its id. Where the lane goes on from another one, it was not this that
 * was folded. */
export interface ViewLaneRecord {
  readonly seq: number;
  readonly id: Uint8Array;
}

export function encodeViewLaneRecord({ seq, id }: ViewLaneRecord): Uint8Array<ArrayBuffer> {
  return new Writer(64).u64(seq).bytes(id).finish();
}

export function decodeViewLaneRecord(bytes: Uint8Array): Decoded<ViewLaneRecord> {
  const reader = new Reader(bytes);
  const seq = reader.u64();
  const id = reader.take(hashBytes);
  if (seq === 0) reader.fail("a cursor at event 0");
  return reader.finish(() => ({ seq, id }));
}

export const encodeViewQuarantineRecord: (reason: string) => Uint8Array<ArrayBuffer> = bytesOfText;

/** Why the event was not folded. */
export function decodeViewQuarantineRecord(bytes: Uint8Array): Decoded<string> {
  try {
    return utf8.decode(bytes);
  } catch {
    return new Malformed("a reason that is not valid UTF-8");
  }
}
