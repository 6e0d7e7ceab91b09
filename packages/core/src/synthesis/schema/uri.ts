// Resolving references (RFC 3986, 5.2), which is all that is needed of URIs.

interface Parts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

function partsOf(uri: string): Parts {
  // The expression of RFC 3986, appendix B: it matches any text.
  const found = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(uri) as RegExpExecArray;
  return { scheme: found[1], authority: found[2], path: found[3] as string, query: found[4], fragment: found[5] };
}

export function isAbsolute(uri: string): boolean {
  return partsOf(uri).scheme !== undefined;
}

export function resolveUri(reference: string, base: string): string {
  const given = partsOf(reference);
  const { fragment } = given;
  if (given.scheme !== undefined) return textOf({ ...given, path: withoutDots(given.path) });
  const { scheme, authority, path, query } = partsOf(base);
  if (given.authority !== undefined) return textOf({ ...given, scheme, path: withoutDots(given.path) });
  if (given.path === "") return textOf({ scheme, authority, path, query: given.query ?? query, fragment });
  const merged = given.path.startsWith("/") ? given.path : `${folderOf(path, authority)}${given.path}`;
  return textOf({ scheme, authority, path: withoutDots(merged), query: given.query, fragment });
}

/** The fragment is as it is written; "" where there is none. */
export function splitFragment(uri: string): { readonly document: string; readonly fragment: string } {
  const at = uri.indexOf("#");
  return at < 0 ? { document: uri, fragment: "" } : { document: uri.slice(0, at), fragment: uri.slice(at + 1) };
}

function folderOf(path: string, authority: string | undefined): string {
  return path === "" && authority !== undefined ? "/" : path.slice(0, path.lastIndexOf("/") + 1);
}

function withoutDots(path: string): string {
  if (!/(^|\/)\.\.?(\/|$)/.test(path)) return path;
  const kept: string[] = [];
  const steps = path.split("/");
  for (const [at, step] of steps.entries()) {
    const isLast = at === steps.length - 1;
    if (step === "..") {
      if (kept.length > 1 || (kept.length === 1 && kept[0] !== "")) kept.pop();
      if (isLast) kept.push("");
    } else if (step !== ".") kept.push(step);
    else if (isLast) kept.push("");
  }
  return kept.join("/");
}

function textOf({ scheme, authority, path, query, fragment }: Parts): string {
  const before = `${scheme === undefined ? "" : `${scheme}:`}${authority === undefined ? "" : `//${authority}`}`;
  return `${before}${path}${query === undefined ? "" : `?${query}`}${fragment === undefined ? "" : `#${fragment}`}`;
}
