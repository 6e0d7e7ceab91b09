import { fromBase64url, toBase64url } from "../../bytes/base64url.js";
import { forkProofBytesMax, networkNameBytesMax } from "../../bytes/limits.js";
import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { equalBytes } from "../../bytes/order.js";
import { Reader } from "../../bytes/reader.js";
import { Writer } from "../../bytes/writer.js";
import type { Stamp } from "../../clock/stamp.js";
import { type AuthorKeys, classicalKeys } from "../../identity/author-keys.js";
import { falconPublicKeyBytes, publicKeyBytes } from "../../identity/crypto.js";
import { networkId, subjectId } from "../../identity/ids.js";
import { bytesOfText, decodeSubjectPath, pathBytesMax, type SubjectPath } from "../../identity/subject-path.js";
import { decodeNetworkName } from "../../store/records.js";
import type { LanePlace, SealTools } from "../seal/checkpoint.js";
import { readShownKeys } from "../seal/event-proof.js";
import { decodeForkProof, encodeForkProof, type ForkProof, VerifiedFork } from "../seal/fork-proof.js";

// A fork proof for somebody who has no store (docs/wire.md, "Fork proof"): with the author's keys, and with the names of
// network and subject, which the proof itself has only as a hash.

export const portableForkVersion = 1;
const TEXT_PREFIX = "sinter-fork:";
export const portableForkBytesMax = forkProofBytesMax + networkNameBytesMax + pathBytesMax + publicKeyBytes + falconPublicKeyBytes + 16;

export interface PortableFork {
  readonly networkName: string;
  /** Where whoever hands it on knows it. */
  readonly path: SubjectPath | undefined;
  readonly keys: AuthorKeys;
  readonly proof: ForkProof;
}

export function encodePortableFork({ networkName, path, keys, proof }: PortableFork): Uint8Array<ArrayBuffer> {
  const writer = new Writer(4096)
    .u8(portableForkVersion)
    .prefixed(bytesOfText(networkName))
    .prefixed(bytesOfText(path ?? ""));
  writer.u8(keys.suite);
  if (keys.suite === 2) writer.bytes(keys.ed25519).bytes(keys.falcon);
  return writer.bytes(encodeForkProof(proof)).finish();
}

/** Only whether these are the bytes of one: what it shows, `verifyFork` says. */
export function decodePortableFork(bytes: Uint8Array): Decoded<PortableFork> {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== portableForkVersion) reader.fail(`a fork proof of version ${version}; this program reads ${portableForkVersion}`);
  const name = reader.prefixed(networkNameBytesMax);
  const pathText = reader.prefixed(pathBytesMax);
  const shownKeys = readShownKeys(reader);
  const rest = reader.take(reader.left);
  return reader.finish(() => {
    const networkName = decodeNetworkName(name);
    if (networkName instanceof Malformed) return networkName;
    const path = pathText.length === 0 ? undefined : decodeSubjectPath(pathText);
    if (path instanceof Malformed) return path;
    const proof = decodeForkProof(rest);
    if (proof instanceof Malformed) return proof;
    return { networkName, path, keys: shownKeys ?? classicalKeys(proof.place.author), proof };
  });
}

/** What a fork proof shows: that the author's key signed two histories of one feed, and from which event on. */
export interface ProvenFork {
  readonly networkName: string;
  readonly path: SubjectPath | undefined;
  readonly place: LanePlace;
  readonly forkedAt: number;
  /** Each by its event at `forkedAt`, its number of events, and the stamp of its seal. */
  readonly branches: readonly { readonly id: Uint8Array; readonly size: number; readonly stamp: Stamp }[];
  readonly fork: VerifiedFork;
}

/** Checks it from its bytes alone. Malformed names what does not hold; then nobody is accused of anything. */
export function verifyFork(bytes: Uint8Array, tools: SealTools): Decoded<ProvenFork> {
  const told = decodePortableFork(bytes);
  if (told instanceof Malformed) return new Malformed(`it cannot be read: ${told.reason}`);
  const { networkName, path, keys, proof } = told;
  const { place, forkedAt } = proof;
  if (path !== undefined && !equalBytes(subjectId(tools.hasher, networkId(tools.hasher, networkName), path), place.subject))
    return new Malformed("its proof is of another network or subject than it says");
  const fork = VerifiedFork.verify(tools, proof, keys);
  if (fork instanceof Malformed) return fork;
  const branches = proof.branches.map(({ leaf, seal }) => ({ id: leaf, size: seal.size, stamp: seal.stamp }));
  return { networkName, path, place, forkedAt, branches, fork };
}

/** As one line of text, to be mailed, pasted or kept. */
export function forkText(bytes: Uint8Array): string {
  return `${TEXT_PREFIX}${toBase64url(bytes)}`;
}

/** Whether a text is that of a fork proof, or of something else. */
export function isForkText(text: string): boolean {
  return text.replace(/\s+/g, "").startsWith(TEXT_PREFIX);
}

/** Blanks and line ends are let be: mail puts some in. */
export function parseForkText(text: string): Decoded<Uint8Array> {
  const line = text.replace(/\s+/g, "");
  if (!line.startsWith(TEXT_PREFIX)) return new Malformed(`text that begins with ${TEXT_PREFIX} expected`);
  return fromBase64url(line.slice(TEXT_PREFIX.length), portableForkBytesMax);
}
