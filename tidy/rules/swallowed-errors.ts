import { isCode, type Rule, type Source } from "../sources.js";
import { isNode, lineAt, type Node, nameOf, nodesOf, syntaxOf, walk } from "../syntax.js";

// An error that is dropped says why: in a comment where it is dropped, by being used, or by a new value that says in words
// what happened (`return new Malformed("valid UTF-8 expected")`).

export const swallowedErrors: Rule = (sources) =>
  sources
    .filter(({ path }) => isCode(path))
    .flatMap((source) => {
      const dropped = [...droppedInClauses(source), ...droppedInCallbacks(source)].filter((each) => !explained(source, each));
      return dropped.map(({ node }) => ({
        path: source.path,
        line: lineAt(source.text, node.start),
        what: "drops an error and does not say why",
      }));
    });

interface Dropped {
  readonly node: Node;
  readonly parents: readonly Node[];
}

function droppedInClauses(source: Source): Dropped[] {
  return nodesOf(source, "CatchClause").filter(
    ({ node }) => !isUsed(node["param"], node["body"] as Node) && !answers(node["body"] as Node),
  );
}

/** `.catch(() => …)` that does not look at what it is given. */
function droppedInCallbacks(source: Source): Dropped[] {
  return nodesOf(source, "CallExpression").flatMap(({ node, parents }) => {
    const callee = node["callee"] as Node;
    const handler = (node["arguments"] as Node[])[0];
    if (
      callee.type !== "MemberExpression" ||
      nameOf(callee["property"]) !== "catch" ||
      handler === undefined ||
      !/Function/.test(handler.type)
    )
      return [];
    const body = handler["body"] as Node;
    return isUsed((handler["params"] as Node[])[0], body) || answers(body) ? [] : [{ node, parents }];
  });
}

function isUsed(parameter: unknown, body: Node): boolean {
  if (!isNode(parameter)) return false;
  const name = nameOf(parameter);
  if (name === undefined) return true;
  let used = false;
  walk(body, (node) => {
    if (node.type === "Identifier" && nameOf(node) === name) used = true;
  });
  return used;
}

function answers(body: Node): boolean {
  let answered = false;
  walk(body, (node) => {
    if (node.type === "ThrowStatement" || (node.type === "NewExpression" && saysSomething(node["arguments"] as Node[]))) answered = true;
  });
  return answered;
}

function saysSomething(given: readonly Node[]): boolean {
  return given.some((each) => each.type === "TemplateLiteral" || (each.type === "Literal" && typeof each["value"] === "string"));
}

/** A comment inside counts, one on the line before, and one right before the function it is in. */
function explained(source: Source, { node, parents }: Dropped): boolean {
  const around = parents.filter((parent) =>
    /^(FunctionDeclaration|MethodDefinition|VariableDeclaration|ExportNamedDeclaration)$/.test(parent.type),
  );
  const heads = [node, ...around.slice(0, 2)].map(({ start }) => lineAt(source.text, start) - 1);
  const [first, last] = [lineAt(source.text, node.start), lineAt(source.text, node.end)];
  return syntaxOf(source).comments.some((comment) => {
    const line = lineAt(source.text, comment.end);
    return comment.value.trim().length > 2 && (heads.includes(line) || (line >= first && line <= last));
  });
}
