import { knownPathsMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { normalizePath, type SubjectPath } from "../identity/subject-path.js";
import { SinterError } from "./sinter-error.js";

/** In normal form. Throws what tells the caller how a subject is written. */
export function checkedPath(subject: string): SubjectPath {
  const path = normalizePath(subject);
  if (!isMalformed(path)) return path;
  throw new SinterError(
    "invalid-path",
    `not a subject: ${path.reason}`,
    "A subject is 1 to 8 parts joined by slashes, such as workspace/alpha/object/votes.",
  );
}

/** What callers typed, and the paths they meant: looking one up again costs a fraction of checking it. */
export class KnownPaths {
  readonly #known = new Map<string, SubjectPath>();

  /** Throws what tells the caller how a subject is written. */
  of(subject: string): SubjectPath {
    const known = this.#known.get(subject);
    if (known !== undefined) return known;
    const path = checkedPath(subject);
    if (this.#known.size >= knownPathsMax) this.#known.clear();
    this.#known.set(subject, path);
    return path;
  }
}
