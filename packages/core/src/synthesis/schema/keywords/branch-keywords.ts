import type { Data, DataObject } from "../../data.js";
import { choice, expectationOf } from "../expectation.js";
import type { Run } from "../run.js";
import type { SchemaNode } from "../schema-node.js";
import { Seen } from "../seen.js";
import type { Site } from "../site.js";
import { maybe, no, opposite, type Verdict, yes } from "../verdict.js";
import { listed, shown, type Violation } from "../violation.js";
import { kinds } from "./any-keywords.js";

// Schemas that are applied to the same value.

export function sameKeywords(site: Site): void {
  for (const node of [site.refer("$ref"), site.refer("$dynamicRef"), ...(site.schemas("allOf") ?? [])]) {
    if (node === undefined) continue;
    site.node.same.push(node);
    site.test(kinds, (value, run, seen) => node.judge(value, run, seen));
  }
}

export function anyOfKeyword(site: Site): void {
  const nodes = branchesOf(site, "anyOf");
  if (nodes === undefined) return;
  site.test(kinds, (value, run, seen) => {
    let verdict: Verdict = no;
    for (let at = 0; at < nodes.length; at++) {
      const found = judgeBranch(nodes[at] as SchemaNode, value, run, seen);
      if (found > verdict) verdict = found;
      if (found === yes && seen === undefined) return yes;
    }
    return verdict === no && run.isTelling ? tellBranches(site, { keyword: "anyOf", nodes, value, run }) : verdict;
  });
}

export function oneOfKeyword(site: Site): void {
  const nodes = branchesOf(site, "oneOf");
  if (nodes === undefined) return;
  site.test(kinds, (value, run, seen) => {
    let [certain, possible] = [0, 0];
    for (let at = 0; at < nodes.length; at++) {
      const found = judgeBranch(nodes[at] as SchemaNode, value, run, seen);
      if (found !== no) possible++;
      if (found === yes) certain++;
      if (certain > 1) return run.isTelling ? tellSeveral(site, nodes, value, run) : no;
    }
    if (possible === 0) return run.isTelling ? tellBranches(site, { keyword: "oneOf", nodes, value, run }) : no;
    return certain === possible ? yes : maybe;
  });
}

export function notKeyword(site: Site): void {
  const node = site.schema("not");
  if (node === undefined) return;
  site.node.branches.push({ keyword: "not", node });
  const refuse = site.refusal("not", () => `anything but ${expectationOf(node)}`);
  site.test(kinds, (value, run) => {
    const verdict = opposite(judgeBranch(node, value, run, undefined));
    return verdict === no ? refuse(run, value) : verdict;
  });
}

export function ifKeywords(site: Site): void {
  const condition = site.schema("if");
  if (condition === undefined) return;
  const [met, unmet] = [site.schema("then"), site.schema("else")];
  site.node.branches.push({ keyword: "if", node: condition });
  if (met !== undefined) site.node.branches.push({ keyword: "then", node: met });
  if (unmet !== undefined) site.node.branches.push({ keyword: "else", node: unmet });
  const nodes = [met, unmet].filter((node) => node !== undefined);
  site.test(kinds, (value, run, seen) => {
    const holds = judgeBranch(condition, value, run, seen);
    if (holds === yes) return met === undefined ? yes : met.judge(value, run, seen);
    if (holds === no) return unmet === undefined ? yes : unmet.judge(value, run, seen);
    const [one, other] = [met, unmet].map((node) => (node === undefined ? yes : judgeBranch(node, value, run, seen)));
    if (one === no && other === no) return run.isTelling ? tellBranches(site, { keyword: "if", nodes, value, run }) : no;
    return one === yes && other === yes ? yes : maybe;
  });
}

export function dependentSchemasKeyword(site: Site): void {
  const dependents = [...(site.schemasByName("dependentSchemas") ?? [])];
  if (dependents.length === 0) return;
  for (const [, node] of dependents) site.node.branches.push({ keyword: "dependentSchemas", node });
  site.test("object", (value, run, seen) => {
    let verdict: Verdict = yes;
    for (const [name, node] of dependents) {
      if (!Object.hasOwn(value as DataObject, name)) {
        // The field may come, and the schema with it.
        if (run.isFragment && judgeBranch(node, value, run, seen) < verdict) verdict = maybe;
        continue;
      }
      const found = node.judge(value, run, seen);
      if (found < verdict) verdict = found;
      if (found === no && !run.isTelling) return no;
    }
    return verdict;
  });
}

function branchesOf(site: Site, keyword: "anyOf" | "oneOf"): readonly SchemaNode[] | undefined {
  const nodes = site.schemas(keyword);
  for (const node of nodes ?? []) site.node.branches.push({ keyword, node });
  return nodes;
}

/** Without telling what is wrong, since it need not hold; and what it has seen only counts if it may. */
function judgeBranch(node: SchemaNode, value: Data, run: Run, seen: Seen | undefined): Verdict {
  const { isTelling } = run;
  run.isTelling = false;
  const own = seen === undefined ? undefined : new Seen();
  const verdict = node.judge(value, run, own);
  if (own !== undefined && verdict !== no) seen?.take(own);
  run.isTelling = isTelling;
  return verdict;
}

function tellSeveral(site: Site, nodes: readonly SchemaNode[], value: Data, run: Run): Verdict {
  const holding = nodes.filter((node) => judgeBranch(node, value, run, undefined) === yes);
  const found = `${shown(value)}, which is ${listed([...new Set(holding.map(expectationOf))], "and")}`;
  return run.tell({ keyword: "oneOf", expected: `only one of ${nodes.length} forms`, found, schema: site.where("oneOf") });
}

interface Branches {
  readonly keyword: string;
  readonly nodes: readonly SchemaNode[];
  readonly value: Data;
  readonly run: Run;
}

/** None of them holds. If one was clearly meant, what is wrong with that; otherwise what there is to choose from. */
function tellBranches(site: Site, { keyword, nodes, value, run }: Branches): Verdict {
  const told = nodes.map((node) => run.toldBy(() => node.judge(value, run, undefined)));
  const here = run.pointer();
  const meant = told.filter((violations) => isMeant(violations, here));
  if (meant.length === 1) return run.retell(meant[0] as readonly Violation[]);
  return run.tell({ keyword, expected: choice(nodes), found: shown(value), schema: site.where(keyword) });
}

/** It is of the right kind, and so is what tells kinds of objects apart. */
function isMeant(violations: readonly Violation[], here: string): boolean {
  return violations.every(({ pointer, keyword }) => {
    if (pointer === here) return !["type", "const", "enum", "false", "not", "anyOf", "oneOf", "if"].includes(keyword);
    return (keyword !== "const" && keyword !== "enum") || pointer.indexOf("/", here.length + 1) >= 0;
  });
}
