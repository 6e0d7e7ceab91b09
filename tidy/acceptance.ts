// The table of docs/acceptance.md: what is asked for, and which test shows it.

export interface Promised {
  readonly id: string;
  readonly path: string;
  /** How the test's name begins, behind its ids. */
  readonly name: string;
}

export function promisedIn(table: string): Promised[] {
  const rows = table.matchAll(/^\| ([A-Z][A-Z0-9-]+) \| .* \| `(\S+)`: (.+) \|$/gm);
  return [...rows].map(([, id = "", path = "", name = ""]) => ({ id, path, name }));
}

/** Names of tests in a file that say this id, and go on as is promised. */
export function testsNamed(source: string, { id, name }: Promised): string[] {
  const titles = [...source.matchAll(/"((?:[A-Z]+-[A-Z]+-\d\d |T\d\d )+)([^"\n]+)"/g)];
  return titles.flatMap(([, ids = "", title = ""]) => (ids.split(" ").includes(id) && title.startsWith(name) ? [title] : []));
}
