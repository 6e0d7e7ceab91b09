import { expect, test } from "vitest";
import { quorumSourcesMax, strategyDepthMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { reasonOf } from "../merge/story.suite.js";
import type { Data } from "./data.js";
import { defaultRule, type Rule, ruleFrom, strategyNames } from "./rule.js";
import { strategyName } from "./told.js";

const made = (written: Data): Rule => {
  const rule = ruleFrom(written, () => new Malformed("no types here"));
  return rule instanceof Malformed ? expect.fail(rule.reason) : rule;
};
const refused = (written: Data) => reasonOf(ruleFrom(written, () => new Malformed("no types here")));

/** "or-set whole" */
const told = (rule: Rule) => strategyName(rule) + (rule.kind === "decide" ? ` ${rule.over}` : "");

test.each<[Data, string]>([
  ["lww", "lww leaves"],
  [{ strategy: "lww" }, "lww leaves"],
  [{ strategy: "lww", whole: true }, "lww whole"],
  [{ strategy: "mv", whole: false }, "mv leaves"],
  ["max", "max leaves"],
  ["pn-counter", "pn-counter leaves"],
  ["or-set", "or-set whole"],
  ["concat-unique", "concat-unique whole"],
  ["priority", "priority leaves"],
  [{ strategy: "priority", order: ["a", "b"], whole: true }, "priority(a > b) whole"],
  [{ strategy: "quorum", of: 2 }, "quorum(2) leaves"],
  ["map", "map"],
  [{ strategy: "record", fields: { votes: "pn-counter" } }, "record"],
  [{ strategy: "by-key", key: "id" }, "by-key(id)"],
])("%j is %s", (written, name) => {
  expect(told(made(written))).toBe(name);
});

test("rules lie in one another", () => {
  expect(made("map")).toMatchObject({ of: { over: "whole", strategy: { name: "lww" } } });
  expect(made({ strategy: "map", of: { strategy: "map", of: "max" } })).toMatchObject({ of: { of: { strategy: { name: "max" } } } });
  expect(made({ strategy: "by-key", key: "id" })).toEqual({ kind: "by-key", key: "id", of: defaultRule });
  expect(made({ strategy: "by-key", key: "id", of: "or-set" })).toMatchObject({ of: { strategy: { name: "or-set" } } });
  const record = made({ strategy: "record", fields: JSON.parse('{"__proto__":"max","constructor":"flag"}') });
  expect(record.kind === "record" && [...record.fields.keys()]).toEqual(["__proto__", "constructor"]);
});

test("all that the issue names are there", () => {
  const values = ["lww", "mv", "max", "min", "priority", "quorum", "unanimous", "first", "error", "flag", "g-counter", "pn-counter"];
  const sets = ["g-set", "2p-set", "or-set", "rw-set", "concat-unique"];
  expect([...strategyNames()].sort()).toEqual([...values, ...sets, "map", "record", "by-key", "custom"].sort());
});

test.each<[Data, string]>([
  [null, "a strategy is its name"],
  [["max"], "a strategy is its name"],
  [{ whole: true }, "a strategy is its name"],
  [{ strategy: 5 }, "a strategy is its name"],
  ["maximum", 'no strategy "maximum"; there are lww, mv'],
  ["constructor", 'no strategy "constructor"'],
  ["__proto__", 'no strategy "__proto__"'],
  [{ strategy: "max", whole: true }, 'max takes no options, not "whole"'],
  [{ strategy: "or-set", whole: true }, "or-set takes no options"],
  [{ strategy: "lww", hole: true }, 'lww takes whole, not "hole"'],
  [{ strategy: "lww", whole: "yes" }, '"whole" of lww is true or false'],
  [{ strategy: "quorum", of: 2, whole: 1 }, '"whole" of quorum(2) is true or false'],
  ["quorum", "how many sources have to agree"],
  [{ strategy: "quorum", of: 0 }, "how many sources have to agree"],
  [{ strategy: "quorum", of: 1.5 }, "how many sources have to agree"],
  [{ strategy: "quorum", of: quorumSourcesMax + 1 }, `from 1 to ${quorumSourcesMax}`],
  [{ strategy: "priority", order: [] }, '"order" of priority'],
  [{ strategy: "priority", order: "a" }, '"order" of priority'],
  [{ strategy: "priority", order: [1] }, '"order" of priority'],
  [{ strategy: "priority", order: ["a", "a"] }, "each once"],
  [{ strategy: "record" }, '"fields" of record'],
  [{ strategy: "record", fields: {} }, '"fields" of record'],
  [{ strategy: "record", fields: { a: "b" } }, 'no strategy "b"'],
  [{ strategy: "map", of: "b" }, 'no strategy "b"'],
  [{ strategy: "by-key" }, '"key" of by-key'],
  [{ strategy: "by-key", key: "id", of: "b" }, 'no strategy "b"'],
  [{ strategy: "custom", module: "./a.js", type: "a" }, "no types here"],
])("%j is none", (written, reason) => {
  expect(refused(written)).toContain(reason);
});

test("rules lie so deep in one another at most", () => {
  const nested = (depth: number): Data => (depth === 0 ? "max" : { strategy: "map", of: nested(depth - 1) });
  expect(made(nested(strategyDepthMax)).kind).toBe("map");
  expect(refused(nested(strategyDepthMax + 1))).toContain(`${strategyDepthMax} deep at most`);
});
