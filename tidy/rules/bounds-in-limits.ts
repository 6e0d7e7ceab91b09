import { baseName, isShipped, type Rule, type Source } from "../sources.js";
import { lineAt, type Node, nameOf, nodesOf } from "../syntax.js";

// Every bound is found in one place. A number named …Max that is not computed from others belongs in limits.ts, and
// limits.ts holds nothing but exported numbers.

export const boundsInLimits: Rule = (sources) =>
  sources
    .filter(({ path }) => isShipped(path))
    .flatMap((source) => (baseName(source.path) === "limits.ts" ? insideLimits(source) : outsideLimits(source)));

function outsideLimits(source: Source) {
  return nodesOf(source, "VariableDeclarator", "PropertyDefinition")
    .filter(
      ({ node }) => /(Max|_MAX)$/.test(nameOf(node["id"] ?? node["key"]) ?? "") && isNumber((node["init"] ?? node["value"]) as Node | null),
    )
    .map(({ node }) => ({ path: source.path, line: lineAt(source.text, node.start), what: "a bound outside limits.ts" }));
}

function insideLimits(source: Source) {
  const declared = nodesOf(source, "VariableDeclarator").filter(
    ({ parents }) => parents[1]?.type !== "ExportNamedDeclaration" || parents[0]?.["kind"] !== "const",
  );
  const shapeless = nodesOf(source, "FunctionDeclaration", "ClassDeclaration", "TSTypeAliasDeclaration", "TSInterfaceDeclaration");
  return [...declared, ...shapeless].map(({ node }) => ({
    path: source.path,
    line: lineAt(source.text, node.start),
    what: "limits.ts holds exported constants only",
  }));
}

function isNumber(node: Node | null): boolean {
  if (node === null) return false;
  if (node.type === "Literal") return typeof node["value"] === "number" || typeof node["value"] === "bigint";
  if (node.type === "UnaryExpression") return isNumber(node["argument"] as Node);
  return node.type === "BinaryExpression" && isNumber(node["left"] as Node) && isNumber(node["right"] as Node);
}
