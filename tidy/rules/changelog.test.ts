import { expect, test } from "vitest";
import { changelog } from "./changelog.js";

const root = { path: "package.json", text: '{"version":"0.2.0"}' };
const core = { path: "packages/core/package.json", text: '{"version":"0.2.0"}' };
const log = (text: string) => ({ path: "CHANGELOG.md", text });

test("an entry for the version passes", () => {
  expect(changelog([root, core, log("# Changes\n\n## 0.2.0\n\n- Feeds.\n\n## 0.1.0\n\n- First.\n")])).toEqual([]);
});

test("no entry, or an empty one, is found", () => {
  expect(changelog([root, log("# Changes\n\n## 0.1.0\n\n- First.\n")])).toHaveLength(1);
  expect(changelog([root, log("# Changes\n\n## 0.2.0\n\n## 0.1.0\n\n- First.\n")])).toHaveLength(1);
  expect(changelog([root])).toHaveLength(1);
});

test("a package of another version is found", () => {
  expect(changelog([root, { ...core, text: '{"version":"0.1.0"}' }, log("## 0.2.0\n\n- Feeds.\n")])).toHaveLength(1);
});
