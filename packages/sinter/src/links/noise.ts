import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from "node:crypto";
import { type Decoded, isMalformed, Malformed, noiseMessageBytesMax, noiseNoncesMax } from "@sinter/core";

// The Noise protocol (revision 34) in the one form that links use: XXpsk3, with X25519, ChaCha20-Poly1305 and BLAKE2s. Both sides
// show their keys only encrypted, and the third message can be read by nobody who does not know a secret shared before.

export const noiseProtocol = "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s";
export const noiseKeyBytes = 32;
export const noiseTagBytes = 16;
const hashName = "blake2s256";
const cipherName = "chacha20-poly1305";
const nothing = Buffer.alloc(0);

// What stands before the 32 bytes of an X25519 key in the two encodings that node:crypto reads (RFC 8410).
const privatePrefix = Buffer.from("302e020100300506032b656e04220420", "hex");
const publicPrefix = Buffer.from("302a300506032b656e032100", "hex");

/** A pair of keys for one agreement or many. */
export interface NoiseKeys {
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

export function noiseKeys(seed: Uint8Array): NoiseKeys {
  if (seed.length !== noiseKeyBytes) throw new RangeError(`the seed of an X25519 key has ${noiseKeyBytes} bytes`);
  const privateKey = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(publicPrefix.length);
  return { publicKey, privateKey };
}

function agreed(ours: NoiseKeys, theirs: Uint8Array): Decoded<Uint8Array> {
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([publicPrefix, theirs]), format: "der", type: "spki" });
    return diffieHellman({ privateKey: ours.privateKey, publicKey });
  } catch {
    // One of the few points that lead every key to the same agreement: nobody draws such a key by chance.
    return new Malformed("a key that agrees on nothing");
  }
}

