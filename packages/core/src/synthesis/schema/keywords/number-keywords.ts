import type { DataObject } from "../../data.js";
import { isMultiple } from "../decimal.js";
import { numberExpectation } from "../expectation.js";
import type { Refuse, Site } from "../site.js";
import { yes } from "../verdict.js";

export function rangeKeywords(site: Site): void {
  // A bigint and a number are compared exactly.
  bound(site, "minimum", (value, least) => value >= least);
  bound(site, "exclusiveMinimum", (value, below) => value > below);
  bound(site, "maximum", (value, most) => value <= most);
  bound(site, "exclusiveMaximum", (value, above) => value < above);
}

function bound(site: Site, keyword: string, holds: (value: number | bigint, bound: number | bigint) => boolean): void {
  const limit = site.number(keyword);
  if (limit === undefined) return;
  const refuse = numberRefusal(site, keyword);
  site.test("number", (value, run) => (holds(value as number | bigint, limit) ? yes : refuse(run, value)));
}

export function multipleKeyword(site: Site): void {
  const divisor = site.number("multipleOf");
  if (divisor === undefined) return;
  if (divisor <= 0) {
    site.fault("multipleOf", '"multipleOf" is above 0');
    return;
  }
  const refuse = numberRefusal(site, "multipleOf");
  site.test("number", (value, run) => (isMultiple(value as number | bigint, divisor) ? yes : refuse(run, value)));
}

function numberRefusal(site: Site, keyword: string): Refuse {
  return site.refusal(keyword, () => numberExpectation(site.node.schema as DataObject));
}
