// Writes vectors/blake3.json: hashes under every tag of ours, by @noble/hashes. `node scripts/make-blake3-vectors.mjs`.
import { readFileSync, writeFileSync } from "node:fs";
import { blake3 } from "@noble/hashes/blake3.js";

const at = (path) => new URL(`../${path}`, import.meta.url);
const lengths = [0, 1, 63, 64, 65, 127, 128, 1023, 1024, 1025, 2048, 2049, 3072, 4096, 5000, 31744];
const tags = [...readFileSync(at("packages/core/src/identity/tags.ts"), "utf8").matchAll(/"(sinter 1 [a-z ]+)"/g)].map(([, tag]) => tag);

function hashOf(tag, length) {
  const input = Uint8Array.from({ length }, (_, index) => index % 251);
  return Buffer.from(blake3(input, { context: new TextEncoder().encode(tag) })).toString("hex");
}

const vectors = {
  generator: "scripts/make-blake3-vectors.mjs",
  about:
    "BLAKE3, derive-key mode, 32 bytes; the tag is the context. Byte i of each input is i mod 251; hashes stand in the order of lengths.",
  lengths,
  hashes: Object.fromEntries(tags.map((tag) => [tag, lengths.map((length) => hashOf(tag, length))])),
};
writeFileSync(at("vectors/blake3.json"), `${JSON.stringify(vectors, undefined, 2)}\n`);
