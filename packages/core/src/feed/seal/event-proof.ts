import { fromBase64url, toBase64url } from "../../bytes/base64url.js";
import { extensionBytesMax, networkNameBytesMax, payloadBytesMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { Reader } from "../../bytes/reader.js";
import { Writer } from "../../bytes/writer.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { type AuthorKeys, classicalKeys, type HybridKeys } from "../../identity/author-keys.js";
import {
  type FalconVerifier,
  falconPublicKeyBytes,
  falconSignatureBytes,
  type Hasher,
  hashBytes,
  publicKeyBytes,
} from "../../identity/crypto.js";
import { type AuthorId, type Epoch, networkId, subjectId } from "../../identity/ids.js";
import { bytesOfText, decodeSubjectPath, pathBytesMax, type SubjectPath } from "../../identity/subject-path.js";
import { encodeMmrProof, type MmrProof, readMmrProof, verifyInclusion } from "../../proof/mmr-proof.js";
import { decodeNetworkName, readSealedHead, type SealedHead, writeSealedHead } from "../../store/records.js";
import {
  checkEvent,
  checkEventHead,
  codecAt,
  eventHeaderBytes,
  headLengthAt,
  keyAt,
  kindAt,
  type Origin,
  originAt,
  payloadLengthAt,
  stampAt,
} from "../event/event.js";
import { eventIdOf, payloadHashOf } from "../event/event-id.js";
import { type Checkpoint, encodeCheckpoint, readCheckpoint, type SealTools, VerifiedCheckpoint } from "./checkpoint.js";
import { hybridVerifyJob } from "./hybrid-seal.js";

// One event with all that shows who wrote it, where, and what it says (docs/wire.md, "Event proof"): for somebody who has
// no store, and trusts nobody but the author's key. Whatever could also be left out is left out: sizes, ids and roots that
// follow from other bytes are worked out from them, so that nothing in a proof can contradict itself unnoticed.

export const portableProofVersion = 1;
/** Bits of the form. */
const forms = { withoutPayload: 1, hybrid: 2 } as const;
const EVENT_HEAD_BYTES_MAX = eventHeaderBytes + 2 + extensionBytesMax;
const TEXT_PREFIX = "sinter-proof:";
/** With room for all that stands beside the event: paths of hashes, names, the seal. */
export const portableProofBytesMax = payloadBytesMax + 2 * EVENT_HEAD_BYTES_MAX;

export interface PortableProof {
  readonly networkName: string;
  readonly path: SubjectPath;
  readonly keys: AuthorKeys;
  readonly seq: number;
  /** Id of the event before it; zeros at seq 1. */
  readonly previous: Uint8Array;
  /** Header and extension, as stored. */
  readonly head: Uint8Array;
  readonly payload: ShownPayload;
  /** From the event up to the root of the checkpoint. */
  readonly inclusion: MmrProof;
  readonly checkpoint: Checkpoint;
  /** Where the author's second key has signed for it too. */
  readonly hybrid?: HybridPart | undefined;
}

export interface HybridPart {
  /** From the event up to the root that this seal is over. */
  readonly inclusion: MmrProof;
  readonly sealed: SealedHead;
}

/** A payload that is not to be shown, or is not there any more, has its hash stand in for it. */
export type ShownPayload = { readonly kind: "whole"; readonly bytes: Uint8Array } | { readonly kind: "hash"; readonly hash: Uint8Array };

export function encodePortableProof(proof: PortableProof): Uint8Array<ArrayBuffer> {
  const { networkName, path, keys, seq, previous, head, payload, inclusion, checkpoint, hybrid } = proof;
  const form = (payload.kind === "whole" ? 0 : forms.withoutPayload) | (hybrid === undefined ? 0 : forms.hybrid);
  const writer = new Writer(1024).u8(portableProofVersion).u8(form);
  writer.prefixed(bytesOfText(networkName)).prefixed(bytesOfText(path)).u8(keys.suite);
  if (keys.suite === 2) writer.bytes(keys.ed25519).bytes(keys.falcon);
  writer.u64(seq).bytes(previous);
  if (payload.kind === "whole")
    writer
      .varint(head.length + payload.bytes.length)
      .bytes(head)
      .bytes(payload.bytes);
  else writer.prefixed(head).bytes(payload.hash);
  writer.bytes(encodeMmrProof(inclusion)).bytes(encodeCheckpoint(checkpoint));
  if (hybrid === undefined) return writer.finish();
  return writeSealedHead(writer.bytes(encodeMmrProof(hybrid.inclusion)), hybrid.sealed).finish();
}

/** Only whether these are the bytes of a proof: what they show, `verifyProof` says. */
export function decodePortableProof(bytes: Uint8Array): Decoded<PortableProof> {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== portableProofVersion) reader.fail(`an event proof of version ${version}; this program reads ${portableProofVersion}`);
  const form = reader.u8();
  if (form > (forms.withoutPayload | forms.hybrid)) reader.fail(`an event proof of form ${form}, which is not assigned`);
  const name = reader.prefixed(networkNameBytesMax);
  const pathText = reader.prefixed(pathBytesMax);
  const shownKeys = readShownKeys(reader);
  const seq = reader.u64();
  if (seq < 1) reader.fail("a proof of event 0; the first is 1");
  const previous = reader.take(hashBytes);
  const event = (form & forms.withoutPayload) === 0 ? readWhole(reader) : readWithoutPayload(reader);
  const inclusion = readMmrProof(reader);
  const checkpoint = readCheckpoint(reader);
  const hybrid = (form & forms.hybrid) === 0 ? undefined : readHybridPart(reader);
  if (hybrid !== undefined && shownKeys === undefined) reader.fail("a hybrid seal by an author that has no Falcon key");
  return reader.finish(() => {
    const networkName = decodeNetworkName(name);
    if (networkName instanceof Malformed) return networkName;
    const path = decodeSubjectPath(pathText);
    if (path instanceof Malformed) return path;
    // Suite 1: the author's id is its key, and nothing more is needed.
    const keys = shownKeys ?? classicalKeys(checkpoint.place.author);
    return { networkName, path, keys, seq, previous, ...event, inclusion, checkpoint, ...(hybrid === undefined ? {} : { hybrid }) };
  });
}

