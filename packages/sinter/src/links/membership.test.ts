import { asId, isMalformed, type NetworkId, type PeerId } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Channel, commonVersion, decodeHello, encodeHello, type Greeting, type Hello, proofOf, secretBehind } from "./membership.js";

const secret = "a secret of the tests";
const channel: Channel = {
  binding: new Uint8Array(32).fill(1),
  network: asId<NetworkId>(new Uint8Array(32).fill(2)),
  dialling: "03".repeat(32) as PeerId,
  listening: "04".repeat(32) as PeerId,
};
const greeting: Greeting = { versions: { least: 1, most: 3 }, instance: new Uint8Array(8).fill(5), moment: 7 };

function hello(with_: Partial<Channel> = {}, key = secret): Hello {
  const read = decodeHello(encodeHello(greeting, (said) => proofOf(key, { ...channel, ...with_ }, "dialling", said)));
  if (isMalformed(read)) throw new Error(read.reason);
  return read;
}

test("a hello says versions, instance and moment, and proves the secret", () => {
  expect(hello().greeting).toEqual(greeting);
  expect(secretBehind([secret], channel, "dialling", hello())).toBe(secret);
});

test("the bytes of a hello are these, for ever", () => {
  const bytes = encodeHello(greeting, (said) => proofOf(secret, channel, "dialling", said));
  // Made by another program: HMAC-SHA-256 over the tag, 01, channel, network, both keys and what is said.
  const proof = "b65ffbe0ebce1d958b24ea1b264f415264e707a9e223a5822acdd0cbf567f19c";
  expect(Buffer.from(bytes).toString("hex")).toBe(`${proof}0103${"05".repeat(8)}00000007`);
});

test("a proof is good for its channel, network, keys and direction alone", () => {
  const good = (said: Hello): boolean => secretBehind([secret], channel, "dialling", said) !== undefined;
  expect(good(hello())).toBe(true);
  expect(good(hello({ binding: new Uint8Array(32).fill(9) }))).toBe(false);
  expect(good(hello({ network: asId<NetworkId>(new Uint8Array(32).fill(9)) }))).toBe(false);
  expect(good(hello({ dialling: "09".repeat(32) as PeerId }))).toBe(false);
  expect(good(hello({ listening: "09".repeat(32) as PeerId }))).toBe(false);
  expect(good(hello({ dialling: channel.listening, listening: channel.dialling }))).toBe(false);
  expect(secretBehind([secret], channel, "listening", hello())).toBe(undefined);
  expect(good(hello({}, `${secret}!`))).toBe(false);
});

test("of several secrets any will do, and it is known which", () => {
  const other = "the secret before that";
  expect(secretBehind([secret, other], channel, "dialling", hello({}, other))).toBe(other);
  expect(secretBehind([other, secret], channel, "dialling", hello())).toBe(secret);
  expect(secretBehind([other], channel, "dialling", hello())).toBe(undefined);
});

test("every bit of a hello is covered by its proof", () => {
  const bytes = encodeHello(greeting, (said) => proofOf(secret, channel, "dialling", said));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const bent = bytes.slice();
    bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
    const read = decodeHello(bent);
    expect(isMalformed(read) || secretBehind([secret], channel, "dialling", read) === undefined).toBe(true);
  }
});

test("what a later version says behind its fields is passed over, and covered as well", () => {
  const later = (said: Uint8Array): Uint8Array => Uint8Array.of(...said, 1, 2, 3);
  const bytes = encodeHello(greeting, (said) => proofOf(secret, channel, "dialling", later(said)));
  const read = decodeHello(later(bytes));
  if (isMalformed(read)) throw new Error(read.reason);
  expect(read.greeting).toEqual(greeting);
  expect(secretBehind([secret], channel, "dialling", read)).toBe(secret);
  const cut = decodeHello(bytes);
  expect(isMalformed(cut) || secretBehind([secret], channel, "dialling", cut)).toBe(undefined);
});

test("any bytes are a hello or Malformed, and no hello that is cut is one", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void decodeHello(bytes)));
  const bytes = encodeHello(greeting, (said) => proofOf(secret, channel, "dialling", said));
  for (let length = 0; length < bytes.length; length++) expect(isMalformed(decodeHello(bytes.subarray(0, length)))).toBe(true);
});

test("the highest version that both speak, or none", () => {
  expect(commonVersion({ least: 1, most: 3 }, { least: 2, most: 5 })).toBe(3);
  expect(commonVersion({ least: 1, most: 1 }, { least: 1, most: 9 })).toBe(1);
  const none = commonVersion({ least: 1, most: 1 }, { least: 2, most: 3 });
  expect(isMalformed(none) && none.reason).toBe("versions 2 to 3 there, 1 to 1 here");
  expect(isMalformed(commonVersion({ least: 4, most: 4 }, { least: 1, most: 3 }))).toBe(true);
});
