import type { Data, DataObject } from "../../data.js";
import { expectationOf, wordsOfType } from "../expectation.js";
import type { Run } from "../run.js";
import type { SchemaNode } from "../schema-node.js";
import type { Site } from "../site.js";
import { maybe, no, type Verdict, yes } from "../verdict.js";
import { listed, shownText } from "../violation.js";

// A fragment's object may get more fields: what asks for one is met later, or not at all.

export function fieldCountKeywords(site: Site): void {
  const least = site.count("minProperties");
  const most = site.count("maxProperties");
  const expected = () => wordsOfType("object", site.node.schema as DataObject);
  if (least !== undefined) {
    const refuse = site.refusal("minProperties", expected);
    site.test("object", (value, run) => {
      if (Object.keys(value as DataObject).length >= least) return yes;
      return run.isFragment ? maybe : refuse(run, value);
    });
  }
  if (most !== undefined) {
    const refuse = site.refusal("maxProperties", expected);
    site.test("object", (value, run) => {
      if (Object.keys(value as DataObject).length > most) return refuse(run, value);
      return run.isFragment ? maybe : yes;
    });
  }
}

export function requiredKeyword(site: Site): void {
  const names = site.texts("required");
  if (names === undefined || names.length === 0) return;
  const where = site.where("required");
  site.test("object", (value, run) => {
    for (let at = 0; at < names.length; at++)
      if (!Object.hasOwn(value as DataObject, names[at] as string))
        return run.isFragment ? maybe : tellMissing(run, value as DataObject, { keyword: "required", names, where, because: "" });
    return yes;
  });
}

export function dependentRequiredKeyword(site: Site): void {
  const dependents = [...(site.textsByName("dependentRequired") ?? [])];
  if (dependents.length === 0) return;
  site.test("object", (value, run) => {
    let verdict: Verdict = yes;
    for (const [name, names] of dependents) {
      if (names.every((each) => Object.hasOwn(value as DataObject, each))) continue;
      if (run.isFragment) verdict = maybe;
      else if (Object.hasOwn(value as DataObject, name)) {
        const where = site.where("dependentRequired", name);
        verdict = tellMissing(run, value as DataObject, {
          keyword: "dependentRequired",
          names,
          where,
          because: ` beside ${shownText(name)}`,
        });
        if (!run.isTelling) return no;
      }
    }
    return verdict;
  });
}

interface Missing {
  readonly keyword: string;
  readonly names: readonly string[];
  readonly where: string;
  readonly because: string;
}

function tellMissing(run: Run, value: DataObject, { keyword, names, where, because }: Missing): Verdict {
  if (!run.isTelling) return no;
  const present = Object.keys(value).map(shownText);
  const found = present.length === 0 ? "an empty object" : `only ${listed(present, "and")}`;
  for (const name of names)
    if (!Object.hasOwn(value, name)) run.tell({ keyword, expected: `a field ${shownText(name)}${because}`, found, schema: where });
  return no;
}

export function namesKeyword(site: Site): void {
  const node = site.schema("propertyNames");
  if (node === undefined) return;
  site.node.apart.push({ keyword: "propertyNames", node });
  const refuse = site.refusal("propertyNames", () => `a name that is ${expectationOf(node)}`);
  site.test("object", (value, run) => {
    let verdict: Verdict = run.isFragment && !node.isAnything ? maybe : yes;
    const { isTelling } = run;
    for (const name of Object.keys(value as DataObject)) {
      run.isTelling = false;
      const found = node.judge(name, run, undefined);
      run.isTelling = isTelling;
      if (found !== no) continue;
      if (!isTelling) return no;
      run.enterPlace(name);
      verdict = refuse(run, name);
      run.leavePlace();
    }
    return verdict;
  });
}

/** `properties`, `patternProperties`, and `additionalProperties` for the rest. */
export function fieldKeywords(site: Site): void {
  const { node } = site;
  for (const [name, each] of site.schemasByName("properties") ?? []) node.fields.set(name, each);
  for (const [written, each] of site.schemasByName("patternProperties") ?? []) {
    const pattern = site.expression("patternProperties", written);
    if (pattern !== undefined) node.patterns.push({ pattern, node: each });
  }
  node.rest = site.schema("additionalProperties");
  const { fields, patterns, rest } = node;
  if (fields.size === 0 && patterns.length === 0 && rest === undefined) return;
  if (rest !== undefined) rest.refusal = { keyword: "additionalProperties", expected: () => otherFields(fields) };
  site.test("object", (value, run, seen) => {
    const names = Object.keys(value as DataObject);
    let verdict: Verdict = run.isFragment && mayBreak(node, value as DataObject) ? maybe : yes;
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      const found = judgeField(node, name, (value as DataObject)[name] as Data, run);
      if (found === undefined) continue;
      if (found < verdict) verdict = found;
      if (found === no && !run.isTelling) return no;
      seen?.see(name);
    }
    return verdict;
  });
}

/** Nothing, where it says nothing of such a field. */
function judgeField({ fields, patterns, rest }: SchemaNode, name: string, value: Data, run: Run): Verdict | undefined {
  const named = fields.get(name);
  if (named === undefined && patterns.length === 0 && rest === undefined) return undefined;
  run.enterPlace(name);
  let verdict: Verdict | undefined = named?.judge(value, run, undefined);
  for (let at = 0; at < patterns.length; at++) {
    const { pattern, node } = patterns[at] as { readonly pattern: RegExp; readonly node: SchemaNode };
    if (!pattern.test(name)) continue;
    const found = node.judge(value, run, undefined);
    if (verdict === undefined || found < verdict) verdict = found;
  }
  if (verdict === undefined) verdict = rest?.judge(value, run, undefined);
  run.leavePlace();
  return verdict;
}

/** By a field that is not there yet. */
function mayBreak({ fields, patterns, rest }: SchemaNode, value: DataObject): boolean {
  if (rest?.isAnything === false || patterns.some(({ node }) => !node.isAnything)) return true;
  for (const [name, node] of fields) if (!node.isAnything && !Object.hasOwn(value, name)) return true;
  return false;
}

function otherFields(fields: ReadonlyMap<string, SchemaNode>): string {
  return fields.size === 0 ? "no field" : `no field but ${listed([...fields.keys()].map(shownText), "and")}`;
}
