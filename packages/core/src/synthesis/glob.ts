import { globCharsMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";

// Which files a rule is for: `*` and `?` stand for what has no slash, `**` for whole folders, any number of them.

export type Glob = (id: string) => boolean;

export function globFrom(text: string): Glob | Malformed {
  if (text === "" || text.length > globCharsMax) return new Malformed(`a pattern of files has 1 to ${globCharsMax} characters`);
  const wanted = text.split("/");
  return (id) => matches(wanted, id.split("/"));
}

/** Folder by folder; after `**` wherever it fits first, and back no further than to the last of them: never more than both lengths. */
function matches(wanted: readonly string[], parts: readonly string[]): boolean {
  return matchesBy(wanted, parts, { isAny: (each) => each === "**", matches: (each, part) => matchesPart(each, part) });
}

function matchesPart(wanted: string, part: string): boolean {
  return matchesBy([...wanted], [...part], { isAny: (each) => each === "*", matches: (each, sign) => each === "?" || each === sign });
}

interface Signs {
  isAny(wanted: string): boolean;
  matches(wanted: string, part: string): boolean;
}

function matchesBy(wanted: readonly string[], parts: readonly string[], signs: Signs): boolean {
  let at = 0;
  let next = 0;
  let any = -1;
  let resume = 0;
  while (next < parts.length) {
    const sign = wanted[at];
    if (sign !== undefined && signs.isAny(sign)) {
      any = at++;
      resume = next;
    } else if (sign !== undefined && signs.matches(sign, parts[next] as string)) {
      at++;
      next++;
    } else if (any >= 0) {
      at = any + 1;
      next = ++resume;
    } else return false;
  }
  while (at < wanted.length && signs.isAny(wanted[at] as string)) at++;
  return at === wanted.length;
}
