import { fromHex, toHex } from "../../bytes/hex.js";
import { frontierKeyBytes } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { decodeStamp, encodeStamp, parseStamp } from "../../clock/stamp.js";
import { classicalKeys, decodeAuthorKeys, encodeAuthorKeys } from "../../identity/author-keys.js";
import { type AuthorId, asId, type LaneId, type NetworkId, parseNetworkName, type SubjectId } from "../../identity/ids.js";
import { referenceHasher } from "../../identity/reference-hasher.suite.js";
import { bytesOfText, decodeSubjectPath, type SubjectPath } from "../../identity/subject-path.js";
import { decodeMmrProof, encodeMmrProof } from "../../proof/mmr-proof.js";
import { decodeNode } from "../../proof/trie-node.js";
import { updateTrie } from "../../proof/trie-update.js";
import * as keys from "../../store/keys.js";
import * as records from "../../store/records.js";
import { viewItemKey, viewLaneKey, viewLogKey, viewNumberKey, viewQuarantineKey } from "../../store/view-keys.js";
import * as views from "../../store/view-records.js";
import { decodeSyncMessage, encodeSyncMessage } from "../../sync/codec.js";
import { samples as syncMessages } from "../../sync/messages.suite.js";
import { decodeRange, encodeRange } from "../../sync/range-codec.js";
import { BlockBuilder, type BlockView, checkBlock } from "../event/block.js";
import { CausalDecoder, causalDeltaFault, decodeCausalDelta, encodeCausalDelta } from "../event/causal-delta.js";
import { decodeControl, encodeControl } from "../event/control.js";
import {
  checkAbsentEvent,
  checkEvent,
  decodeEpochOpened,
  decodeRedaction,
  type EventParts,
  encodeEpochOpened,
  encodeRedaction,
  eventSize,
  headLengthAt,
  systemKinds,
  writeEvent,
} from "../event/event.js";
import { decodeLens, encodeLens } from "../event/lens-payload.js";
import { relaidBlock } from "../event/relaid-block.js";
import { decodePortableFork, encodePortableFork, parseForkText } from "../lane/portable-fork.js";
import { decodeSegment, SegmentBuilder } from "../range/segment.js";
import { decodeSegmentIndex, encodeSegmentIndex } from "../range/segment-index.js";
import { decodeCheckpoint, encodeCheckpoint } from "../seal/checkpoint.js";
import { decodePortableProof, encodePortableProof, type PortableProof, parseProofText } from "../seal/event-proof.js";
import { decodeForkProof, encodeForkProof, type ForkProof, forkProof } from "../seal/fork-proof.js";
import { decodeHybridCheckpoint } from "../seal/hybrid-seal.js";
import { standInSigner } from "./feed-rig.suite.js";
import { laneOf, plainEvent } from "./sample-events.suite.js";
import { statedProof } from "./stated-proof.suite.js";

// Every decoder of core, each with valid bytes to start from, and the run that puts random and mutated bytes through one.
// A new decoder is a line here.

export interface DecoderUnderTest {
  readonly name: string;
  /** A value or Malformed for any bytes. */
  decode(bytes: Uint8Array): unknown;
  /** Valid bytes. */
  sample(): Uint8Array;
}

const fill = (value: number, length = 32) => new Uint8Array(length).fill(value);
const subject = asId<SubjectId>(fill(1));
const author = asId<AuthorId>(fill(2));
const epoch = { index: 3, nonce: fill(4, 16) };
const stamp = { wallMs: 1_795_000_000_000, counter: 5 };
const latin = new TextDecoder("latin1");
const delta = encodeCausalDelta({
  coverage: "full",
  rows: [0, 1, 2].map((index) => ({ index, amount: 300 + index, lane: laneOf(index) })),
});
const changes = encodeCausalDelta({
  coverage: "changes",
  rows: [
    { index: 1, amount: 4 },
    { index: 3, amount: 9, lane: laneOf(9) },
  ],
});
const fullEvent: EventParts = {
  ...plainEvent(9),
  key: fill(7, 200),
  causal: delta,
  origin: { epoch, seq: 9, stamp, id: fill(6) },
  keyEpoch: 1,
};

