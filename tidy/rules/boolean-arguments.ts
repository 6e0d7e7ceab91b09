import { isCode, type Rule, type Source } from "../sources.js";
import { lineAt, type Node, nameOf, nodesOf } from "../syntax.js";

// `retry(peer, true)` says nothing where it is read. Flagged are calls of what is ours: functions and classes declared
// here, called by name, and methods whose name only our own classes and interfaces declare. A platform's method
// (`view.setUint8(x, 1, true)`) is not ours to change.

const platformMethods = new Set(
  [
    "add",
    "append",
    "close",
    "delete",
    "emit",
    "end",
    "entries",
    "exec",
    "fill",
    "find",
    "get",
    "has",
    "includes",
    "listen",
    "map",
    "next",
    "of",
  ].concat([
    "on",
    "once",
    "option",
    "push",
    "put",
    "resolve",
    "reject",
    "return",
    "run",
    "send",
    "set",
    "some",
    "then",
    "write",
    "property",
    "constant",
  ]),
);

export const booleanArguments: Rule = (sources) => {
  const code = sources.filter(({ path }) => isCode(path));
  const methods = new Set(code.flatMap(methodNames));
  return code.flatMap((source) => {
    const functions = localFunctions(source);
    return nodesOf(source, "CallExpression", "NewExpression").flatMap(({ node }) => {
      const given = (node["arguments"] as Node[]).find((argument) => argument.type === "Literal" && typeof argument["value"] === "boolean");
      if (given === undefined || !isOurs(node["callee"] as Node, functions, methods)) return [];
      const what = `passes ${given["value"]} by position; name it: an option or a word of a union`;
      return [{ path: source.path, line: lineAt(source.text, node.start), what }];
    });
  });
};

function isOurs(callee: Node, functions: ReadonlySet<string>, methods: ReadonlySet<string>): boolean {
  if (callee.type === "Identifier") return functions.has(nameOf(callee) as string);
  if (callee.type !== "MemberExpression" || callee["computed"] === true) return false;
  const property = callee["property"] as Node;
  if (property.type === "PrivateIdentifier") return true;
  const ofThis = (callee["object"] as Node).type === "ThisExpression";
  const name = nameOf(property) as string;
  return methods.has(name) && (ofThis || !platformMethods.has(name));
}

/** Functions and classes declared in this file or imported from one of ours, by the name they have here. */
function localFunctions(source: Source): Set<string> {
  const names = new Set<string>();
  for (const { node } of nodesOf(source, "FunctionDeclaration", "ClassDeclaration", "VariableDeclarator")) {
    const isFunction = node.type !== "VariableDeclarator" || /Function/.test((node["init"] as Node | null)?.type ?? "");
    const name = nameOf(node["id"]);
    if (isFunction && name !== undefined) names.add(name);
  }
  for (const { node } of nodesOf(source, "ImportDeclaration")) {
    const from = nameOf(node["source"]) ?? "";
    if (!/^(\.|@sinter\/|sinter$|sinter\/)/.test(from)) continue;
    for (const each of node["specifiers"] as Node[]) names.add(nameOf(each["local"]) as string);
  }
  return names;
}

function methodNames(source: Source): string[] {
  return nodesOf(source, "MethodDefinition", "TSMethodSignature").flatMap(({ node }) => nameOf(node["key"]) ?? []);
}
