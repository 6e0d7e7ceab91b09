import { type Decoded, Malformed } from "./malformed.js";

// Bytes as text that mail, URLs and JSON carry unharmed (RFC 4648 §5, without padding). One text for one value.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NO_DIGIT = 64;
const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
for (let digit = 0; digit < ALPHABET.length; digit++) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

export function toBase64url(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(3, bytes.length - at);
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let digit = 0; digit <= left; digit++) text += ALPHABET[(bits >>> (18 - 6 * digit)) & 63];
  }
  return text;
}

export function fromBase64url(text: string, bytesMax: number): Decoded<Uint8Array<ArrayBuffer>> {
  const length = Math.floor((text.length * 3) / 4);
  if (length > bytesMax) return new Malformed(`base64url of at most ${bytesMax} bytes expected`);
  if (text.length % 4 === 1) return new Malformed("base64url that was cut short");
  const bytes = new Uint8Array(length);
  let held = 0;
  let heldBits = 0;
  let filled = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = DIGITS[text.charCodeAt(at)] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return new Malformed(`character ${at + 1} is none of base64url`);
    held = ((held << 6) | digit) & 0xffff;
    heldBits += 6;
    if (heldBits < 8) continue;
    heldBits -= 8;
    bytes[filled++] = held >>> heldBits;
  }
  const spare = held & ((1 << heldBits) - 1);
  return spare === 0 ? bytes : new Malformed("base64url whose last character says more than a byte holds");
}
