import { expect, test } from "vitest";
import { only } from "../sources.js";
import { coreGlobals } from "./core-globals.js";

const path = "packages/core/src/globals.d.ts";

test("the names core may use pass", () => {
  const text = "interface AbortSignal { a: 1 } declare class TextEncoder {} interface SymbolConstructor { readonly observable: symbol }";
  expect(coreGlobals(only(path, text))).toEqual([]);
});

test.each([
  "declare function setTimeout(run: () => void): void;",
  "declare const process: unknown;",
  "declare class AbortSignal {}",
  "interface SymbolConstructor { readonly other: symbol }",
  'import "x";',
])("found: %s", (text) => {
  expect(coreGlobals(only(path, text))).toHaveLength(1);
});

test("another file of declarations in core is found", () => {
  expect(coreGlobals(only("packages/core/src/bytes/more.d.ts", ""))).toHaveLength(1);
});
