import { mmrHeightMax, mmrProofHashesMax, networkNameBytesMax, sealHeadsMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { decodeStamp, encodeStamp, type Stamp } from "../clock/stamp.js";
import { falconSignatureBytes, hashBytes, signatureBytes } from "../identity/crypto.js";
import {
  type AuthorId,
  asId,
  type Epoch,
  epochNonceBytes,
  idBytes,
  type NetworkId,
  parseNetworkName,
  type SubjectId,
} from "../identity/ids.js";
import { bytesOfText, decodeSubjectPath, type SubjectPath } from "../identity/subject-path.js";

// The values of the store's tables (docs/wire.md, "Store"). Blocks, MMR nodes and trie nodes have files of their own.

export const recordVersion = 1;
/** Of all that a store holds. One that holds what an earlier version would not understand says so here first of all; whoever
 * opens an earlier one writes its record anew. */
export const storeFormat = 3;
/** Heads of version 1 told of hybrid seals, which nobody made. */
const headVersion = 2;
const SEAL_PATH_MAX = Math.ceil(Math.log2(sealHeadsMax));
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What this store is, and which data file it lies in: a copy is told from the original by the file. */
export interface StoreRecord {
  readonly network: NetworkId;
  readonly networkName: string;
  readonly author: AuthorId;
  /** Nonce of this store instance: that of the epochs it writes. */
  readonly instance: Uint8Array;
  /** Full 64 bits, beyond what a number holds; 0 is unknown. */
  readonly inode: bigint;
  readonly birthNs: bigint;
}

/** As found: its format is that of the program that last opened the store. */
export interface StoredStoreRecord extends StoreRecord {
  readonly format: number;
}

export function encodeStoreRecord(record: StoreRecord): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(16);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, record.inode);
  view.setBigUint64(8, record.birthNs);
  const name = bytesOfText(record.networkName);
  return new Writer().u8(storeFormat).bytes(record.network).prefixed(name).bytes(record.author).bytes(record.instance).bytes(file).finish();
}

export function decodeStoreRecord(bytes: Uint8Array): Decoded<StoredStoreRecord> {
  const reader = new Reader(bytes);
  const format = readVersion(reader, "store", storeFormat);
  const network = reader.take(idBytes);
  const name = decodeNetworkName(reader.prefixed(networkNameBytesMax));
  const author = reader.take(idBytes);
  const instance = reader.take(epochNonceBytes);
  const file = reader.take(16);
  return reader.finish(() => {
    if (name instanceof Malformed) return name;
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    return {
      format,
      network: asId<NetworkId>(network),
      networkName: name,
      author: asId<AuthorId>(author),
      instance,
      inode: view.getBigUint64(0),
      birthNs: view.getBigUint64(8),
    };
  });
}

export function decodeNetworkName(bytes: Uint8Array): Decoded<string> {
  try {
    return parseNetworkName(utf8.decode(bytes));
  } catch {
    return new Malformed("a network name must be valid UTF-8");
  }
}

/** The stamp that none may reach before it is raised. */
export const encodeClockRecord: (reserve: Stamp) => Uint8Array<ArrayBuffer> = encodeStamp;
export const decodeClockRecord: (bytes: Uint8Array) => Decoded<Stamp> = decodeStamp;

/** The frontier trie as of the last time it took changes in, so that opening a store walks nothing. */
export interface FrontierRecord {
  readonly root: Uint8Array;
  readonly rows: number;
}

export function encodeFrontierRecord(record: FrontierRecord): Uint8Array<ArrayBuffer> {
  return new Writer().u8(recordVersion).bytes(record.root).u64(record.rows).finish();
}

export function decodeFrontierRecord(bytes: Uint8Array): Decoded<FrontierRecord> {
  const reader = new Reader(bytes);
  readVersion(reader, "frontier");
  const root = reader.take(hashBytes);
  const rows = reader.u64();
  return reader.finish(() => ({ root, rows }));
}

export function encodePathRecord(path: SubjectPath): Uint8Array<ArrayBuffer> {
  return bytesOfText(path);
}

export const decodePathRecord: (bytes: Uint8Array) => Decoded<SubjectPath> = decodeSubjectPath;

export function decodeSubjectRecord(bytes: Uint8Array): Decoded<SubjectId> {
  return bytes.length === idBytes ? asId<SubjectId>(bytes) : new Malformed(`a subject's id has ${idBytes} bytes, not ${bytes.length}`);
}

export interface LaneRecord {
  readonly subject: SubjectId;
  readonly author: AuthorId;
  readonly epoch: Epoch;
}

export function encodeLaneRecord(record: LaneRecord): Uint8Array<ArrayBuffer> {
  return new Writer().bytes(record.subject).bytes(record.author).u32(record.epoch.index).bytes(record.epoch.nonce).finish();
}

