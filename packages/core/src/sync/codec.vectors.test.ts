import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../bytes/hex.js";
import { Malformed } from "../bytes/malformed.js";
import { offeredEnd } from "../feed/range/verified-range.js";
import { hasher } from "../feed/rig/feed-rig.suite.js";
import { chunkHash } from "./chunk-hash.js";
import { decodeSyncMessage, encodeSyncMessage } from "./codec.js";
import type { SyncMessage } from "./messages.js";
import { anyMessage } from "./messages.suite.js";
import { decodeRange, encodeRange } from "./range-codec.js";

interface Vectors {
  readonly author: string;
  readonly range: { readonly bytes: string; readonly path: string; readonly blocks: number; readonly lastSeq: number };
  readonly messages: readonly { readonly bytes: string; readonly says: { readonly kind: string } }[];
  readonly refused: readonly { readonly why: string; readonly bytes: string }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../vectors/sync.json", import.meta.url), "utf8")) as Vectors;
const bytesOf = (text: string) => fromHex(text, text.length / 2) as Uint8Array;

/** As the vectors have it: bytes in hexadecimal, and nothing where there is none. */
const plain = (message: SyncMessage): unknown =>
  JSON.parse(JSON.stringify(message, (_name, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value)));

test("the messages of sync.json are read as what they say, and written the same", () => {
  for (const { bytes, says } of vectors.messages) {
    const message = decodeSyncMessage(bytesOf(bytes));
    if (message instanceof Malformed) throw new Error(`${says.kind}: ${message.reason}`);
    expect(plain(message)).toEqual(says);
    expect(toHex(encodeSyncMessage(message))).toBe(bytes);
    if (message.kind === "chunk" && message.hash !== undefined) expect(toHex(chunkHash(hasher, message))).toBe(toHex(message.hash));
  }
  expect(new Set(vectors.messages.map(({ says }) => says.kind))).toEqual(new Set(Object.keys(anyMessage)));
});

test("what sync.json says is no message is none", () => {
  for (const { why, bytes } of vectors.refused) expect([why, decodeSyncMessage(bytesOf(bytes))]).toEqual([why, expect.any(Malformed)]);
  expect(vectors.refused.length).toBeGreaterThan(vectors.messages.length);
});

test("the range of sync.json is read, and written the same", () => {
  const offer = decodeRange(bytesOf(vectors.range.bytes));
  if (offer instanceof Malformed) throw new Error(offer.reason);
  const { path, keys, blocks } = offer;
  expect([path, blocks.length, offeredEnd(offer)]).toEqual([vectors.range.path, vectors.range.blocks, vectors.range.lastSeq]);
  expect(toHex(keys.ed25519)).toBe(vectors.author);
  expect(toHex(encodeRange(offer))).toBe(vectors.range.bytes);
});
