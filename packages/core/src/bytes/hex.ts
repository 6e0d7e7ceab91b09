import { type Decoded, Malformed } from "./malformed.js";

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at++) text += DIGITS[bytes[at] as number];
  return text;
}

/** Lower case only: one text for one value. */
export function fromHex(text: string, length: number): Decoded<Uint8Array<ArrayBuffer>> {
  if (text.length !== length * 2 || !/^[0-9a-f]*$/.test(text)) return new Malformed(`${length * 2} lower-case hexadecimal digits expected`);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}
