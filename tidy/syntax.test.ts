import { expect, test } from "vitest";
import { only } from "./sources.js";
import { isReference, lineAt, nodesOf, syntaxOf } from "./syntax.js";

test("lines count from 1", () => {
  expect([0, 1, 2, 4].map((offset) => lineAt("a\nb\nc", offset))).toEqual([1, 1, 2, 3]);
});

test("a source that does not parse is an error that names it", () => {
  expect(() => syntaxOf({ path: "broken.ts", text: "const = 1;" })).toThrow("broken.ts");
});

test("references are told from names of properties", () => {
  const [source] = only("a.ts", "x; a.x; a[x]; ({ x: 1 }); ({ x }); class A { x = 1; m(): B.x {} }");
  if (source === undefined) throw new Error("a fixture of one file");
  const references = nodesOf(source, "Identifier").filter(({ node, parents }) => node["name"] === "x" && isReference(node, parents[0]));
  expect(new Set(references.map(({ node }) => node.start)).size).toBe(3);
});
