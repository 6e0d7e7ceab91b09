import { isShippedCore, type Rule } from "../sources.js";
import { isReference, lineAt, nameOf, nodesOf } from "../syntax.js";

// Core takes its time, chance and world through ports. Outside peer/, the public API, it does not wait either.

const banned = new Set(
  [
    "Date",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "queueMicrotask",
    "EventEmitter",
    "EventTarget",
    "console",
    "process",
    "performance",
  ].concat(["globalThis", "Buffer", "require", "fetch", "structuredClone", "WeakRef", "FinalizationRegistry"]),
);

export const corePurity: Rule = (sources) =>
  sources
    .filter(({ path }) => isShippedCore(path))
    .flatMap((source) => {
      const mayWait = source.path.startsWith("packages/core/src/peer/");
      const at = (offset: number, what: string) => ({ path: source.path, line: lineAt(source.text, offset), what });
      const names = nodesOf(source, "Identifier").flatMap(({ node, parents }) => {
        const name = nameOf(node) as string;
        if (!isReference(node, parents[0])) return [];
        if (banned.has(name)) return [at(node.start, `${name} in core; it comes in through a port`)];
        return name === "Promise" && !mayWait ? [at(node.start, "Promise in core outside peer/; a step answers effects")] : [];
      });
      const random = nodesOf(source, "MemberExpression")
        .filter(({ node }) => nameOf(node["object"]) === "Math" && nameOf(node["property"]) === "random")
        .map(({ node }) => at(node.start, "Math.random in core; chance comes in through a port"));
      const waits = nodesOf(
        source,
        "FunctionDeclaration",
        "FunctionExpression",
        "ArrowFunctionExpression",
        "AwaitExpression",
        "ForOfStatement",
      )
        .filter(({ node }) => !mayWait && (node["async"] === true || node["await"] === true || node.type === "AwaitExpression"))
        .map(({ node }) => at(node.start, "async in core outside peer/; a step answers effects"));
      return [...names, ...random, ...waits];
    });