export function decodeLaneRecord(bytes: Uint8Array): Decoded<LaneRecord> {
  const reader = new Reader(bytes);
  const subject = reader.take(idBytes);
  const author = reader.take(idBytes);
  const epoch = { index: reader.u32(), nonce: reader.take(epochNonceBytes) };
  return reader.finish(() => ({ subject: asId<SubjectId>(subject), author: asId<AuthorId>(author), epoch }));
}

export function encodeLaneNumber(lane: number): Uint8Array<ArrayBuffer> {
  return new Writer(4).u32(lane).finish();
}

export function decodeLaneNumber(bytes: Uint8Array): Decoded<number> {
  const reader = new Reader(bytes);
  const lane = reader.u32();
  return reader.finish(() => lane);
}

/** Of a lane of this store's author whose end counts no more: its events from `from` on are appended again, in a later epoch. */
export interface GivenUpRecord {
  readonly from: number;
  /** The first that is yet to be looked at. */
  readonly next: number;
}

export function encodeGivenUpRecord({ from, next }: GivenUpRecord): Uint8Array<ArrayBuffer> {
  return new Writer(24)
    .u64(from)
    .u64(next)
    .u64(from + next)
    .finish();
}

export function decodeGivenUpRecord(bytes: Uint8Array): Decoded<GivenUpRecord> {
  const reader = new Reader(bytes);
  const from = reader.u64();
  const next = reader.u64();
  if (from < 1 || next < from) reader.fail("a lane given up before its first event, or looked at before that");
  // Nothing else says what it says: a lost bit must show.
  if (reader.u64() !== from + next) reader.fail("a mark whose numbers are not those that were written");
  return reader.finish(() => ({ from, next }));
}

/** Where an event was appended again. */
export interface ReturnedRecord {
  readonly lane: number;
  readonly seq: number;
}

export function encodeReturnedRecord({ lane, seq }: ReturnedRecord): Uint8Array<ArrayBuffer> {
  return new Writer(12).u32(lane).u64(seq).finish();
}

export function decodeReturnedRecord(bytes: Uint8Array): Decoded<ReturnedRecord> {
  const reader = new Reader(bytes);
  const lane = reader.u32();
  const seq = reader.u64();
  if (seq < 2) reader.fail("an event appended again that opens its epoch");
  return reader.finish(() => ({ lane, seq }));
}

/** The first event of the lane that redacts what the key names. */
export function encodeRedactionRecord(seq: number): Uint8Array<ArrayBuffer> {
  return new Writer(8).u64(seq).finish();
}

export function decodeRedactionRecord(bytes: Uint8Array): Decoded<number> {
  const reader = new Reader(bytes);
  const seq = reader.u64();
  if (seq === 0) reader.fail("a redaction by event 0");
  return reader.finish(() => seq);
}

/** The author's signature as far as one lane needs it: anyone can check it from this, the lane and its head. */
export interface Seal {
  /** Of the lane when it was sealed. */
  readonly size: number;
  readonly stamp: Stamp;
  readonly leaves: number;
  readonly index: number;
  /** Siblings of the lane's leaf, from the bottom. */
  readonly path: readonly Uint8Array[];
  readonly signature: Uint8Array;
}

/** Of a seal that reaches beyond what is held of the lane: what it was signed over, and what shows that the lane held is how
 * that begins. */
export interface Cover {
  readonly mmrRoot: Uint8Array;
  readonly headId: Uint8Array;
  /** Consistency of the head's size with the seal's. */
  readonly proof: readonly Uint8Array[];
}

/** A lane as its author signed it, with its part of the seal. */
export interface SealedHead {
  readonly mmrRoot: Uint8Array;
  readonly headId: Uint8Array;
  /** Its size is that of the lane when it was sealed. */
  readonly seal: Seal;
}

export interface HeadRecord {
  readonly size: number;
  readonly headId: Uint8Array;
  /** Of the last event. */
  readonly stamp: Stamp;
  /** 0: not frozen. */
  readonly freezeAt: number;
  readonly lastBlockSeq: number;
  /** Of the Merkle Mountain Range, from the highest: one for each bit of `size`. */
  readonly peaks: readonly Uint8Array[];
  readonly seal: Seal;
  /** Just where the seal's size is beyond the head's. */
  readonly cover?: Cover | undefined;
}

const HEAD_COVERED = 1;

export function encodeHeadRecord(head: HeadRecord): Uint8Array<ArrayBuffer> {
  const writer = new Writer(512).u8(headVersion).u8(head.cover === undefined ? 0 : HEAD_COVERED);
  writer.u64(head.size).bytes(head.headId).u48(head.stamp.wallMs).u16(head.stamp.counter);
  writer.u64(head.freezeAt).u64(head.lastBlockSeq).u8(head.peaks.length);
  for (const peak of head.peaks) writer.bytes(peak);
  writeSeal(writer.u64(head.seal.size), head.seal);
  if (head.cover === undefined) return writer.finish();
  writer.bytes(head.cover.mmrRoot).bytes(head.cover.headId).u8(head.cover.proof.length);
  for (const hash of head.cover.proof) writer.bytes(hash);
  return writer.finish();
}

