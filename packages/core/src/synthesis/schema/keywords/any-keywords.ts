import { type Data, type DataKind, type DataObject, kindOf } from "../../data.js";
import { equalData } from "../../data-text.js";
import { exactly, oneOf, typeWords } from "../expectation.js";
import type { Site } from "../site.js";
import { maybe, no, type Verdict, yes } from "../verdict.js";
import { shown } from "../violation.js";

// What values of any kind are asked for: `type`, `const`, `enum`.

export const kinds: readonly DataKind[] = ["null", "boolean", "number", "text", "array", "object"];

const kindOfType: Readonly<Record<string, DataKind>> = {
  null: "null",
  boolean: "boolean",
  number: "number",
  integer: "number",
  string: "text",
  array: "array",
  object: "object",
};

/** The schema `false`. */
export function nothingKeyword(site: Site): void {
  const { node } = site;
  site.test(kinds, (value, run) => {
    if (!run.isTelling) return no;
    const { keyword, expected } = node.refusal ?? { keyword: "false", expected: () => "nothing here" };
    return run.tell({ keyword, expected: expected(), found: shown(value), schema: node.where });
  });
}

export function typeKeyword(site: Site): void {
  const written = site.written("type");
  if (written === undefined) return;
  const types = typeof written === "string" ? [written] : Array.isArray(written) ? (written as readonly Data[]) : [];
  if (types.length === 0 || !types.every((type) => typeof type === "string" && Object.hasOwn(kindOfType, type))) {
    site.fault("type", `"type" is one of ${Object.keys(kindOfType).join(", ")}, or an array of them`);
    return;
  }
  const allowed = new Set((types as readonly string[]).map((type) => kindOfType[type]));
  const refuse = site.refusal("type", () => typeWords(site.node.schema as DataObject));
  const refused = kinds.filter((kind) => !allowed.has(kind));
  site.test(refused, (value, run) => refuse(run, value));
  if (types.includes("integer") && !types.includes("number"))
    site.test("number", (value, run) => (typeof value === "bigint" || Number.isInteger(value) ? yes : refuse(run, value)));
}

export function constKeyword(site: Site): void {
  const written = site.written("const");
  if (written === undefined) return;
  valuesTest(site, "const", [written]);
}

export function enumKeyword(site: Site): void {
  const written = site.written("enum");
  if (written === undefined) return;
  if (Array.isArray(written)) valuesTest(site, "enum", written as readonly Data[]);
  else site.fault("enum", '"enum" is an array of values');
}

function valuesTest(site: Site, keyword: string, values: readonly Data[]): void {
  const refuse = site.refusal(keyword, () => (keyword === "const" ? exactly(values[0] as Data) : oneOf(values)));
  const scalars: ReadonlySet<Data> = new Set(values.filter((value) => typeof value !== "object" || value === null));
  const others = values.filter((value) => typeof value === "object" && value !== null);
  site.test(["null", "boolean", "number", "text"], (value, run) => (scalars.has(value) ? yes : refuse(run, value)));
  site.test(["array", "object"], (value, run) => {
    const found = run.isFragment ? others.some((each) => mayBecome(value, each)) : others.some((each) => equalData(value, each));
    // What is complete now may still get more.
    const held: Verdict = run.isFragment ? maybe : yes;
    return found ? held : refuse(run, value);
  });
}

/** By more fields and further elements. */
function mayBecome(value: Data, whole: Data): boolean {
  const kind = kindOf(value);
  if (kind !== kindOf(whole)) return false;
  if (kind !== "array" && kind !== "object") return equalData(value, whole);
  return Object.entries(value as object).every(
    ([name, part]) => Object.hasOwn(whole as object, name) && mayBecome(part as Data, (whole as Record<string, Data>)[name] as Data),
  );
}
