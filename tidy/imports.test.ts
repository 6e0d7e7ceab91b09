import { expect, test } from "vitest";
import { importsOf, join } from "./imports.js";

test("every form of import is seen, and resolved to a source of ours", () => {
  const text = `import { a } from "./a.js";
    import type { b } from "../b.js";
    export * from "./c.js";
    const d = await import("node:fs");
    let e: import("./e.js").E;
    export { f } from "gone";
    import globals from "./g.js";`;
  const paths = new Set(["x/a.ts", "b.ts", "x/c.ts", "x/e.ts", "x/g.d.ts"]);
  const found = importsOf({ path: "x/here.ts", text }, paths);
  expect(found.map(({ specifier }) => specifier).sort()).toEqual(["../b.js", "./a.js", "./c.js", "./e.js", "./g.js", "gone", "node:fs"]);
  expect(found.flatMap(({ to }) => to ?? []).sort()).toEqual(["b.ts", "x/a.ts", "x/c.ts", "x/e.ts", "x/g.d.ts"]);
  expect(found.find(({ specifier }) => specifier === "./c.js")?.line).toBe(3);
});

test("paths are joined", () => {
  expect(join("a/b", "../c/./d.js")).toBe("a/c/d.js");
  expect(join("", "./d.js")).toBe("d.js");
});
