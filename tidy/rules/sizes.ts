import { isCode, type Rule, type Source } from "../sources.js";
import { lineAt, nameOf, nodesOf } from "../syntax.js";

// A file is at most 500 lines, a function at most 70. The answer to a longer one is a thought, not a higher number.

export const fileLinesMost = 500;
export const functionLinesMost = 70;

export const sizes: Rule = (sources) =>
  sources.filter(({ path }) => isCode(path) || path === "sinter").flatMap((each) => [...ofFile(each), ...ofFunctions(each)]);

function ofFile({ path, text }: Source) {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return lines <= fileLinesMost ? [] : [{ path, line: 0, what: `${lines} lines; at most ${fileLinesMost}` }];
}

function ofFunctions(source: Source) {
  if (!isCode(source.path)) return [];
  return nodesOf(source, "FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression").flatMap(({ node, parents }) => {
    const first = lineAt(source.text, node.start);
    const lines = lineAt(source.text, node.end) - first + 1;
    const name = nameOf(node["id"]) ?? nameOf(parents[0]?.["key"]) ?? nameOf(parents[0]?.["id"]) ?? "a function";
    return lines <= functionLinesMost
      ? []
      : [{ path: source.path, line: first, what: `${name} has ${lines} lines; at most ${functionLinesMost}` }];
  });
}
