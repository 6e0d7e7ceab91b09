import { mmrHeightMax, mmrProofHashesMax, networkNameBytesMax, sealHeadsMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";
import { Reader } from "../bytes/reader.js";
import { Writer } from "../bytes/writer.js";
import { decodeStamp, encodeStamp, type Stamp } from "../clock/stamp.js";
import { hashBytes, signatureBytes } from "../identity/crypto.js";
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

export function encodeStoreRecord(record: StoreRecord): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(16);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, record.inode);
  view.setBigUint64(8, record.birthNs);
  const name = bytesOfText(record.networkName);
  return new Writer()
    .u8(recordVersion)
    .bytes(record.network)
    .prefixed(name)
    .bytes(record.author)
    .bytes(record.instance)
    .bytes(file)
    .finish();
}

export function decodeStoreRecord(bytes: Uint8Array): Decoded<StoreRecord> {
  const reader = new Reader(bytes);
  readVersion(reader, "store");
  const network = reader.take(idBytes);
  const name = decodeNetworkName(reader.prefixed(networkNameBytesMax));
  const author = reader.take(idBytes);
  const instance = reader.take(epochNonceBytes);
  const file = reader.take(16);
  return reader.finish(() => {
    if (name instanceof Malformed) return name;
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    return {
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
  const writer = new Writer(512).u8(recordVersion).u8(head.cover === undefined ? 0 : HEAD_COVERED);
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
  readVersion(reader, "head");
  const flags = reader.u8();
  if (flags > HEAD_COVERED) reader.fail("head flags that are not assigned");
  const size = reader.u64();
  const headId = reader.take(hashBytes);
  const stamp = readStampOf(reader);
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

function readCover(reader: Reader): Cover {
  return { mmrRoot: reader.take(hashBytes), headId: reader.take(hashBytes), proof: readHashes(reader, mmrProofHashesMax) };
}

/** What follows the size in a seal's bytes, in a head record and in a checkpoint alike. */
export function writeSeal(writer: Writer, seal: Seal): Writer {
  writer.u48(seal.stamp.wallMs).u16(seal.stamp.counter).u32(seal.leaves).u32(seal.index).u8(seal.path.length);
  for (const sibling of seal.path) writer.bytes(sibling);
  return writer.bytes(seal.signature);
}

export function readSeal(reader: Reader, size: number): Seal {
  const stamp = readStampOf(reader);
  const leaves = reader.u32();
  const index = reader.u32();
  if (leaves < 1 || leaves > sealHeadsMax) reader.fail(`a seal over ${leaves} heads; 1 to ${sealHeadsMax} are allowed`);
  if (index >= leaves) reader.fail("a seal whose index is not among its heads");
  const path = readHashes(reader, SEAL_PATH_MAX);
  return { size, stamp, leaves, index, path, signature: reader.take(signatureBytes) };
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

function readVersion(reader: Reader, what: string): void {
  const version = reader.u8();
  if (version !== recordVersion) reader.fail(`a ${what} record of version ${version}; this program reads ${recordVersion}`);
}

/** Bits set, of a number up to 2^53. */
function onesOf(value: number): number {
  let ones = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
