// Text as UTF-8, read strictly: what is not UTF-8 is no text.

const encoder = new TextEncoder();
/** Without ignoreBOM a leading U+FEFF would vanish, and two different texts would read as one. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  // Several times faster than through the decoder.
  if (bytes.length <= SHORT_BYTES && isAscii(bytes)) return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
  return decoded(bytes);
}

export function isUtf8(bytes: Uint8Array): boolean {
  return isAscii(bytes) || decoded(bytes) !== undefined;
}

/** Of text that has no halves of characters: they would be read as others. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text;
  if (length > SHORT_BYTES) return encoder.encode(text);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return encoder.encode(text);
    bytes[at] = unit;
  }
  return bytes;
}

/** Whether every character is whole. */
export function isWhole(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= SURROGATES) return !/\p{Surrogate}/u.test(text);
  return true;
}

const SURROGATES = 0xd800;
const SHORT_BYTES = 64;

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    // Not UTF-8: there is no more to say.
    return undefined;
  }
}