export function readShownKeys(reader: Reader): HybridKeys | undefined {
  const suite = reader.u8();
  if (suite === 2) return { suite, ed25519: reader.take(publicKeyBytes), falcon: reader.take(falconPublicKeyBytes) };
  if (suite !== 1) reader.fail(`an author of suite ${suite}; this program knows 1 and 2`);
  return undefined;
}

function readHybridPart(reader: Reader): HybridPart {
  return { inclusion: readMmrProof(reader), sealed: readSealedHead(reader, falconSignatureBytes) };
}

type EventInProof = Pick<PortableProof, "head" | "payload">;

function readWhole(reader: Reader): EventInProof {
  const event = reader.prefixed(EVENT_HEAD_BYTES_MAX + payloadBytesMax);
  const size = checkEvent(event, 0, event.length);
  if (size instanceof Malformed) reader.fail(size.reason);
  else if (size !== event.length) reader.fail(`${event.length - size} bytes behind the event`);
  const headLength = reader.failed ? 0 : headLengthAt(event, 0);
  return { head: event.subarray(0, headLength), payload: { kind: "whole", bytes: event.subarray(headLength) } };
}

function readWithoutPayload(reader: Reader): EventInProof {
  const head = reader.prefixed(EVENT_HEAD_BYTES_MAX);
  const fault = headFault(head);
  if (fault !== undefined) reader.fail(fault);
  return { head, payload: { kind: "hash", hash: reader.take(hashBytes) } };
}

/** The check of a whole event looks at none of the payload's bytes, so it also serves where they are absent. */
function headFault(head: Uint8Array): string | undefined {
  if (head.length < eventHeaderBytes) return `an event's header has ${eventHeaderBytes} bytes; ${head.length} are there`;
  if (headLengthAt(head, 0) !== head.length) return "the head of an event that is not as long as it says";
  const size = checkEventHead(head, 0, head.length + payloadLengthAt(head, 0));
  return size instanceof Malformed ? size.reason : undefined;
}

export interface ProofTools extends SealTools {
  /** Large, and so not needed: without it, what a hybrid author's second key signed is not checked. */
  readonly falcon?: FalconVerifier | undefined;
}

/** What a proof shows: the author's key signed for this event at this place. */
export interface ProvenEvent {
  readonly author: AuthorId;
  readonly networkName: string;
  readonly path: SubjectPath;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly id: Uint8Array;
  /** Zeros at seq 1. */
  readonly previous: Uint8Array;
  readonly stamp: Stamp;
  readonly kind: number;
  readonly codec: number;
  readonly key: Uint8Array | undefined;
  /** Where the author says that it stood before it was appended again. */
  readonly origin: Origin | undefined;
  /** Absent from a proof made without it. */
  readonly payload: Uint8Array | undefined;
  readonly payloadHash: Uint8Array;
  /** `hybrid`: by both keys of a hybrid author. `unchecked`: it says so, and there was nothing here to check the second with. */
  readonly assurance: "classical" | "hybrid" | "unchecked";
  /** What the signature is over: the lane when it had `size` events, none of them later than `stamp`. */
  readonly sealed: { readonly size: number; readonly stamp: Stamp };
}

