import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { rules } from "./rules.js";

test("every rule that is written is held", () => {
  const files = readdirSync(new URL("./rules", import.meta.url)).filter((name) => !name.endsWith(".test.ts"));
  expect(new Set(Object.values(rules)).size).toBe(files.length);
});