function eventBytes(parts: EventParts): Uint8Array {
  const bytes = new Uint8Array(eventSize(parts));
  writeEvent(bytes, 0, parts);
  return bytes;
}

function blockBytes(): Uint8Array {
  const builder = new BlockBuilder(1, new Uint8Array(32));
  for (const index of [0, 1, 2]) builder.add(plainEvent(index));
  builder.add(fullEvent);
  return builder.finish();
}

function absentBlockBytes(): Uint8Array {
  const block = checkBlock(blockBytes()) as BlockView;
  return relaidBlock(referenceHasher, block, (index) => (index === 2 ? undefined : "absent"));
}

function absentEventBytes(parts: EventParts): Uint8Array {
  const bytes = eventBytes(parts);
  return Uint8Array.from([...bytes.subarray(0, headLengthAt(bytes, 0)), ...fill(9)]);
}

function headBytes(cover?: records.Cover): Uint8Array {
  const seal = { size: cover === undefined ? 5 : 9, stamp, leaves: 3, index: 2, path: [fill(8)], signature: fill(9, 64) };
  return records.encodeHeadRecord({
    size: 5,
    headId: fill(1),
    stamp,
    freezeAt: 0,
    lastBlockSeq: 1,
    peaks: [fill(2), fill(3)],
    seal,
    cover,
  });
}

const lens = { name: "or-set(text)", version: 300, digest: fill(5) };

const itemPlace = { view: 3, key: "an item" };
const itemOf = (bytes: Uint8Array) => views.decodeViewItem(referenceHasher, itemPlace, bytes);

function viewBytes(): Uint8Array {
  return views.encodeViewRecord({ ...lens, subject, id: fill(8), assurance: "hybrid", freezes: fill(6, 9) });
}

function storeBytes(): Uint8Array {
  const network = asId<NetworkId>(fill(3));
  return records.encodeStoreRecord({ network, networkName: "demo", author, instance: epoch.nonce, inode: 7n, birthNs: 2n ** 60n });
}

/** The top branch of a trie of two rows. */
function nodeBytes(): Uint8Array {
  const records = new Map<string, Uint8Array>();
  const nodes = {
    keyBytes: frontierKeyBytes,
    get: (path: Uint8Array) => records.get(toHex(path)),
    put: (path: Uint8Array, node: Uint8Array) => void records.set(toHex(path), node.slice()),
    remove: (path: Uint8Array) => void records.delete(toHex(path)),
  };
  updateTrie(
    referenceHasher,
    nodes,
    [fill(0x21, frontierKeyBytes), fill(0xb7, frontierKeyBytes)].map((key) => ({ key, row: fill(1) })),
  );
  const [top] = [...records.values()];
  if (top === undefined || records.size !== 1) throw new Error(`a trie of two rows keeps one branch, not ${records.size}`);
  return top;
}

const hybridKeys = { suite: 2, ed25519: fill(2), falcon: fill(3, 897) } as const;

function hybridSealed(): records.SealedHead {
  const seal = { size: 5, stamp, leaves: 3, index: 2, path: [fill(8)], signature: fill(9, 666) };
  return { mmrRoot: fill(4), headId: fill(5), seal };
}

function hybridProof(): PortableProof {
  return { ...proofOf("whole"), keys: hybridKeys, hybrid: { inclusion: [fill(6)], sealed: hybridSealed() } };
}

function proofOf(payload: "whole" | "hash"): PortableProof {
  const events = [plainEvent(0), { ...fullEvent, stamp }];
  const statement = { networkName: "demo", path: "a/b", epoch, events, seq: 2, sealed: 3 };
  const proof = statedProof(statement, { signer: standInSigner(1) });
  return payload === "whole" ? proof : { ...proof, payload: { kind: "hash", hash: fill(5) } };
}

function segmentBytes(): Uint8Array {
  const builder = new SegmentBuilder({ author, subject, epoch });
  builder.add(blockBytes());
  return builder.finish().bytes;
}

function segmentIndexBytes(): Uint8Array {
  const { checkpoint } = proofOf("whole");
  const segments = [1, 2].map((lastSeq) => ({ id: fill(lastSeq), lastSeq, proof: [fill(6), fill(7)] }));
  const lanes = [{ keys: { suite: 1 as const, ed25519: fill(2) }, checkpoint, segments }];
  return encodeSegmentIndex({ networkName: "demo", path: "a/b" as SubjectPath, lanes });
}

