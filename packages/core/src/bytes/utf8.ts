// Text as UTF-8, read strictly: what is not UTF-8 is no text.

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

const SHORT_BYTES = 64;

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
