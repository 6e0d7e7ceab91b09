import { extensionBytesMax, keyBytesMax, operationKindMax, payloadBytesMax, payloadCodecMax, systemKindMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { readCounter, readStamp, readWallMs, type Stamp, stampBytes, writeStamp } from "../../clock/stamp.js";
import { hashBytes } from "../../identity/crypto.js";
import { type Epoch, epochNonceBytes, idBytes } from "../../identity/ids.js";
import { causalDeltaFault } from "./causal-delta.js";
import { decodeLens } from "./lens-payload.js";

// One event as bytes (docs/wire.md, "Event"), read in place. The reading functions take bytes that `checkEvent` has
// accepted, or that this store wrote itself; they check nothing.

export const eventVersion = 1;
export const eventHeaderBytes = 16;
export const eventFlags = { key: 1, causal: 2, origin: 4, encrypted: 8 } as const;
export const eventCodecs = { raw: 0, cbor: 1, json: 2, protobuf: 3 } as const;
export const systemKinds = { frontier: 1, epochOpened: 2, redacted: 3, lens: 4 } as const;
export { operationKindMax, systemKindMax } from "../../bytes/limits.js";
export const operationKindMin = 30;
/** From here to the application's: the network's. */
export const networkKindMin = 60;
export const applicationKindMin = 128;
export const originBytes = 4 + epochNonceBytes + 8 + stampBytes + idBytes;
export const epochOpenedBytes = 4 + epochNonceBytes + 8 + idBytes;
export const redactionBytes = 4 + epochNonceBytes + 8 + idBytes;

const FLAGS_ALL = 15;
const STAMP_AT = 4;
const LENGTH_AT = 12;
const EXTENSION_AT = 16;
const SECTIONS_AT = 18;
const KEY_EPOCH_BYTES = 4;
const HIGH = 0x1_0000_0000;
/** The high half of 2^53: no u64 of ours reaches it. */
const U64_HIGH_END = 0x20_0000;

/** Where an event that was appended again in a new epoch first stood. */
export interface Origin {
  readonly epoch: Epoch;
  readonly seq: number;
  readonly stamp: Stamp;
  readonly id: Uint8Array;
}

export interface EventParts {
  readonly kind: number;
  /** One of eventCodecs; raw if left out. */
  readonly codec?: number | undefined;
  readonly stamp: Stamp;
  readonly payload: Uint8Array;
  readonly key?: Uint8Array | undefined;
  /** A delta as CausalEncoder made it. */
  readonly causal?: Uint8Array | undefined;
  readonly origin?: Origin | undefined;
  readonly keyEpoch?: number | undefined;
}

export function isKind(kind: number): boolean {
  return (
    (kind >= 1 && kind <= systemKindMax) ||
    (kind >= operationKindMin && kind <= operationKindMax) ||
    (kind >= networkKindMin && kind <= 255)
  );
}

export function kindAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 1] as number;
}

export function flagsAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 2] as number;
}

export function codecAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 3] as number;
}

export function wallAt(bytes: Uint8Array, offset: number): number {
  return readWallMs(bytes, offset + STAMP_AT);
}

export function counterAt(bytes: Uint8Array, offset: number): number {
  return readCounter(bytes, offset + STAMP_AT);
}

export function stampAt(bytes: Uint8Array, offset: number): Stamp {
  return readStamp(bytes, offset + STAMP_AT);
}

export function payloadLengthAt(bytes: Uint8Array, offset: number): number {
  return u32(bytes, offset + LENGTH_AT);
}

export function headLengthAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 2] === 0 ? eventHeaderBytes : SECTIONS_AT + u16(bytes, offset + EXTENSION_AT);
}

export function sizeAt(bytes: Uint8Array, offset: number): number {
  return headLengthAt(bytes, offset) + payloadLengthAt(bytes, offset);
}

export function payloadAt(bytes: Uint8Array, offset: number): Uint8Array {
  const start = offset + headLengthAt(bytes, offset);
  return bytes.subarray(start, start + payloadLengthAt(bytes, offset));
}

export function keyAt(bytes: Uint8Array, offset: number): Uint8Array | undefined {
  if ((flagsAt(bytes, offset) & eventFlags.key) === 0) return undefined;
  const end = keyEndAt(bytes, offset);
  return bytes.subarray(offset + SECTIONS_AT + ((bytes[offset + SECTIONS_AT] as number) < 0x80 ? 1 : 2), end);
}

