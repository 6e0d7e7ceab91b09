import { expect, test } from "vitest";
import { only } from "../sources.js";
import { leftovers } from "./leftovers.js";

test.each(["// TODO make it faster", "/* FIXME */", "// TODO(ann): later", "const a = 1; // XXX"])("found: %s", (text) => {
  expect(leftovers(only("a.ts", text))).toHaveLength(1);
  expect(leftovers(only("docs/a.md", text))).toHaveLength(1);
});

test.each(["// TODO(once rows carry Falcon): compare hybridSize", 'const text = "TODO";', "// todos are listed"])("passes: %s", (text) => {
  expect(leftovers(only("a.ts", text))).toEqual([]);
});
