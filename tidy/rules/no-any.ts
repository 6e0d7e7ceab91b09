import { isCode, type Rule } from "../sources.js";
import { lineAt, nodesOf } from "../syntax.js";

// `any` ends type checking silently. One is needed, where cores of different vocabularies stand in one list: the mount
// list of the driver.

const mountList = /^packages\/core\/src\/(protocol|peer)\/[a-z-]*mount[a-z-]*\.ts$/;

export const noAny: Rule = (sources) => {
  const all = sources
    .filter(({ path }) => isCode(path))
    .flatMap((source) => nodesOf(source, "TSAnyKeyword").map(({ node }) => ({ path: source.path, line: lineAt(source.text, node.start) })));
  const mounted = all.findIndex(({ path }) => mountList.test(path));
  return all.filter((_, index) => index !== mounted).map((each) => ({ ...each, what: "any; say unknown and narrow it" }));
};