/** The causal delta: what lies between the key, which tells its own length, and the sections of fixed length behind it. */
export function causalAt(bytes: Uint8Array, offset: number): Uint8Array | undefined {
  const flags = flagsAt(bytes, offset);
  if ((flags & eventFlags.causal) === 0) return undefined;
  return bytes.subarray(keyEndAt(bytes, offset), offset + headLengthAt(bytes, offset) - fixedBytes(flags));
}

export function originAt(bytes: Uint8Array, offset: number): Origin | undefined {
  const flags = flagsAt(bytes, offset);
  if ((flags & eventFlags.origin) === 0) return undefined;
  const at = offset + headLengthAt(bytes, offset) - fixedBytes(flags);
  const nonceEnd = at + 4 + epochNonceBytes;
  return {
    epoch: { index: u32(bytes, at), nonce: bytes.subarray(at + 4, nonceEnd) },
    seq: u64(bytes, nonceEnd),
    stamp: readStamp(bytes, nonceEnd + 8),
    id: bytes.subarray(nonceEnd + 8 + stampBytes, at + originBytes),
  };
}

export function keyEpochAt(bytes: Uint8Array, offset: number): number | undefined {
  if ((flagsAt(bytes, offset) & eventFlags.encrypted) === 0) return undefined;
  return u32(bytes, offset + headLengthAt(bytes, offset) - KEY_EPOCH_BYTES);
}

/** The size of the event at `offset`, if it is a whole and canonical one that ends at `end` or before. A causal delta
 * that leans on the lane's dictionary is looked at from outside only: CausalDecoder reads it. */
export function checkEvent(bytes: Uint8Array, offset: number, end: number): Decoded<number> {
  const size = checkEventHead(bytes, offset, end);
  if (size instanceof Malformed || kindAt(bytes, offset) !== systemKinds.lens) return size;
  const lens = decodeLens(payloadAt(bytes, offset));
  return lens instanceof Malformed ? lens : size;
}

/** The same of its head alone, and of the length of the payload behind it: that need not be here, and none of it is looked at. */
export function checkEventHead(bytes: Uint8Array, offset: number, end: number): Decoded<number> {
  if (end - offset < eventHeaderBytes) return new Malformed(`an event's header has ${eventHeaderBytes} bytes; ${end - offset} are left`);
  if (bytes[offset] !== eventVersion) return new Malformed(`an event of version ${bytes[offset]}; this program reads ${eventVersion}`);
  const kind = kindAt(bytes, offset);
  if (!isKind(kind)) return new Malformed(`an event of kind ${kind}, which is not assigned`);
  const flags = flagsAt(bytes, offset);
  if (flags > FLAGS_ALL) return new Malformed(`event flags ${flags}: bits that are not assigned`);
  if (codecAt(bytes, offset) > payloadCodecMax) return new Malformed(`payload codec ${codecAt(bytes, offset)}, which is not assigned`);
  const payloadLength = payloadLengthAt(bytes, offset);
  if (payloadLength > payloadBytesMax) return new Malformed(`a payload of ${payloadLength} bytes; ${payloadBytesMax} are allowed`);
  const unfit = systemFault(kind, payloadLength);
  if (unfit !== undefined) return new Malformed(unfit);
  if (flags === 0) {
    const size = eventHeaderBytes + payloadLength;
    return size <= end - offset ? size : new Malformed(`an event of ${size} bytes where ${end - offset} are left`);
  }
  if (end - offset < SECTIONS_AT) return new Malformed("an event that ends before the length of its extension");
  const size = headLengthAt(bytes, offset) + payloadLength;
  if (size > end - offset) return new Malformed(`an event of ${size} bytes where ${end - offset} are left`);
  const fault = extensionFault(bytes, offset, flags);
  return fault === undefined ? size : new Malformed(fault);
}

/** Payloads of the system's own events have the lengths of their kinds. */
function systemFault(kind: number, payloadLength: number): string | undefined {
  if (kind === systemKinds.frontier && payloadLength !== 0) return "a frontier event must have an empty payload";
  if (kind === systemKinds.epochOpened && payloadLength !== epochOpenedBytes)
    return `the payload of an epoch opened has ${epochOpenedBytes} bytes, not ${payloadLength}`;
  if (kind === systemKinds.redacted && payloadLength !== redactionBytes)
    return `the payload of a redaction has ${redactionBytes} bytes, not ${payloadLength}`;
  return undefined;
}

/** The same of an event whose payload is absent: its head as it was, and the payload's hash behind it. Answers the size of both.
 * What the system's own events say is always there: the rest is read by it. */
