import { type DataObject, isDataObject } from "../data.js";
import type { Resource, Resources } from "./resources.js";
import { SchemaFault } from "./schema-fault.js";

// Which keywords count: `$schema` names a metaschema, and that names vocabularies.

type Vocabulary = "core" | "applicator" | "unevaluated" | "validation";

export type Dialect = ReadonlySet<Vocabulary>;

const standard = "https://json-schema.org/draft/2020-12/schema";
const vocabularies = "https://json-schema.org/draft/2020-12/vocab/";
const all: Dialect = new Set<Vocabulary>(["core", "applicator", "unevaluated", "validation"]);
/** Those of which all keywords are annotations. */
const annotations = ["meta-data", "format-annotation", "content"];

export function dialectOf(resource: Resource, resources: Resources): Dialect | SchemaFault {
  const { schema, where } = resource.root;
  const named = isDataObject(schema) && Object.hasOwn(schema, "$schema") ? schema["$schema"] : undefined;
  if (named === undefined) return resource.around === undefined ? all : dialectOf(resource.around, resources);
  if (typeof named !== "string") return new SchemaFault('"$schema" is the URI of a metaschema', `${where}/$schema`);
  const uri = named.replace(/#$/, "");
  if (uri === standard) return all;
  if (/^https?:\/\/json-schema\.org\/(draft-0\d|draft\/2019-09)\//.test(uri) && uri.endsWith("schema"))
    return new SchemaFault(`${JSON.stringify(named)} is another version: write the schema for ${standard}`, `${where}/$schema`);
  const metaschema = resources.resource(uri)?.root.schema;
  if (metaschema === undefined) return new SchemaFault(`the metaschema ${uri} is not there`, `${where}/$schema`, [uri]);
  const listed = isDataObject(metaschema) && Object.hasOwn(metaschema, "$vocabulary") ? metaschema["$vocabulary"] : undefined;
  return listed !== undefined && isDataObject(listed) ? vocabulariesOf(listed, `${where}/$schema`) : all;
}

function vocabulariesOf(listed: DataObject, where: string): Dialect | SchemaFault {
  const counting = new Set<Vocabulary>();
  for (const uri of Object.keys(listed)) {
    const name = uri.startsWith(vocabularies) ? uri.slice(vocabularies.length) : uri;
    if (all.has(name as Vocabulary)) counting.add(name as Vocabulary);
    else if (listed[uri] === true && !annotations.includes(name))
      return new SchemaFault(`its metaschema requires the vocabulary ${uri}, which is not known here`, where);
  }
  return counting;
}

const keywordsOf: Readonly<Partial<Record<Vocabulary, readonly string[]>>> = {
  applicator: [
    ...["properties", "patternProperties", "additionalProperties", "propertyNames", "dependentSchemas", "prefixItems", "items", "contains"],
    ...["allOf", "anyOf", "oneOf", "not", "if", "then", "else"],
  ],
  unevaluated: ["unevaluatedItems", "unevaluatedProperties"],
  validation: [
    ...["type", "const", "enum", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"],
    ...["minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minContains", "maxContains"],
    ...["minProperties", "maxProperties", "required", "dependentRequired"],
  ],
};

const vocabularyOf = new Map(
  Object.entries(keywordsOf).flatMap(([vocabulary, names]) => names.map((name) => [name, vocabulary as Vocabulary])),
);

/** Keywords of no vocabulary always count: those that refer, and ours. */
export function counts(keyword: string, dialect: Dialect): boolean {
  const vocabulary = vocabularyOf.get(keyword);
  return vocabulary === undefined || dialect.has(vocabulary);
}
