import { isAscii, isUtf8 } from "node:buffer";
import { FormatFault } from "./format.js";

// Files as text: UTF-8, read strictly. A byte order mark in front is allowed, and dropped.

/** As Node has it, over the same bytes. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Of the mark in front, if there is one. */
export function markBytes(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(markBytes(bytes));
}

/** Of bytes without a mark. */
export function textOf(bytes: Uint8Array): string | FormatFault {
  const buffer = bufferOf(bytes);
  if (isAscii(buffer)) return buffer.toString("latin1");
  return isUtf8(buffer) ? buffer.toString("utf8") : notUtf8(buffer);
}

/** Characters never reach over a newline, so the first line that is not UTF-8 is the first place that is not. */
function notUtf8(buffer: Buffer): FormatFault {
  let line = 1;
  for (let from = 0; ; line++) {
    const end = buffer.indexOf(0x0a, from);
    if (end < 0 || !isUtf8(buffer.subarray(from, end))) break;
    from = end + 1;
  }
  const isUtf16 = (buffer[0] === 0xff && buffer[1] === 0xfe) || (buffer[0] === 0xfe && buffer[1] === 0xff);
  return new FormatFault(isUtf16 ? "UTF-8 expected, and this is UTF-16: save it as UTF-8" : "valid UTF-8 expected", { line });
}

export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let from = text.indexOf("\n"); from >= 0 && from < at; from = text.indexOf("\n", from + 1)) line++;
  return line;
}

export function columnAt(text: string, at: number): number {
  return at === 0 ? 1 : at - text.lastIndexOf("\n", at - 1);
}