export function checkAbsentEvent(bytes: Uint8Array, offset: number, end: number): Decoded<number> {
  const left = end - offset;
  const size = left < SECTIONS_AT ? left + 1 : headLengthAt(bytes, offset) + hashBytes;
  if (size > left) return new Malformed(`an event without its payload that ends before its hash does: ${left} bytes are left`);
  const whole = checkEventHead(bytes, offset, offset + sizeAt(bytes, offset));
  if (whole instanceof Malformed) return whole;
  return kindAt(bytes, offset) > systemKindMax ? size : new Malformed("an event of the system's without its payload");
}

/** Bytes that `writeEvent` takes for these parts. */
export function eventSize(parts: EventParts): number {
  const extension = extensionBytes(parts);
  return (extension === 0 ? eventHeaderBytes : SECTIONS_AT + extension) + parts.payload.length;
}

/** Writes the event, which must fit, and answers its size. Parts that no reader would accept are the caller's mistake: it throws. */
export function writeEvent(target: Uint8Array, offset: number, parts: EventParts): number {
  const extension = extensionBytes(parts);
  const fault = partsFault(parts, extension);
  if (fault !== undefined) throw new RangeError(fault);
  target[offset] = eventVersion;
  target[offset + 1] = parts.kind;
  target[offset + 2] = flagsOf(parts);
  target[offset + 3] = parts.codec ?? eventCodecs.raw;
  writeStamp(target, offset + STAMP_AT, parts.stamp);
  putU32(target, offset + LENGTH_AT, parts.payload.length);
  let at = offset + eventHeaderBytes;
  if (extension > 0) {
    target[at] = extension >>> 8;
    target[at + 1] = extension;
    at = writeSections(target, offset + SECTIONS_AT, parts);
  }
  target.set(parts.payload, at);
  return at + parts.payload.length - offset;
}

function flagsOf(parts: EventParts): number {
  return (
    (parts.key === undefined ? 0 : eventFlags.key) |
    (parts.causal === undefined ? 0 : eventFlags.causal) |
    (parts.origin === undefined ? 0 : eventFlags.origin) |
    (parts.keyEpoch === undefined ? 0 : eventFlags.encrypted)
  );
}

function extensionBytes(parts: EventParts): number {
  let length = 0;
  if (parts.key !== undefined) length += (parts.key.length < 0x80 ? 1 : 2) + parts.key.length;
  if (parts.causal !== undefined) length += parts.causal.length;
  if (parts.origin !== undefined) length += originBytes;
  if (parts.keyEpoch !== undefined) length += KEY_EPOCH_BYTES;
  return length;
}

function partsFault(parts: EventParts, extension: number): string | undefined {
  if (!isKind(parts.kind)) return `an event of kind ${parts.kind}, which is not assigned`;
  if (parts.payload.length > payloadBytesMax) return `a payload has at most ${payloadBytesMax} bytes, not ${parts.payload.length}`;
  if (extension > extensionBytesMax) return `an event's extension has at most ${extensionBytesMax} bytes, not ${extension}`;
  const keyLength = parts.key?.length ?? 1;
  if (keyLength < 1 || keyLength > keyBytesMax) return `a key has 1 to ${keyBytesMax} bytes, not ${keyLength}`;
  if ((parts.codec ?? 0) > payloadCodecMax) return `payload codec ${parts.codec}, which is not assigned`;
  if (parts.causal?.length === 0) return "a causal delta is never empty";
  return undefined;
}

function writeSections(target: Uint8Array, offset: number, parts: EventParts): number {
  let at = offset;
  if (parts.key !== undefined) {
    const length = parts.key.length;
    if (length < 0x80) target[at++] = length;
    else {
      target[at++] = (length & 0x7f) | 0x80;
      target[at++] = length >>> 7;
    }
    target.set(parts.key, at);
    at += length;
  }
  if (parts.causal !== undefined) {
    target.set(parts.causal, at);
    at += parts.causal.length;
  }
  if (parts.origin !== undefined) {
    putEpochAndSeq(target, at, parts.origin.epoch, parts.origin.seq);
    writeStamp(target, at + 4 + epochNonceBytes + 8, parts.origin.stamp);
    target.set(parts.origin.id, at + originBytes - idBytes);
    at += originBytes;
  }
  if (parts.keyEpoch !== undefined) {
    putU32(target, at, parts.keyEpoch);
    at += KEY_EPOCH_BYTES;
  }
  return at;
}

