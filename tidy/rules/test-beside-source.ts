import { allImports } from "../imports.js";
import { baseName, folderOf, isCode, isTest, type Rule, type Source } from "../sources.js";
import { nodesOf } from "../syntax.js";

// What does something is tested in the folder it lies in: by a test of its name, or by a neighbour's test that imports
// it. And a test is named after what it tests: a file, a suite or its folder.

const rooms = /^(packages\/[^/]+\/src|tidy)\//;

export const testBesideSource: Rule = (sources) => {
  const mine = sources.filter(({ path }) => rooms.test(path) && isCode(path));
  return [...untested(mine), ...withoutSubject(mine)];
};

function untested(sources: readonly Source[]) {
  const besides = allImports(sources).filter(({ from, to }) => isTest(from) && to !== undefined && folderOf(from) === folderOf(to));
  const covered = new Set(besides.map(({ to }) => to));
  return sources
    .filter((source) => !isTest(source.path) && !source.path.endsWith(".d.ts") && doesSomething(source) && !covered.has(source.path))
    .map(({ path }) => ({ path, line: 0, what: `no test in ${folderOf(path)} imports it` }));
}

function withoutSubject(sources: readonly Source[]) {
  const paths = new Set(sources.map(({ path }) => path));
  return sources
    .filter(({ path }) => path.endsWith(".test.ts"))
    .filter(({ path }) => {
      const subject = (baseName(path).split(".")[0] as string).toLowerCase();
      const folder = folderOf(path);
      const named = [folder.split("/").at(-1), folder.split("/")[1]].includes(subject);
      return !named && !paths.has(`${folder}/${subject}.ts`) && !paths.has(`${folder}/${subject}.suite.ts`);
    })
    .map(({ path }) => ({ path, line: 0, what: "is named after no file beside it, nor after its folder" }));
}

/** More than types, constants and re-exports. */
function doesSomething(source: Source): boolean {
  return nodesOf(source, "FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression").some(({ node }) => node["body"] !== null);
}
