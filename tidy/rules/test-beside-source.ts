import { allImports } from "../imports.js";
import { baseName, folderOf, isCode, isTest, type Rule, type Source } from "../sources.js";
import { nodesOf } from "../syntax.js";

// What does something is tested where it lies: a test on its floor, or above it in the same room, imports it or imports
// what is made of it. And a unit test is named after what it tests: a file, a suite or its folder. The other lanes
// cross files, so their names say what happens.

/** packages, core, src, feed. */
const FLOOR_DEPTH = 4;

const rooms = /^(packages\/[^/]+\/src|tidy)\//;

export const testBesideSource: Rule = (sources) => {
  const mine = sources.filter(({ path }) => rooms.test(path) && isCode(path));
  return [...untested(mine), ...withoutSubject(mine)];
};

function untested(sources: readonly Source[]) {
  const imports = new Map<string, string[]>();
  for (const { from, to } of allImports(sources)) imports.set(from, [...(imports.get(from) ?? []), ...(to === undefined ? [] : [to])]);
  const covered = new Set<string>();
  for (const { path } of sources.filter((source) => source.path.endsWith(".test.ts"))) {
    const seen = new Set([path]);
    for (const at of seen) {
      for (const to of imports.get(at) ?? []) if (to.startsWith(`${floorOf(path)}/`)) seen.add(to);
    }
    for (const each of seen) covered.add(each);
  }
  return sources
    .filter((source) => !isTest(source.path) && !source.path.endsWith(".d.ts") && doesSomething(source) && !covered.has(source.path))
    .map(({ path }) => ({ path, line: 0, what: `no test in ${floorOf(path)} or above reaches it` }));
}

function withoutSubject(sources: readonly Source[]) {
  const paths = new Set(sources.map(({ path }) => path));
  return sources
    .filter(({ path }) => /\/[^/.]+\.test\.ts$/.test(path))
    .filter(({ path }) => {
      const subject = (baseName(path).split(".")[0] as string).toLowerCase();
      const folder = folderOf(path);
      const named = [folder.split("/").at(-1), folder.split("/")[1]].includes(subject);
      return !named && !paths.has(`${folder}/${subject}.ts`) && !paths.has(`${folder}/${subject}.suite.ts`);
    })
    .map(({ path }) => ({ path, line: 0, what: "is named after no file beside it, nor after its folder" }));
}

/** The folder, or that of the floor where it has folders of its own. */
function floorOf(path: string): string {
  return folderOf(path).split("/").slice(0, FLOOR_DEPTH).join("/");
}

/** More than types, constants and re-exports. */
function doesSomething(source: Source): boolean {
  return nodesOf(source, "FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression").some(({ node }) => node["body"] !== null);
}