function forkBytes(): Uint8Array {
  const branch = (leaf: number) => {
    const { seal, headId } = proofOf("whole").checkpoint;
    return { leaf: fill(leaf), rest: [fill(6)], headId, seal: { ...seal, size: 5 } };
  };
  const place = { author, subject, epoch };
  return encodeForkProof(forkProof(place, 4, { before: [fill(2), fill(3)], branches: [branch(1), branch(2)] }));
}

function portableForkBytes(): Uint8Array {
  const proof = decodeForkProof(forkBytes()) as ForkProof;
  return encodePortableFork({ networkName: "demo", path: proofOf("whole").path, keys: classicalKeys(author), proof });
}

/** A lane's decoder in mid-life: with a dictionary, so that deltas that lean on it are read to their end. */
function applyToLane(bytes: Uint8Array): unknown {
  const decoder = new CausalDecoder(laneOf(99));
  decoder.apply(delta);
  return decoder.apply(bytes) ?? decoder.rows();
}

function rangeBytes(): Uint8Array {
  const { keys, checkpoint, path } = { ...proofOf("whole"), keys: hybridKeys };
  return encodeRange({ path, keys, checkpoint, blocks: [blockBytes()], proof: [fill(6), fill(7)] });
}

export const decoders: readonly DecoderUnderTest[] = [
  { name: "block", decode: checkBlock, sample: blockBytes },
  { name: "block without payloads", decode: checkBlock, sample: absentBlockBytes },
  { name: "event", decode: (bytes) => checkEvent(bytes, 0, bytes.length), sample: () => eventBytes(fullEvent) },
  { name: "plain event", decode: (bytes) => checkEvent(bytes, 0, bytes.length), sample: () => eventBytes(plainEvent(3)) },
  { name: "epoch opened", decode: decodeEpochOpened, sample: () => encodeEpochOpened({ epoch, size: 8, headId: fill(1) }) },
  { name: "lens", decode: decodeLens, sample: () => encodeLens(lens) },
  {
    name: "event that names a lens",
    decode: (bytes) => checkEvent(bytes, 0, bytes.length),
    sample: () => eventBytes({ ...plainEvent(3), kind: systemKinds.lens, payload: encodeLens(lens) }),
  },
  { name: "control event", decode: decodeControl, sample: () => encodeControl({ kind: 200, data: fill(4) }) },
  { name: "redaction", decode: decodeRedaction, sample: () => encodeRedaction({ epoch, seq: 8, id: fill(1) }) },
  {
    name: "event without its payload",
    decode: (bytes) => checkAbsentEvent(bytes, 0, bytes.length),
    sample: () => absentEventBytes(fullEvent),
  },
  { name: "full causal delta", decode: (bytes) => decodeCausalDelta(bytes, 0), sample: () => delta.slice() },
  { name: "causal delta", decode: (bytes) => decodeCausalDelta(bytes, 3), sample: () => changes.slice() },
  { name: "causal delta from outside", decode: faultOrValue, sample: () => changes.slice() },
  { name: "causal delta of a lane", decode: applyToLane, sample: () => changes.slice() },
  { name: "stamp", decode: decodeStamp, sample: () => encodeStamp(stamp) },
  { name: "stamp as text", decode: (bytes) => parseStamp(latin.decode(bytes)), sample: () => bytesOfText("2026-11-20T10:30:05.250Z") },
  { name: "hexadecimal", decode: (bytes) => fromHex(latin.decode(bytes), 4), sample: () => bytesOfText("00ff10ab") },
  { name: "path", decode: decodeSubjectPath, sample: () => bytesOfText("workspace/alpha/ä") },
  { name: "network name", decode: (bytes) => parseNetworkName(latin.decode(bytes)), sample: () => bytesOfText("demo") },
  { name: "store record", decode: records.decodeStoreRecord, sample: storeBytes },
  { name: "clock record", decode: records.decodeClockRecord, sample: () => records.encodeClockRecord(stamp) },
  { name: "frontier record", decode: records.decodeFrontierRecord, sample: () => records.encodeFrontierRecord({ root: fill(1), rows: 4 }) },
  { name: "author keys, hybrid", decode: decodeAuthorKeys, sample: () => encodeAuthorKeys(hybridKeys) },
  { name: "hybrid record", decode: records.decodeHybridRecord, sample: () => records.encodeHybridRecord(hybridSealed()) },
  {
    name: "hybrid checkpoint",
    decode: decodeHybridCheckpoint,
    sample: () => encodeCheckpoint({ ...proofOf("whole").checkpoint, ...hybridSealed() }),
  },
  { name: "event proof with a hybrid part", decode: decodePortableProof, sample: () => encodePortableProof(hybridProof()) },
  { name: "author keys, classical", decode: decodeAuthorKeys, sample: () => encodeAuthorKeys({ suite: 1, ed25519: fill(2) }) },
  { name: "path record", decode: records.decodePathRecord, sample: () => records.encodePathRecord("a/b" as SubjectPath) },
  { name: "subject record", decode: records.decodeSubjectRecord, sample: () => fill(1) },
  { name: "lane record", decode: records.decodeLaneRecord, sample: () => records.encodeLaneRecord({ subject, author, epoch }) },
  { name: "lane number", decode: records.decodeLaneNumber, sample: () => records.encodeLaneNumber(77) },
  { name: "head record", decode: records.decodeHeadRecord, sample: () => headBytes() },
  {
    name: "head record under a seal of more",
    decode: records.decodeHeadRecord,
    sample: () => headBytes({ mmrRoot: fill(4), headId: fill(5), proof: [fill(6), fill(7)] }),
  },
  { name: "key of a block", decode: keys.decodeKey, sample: () => keys.blockKey(4, 900) },
  { name: "key of a lane's number", decode: keys.decodeKey, sample: () => keys.laneNumberKey(subject, author, epoch) },
  { name: "key of an absent payload", decode: keys.decodeKey, sample: () => keys.absentKey(4, 900) },
  {
    name: "key of a redaction",
    decode: keys.decodeKey,
    sample: () => keys.redactionKey({ lane: asId<LaneId>(fill(1)), seq: 9, id: fill(2) }, 4),
  },
  { name: "key of an event appended again", decode: keys.decodeKey, sample: () => keys.returnedKey(fill(3)) },
  { name: "mark of a lane given up", decode: records.decodeGivenUpRecord, sample: () => records.encodeGivenUpRecord({ from: 5, next: 9 }) },
  {
    name: "place of an event appended again",
    decode: records.decodeReturnedRecord,
    sample: () => records.encodeReturnedRecord({ lane: 4, seq: 9 }),
  },
  { name: "redaction record", decode: records.decodeRedactionRecord, sample: () => records.encodeRedactionRecord(7) },
  { name: "view record", decode: views.decodeViewRecord, sample: viewBytes },
  { name: "item of a view", decode: itemOf, sample: () => views.encodeViewItem(referenceHasher, itemPlace, fill(3)) },
  {
    name: "places of an event appended again, as a view has them",
    decode: views.decodeViewAgainRecord,
    sample: () => views.encodeViewAgainRecord([{ lane: 3, seq: 900 }]),
  },
  { name: "piece of a view's log", decode: views.decodeViewLogPiece, sample: () => Uint8Array.of(3, 0x84, 7, 0, 4, 1, 2) },
  { name: "last piece of a view's log", decode: views.decodeViewLogTail, sample: () => Uint8Array.of(2, 3, 0x84, 7, 0) },
  { name: "cursor of a view", decode: views.decodeViewLaneRecord, sample: () => views.encodeViewLaneRecord({ seq: 900, id: fill(7) }) },
  { name: "reason of a quarantine", decode: views.decodeViewQuarantineRecord, sample: () => views.encodeViewQuarantineRecord("not text") },
  { name: "key of a view's number", decode: keys.decodeKey, sample: () => viewNumberKey(subject, fill(2)) },
  { name: "key of a view's cursor", decode: keys.decodeKey, sample: () => viewLaneKey(3, 900) },
  { name: "key of a view's item", decode: keys.decodeKey, sample: () => viewItemKey(3, "an item") },
  { name: "key of a view's log", decode: keys.decodeKey, sample: () => viewLogKey(3, "an item", 9) },
  { name: "key of an event a view has quarantined", decode: keys.decodeKey, sample: () => viewQuarantineKey(3, 4, 900) },
  { name: "key of a path", decode: keys.decodeKey, sample: () => keys.pathKey("a/b" as SubjectPath) },
  { name: "proof", decode: decodeMmrProof, sample: () => encodeMmrProof([fill(1), fill(2)]) },
  { name: "checkpoint", decode: decodeCheckpoint, sample: () => encodeCheckpoint(proofOf("whole").checkpoint) },
  { name: "event proof", decode: decodePortableProof, sample: () => encodePortableProof(proofOf("whole")) },
  { name: "event proof without payload", decode: decodePortableProof, sample: () => encodePortableProof(proofOf("hash")) },
  { name: "event proof as text", decode: (bytes) => parseProofText(latin.decode(bytes)), sample: () => bytesOfText("sinter-proof:AQAE") },
  { name: "segment", decode: decodeSegment, sample: segmentBytes },
  { name: "index of segments", decode: decodeSegmentIndex, sample: segmentIndexBytes },
  { name: "fork proof", decode: decodeForkProof, sample: forkBytes },
  { name: "portable fork proof", decode: decodePortableFork, sample: portableForkBytes },
  { name: "fork proof as text", decode: (bytes) => parseForkText(latin.decode(bytes)), sample: () => bytesOfText("sinter-fork:AQAE") },
  {
    name: "trie node",
    decode: (bytes) => decodeNode({ keyBytes: frontierKeyBytes, depth: 0, prefix: new Uint8Array(0) }, bytes),
    sample: nodeBytes,
  },
  { name: "range", decode: decodeRange, sample: rangeBytes },
  ...syncMessages.map((message, at) => ({
    name: `sync message ${at + 1}: ${message.kind}`,
    decode: decodeSyncMessage,
    sample: () => encodeSyncMessage(message),
  })),
];