function extensionFault(bytes: Uint8Array, offset: number, flags: number): string | undefined {
  const from = offset + SECTIONS_AT;
  const end = offset + headLengthAt(bytes, offset);
  let at = from;
  if ((flags & eventFlags.key) !== 0) {
    if (end - at < 2) return "an extension too short for its key";
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    if (first >= 0x80 && (second === 0 || second >= 0x80)) return "a key whose length is not in shortest form, or too long";
    const length = first < 0x80 ? first : (first & 0x7f) | (second << 7);
    if (length < 1 || length > keyBytesMax) return `a key has 1 to ${keyBytesMax} bytes, not ${length}`;
    at += (first < 0x80 ? 1 : 2) + length;
  }
  const causalEnd = end - fixedBytes(flags);
  if (at > causalEnd) return "an extension too short for its sections";
  if ((flags & eventFlags.causal) !== 0) {
    const fault = causalDeltaFault(bytes, at, causalEnd);
    if (fault !== undefined) return fault;
  } else if (at !== causalEnd) return "an extension longer than its sections";
  if ((flags & eventFlags.origin) !== 0) {
    const seqAt = causalEnd + 4 + epochNonceBytes;
    if (u32(bytes, seqAt) >= U64_HIGH_END || u64(bytes, seqAt) === 0) return "an origin's seq must be from 1 to 2^53 - 1";
  }
  return undefined;
}

/** Of the sections behind the causal delta. */
function fixedBytes(flags: number): number {
  return ((flags & eventFlags.origin) === 0 ? 0 : originBytes) + ((flags & eventFlags.encrypted) === 0 ? 0 : KEY_EPOCH_BYTES);
}

function keyEndAt(bytes: Uint8Array, offset: number): number {
  const at = offset + SECTIONS_AT;
  if ((flagsAt(bytes, offset) & eventFlags.key) === 0) return at;
  const first = bytes[at] as number;
  return first < 0x80 ? at + 1 + first : at + 2 + ((first & 0x7f) | ((bytes[at + 1] as number) << 7));
}

/** What the event that opens an epoch says: the epoch, and where in which lane it branched off. */
export interface EpochOpened {
  readonly epoch: Epoch;
  /** Of the epoch branched from. */
  readonly size: number;
  readonly headId: Uint8Array;
}

export function encodeEpochOpened(opened: EpochOpened): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(epochOpenedBytes);
  putEpochAndSeq(bytes, 0, opened.epoch, opened.size);
  bytes.set(opened.headId, epochOpenedBytes - idBytes);
  return bytes;
}

export function decodeEpochOpened(payload: Uint8Array): Decoded<EpochOpened> {
  if (payload.length !== epochOpenedBytes)
    return new Malformed(`the payload of an epoch opened has ${epochOpenedBytes} bytes, not ${payload.length}`);
  const sizeAtByte = 4 + epochNonceBytes;
  if (u32(payload, sizeAtByte) >= U64_HIGH_END) return new Malformed("a number beyond 2^53");
  return {
    epoch: { index: u32(payload, 0), nonce: payload.subarray(4, sizeAtByte) },
    size: u64(payload, sizeAtByte),
    headId: payload.subarray(sizeAtByte + 8),
  };
}

/** What a redaction names: an event of the same author in the same subject, by where it first stood. With another id it redacts
 * nothing. */
export interface Redaction {
  readonly epoch: Epoch;
  readonly seq: number;
  readonly id: Uint8Array;
}

export function encodeRedaction({ epoch, seq, id }: Redaction): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(redactionBytes);
  putEpochAndSeq(bytes, 0, epoch, seq);
  bytes.set(id, redactionBytes - idBytes);
  return bytes;
}

export function decodeRedaction(payload: Uint8Array): Decoded<Redaction> {
  if (payload.length !== redactionBytes)
    return new Malformed(`the payload of a redaction has ${redactionBytes} bytes, not ${payload.length}`);
  const seqAt = 4 + epochNonceBytes;
  if (u32(payload, seqAt) >= U64_HIGH_END || u64(payload, seqAt) === 0)
    return new Malformed("a redaction's seq must be from 1 to 2^53 - 1");
  return {
    epoch: { index: u32(payload, 0), nonce: payload.subarray(4, seqAt) },
    seq: u64(payload, seqAt),
    id: payload.subarray(seqAt + 8),
  };
}

function putEpochAndSeq(target: Uint8Array, at: number, epoch: Epoch, seq: number): void {
  putU32(target, at, epoch.index);
  target.set(epoch.nonce, at + 4);
  putU32(target, at + 4 + epochNonceBytes, Math.floor(seq / HIGH));
  putU32(target, at + 8 + epochNonceBytes, seq >>> 0);
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}

function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * HIGH + u32(bytes, at + 4);
}

function putU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
