import { expect } from "vitest";
import { falconPublicKeyBytes, falconSignatureBytes } from "./crypto.js";

// What every holder of a Falcon-512 key and every verifier must do, in this thread or by jobs in another.

export interface FalconUnderTest {
  readonly publicKey: Uint8Array;
  /** Another's. */
  readonly strangerKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

export type MakeFalcon = () => Promise<FalconUnderTest>;

export interface FalconCase {
  readonly name: string;
  run(make: MakeFalcon): Promise<void>;
}

function falconCase(name: string, body: (under: FalconUnderTest) => Promise<void>): FalconCase {
  return {
    name,
    run: async (make) => {
      const under = await make();
      try {
        await body(under);
      } finally {
        await under.close();
      }
    },
  };
}

const message = Uint8Array.from({ length: 96 }, (_, at) => at * 7);
const flipped = (bytes: Uint8Array, bit: number): Uint8Array => bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
/** Of all bits, so many that a case takes a moment. An odd step meets every bit of a byte. */
const someBits = (bytes: Uint8Array, step: number): number[] =>
  Array.from({ length: Math.ceil((bytes.length * 8) / step) }, (_, at) => at * step);

const signs = falconCase("a signature has its length and is good for its key and message alone", async (under) => {
  const signature = await under.sign(message);
  expect([under.publicKey.length, signature.length]).toEqual([falconPublicKeyBytes, falconSignatureBytes]);
  expect(await under.verify(under.publicKey, message, signature)).toBe(true);
  expect(await under.verify(under.strangerKey, message, signature)).toBe(false);
  expect(await under.verify(under.publicKey, message.subarray(1), signature)).toBe(false);
  expect(await under.verify(under.publicKey, flipped(message, 700), signature)).toBe(false);
  expect(await under.verify(under.publicKey, new Uint8Array(0), signature)).toBe(false);
});

const fresh = falconCase("no two signatures are the same, and an empty message has one too", async ({ sign, verify, publicKey }) => {
  const [one, other, empty] = [await sign(message), await sign(message), await sign(new Uint8Array(0))];
  expect(one).not.toEqual(other);
  expect(await verify(publicKey, message, other)).toBe(true);
  expect(await verify(publicKey, new Uint8Array(0), empty)).toBe(true);
});

const flips = falconCase("a bit flipped in the signature or the key is refused", async ({ sign, verify, publicKey }) => {
  const signature = await sign(message);
  for (const bit of someBits(signature, 41))
    expect(await verify(publicKey, message, flipped(signature, bit)), `signature ${bit}`).toBe(false);
  for (const bit of someBits(publicKey, 171)) expect(await verify(flipped(publicKey, bit), message, signature), `key ${bit}`).toBe(false);
});

const lengths = falconCase("a signature or key cut short or made longer is refused", async ({ sign, verify, publicKey }) => {
  const signature = await sign(message);
  const end = signature.findLastIndex((byte) => byte !== 0) + 1;
  for (const length of [0, 1, 40, 41, 42, 333, end - 1, end, 665])
    expect(await verify(publicKey, message, signature.slice(0, length)), `signature of ${length}`).toBe(false);
  expect(await verify(publicKey, message, Uint8Array.of(...signature, 0))).toBe(false);
  for (const length of [0, 1, 896]) expect(await verify(publicKey.slice(0, length), message, signature), `key of ${length}`).toBe(false);
  expect(await verify(Uint8Array.of(...publicKey, 0), message, signature)).toBe(false);
});

/** No negative zero: were it read as zero, one signature would have many encodings. */
const encodings = falconCase("no other bytes are the same signature", async ({ sign, verify, publicKey }) => {
  let signature = await sign(message);
  while (zeroAt(signature) === undefined) signature = await sign(message);
  const bit = zeroAt(signature) as number;
  expect(await verify(publicKey, message, signature)).toBe(true);
  expect(await verify(publicKey, message, flipped(signature, (bit & ~7) | (7 - (bit & 7))))).toBe(false);
  expect(await verify(publicKey, message, signature.with(falconSignatureBytes - 1, 1))).toBe(false);
});

/** Where, in bits from the most significant of a byte, the sign of a coefficient of 0 stands: sign, seven low bits, then as
 * many zeros as the rest says and a one. */
function zeroAt(signature: Uint8Array): number | undefined {
  const bit = (at: number): number => ((signature[at >> 3] as number) >> (7 - (at & 7))) & 1;
  for (let at = 41 * 8, coefficient = 0; coefficient < 512; coefficient++) {
    let one = at + 8;
    while (bit(one) === 0) one += 1;
    const low = Array.from({ length: 7 }, (_, index) => bit(at + 1 + index));
    if (one === at + 8 && !low.includes(1)) return at;
    at = one + 1;
  }
  return undefined;
}

const garbage = falconCase("garbage is no signature and no key, and nothing throws", async ({ sign, verify, publicKey }) => {
  const signature = await sign(message);
  const noise = (length: number, salt: number) => Uint8Array.from({ length }, (_, at) => Math.imul(at + 1, 0x9e37_79b1 + 2 * salt) >>> 24);
  for (let salt = 0; salt < 8; salt++) {
    const [badSignature, badKey] = [noise(falconSignatureBytes, salt), noise(falconPublicKeyBytes, salt)];
    expect(await verify(publicKey, message, badSignature)).toBe(false);
    expect(await verify(publicKey, message, badSignature.with(0, 0x39))).toBe(false);
    expect(await verify(badKey, message, signature)).toBe(false);
    expect(await verify(badKey.with(0, 9), message, signature)).toBe(false);
  }
  for (const fill of [0, 0xff]) {
    expect(await verify(publicKey, message, new Uint8Array(falconSignatureBytes).fill(fill).with(0, 0x39))).toBe(false);
    expect(await verify(new Uint8Array(falconPublicKeyBytes).fill(fill).with(0, 9), message, signature)).toBe(false);
  }
});

export const falconCases: readonly FalconCase[] = [signs, fresh, flips, lengths, encodings, garbage];
