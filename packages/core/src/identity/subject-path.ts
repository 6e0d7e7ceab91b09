import { pathPartBytesMax, pathPartsMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";

/** Valid by construction: only the functions of this file make one. */
export type SubjectPath = string & { readonly names: "subject path" };

export const pathBytesMax = pathPartsMax * (pathPartBytesMax + 1) - 1;

const encoder = new TextEncoder();
/** Without ignoreBOM a leading U+FEFF would vanish, and two different paths would read as one. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** U+0000–001F and U+007F. */
export function holdsControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}

/** Text that must be valid as it stands. Where a person typed it, use `normalizePath`. */
export function parseSubjectPath(text: string): Decoded<SubjectPath> {
  // No path in UTF-16 is longer than in UTF-8: what follows works on a bounded string.
  if (text.length > pathBytesMax) return new Malformed(`a path has at most ${pathBytesMax} bytes in UTF-8`);
  if (text.length === 0) return new Malformed("a path must not be empty");
  if (/\p{Surrogate}/u.test(text)) return new Malformed("a path must be text: this one holds half of a character");
  if (holdsControl(text)) return new Malformed("a path must not hold control characters");
  if (text.normalize("NFC") !== text) return new Malformed("a path must be in Unicode normal form C");
  const parts = text.split("/");
  if (parts.length > pathPartsMax) return new Malformed(`a path has at most ${pathPartsMax} parts, not ${parts.length}`);
  for (const [index, part] of parts.entries()) {
    if (part === "") return new Malformed(`part ${index + 1} of the path is empty: parts are joined by single slashes`);
    if (part === "." || part === "..") return new Malformed(`part ${index + 1} of the path must not be "${part}"`);
    // No character takes more than three bytes a unit: a short part needs no counting.
    const length = part.length * 3 <= pathPartBytesMax ? 0 : bytesOfText(part).length;
    if (length > pathPartBytesMax)
      return new Malformed(`part ${index + 1} of the path has ${length} bytes; ${pathPartBytesMax} are allowed`);
  }
  return text as SubjectPath;
}

/** What a person typed: brought into normal form first. */
export function normalizePath(text: string): Decoded<SubjectPath> {
  // Normal form C can shorten a text, by far less than this factor.
  if (text.length > pathBytesMax * 4) return new Malformed(`a path has at most ${pathBytesMax} bytes in UTF-8`);
  return parseSubjectPath(text.normalize("NFC"));
}

/** Bytes from a stranger or from disk: nothing is put right in them. */
export function decodeSubjectPath(bytes: Uint8Array): Decoded<SubjectPath> {
  if (bytes.length > pathBytesMax) return new Malformed(`a path has at most ${pathBytesMax} bytes in UTF-8`);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return new Malformed("a path must be valid UTF-8");
  }
  return parseSubjectPath(text);
}

/** The first two parts: the unit of interest and of sync. A path of one part is its own space. */
export function spacePath(path: SubjectPath): SubjectPath {
  const second = path.indexOf("/", path.indexOf("/") + 1);
  return path.includes("/") && second !== -1 ? (path.slice(0, second) as SubjectPath) : path;
}
