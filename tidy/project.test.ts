import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ignoredNames, readProject } from "./project.js";

test("the forms of .gitignore in use are understood", () => {
  const ignored = ignoredNames("# made by tools\nnode_modules/\n*.tgz\n.DS_Store\n");
  expect(["node_modules", "a.tgz", ".DS_Store", ".git"].every(ignored)).toBe(true);
  expect(["src", "tgz", "node"].some(ignored)).toBe(false);
});

test("a tree is read with its texts, in order, without what is ignored", () => {
  const root = mkdtempSync(join(tmpdir(), "sinter-tidy-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "dist"));
  mkdirSync(join(root, "b"));
  writeFileSync(join(root, ".gitignore"), "dist/\n");
  writeFileSync(join(root, "dist", "x.js"), "x");
  writeFileSync(join(root, "b", "c.ts"), "text");
  writeFileSync(join(root, "b", "data.mdb"), Uint8Array.of(1, 0, 2));
  const rest = readProject(root).filter(({ path }) => path !== ".gitignore");
  expect(rest).toEqual([
    { path: "b/c.ts", text: "text" },
    { path: "b/data.mdb", text: "" },
  ]);
});