export function decodeHeadRecord(bytes: Uint8Array): Decoded<HeadRecord> {
  const reader = new Reader(bytes);
  const version = readVersion(reader, "head", headVersion);
  const flags = reader.u8();
  if (flags > HEAD_COVERED) reader.fail("head flags that are not assigned");
  const size = reader.u64();
  const headId = reader.take(hashBytes);
  const stamp = readStampOf(reader);
  if (version === 1 && reader.u64() !== 0) reader.fail("a hybrid size in a head of version 1");
  const freezeAt = reader.u64();
  const lastBlockSeq = reader.u64();
  if (size < 1) reader.fail("a head without events");
  if (lastBlockSeq < 1 || lastBlockSeq > size) reader.fail("a last block that begins outside the lane");
  const peaks = readHashes(reader, mmrHeightMax);
  if (peaks.length !== onesOf(size)) reader.fail(`${peaks.length} peaks where a size of ${size} has ${onesOf(size)}`);
  const sealed = reader.u64();
  const isCovered = flags === HEAD_COVERED;
  if (sealed < 1 || sealed > size !== isCovered) reader.fail("a seal of a size the lane does not have");
  const seal = readSeal(reader, sealed);
  const cover = isCovered ? readCover(reader) : undefined;
  return reader.finish(() => {
    const head = { size, headId, stamp, freezeAt, lastBlockSeq, peaks, seal };
    return cover === undefined ? head : { ...head, cover };
  });
}

/** How far the Falcon-512 seals of a hybrid author reach in a lane: the last of them. */
export function encodeHybridRecord(sealed: SealedHead): Uint8Array<ArrayBuffer> {
  return writeSealedHead(new Writer(1024).u8(recordVersion), sealed).finish();
}

export function writeSealedHead(writer: Writer, { mmrRoot, headId, seal }: SealedHead): Writer {
  return writeSeal(writer.u64(seal.size).bytes(mmrRoot).bytes(headId), seal);
}

export function decodeHybridRecord(bytes: Uint8Array): Decoded<SealedHead> {
  const reader = new Reader(bytes);
  readVersion(reader, "hybrid");
  const sealed = readSealedHead(reader, falconSignatureBytes);
  return reader.finish(() => sealed);
}

/** Whose signature has so many bytes: 64 of an Ed25519 seal, 666 of a Falcon-512 one. */
export function readSealedHead(reader: Reader, signatureLength: number): SealedHead {
  const size = reader.u64();
  if (size < 1) reader.fail("a seal over no events");
  const mmrRoot = reader.take(hashBytes);
  const headId = reader.take(hashBytes);
  return { mmrRoot, headId, seal: readSeal(reader, size, signatureLength) };
}

function readCover(reader: Reader): Cover {
  return { mmrRoot: reader.take(hashBytes), headId: reader.take(hashBytes), proof: readHashes(reader, mmrProofHashesMax) };
}

/** What follows the size in a seal's bytes, in a head record and in a checkpoint alike. */
export function writeSeal(writer: Writer, seal: Seal): Writer {
  writer.u48(seal.stamp.wallMs).u16(seal.stamp.counter).u32(seal.leaves).u32(seal.index).u8(seal.path.length);
  for (const sibling of seal.path) writer.bytes(sibling);
  return writer.bytes(seal.signature);
}

export function readSeal(reader: Reader, size: number, signatureLength: number = signatureBytes): Seal {
  const stamp = readStampOf(reader);
  const leaves = reader.u32();
  const index = reader.u32();
  if (leaves < 1 || leaves > sealHeadsMax) reader.fail(`a seal over ${leaves} heads; 1 to ${sealHeadsMax} are allowed`);
  if (index >= leaves) reader.fail("a seal whose index is not among its heads");
  const path = readHashes(reader, SEAL_PATH_MAX);
  return { size, stamp, leaves, index, path, signature: reader.take(signatureLength) };
}

function readStampOf(reader: Reader): Stamp {
  return { wallMs: reader.u48(), counter: reader.u16() };
}

function readHashes(reader: Reader, max: number): Uint8Array[] {
  const count = reader.u8();
  if (count > max) reader.fail(`${count} hashes where at most ${max} are allowed`);
  const hashes: Uint8Array[] = [];
  while (hashes.length < count && !reader.failed) hashes.push(reader.take(hashBytes));
  return hashes;
}

function readVersion(reader: Reader, what: string, newest: number = recordVersion): number {
  const version = reader.u8();
  if (version < 1 || version > newest) reader.fail(`a ${what} record of version ${version}; this program reads up to ${newest}`);
  return version;
}

/** Bits set, of a number up to 2^53. */
function onesOf(value: number): number {
  let ones = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
