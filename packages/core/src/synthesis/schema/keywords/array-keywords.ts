import type { Data, DataObject } from "../../data.js";
import { textOfData } from "../../data-text.js";
import { expectationOf, wordsOfType } from "../expectation.js";
import type { Run } from "../run.js";
import { judgeBelow, type SchemaNode } from "../schema-node.js";
import type { Seen } from "../seen.js";
import type { Site } from "../site.js";
import { maybe, no, type Verdict, yes } from "../verdict.js";
import { counted } from "../violation.js";

// Of a fragment's array it is taken that further elements may come behind: what asks for more of them may still be met, and what
// holds of all of them may still be broken.

export function itemCountKeywords(site: Site): void {
  const least = site.count("minItems");
  const most = site.count("maxItems");
  const expected = () => wordsOfType("array", site.node.schema as DataObject);
  if (least !== undefined) {
    const refuse = site.refusal("minItems", expected);
    site.test("array", (value, run) => {
      if ((value as readonly Data[]).length >= least) return yes;
      return run.isFragment ? maybe : refuse(run, value);
    });
  }
  if (most !== undefined) {
    const refuse = site.refusal("maxItems", expected);
    site.test("array", (value, run) => {
      if ((value as readonly Data[]).length > most) return refuse(run, value);
      return run.isFragment ? maybe : yes;
    });
  }
}

export function uniqueKeyword(site: Site): void {
  if (site.truth("uniqueItems") !== true) return;
  const where = site.where("uniqueItems");
  site.test("array", (value, run) => {
    const items = value as readonly Data[];
    const isNested = items.some((item) => typeof item === "object" && item !== null);
    if (isNested && !run.mayDescend(where, value)) return no;
    // In a fragment arrays and objects that are the same need not stay so.
    const same = repeatedScalar(items) ?? (isNested && !run.isFragment ? repeatedNested(items) : undefined);
    if (same === undefined) return run.isFragment ? maybe : yes;
    if (!run.isTelling) return no;
    const found = `the same at ${same[0]} and ${same[1]}`;
    return run.tell({ keyword: "uniqueItems", expected: "no item twice", found, schema: where });
  });
}

/** So few are compared with each other sooner than they are gathered. */
const FEW = 8;

/** Where the first two of a kind are. */
function repeatedScalar(items: readonly Data[]): readonly [number, number] | undefined {
  const places = items.length > FEW ? new Map<Data, number>() : undefined;
  for (let at = 0; at < items.length; at++) {
    const item = items[at] as Data;
    if (typeof item === "object" && item !== null) continue;
    const before = places === undefined ? items.indexOf(item) : (places.get(item) ?? at);
    if (before < at) return [before, at];
    places?.set(item, at);
  }
  return undefined;
}

function repeatedNested(items: readonly Data[]): readonly [number, number] | undefined {
  const places = new Map<string, number>();
  for (const [at, item] of items.entries()) {
    if (typeof item !== "object" || item === null) continue;
    const text = textOfData(item);
    const before = places.get(text);
    if (before !== undefined) return [before, at];
    places.set(text, at);
  }
  return undefined;
}

/** `prefixItems`, and `items` behind them. */
export function itemKeywords(site: Site): void {
  if (Array.isArray(site.written("items"))) {
    site.fault("items", '"items" is one schema; for each item its own, write "prefixItems"');
    return;
  }
  const prefix = site.schemas("prefixItems") ?? [];
  const rest = site.schema("items");
  for (const node of prefix) site.node.apart.push({ keyword: "prefixItems", node });
  site.node.element = rest;
  if (rest !== undefined) rest.refusal = { keyword: "items", expected: () => `at most ${counted(prefix.length, "item")}` };
  if (prefix.length === 0 && rest === undefined) return;
  const mayBreak = (node: SchemaNode | undefined) => node !== undefined && !node.isAnything;
  site.test("array", (value, run, seen) => {
    const items = value as readonly Data[];
    let verdict: Verdict = run.isFragment && (mayBreak(rest) || prefix.slice(items.length).some(mayBreak)) ? maybe : yes;
    for (let at = 0; at < items.length; at++) {
      const node = at < prefix.length ? (prefix[at] as SchemaNode) : rest;
      if (node === undefined) break;
      const found = judgeBelow(node, at, items[at] as Data, run);
      if (found < verdict) verdict = found;
      if (found === no && !run.isTelling) return no;
      seen?.see(at);
    }
    if (rest !== undefined) seen?.seeAll();
    return verdict;
  });
}

export function containsKeywords(site: Site): void {
  const node = site.schema("contains");
  const least = site.count("minContains") ?? 1;
  const most = site.count("maxContains") ?? Number.POSITIVE_INFINITY;
  if (node === undefined) return;
  site.node.apart.push({ keyword: "contains", node });
  const tooFew = () => `at least ${counted(least, "item")} that ${least === 1 ? "is" : "are"} ${expectationOf(node)}`;
  const tooMany = () => `at most ${counted(most, "item")} that ${most === 1 ? "is" : "are"} ${expectationOf(node)}`;
  const where = site.where("contains");
  site.test("array", (value, run, seen) => {
    const { certain, possible } = countContained(node, value as readonly Data[], run, seen);
    const isFew = run.isFragment ? false : possible < least;
    if (!isFew && certain <= most) return !run.isFragment || (certain >= least && most === Number.POSITIVE_INFINITY) ? yes : maybe;
    if (!run.isTelling) return no;
    const keyword = isFew ? (least === 1 ? "contains" : "minContains") : "maxContains";
    return run.tell({
      keyword,
      expected: isFew ? tooFew() : tooMany(),
      found: `${certain === 0 ? "none" : certain} among ${counted((value as readonly Data[]).length, "item")}`,
      schema: where,
    });
  });
}

function countContained(node: SchemaNode, items: readonly Data[], run: Run, seen: Seen | undefined): { certain: number; possible: number } {
  const counts = { certain: 0, possible: 0 };
  const { isTelling } = run;
  run.isTelling = false;
  for (let at = 0; at < items.length; at++) {
    const verdict = judgeBelow(node, at, items[at] as Data, run);
    if (verdict === no) continue;
    counts.possible++;
    if (verdict === yes) counts.certain++;
    seen?.see(at);
  }
  run.isTelling = isTelling;
  return counts;
}