const hashOf = (...parts: readonly Uint8Array[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash(hashName)).digest();
const macOf = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((mac, part) => mac.update(part), createHmac(hashName, key)).digest();

/** The HKDF of Noise, with three outputs; the first two are the same where only two are asked for. */
function derived(chaining: Uint8Array, input: Uint8Array): readonly [Buffer, Buffer, Buffer] {
  const key = macOf(chaining, input);
  const first = macOf(key, Uint8Array.of(1));
  const second = macOf(key, first, Uint8Array.of(2));
  return [first, second, macOf(key, second, Uint8Array.of(3))];
}

/** One direction of a channel: a key, and how many messages it has seen. */
export class NoiseCipher {
  readonly #key: Uint8Array;
  #nonce: number;

  constructor(key: Uint8Array, nonce = 0) {
    this.#key = key;
    this.#nonce = nonce;
  }

  copy(): NoiseCipher {
    return new NoiseCipher(this.#key, this.#nonce);
  }

  /** Malformed, where the key has seen as many messages as it may. */
  seal(plain: Uint8Array, associated: Uint8Array = nothing): Decoded<Uint8Array> {
    return this.sealAt(this.#nonce++, plain, associated);
  }

  /** After a message that is malformed the channel is of no use any more. */
  open(sealed: Uint8Array, associated: Uint8Array = nothing): Decoded<Uint8Array> {
    return sealed.length < noiseTagBytes ? tooShort() : this.openAt(this.#nonce++, sealed, associated);
  }

  /** For messages that may be lost, and overtake each other: whoever seals sees to it that no number comes twice. */
  sealAt(number: number, plain: Uint8Array, associated: Uint8Array): Decoded<Uint8Array> {
    const nonce = nonceOf(number);
    if (isMalformed(nonce)) return nonce;
    const cipher = createCipheriv(cipherName, this.#key, nonce, { authTagLength: noiseTagBytes });
    cipher.setAAD(associated, { plaintextLength: plain.length });
    const sealed = cipher.update(plain);
    cipher.final();
    return Buffer.concat([sealed, cipher.getAuthTag()]);
  }

  /** Nothing changes by it, whatever comes of it. */
  openAt(number: number, sealed: Uint8Array, associated: Uint8Array): Decoded<Uint8Array> {
    if (sealed.length < noiseTagBytes) return tooShort();
    const nonce = nonceOf(number);
    if (isMalformed(nonce)) return nonce;
    const split = sealed.length - noiseTagBytes;
    const decipher = createDecipheriv(cipherName, this.#key, nonce, { authTagLength: noiseTagBytes });
    decipher.setAAD(associated, { plaintextLength: split });
    decipher.setAuthTag(sealed.subarray(split));
    const plain = decipher.update(sealed.subarray(0, split));
    try {
      decipher.final();
    } catch {
      return new Malformed("a message that was not made with this key, or is out of turn");
    }
    return plain;
  }
}

const tooShort = (): Malformed => new Malformed("a message shorter than its tag");

function nonceOf(number: number): Decoded<Uint8Array> {
  if (number >= noiseNoncesMax) return new Malformed("more messages than one key may see");
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(number), 4);
  return nonce;
}

/** What both sides have come to know together, message by message. */
class NoiseTranscript {
  hash: Uint8Array;
  #chaining: Uint8Array;
  #cipher: NoiseCipher | undefined;

  constructor(hash: Uint8Array, chaining: Uint8Array = hash, cipher?: NoiseCipher) {
    this.hash = hash;
    this.#chaining = chaining;
    this.#cipher = cipher;
  }

  copy(): NoiseTranscript {
    return new NoiseTranscript(this.hash, this.#chaining, this.#cipher?.copy());
  }

  mixHash(data: Uint8Array): void {
    this.hash = hashOf(this.hash, data);
  }

  mixKey(input: Uint8Array): void {
    const [chaining, key] = derived(this.#chaining, input);
    this.#chaining = chaining;
    this.#cipher = new NoiseCipher(key);
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [chaining, hash, key] = derived(this.#chaining, input);
    this.#chaining = chaining;
    this.mixHash(hash);
    this.#cipher = new NoiseCipher(key);
  }

  // With a psk the first public key is a key already, so that there is a cipher for all that is ever sealed.

  seal(plain: Uint8Array): Uint8Array {
    const sealed = (this.#cipher as NoiseCipher).seal(plain, this.hash);
    if (isMalformed(sealed)) throw new RangeError(sealed.reason);
    this.mixHash(sealed);
    return sealed;
  }

  open(sealed: Uint8Array): Decoded<Uint8Array> {
    const plain = (this.#cipher as NoiseCipher).open(sealed, this.hash);
    if (!isMalformed(plain)) this.mixHash(sealed);
    return plain;
  }

  split(): readonly [NoiseCipher, NoiseCipher] {
    const [first, second] = derived(this.#chaining, nothing);
    return [new NoiseCipher(first), new NoiseCipher(second)];
  }
}

export type NoiseRole = "initiator" | "responder";
type Agreement = "ee" | "es" | "se";
type Token = "e" | "s" | "psk" | Agreement;

const pattern: readonly (readonly Token[])[] = [["e"], ["e", "ee", "s", "es"], ["s", "se", "psk"]];

export interface NoiseParts {
  readonly role: NoiseRole;
  readonly prologue: Uint8Array;
  readonly ownStatic: NoiseKeys;
  /** Drawn for this handshake alone. */
  readonly ownEphemeral: NoiseKeys;
  /** The first is said; who hears accepts any of them. */
  readonly psks: readonly Uint8Array[];
}

export interface NoiseChannel {
  readonly sending: NoiseCipher;
  readonly receiving: NoiseCipher;
  /** The same on both sides, and on no other channel. */
  readonly hash: Uint8Array;
}

export interface NoiseMessage {
  readonly payload: Uint8Array;
  /** Of all that was said before the payload: what the payload may sign. */
  readonly before: Uint8Array;
}

/** `unknown psk`: it was made with a secret that is none of ours, or by somebody who has none. */
export type NoiseHeard = Decoded<NoiseMessage> | "unknown psk";

/** Three messages in turn, the first from the initiator, each with a payload. What is malformed ends it. */
export class NoiseHandshake {
  readonly #parts: NoiseParts;
  #transcript: NoiseTranscript;
  #theirStatic: Uint8Array = nothing;
  #theirEphemeral: Uint8Array = nothing;
  #said = 0;
  #state: "under way" | "done" | "broken" = "under way";

  constructor(parts: NoiseParts) {
    if (parts.psks.length === 0 || parts.psks.some((psk) => psk.length !== noiseKeyBytes))
      throw new RangeError(`psks of ${noiseKeyBytes} bytes, and one at least`);
    this.#parts = parts;
    // The name is longer than a hash, so that its hash stands for it.
    this.#transcript = new NoiseTranscript(hashOf(Buffer.from(noiseProtocol)));
    this.#transcript.mixHash(parts.prologue);
  }

  get state(): "under way" | "done" | "broken" {
    return this.#state;
  }

  /** For a message of which nobody knows whether it is meant: one that breaks the copy leaves this as it is. */
  copy(): NoiseHandshake {
    const copy = new NoiseHandshake(this.#parts);
    copy.#transcript = this.#transcript.copy();
    copy.#theirStatic = this.#theirStatic;
    copy.#theirEphemeral = this.#theirEphemeral;
    copy.#said = this.#said;
    copy.#state = this.#state;
    return copy;
  }

  /** `payload` is made of the hash of all that was said before it. */
  write(payload: (before: Uint8Array) => Uint8Array): Decoded<Uint8Array> {
    const said: Uint8Array[] = [];
    for (const token of this.#next("write")) {
      const part = this.#say(token);
      if (isMalformed(part)) return this.#broken(part);
      said.push(part);
    }
    said.push(this.#transcript.seal(payload(this.#transcript.hash)));
    return Buffer.concat(said);
  }

  read(message: Uint8Array): NoiseHeard {
    if (message.length > noiseMessageBytesMax) return this.#broken(new Malformed("a message longer than Noise has them"));
    let rest = message;
    for (const token of this.#next("read")) {
      if (token === "psk") return this.#withPsk(rest);
      const taken = this.#hear(token, rest);
      if (isMalformed(taken)) return this.#broken(taken);
      rest = rest.subarray(taken);
    }
    const before = this.#transcript.hash;
    const payload = this.#transcript.open(rest);
    return isMalformed(payload) ? this.#broken(payload) : { payload, before };
  }

  /** Once all is said and heard. */
  channel(): NoiseChannel {
    if (this.#state !== "done") throw new RangeError("the handshake is not done");
    const [forth, back] = this.#transcript.split();
    const { hash } = this.#transcript;
    return this.#parts.role === "initiator" ? { sending: forth, receiving: back, hash } : { sending: back, receiving: forth, hash };
  }

  #next(act: "write" | "read"): readonly Token[] {
    const tokens = pattern[this.#said];
    const isOurs = (this.#said % 2 === 0) === (this.#parts.role === "initiator");
    if (tokens === undefined || this.#state !== "under way" || isOurs !== (act === "write")) throw new RangeError(`a ${act} out of turn`);
    this.#said++;
    if (this.#said === pattern.length) this.#state = "done";
    return tokens;
  }

  #broken(fault: Malformed): Malformed {
    this.#state = "broken";
    return fault;
  }

  #say(token: Token): Decoded<Uint8Array> {
    const { ownStatic, ownEphemeral, psks } = this.#parts;
    if (token === "s") return this.#transcript.seal(ownStatic.publicKey);
    if (token === "e") this.#mixEphemeral(ownEphemeral.publicKey);
    else if (token === "psk") this.#transcript.mixKeyAndHash(psks[0] as Uint8Array);
    else return this.#agree(token);
    return token === "e" ? ownEphemeral.publicKey : nothing;
  }

  /** How many bytes of the message it took. */
  #hear(token: Exclude<Token, "psk">, rest: Uint8Array): Decoded<number> {
    const length = token === "e" ? noiseKeyBytes : token === "s" ? noiseKeyBytes + noiseTagBytes : 0;
    if (rest.length < length) return new Malformed("a message shorter than its keys");
    const part = rest.slice(0, length);
    if (token === "e") {
      this.#theirEphemeral = part;
      this.#mixEphemeral(part);
    } else if (token === "s") {
      const key = this.#transcript.open(part);
      if (isMalformed(key)) return key;
      this.#theirStatic = key;
    } else {
      const fault = this.#agree(token);
      if (isMalformed(fault)) return fault;
    }
    return length;
  }

  /** Which of the secrets it was cannot be seen before its payload opens: each is tried on a copy of what is known till then. */
  #withPsk(sealed: Uint8Array): NoiseHeard {
    for (const psk of this.#parts.psks) {
      const transcript = this.#transcript.copy();
      transcript.mixKeyAndHash(psk);
      const before = transcript.hash;
      const payload = transcript.open(sealed);
      if (isMalformed(payload)) continue;
      this.#transcript = transcript;
      return { payload, before };
    }
    this.#state = "broken";
    return "unknown psk";
  }

  #mixEphemeral(key: Uint8Array): void {
    this.#transcript.mixHash(key);
    this.#transcript.mixKey(key);
  }

  /** Nothing is said for it. */
  #agree(token: Agreement): Decoded<Uint8Array> {
    const { role, ownStatic, ownEphemeral } = this.#parts;
    // The first letter is for the key of the initiator, the second for that of the responder.
    const [ours, theirs] = role === "initiator" ? token : [token[1], token[0]];
    const shared = agreed(ours === "e" ? ownEphemeral : ownStatic, theirs === "e" ? this.#theirEphemeral : this.#theirStatic);
    if (isMalformed(shared)) return shared;
    this.#transcript.mixKey(shared);
    return nothing;
  }
}