function faultOrValue(bytes: Uint8Array): unknown {
  const fault = causalDeltaFault(bytes, 0, bytes.length);
  return fault === undefined ? "no fault" : new Malformed(fault);
}

export interface FuzzRun {
  readonly runs: number;
  readonly seed: number;
}

/** Half of the inputs are random bytes, half are a sample with a few bytes changed, cut or added. A throw comes out with the
 * input that caused it; the same seed gives the same inputs. */
export function fuzzDecoder(decoder: DecoderUnderTest, { runs, seed }: FuzzRun): { readonly values: number; readonly malformed: number } {
  const below = drawing(seed);
  const sample = decoder.sample();
  let malformed = 0;
  for (let run = 0; run < runs; run++) {
    const bytes = run % 2 === 0 ? randomBytes(below, sample.length) : mutated(below, sample);
    let result: unknown;
    try {
      result = decoder.decode(bytes);
    } catch (error) {
      throw new Error(`${decoder.name} threw on ${Buffer.from(bytes).toString("hex")} (run ${run}, seed ${seed})`, { cause: error });
    }
    if (result === undefined)
      throw new Error(`${decoder.name} answered nothing to ${Buffer.from(bytes).toString("hex")} (run ${run}, seed ${seed})`);
    if (result instanceof Malformed) malformed++;
  }
  return { values: runs - malformed, malformed };
}

type Below = (bound: number) => number;

function drawing(seed: number): Below {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % bound;
  };
}

function randomBytes(below: Below, about: number): Uint8Array {
  const bytes = new Uint8Array(below(2) === 0 ? below(about * 2) : about);
  for (let at = 0; at < bytes.length; at++) bytes[at] = below(3) === 0 ? below(4) : below(256);
  return bytes;
}

function mutated(below: Below, sample: Uint8Array): Uint8Array {
  const length = below(4) === 0 ? below(sample.length + 8) : sample.length;
  const bytes = new Uint8Array(length);
  bytes.set(sample.subarray(0, length));
  for (let left = length === 0 ? 0 : below(4); left > 0; left--) {
    const at = below(length);
    bytes[at] = below(2) === 0 ? (bytes[at] as number) ^ (1 << below(8)) : ([0, 1, 0x7f, 0x80, 0xff][below(5)] as number);
  }
  return bytes;
}
