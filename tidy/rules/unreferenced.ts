import { allImports } from "../imports.js";
import { baseName, isTest, type Rule, type Source } from "../sources.js";

// Nothing lies about. Code is imported, or named by a package's metadata, a script or a page; a fixture or vector is
// named by whoever reads it, itself or its folder.

const looked = /^(packages\/[^/]+\/(src|fixtures|scenarios)|tidy|scripts|mutants|bench|vectors)\//;

export const unreferenced: Rule = (sources) => {
  const imported = new Set(allImports(sources).flatMap(({ from, to }) => (to === undefined || from === to ? [] : [to])));
  return sources
    .filter(({ path }) => looked.test(path) && !imported.has(path) && !isKnownToTools(path))
    .filter((source) => !isNamed(source, sources))
    .map(({ path }) => ({ path, line: 0, what: "nothing imports or names it" }));
};

/** Found by its name or place: by npm, the compiler, the test runner, a reader. */
function isKnownToTools(path: string): boolean {
  return /(\.test\.ts|\.d\.ts|\.md|(^|\/)package(-lock)?\.json|(^|\/)tsconfig\.json|(^|\/)\.npmrc)$/.test(path);
}

function isNamed({ path }: Source, sources: readonly Source[]): boolean {
  const names = namesOf(path);
  return sources.some((other) => other.path !== path && names.some((name) => other.text.includes(name)));
}

/** What others may call it. Metadata names what is built (`dist/main.js`), a worker is named by its URL (`./worker.js`). */
function namesOf(path: string): string[] {
  const name = baseName(path);
  const built = /^packages\/[^/]+\/src\/(.+)\.ts$/.exec(path);
  if (built !== null && !isTest(path)) return [`dist/${built[1]}.js`, `/${name.replace(/\.ts$/, ".js")}"`];
  const folder = path.slice(0, -name.length - 1);
  const ofFolder = /^packages\/[^/]+\/fixtures|^vectors\/./.test(folder) ? [`${folder.split("/").at(-1)}/`] : [];
  return [name, ...ofFolder];
}
