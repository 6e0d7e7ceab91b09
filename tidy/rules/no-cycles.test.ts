import { expect, test } from "vitest";
import { noCycles } from "./no-cycles.js";

const file = (name: string, text: string) => ({ path: `packages/sinter/src/${name}.ts`, text });

test("a tree of imports passes", () => {
  expect(noCycles([file("a", 'import "./b.js"; import "./c.js";'), file("b", 'import "./c.js";'), file("c", "")])).toEqual([]);
});

test("a circle of three files is found, of types too", () => {
  const circle = [file("a", 'import "./b.js";'), file("b", 'export * from "./c.js";'), file("c", 'import type { X } from "./a.js";')];
  expect(noCycles(circle).map(({ what }) => what)).toEqual([expect.stringContaining("a.ts → packages/sinter/src/b.ts")]);
});

test("a folder and one inside it count as one", () => {
  expect(noCycles([file("run", 'import "./commands/up.js";'), file("commands/up", 'import "../output.js";'), file("output", "")])).toEqual(
    [],
  );
});

test("a circle of folders without a circle of files is found", () => {
  const folders = [file("x/a", 'import "../y/b.js";'), file("y/b", ""), file("y/c", 'import "../x/d.js";'), file("x/d", "")];
  expect(noCycles(folders).map(({ what }) => what)).toEqual([
    "imports go in a circle: packages/sinter/src/x → packages/sinter/src/y → packages/sinter/src/x",
  ]);
});
