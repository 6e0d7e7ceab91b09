import { createHmac } from "node:crypto";
import { type Decoded, isMalformed, Malformed, type NetworkId, type PeerId, publicKeyBytes, signatureBytes, toHex } from "@sinter/core";
import { type Ed25519Signer, Ed25519Verifier, nodeRandom } from "../node-crypto.js";
import type { FarEnd, Refusal } from "./carrier.js";
import { type NoiseChannel, NoiseHandshake, type NoiseKeys, type NoiseMessage, type NoiseRole, noiseKeyBytes, noiseKeys } from "./noise.js";

// Noise proves keys of its own kind. Each side says with its first sealed words whose they are: its Ed25519 key signs all that was
// said before, its own Noise key among it. So the signature is good in this handshake and for this side alone.

export const prologues = {
  messages: Buffer.from("sinter/1/noise link\n"),
  datagrams: Buffer.from("sinter/1/noise datagrams\n"),
} as const;
const pskTag = "sinter/1/noise psk\n";
const identityTag = Buffer.from("sinter/1/noise identity\n");
const verifier = new Ed25519Verifier();

/** This peer, as its sessions show it. */
export interface NoiseEnd {
  readonly signer: Ed25519Signer;
  readonly psks: readonly Uint8Array[];
  readonly ownStatic: NoiseKeys;
}

/** The first secret proves, all are accepted. */
export function noiseEnd(signer: Ed25519Signer, network: NetworkId, secrets: readonly string[]): NoiseEnd {
  return { signer, psks: secrets.map((secret) => pskOf(secret, network)), ownStatic: freshKeys() };
}

/** Of another network nobody knows the secret, even where both have the same text for it. */
function pskOf(secret: string, network: NetworkId): Uint8Array {
  return createHmac("sha256", secret).update(pskTag).update(network).digest();
}

const freshKeys = (): NoiseKeys => noiseKeys(nodeRandom.bytes(noiseKeyBytes));

export interface NoiseStep {
  /** To be said before anything else. */
  readonly say?: Uint8Array;
  /** The handshake is done on this side. */
  readonly far?: FarEnd;
}

/** What carries it: messages that come in order, each once, or datagrams. */
type NoiseCarrier = keyof typeof prologues;

/** A Noise channel from its first message to its last. */
export class NoiseSession {
  readonly #role: NoiseRole;
  readonly #end: NoiseEnd;
  #handshake: NoiseHandshake;
  #peer: PeerId | undefined;
  #channel: NoiseChannel | undefined;

  constructor(role: NoiseRole, end: NoiseEnd, carrier: NoiseCarrier = "messages") {
    this.#role = role;
    this.#end = end;
    const { ownStatic, psks } = end;
    this.#handshake = new NoiseHandshake({ role, prologue: prologues[carrier], ownStatic, ownEphemeral: freshKeys(), psks });
  }

  get isDone(): boolean {
    return this.#channel !== undefined;
  }

  /** What is said before anything is heard: the initiator's key, which agrees with nothing yet, so that nothing can go wrong. */
  start(): Uint8Array | undefined {
    return this.#role === "initiator" ? (this.#handshake.write(() => new Uint8Array(0)) as Uint8Array) : undefined;
  }

  /** A message of the handshake. After a refusal no other is to come here. */
  hear(message: Uint8Array): NoiseStep | Refusal {
    const heard = this.#handshake.read(message);
    if (heard === "unknown psk") return { refusal: "wrong-secret", reason: "" };
    if (isMalformed(heard)) return malformed(heard);
    const isFirst = this.#handshake.state === "under way" && this.#role === "responder";
    const fault = isFirst ? saysNothing(heard) : this.#identify(heard);
    if (fault !== undefined) return malformed(fault);
    if (this.#handshake.state === "done") return { far: this.#done() };
    const say = this.#handshake.write((before) => identityOf(this.#end.signer, this.#role, before));
    if (isMalformed(say)) return malformed(say);
    return isFirst ? { say } : { say, far: this.#done() };
  }

  /** The same, of a message that anybody may have sent: what is malformed leaves the handshake where it was. */
  tryToHear(message: Uint8Array): NoiseStep | Refusal {
    const before = this.#handshake;
    this.#handshake = before.copy();
    const step = this.hear(message);
    if ("refusal" in step && step.refusal === "malformed") this.#handshake = before;
    return step;
  }

  seal(plain: Uint8Array): Decoded<Uint8Array> {
    return (this.#channel as NoiseChannel).sending.seal(plain);
  }

  open(sealed: Uint8Array): Decoded<Uint8Array> {
    return (this.#channel as NoiseChannel).receiving.open(sealed);
  }

  /** Of datagrams. `head` is what stands before it in clear. */
  sealAt(number: number, plain: Uint8Array, head: Uint8Array): Decoded<Uint8Array> {
    return (this.#channel as NoiseChannel).sending.sealAt(number, plain, head);
  }

  openAt(number: number, sealed: Uint8Array, head: Uint8Array): Decoded<Uint8Array> {
    return (this.#channel as NoiseChannel).receiving.openAt(number, sealed, head);
  }

  #identify({ payload, before }: NoiseMessage): Malformed | undefined {
    const peer = identityIn(payload, this.#role === "initiator" ? "responder" : "initiator", before);
    if (isMalformed(peer)) return peer;
    this.#peer = peer;
    return undefined;
  }

  #done(): FarEnd {
    this.#channel = this.#handshake.channel();
    return { peer: this.#peer as PeerId, binding: this.#channel.hash };
  }
}

function saysNothing({ payload }: NoiseMessage): Malformed | undefined {
  return payload.length === 0 ? undefined : new Malformed("a first message that says more than a key");
}

function malformed({ reason }: Malformed): Refusal {
  return { refusal: "malformed", reason };
}

function signedBy(role: NoiseRole, before: Uint8Array): Uint8Array {
  return Buffer.concat([identityTag, Uint8Array.of(role === "initiator" ? 1 : 2), before]);
}

/** A key, and its signature over all that was said before. */
export function identityOf(signer: Ed25519Signer, role: NoiseRole, before: Uint8Array): Uint8Array {
  return Buffer.concat([signer.publicKey, signer.sign(signedBy(role, before))]);
}

export function identityIn(payload: Uint8Array, role: NoiseRole, before: Uint8Array): Decoded<PeerId> {
  if (payload.length !== publicKeyBytes + signatureBytes) return new Malformed("a key and its signature expected");
  const [key, signature] = [payload.subarray(0, publicKeyBytes), payload.subarray(publicKeyBytes)];
  if (!verifier.verify(key, signedBy(role, before), signature)) return new Malformed("a key that did not sign this handshake");
  return toHex(key) as PeerId;
}
