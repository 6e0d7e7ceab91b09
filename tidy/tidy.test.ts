import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readProject } from "./project.js";
import { rules } from "./rules.js";

// The house rules, held over the whole tree. Each rule's own test shows that it bites.

const project = readProject(fileURLToPath(new URL("..", import.meta.url)));

test.each(Object.entries(rules))("%s", (_, rule) => {
  expect(rule(project).map(({ path, line, what }) => `${path}:${line} ${what}`)).toEqual([]);
});
