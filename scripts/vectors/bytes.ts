import { writeFileSync } from "node:fs";
import { blake3 } from "@noble/hashes/blake3.js";

// What the vectors are written with: bytes, and the hash under a tag.

export type Bytes = Uint8Array;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
export const hex = (bytes: Bytes): string => Buffer.from(bytes).toString("hex");
export const joined = (...pieces: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(pieces));
export const filled = (length: number, byte: number): Bytes => new Uint8Array(length).fill(byte);
export const H = (tag: string, ...pieces: readonly Bytes[]): Bytes => blake3(joined(...pieces), { context: utf8(`sinter 1 ${tag}`) });

export function number(length: number, value: number | bigint): Bytes {
  return Uint8Array.from({ length }, (_, at) => Number((BigInt(value) >> BigInt(8 * (length - 1 - at))) & 0xffn));
}

export function varint(value: number): Bytes {
  return value < 0x80 ? Uint8Array.of(value) : joined(Uint8Array.of((value % 0x80) | 0x80), varint(Math.floor(value / 0x80)));
}

export const prefixed = (bytes: Bytes): Bytes => joined(varint(bytes.length), bytes);

export function write(name: string, about: string, content: Record<string, unknown>): void {
  const generator = "scripts/make-vectors.ts";
  const text = JSON.stringify({ generator, about, ...content }, undefined, 2);
  writeFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), `${text}\n`);
}
