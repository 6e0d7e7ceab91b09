import { baseName, type Finding, folderOf, type Rule } from "../sources.js";

// A lockfile says what is installed and by which hash, never where from: that is for each machine to say. npm still writes
// `resolved` for a package of our own, where it is the folder that a link leads to.

const OMITS = /^omit-lockfile-registry-resolved=true$/m;

export const lockfiles: Rule = (sources) =>
  sources
    .filter(({ path }) => baseName(path) === "package-lock.json")
    .flatMap(({ path, text }) => {
      const folder = folderOf(path);
      const npmrc = sources.find((source) => baseName(source.path) === ".npmrc" && folderOf(source.path) === folder);
      return [
        ...(OMITS.test(npmrc?.text ?? "") ? [] : [{ path, line: 0, what: "the .npmrc beside it does not omit addresses" }]),
        ...addressed(path, text),
      ];
    });

interface Locked {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string; readonly link?: true }>>;
}

function addressed(path: string, text: string): Finding[] {
  return Object.entries((JSON.parse(text) as Locked).packages ?? {})
    .filter(([, { resolved, link }]) => resolved !== undefined && (link !== true || !/^[a-z][\w/-]*$/.test(resolved)))
    .map(([name]) => ({ path, line: 0, what: `${name} has a download address; npm install --package-lock-only writes it without` }));
}
