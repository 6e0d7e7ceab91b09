import { createCipheriv, createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import { falcon512padded } from "@noble/post-quantum/falcon.js";
import { expect, test } from "vitest";
import { falconCases } from "../../core/src/identity/falcon.suite.js";
import { loadFalcon } from "./falcon.js";
import { FalconKey, falconSecretBytes } from "./falcon-key.js";
import { madeFalconKey } from "./falcon-key-thread.js";

const falcon = await loadFalcon();
const [key, stranger] = await Promise.all([madeFalconKey(), madeFalconKey()]);
const message = Uint8Array.of(1, 2, 3);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

for (const { name, run } of falconCases) {
  test(`falcon in this thread: ${name}`, () =>
    run(async () => ({
      publicKey: key.publicKey,
      strangerKey: stranger.publicKey,
      sign: async (text) => falcon512padded.sign(text, key.reveal().secret),
      verify: async (...claim) => falcon.verifyFalcon(...claim),
      close: async () => undefined,
    })));
}

/** The generator of NIST's known answers: AES-256 in counter mode, its key drawn anew after each draw. */
function nistRandom(entropy: Uint8Array): (length: number) => Uint8Array {
  let key = Buffer.alloc(32);
  let counter = 0n;
  const blocks = (count: number): Buffer => {
    const input = Array.from({ length: count }, () => {
      counter = BigInt.asUintN(128, counter + 1n);
      return Buffer.from(counter.toString(16).padStart(32, "0"), "hex");
    });
    return createCipheriv("aes-256-ecb", key, null).update(Buffer.concat(input));
  };
  const renew = (mixed: Uint8Array) => {
    const next = blocks(3).map((byte, at) => byte ^ (mixed[at] ?? 0));
    key = Buffer.from(next.subarray(0, 32));
    counter = BigInt(`0x${Buffer.from(next.subarray(32)).toString("hex")}`);
  };
  renew(entropy);
  return (length) => {
    const drawn = new Uint8Array(blocks(Math.ceil(length / 16)).subarray(0, length));
    renew(new Uint8Array(48));
    return drawn;
  };
}

test("key and signature of the first known answer of round 3, padded as PQClean prints it", () => {
  const draw = nistRandom(Uint8Array.from({ length: 48 }, (_, at) => at));
  const [seed, text] = [draw(48), draw(33)];
  const random = nistRandom(seed);
  const { publicKey, secretKey } = falcon512padded.keygen(random(48));
  // The library offers it, and leaves it out of its types.
  const drawing = { random: (length: number) => random(length) } as object;
  const signature = falcon512padded.sign(text, secretKey, drawing);
  expect(Buffer.from(seed).toString("hex").slice(0, 24)).toBe("061550234d158c5ec95595fe");
  expect(sha256(publicKey)).toBe("e74cb05c857846d8c768a2d3a2461d589482e770461fdbbe9e2e9dc6415e2daf");
  expect(sha256(secretKey)).toBe("0dfaaa352b95059488f1fdad55848bb814f18bca1de5194e5f9994c40a8730b6");
  expect(sha256(Buffer.concat([signature, text]))).toBe("aa46a403495cecd88d0c55e7b8723b0d83d64fc609df1d6c79acfa50f5d389ef");
  expect(falcon.verifyFalcon(publicKey, text, signature)).toBe(true);
  expect(new FalconKey({ publicKey, secret: secretKey }).publicKey).toEqual(publicKey);
});

test("keys made are of their own, and the public half follows from the secret one", () => {
  expect(key.publicKey).not.toEqual(stranger.publicKey);
  expect(falcon512padded.getPublicKey(key.reveal().secret)).toEqual(key.publicKey);
});

test("bytes that lie in a larger array, or a Buffer, are as good", () => {
  const signature = falcon512padded.sign(message, key.reveal().secret);
  const frame = Buffer.concat([key.publicKey, message, signature]);
  expect(falcon.verifyFalcon(frame.subarray(0, 897), frame.subarray(897, 900), frame.subarray(900))).toBe(true);
});

test("a key of another kind or length is refused", () => {
  const { publicKey, secret } = key.reveal();
  expect(secret.length).toBe(falconSecretBytes);
  expect(() => new FalconKey({ publicKey: publicKey.subarray(1), secret })).toThrow(RangeError);
  expect(() => new FalconKey({ publicKey: publicKey.with(0, 10), secret })).toThrow(RangeError);
  expect(() => new FalconKey({ publicKey, secret: secret.subarray(1) })).toThrow(RangeError);
  expect(() => new FalconKey({ publicKey, secret: secret.with(0, 0x5a) })).toThrow(RangeError);
});

test("a key shows its secret to nobody who does not ask for it, and what was revealed is a copy", () => {
  const revealed = key.reveal().secret;
  const digits = Buffer.from(revealed);
  const shown = [JSON.stringify(key), inspect(key, { showHidden: true, depth: 9, maxArrayLength: null }), String(key)].join("\n");
  for (const form of [digits.toString("hex"), digits.toString("base64url"), [...digits].join(","), [...digits].join(", ")])
    expect(shown).not.toContain(form.slice(0, 60));
  revealed.fill(0);
  expect(key.reveal().secret.every((byte) => byte === 0)).toBe(false);
  expect(Object.keys(key)).toEqual(["publicKey"]);
});

test("no file loads the library when it is imported: who meets no hybrid author does not pay for it", () => {
  const folder = new URL(".", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /(?<!\.test|\.suite)\.ts$/.test(name));
  const loading = files.filter((name) => /^(import|export|\}) .*"@noble\//m.test(readFileSync(new URL(name, folder), "utf8")));
  expect(files).toContain("falcon.ts");
  expect(loading).toEqual([]);
});
