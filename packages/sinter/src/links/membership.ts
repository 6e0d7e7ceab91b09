import { createHmac, timingSafeEqual } from "node:crypto";
import { type Decoded, fromHex, isMalformed, Malformed, type NetworkId, type PeerId, publicKeyBytes, Reader, Writer } from "@sinter/core";

// Each side proves that it knows the network's secret before anything else is said. The proof is over the channel, so it is
// good on no other; over who speaks, so it cannot be sent back; over both keys, the network, and what else the hello says.
// The side that dialled proves first; the other answers only to a good proof. What a stranger is told can be tried against
// guesses of the secret, which is why secrets are long.

export const proofBytes = 32;
export const channelBytes = 32;
export const instanceBytes = 8;
/** For the exporter of TLS. */
export const channelLabel = "EXPORTER-sinter-1-link";

/** Versions of what is said on a link. */
export interface VersionRange {
  readonly least: number;
  readonly most: number;
}

export const linkVersions: VersionRange = { least: 1, most: 1 };

export interface Greeting {
  readonly versions: VersionRange;
  /** Drawn by each process: a peer that was started again has another. */
  readonly instance: Uint8Array;
  /** Rises with each hello and each opening of a link that this process says. */
  readonly moment: number;
}

/** What a proof is bound to besides what the hello says. */
export interface Channel {
  /** The same on both ends of this connection, and on no other. */
  readonly binding: Uint8Array;
  readonly network: NetworkId;
  readonly dialling: PeerId;
  readonly listening: PeerId;
}

export type Speaker = "dialling" | "listening";

export interface Hello {
  readonly greeting: Greeting;
  readonly proof: Uint8Array;
  /** What the proof is over: whatever a later version adds is in it. */
  readonly said: Uint8Array;
}

export function encodeHello(greeting: Greeting, prove: (said: Uint8Array) => Uint8Array): Uint8Array {
  const { versions, instance, moment } = greeting;
  const said = new Writer().u8(versions.least).u8(versions.most).bytes(instance).u32(moment).finish();
  return new Writer().bytes(prove(said)).bytes(said).finish();
}

/** What stands behind the fields known here is for later versions, and is passed over. */
export function decodeHello(payload: Uint8Array): Decoded<Hello> {
  const reader = new Reader(payload);
  const proof = reader.take(proofBytes);
  const said = payload.subarray(proofBytes);
  const versions = { least: reader.u8(), most: reader.u8() };
  if (versions.least > versions.most) reader.fail("no versions at all");
  const greeting = { versions, instance: reader.take(instanceBytes), moment: reader.u32() };
  reader.take(reader.left);
  return reader.finish(() => ({ greeting, proof, said }));
}

export function proofOf(secret: string, channel: Channel, speaker: Speaker, said: Uint8Array): Uint8Array {
  return createHmac("sha256", secret)
    .update("sinter/1/link proof\n")
    .update(Uint8Array.of(speaker === "dialling" ? 1 : 2))
    .update(channelIn(channel.binding))
    .update(channel.network)
    .update(keyOf(channel.dialling))
    .update(keyOf(channel.listening))
    .update(said)
    .digest();
}

/** The secret that a proof was made with, of those given; how long it takes does not say which. */
export function secretBehind(secrets: readonly string[], channel: Channel, speaker: Speaker, hello: Hello): string | undefined {
  const fitting = secrets.filter((secret) => timingSafeEqual(proofOf(secret, channel, speaker, hello.said), hello.proof));
  return fitting[0];
}

/** The highest version that both speak. */
export function commonVersion(ours: VersionRange, theirs: VersionRange): Decoded<number> {
  const highest = Math.min(ours.most, theirs.most);
  if (highest >= Math.max(ours.least, theirs.least)) return highest;
  return new Malformed(`versions ${theirs.least} to ${theirs.most} there, ${ours.least} to ${ours.most} here`);
}

function channelIn(binding: Uint8Array): Uint8Array {
  if (binding.length !== channelBytes) throw new RangeError(`a channel has ${channelBytes} bytes, not ${binding.length}`);
  return binding;
}

function keyOf(peer: PeerId): Uint8Array {
  const bytes = fromHex(peer, publicKeyBytes);
  if (isMalformed(bytes)) throw new RangeError(`not a peer id: ${bytes.reason}`);
  return bytes;
}
