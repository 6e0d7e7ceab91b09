import { expect, test } from "vitest";
import { only } from "../sources.js";
import { booleanArguments } from "./boolean-arguments.js";

const found = (text: string) => booleanArguments(only("packages/sinter/src/a.ts", text)).length;

test.each([
  "function retry(peer: string, soon: boolean) {} retry(p, true);",
  "const retry = (soon: boolean) => soon; retry(false);",
  'import { retry } from "./retry.js"; retry(1, true);',
  'import { retry } from "@sinter/core"; retry(true);',
  "class A { constructor(soon: boolean) {} } new A(true);",
  "class A { freeze(hard: boolean) {} } a.freeze(true);",
  "interface A { freeze(hard: boolean): void } a.freeze(true);",
  "class A { set(hard: boolean) {} b() { this.set(true); } }",
  "class A { #go(hard: boolean) {} b() { this.#go(true); } }",
])("found: %s", (text) => {
  expect(found(text)).toBe(1);
});

test.each([
  "view.setUint8(1, true); view.setUint16(0, 1, true);",
  "class A { set(key: string, value: number) {} } const map = new Map(); map.set(key, true);",
  "expect(x).toBe(true); resolve(true); done(false);",
  'import { deepEqual } from "node:assert"; deepEqual(x, true);',
  "retry({ soon: true }); function retry(options: object) {}",
  "new Promise((resolve) => resolve(true));",
])("passes: %s", (text) => {
  expect(found(text)).toBe(0);
});
