// What every rule reads and answers. A rule is a pure function over the whole tree's texts, so that its fixtures are
// strings and it can look across files.

export interface Source {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Finding {
  readonly path: string;
  /** From 1; 0 where the finding is about the file as a whole. */
  readonly line: number;
  /** What is wrong and what to do instead. */
  readonly what: string;
}

export type Rule = (sources: readonly Source[]) => Finding[];

export function isCode(path: string): boolean {
  return /\.(ts|mjs)$/.test(path);
}

export function isTest(path: string): boolean {
  return /\.(test|suite)\.ts$/.test(path);
}

/** Goes into a package: neither a test nor a suite nor a fixture. */
export function isShipped(path: string): boolean {
  return /^packages\/[^/]+\/src\/.*\.ts$/.test(path) && !isTest(path);
}

export function isShippedCore(path: string): boolean {
  return path.startsWith("packages/core/src/") && isShipped(path);
}

/** The package's folder and the path inside its `src`, or nothing for what lies in no package. */
export function roomOf(path: string): { readonly room: string; readonly inside: string } | undefined {
  const found = /^packages\/([^/]+)\/src\/(.+)$/.exec(path);
  return found === null ? undefined : { room: found[1] as string, inside: found[2] as string };
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** For fixtures: one file of the given text. */
export function only(path: string, text: string): Source[] {
  return [{ path, text }];
}
