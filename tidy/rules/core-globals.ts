import type { Rule } from "../sources.js";
import { lineAt, type Node, nameOf, syntaxOf } from "../syntax.js";

// globals.d.ts is the only hole in core's wall, so what it may declare is said here too.

const allowed = new Map([
  ["AbortSignal", "TSInterfaceDeclaration"],
  ["TextEncoder", "ClassDeclaration"],
  ["TextDecoder", "ClassDeclaration"],
  ["SymbolConstructor", "TSInterfaceDeclaration"],
]);

export const coreGlobals: Rule = (sources) =>
  sources
    .filter(({ path }) => path.startsWith("packages/core/") && path.endsWith(".d.ts"))
    .flatMap((source) => {
      const at = (node: Node, what: string) => ({ path: source.path, line: lineAt(source.text, node.start), what });
      if (source.path !== "packages/core/src/globals.d.ts")
        return [{ path: source.path, line: 0, what: "core declares globals in globals.d.ts alone" }];
      return (syntaxOf(source).program["body"] as Node[]).flatMap((node) => {
        const name = nameOf(node["id"]);
        if (name === undefined || allowed.get(name) !== node.type)
          return [at(node, `declares ${name ?? node.type}, which core may not use`)];
        if (name !== "SymbolConstructor") return [];
        const members = ((node["body"] as Node)["body"] as Node[]).map((member) => nameOf(member["key"]));
        return members.every((member) => member === "observable") ? [] : [at(node, "adds more to Symbol than observable")];
      });
    });