/** Checks a proof from its bytes alone. Malformed names the link that does not hold; nothing of such a proof is to be believed. */
export function verifyProof(bytes: Uint8Array, tools: ProofTools): Decoded<ProvenEvent> {
  const proof = decodePortableProof(bytes);
  if (proof instanceof Malformed) return new Malformed(`it cannot be read: ${proof.reason}`);
  const fault = placeFault(tools.hasher, proof);
  if (fault !== undefined) return new Malformed(fault);
  const sealed = VerifiedCheckpoint.verify(tools, proof.checkpoint, proof.keys);
  if (sealed instanceof Malformed) return new Malformed(`its checkpoint does not hold: ${sealed.reason}`);
  const { seq, previous, head, payload } = proof;
  const payloadHash = payload.kind === "whole" ? payloadHashOf(tools.hasher, payload.bytes) : payload.hash;
  const id = eventIdOf(tools.hasher, { lane: sealed.lane, previous, seq, head, payloadHash });
  const broken = eventFault(tools.hasher, proof, sealed, id);
  if (broken !== undefined) return new Malformed(broken);
  const assurance = hybridAssurance(tools, proof, id);
  return assurance instanceof Malformed ? assurance : shown(proof, { id, payloadHash, assurance });
}

/** What the second key has signed, if the proof says that it has. */
function hybridAssurance(
  tools: ProofTools,
  { keys, seq, head, checkpoint, hybrid }: PortableProof,
  id: Uint8Array,
): Decoded<ProvenEvent["assurance"]> {
  if (hybrid === undefined || keys.suite !== 2) return "classical";
  const { inclusion, sealed } = hybrid;
  const { mmrRoot: root, headId, seal } = sealed;
  const claim = { leaf: id, leafIndex: seq - 1, size: seal.size, root, proof: inclusion };
  if (seq > seal.size || !verifyInclusion(tools.hasher, claim) || (seq === seal.size && !equalBytes(id, headId)))
    return new Malformed("the event is not one that its hybrid seal covers");
  if (compareStamps(stampAt(head, 0), seal.stamp) > 0) return new Malformed("its event is stamped later than the hybrid seal over it");
  const job = hybridVerifyJob(tools.hasher, keys, { place: checkpoint.place, ...sealed });
  if (job instanceof Malformed) return new Malformed(`its hybrid seal does not hold: ${job.reason}`);
  if (tools.falcon === undefined) return "unchecked";
  const isSigned = tools.falcon.verifyFalcon(job.publicKey, job.message, job.signature);
  return isSigned ? "hybrid" : new Malformed("its hybrid seal does not hold: its author did not sign it");
}

function placeFault(hasher: Hasher, { networkName, path, seq, previous, checkpoint }: PortableProof): string | undefined {
  if (!equalBytes(subjectId(hasher, networkId(hasher, networkName), path), checkpoint.place.subject))
    return "its checkpoint is of another network or subject than it says";
  const starts = previous.every((byte) => byte === 0);
  if (starts !== (seq === 1)) return starts ? `event ${seq} names no event before it` : "event 1 names an event before it";
  const { size } = checkpoint.seal;
  return seq > size ? `event ${seq} lies beyond the ${size} that its checkpoint covers` : undefined;
}

function eventFault(hasher: Hasher, proof: PortableProof, sealed: VerifiedCheckpoint, id: Uint8Array): string | undefined {
  const { seq, head, inclusion } = proof;
  const { mmrRoot: root, headId, seal } = sealed.checkpoint;
  const { size } = sealed;
  if (!verifyInclusion(hasher, { leaf: id, leafIndex: seq - 1, size, root, proof: inclusion }))
    return "the event is not the one that its checkpoint covers: it, its place or the path to the root is another";
  if (seq === size && !equalBytes(id, headId)) return "its checkpoint names another last event";
  return compareStamps(stampAt(head, 0), seal.stamp) > 0 ? "its event is stamped later than the seal over it" : undefined;
}

function shown(proof: PortableProof, { id, payloadHash, assurance }: Pick<ProvenEvent, "id" | "payloadHash" | "assurance">): ProvenEvent {
  const { networkName, path, seq, previous, head, payload, checkpoint } = proof;
  return {
    author: checkpoint.place.author,
    networkName,
    path,
    epoch: checkpoint.place.epoch,
    seq,
    id,
    previous,
    stamp: stampAt(head, 0),
    kind: kindAt(head, 0),
    codec: codecAt(head, 0),
    key: keyAt(head, 0),
    origin: originAt(head, 0),
    payload: payload.kind === "whole" ? payload.bytes : undefined,
    payloadHash,
    assurance,
    sealed: { size: checkpoint.seal.size, stamp: checkpoint.seal.stamp },
  };
}

/** A proof as one line of text, to be mailed, pasted or kept beside what it is about. */
export function proofText(bytes: Uint8Array): string {
  return `${TEXT_PREFIX}${toBase64url(bytes)}`;
}

/** Blanks and line ends are let be: mail puts some in. */
export function parseProofText(text: string): Decoded<Uint8Array> {
  const line = text.replace(/\s+/g, "");
  if (!line.startsWith(TEXT_PREFIX)) return new Malformed(`text that begins with ${TEXT_PREFIX} expected`);
  return fromBase64url(line.slice(TEXT_PREFIX.length), portableProofBytesMax);
}
