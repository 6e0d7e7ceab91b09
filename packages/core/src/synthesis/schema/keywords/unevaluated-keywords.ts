import type { Data, DataObject } from "../../data.js";
import type { Run } from "../run.js";
import { judgeBelow, type SchemaNode } from "../schema-node.js";
import type { Site } from "../site.js";
import { maybe, no, type Verdict, yes } from "../verdict.js";

// What no other keyword was applied to, of this schema and of those that are applied with it. They come last.

export function unevaluatedKeywords(site: Site): void {
  const items = unevaluated(site, "unevaluatedItems", "no item that is not described");
  const fields = unevaluated(site, "unevaluatedProperties", "no field that is not described");
  if (items !== undefined) {
    site.node.watches.add("array");
    site.test("array", (value, run, seen) => {
      let verdict = ofMore(run, items);
      for (const [at, item] of (value as readonly Data[]).entries()) {
        if (seen?.has(at) === true) continue;
        const found = judgeBelow(items, at, item, run);
        if (found < verdict) verdict = found;
        if (found === no && !run.isTelling) return no;
      }
      seen?.seeAll();
      return verdict;
    });
  }
  if (fields === undefined) return;
  site.node.watches.add("object");
  site.test("object", (value, run, seen) => {
    let verdict = ofMore(run, fields);
    for (const name of Object.keys(value as DataObject)) {
      if (seen?.has(name) === true) continue;
      const found = judgeBelow(fields, name, (value as DataObject)[name] as Data, run);
      if (found < verdict) verdict = found;
      if (found === no && !run.isTelling) return no;
    }
    seen?.seeAll();
    return verdict;
  });
}

function unevaluated(site: Site, keyword: string, expected: string): SchemaNode | undefined {
  const node = site.schema(keyword);
  if (node === undefined) return undefined;
  site.node.apart.push({ keyword, node });
  node.refusal = { keyword, expected: () => expected };
  return node;
}

/** Of a fragment, more may come that nobody has seen. */
function ofMore(run: Run, node: SchemaNode): Verdict {
  return run.isFragment && !node.isAnything ? maybe : yes;
}
