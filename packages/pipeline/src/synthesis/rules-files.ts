import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  type AnyDefinedMerge,
  type CompiledSchema,
  compileSchema,
  type Data,
  type DataObject,
  isDataObject,
  isMalformed,
  Malformed,
  type Rules,
  rulesFrom,
  type SchemaDocuments,
  SchemaFault,
  SinterError,
  StrategyFault,
} from "@sinter/core";
import { FormatFault } from "../format.js";
import { formatOf } from "../formats.js";

// The files that say how fragments become a document: strategies, a schema and what it refers to, and the modules they name.

export interface RulesPaths {
  readonly schema?: string | undefined;
  readonly strategies?: string | undefined;
}

/** All that rules are made of, as it can be handed to another thread. */
export interface RulesSource {
  readonly strategies: Data | undefined;
  readonly schema: SchemaDocuments | undefined;
  /** Merge types of the user's own. */
  readonly customs: readonly CustomSource[];
}

export interface CustomSource {
  /** The URL of its module. */
  readonly module: string;
  /** Its name, or that of its export; the only one, where left out. */
  readonly type?: string | undefined;
}

export function readRules({ schema, strategies }: RulesPaths): RulesSource {
  const customs: CustomSource[] = [];
  return {
    strategies: strategies === undefined ? undefined : namingModules(readData(strategies), dirname(resolve(strategies)), customs),
    schema: schema === undefined ? undefined : readSchema(schema, customs),
    customs,
  };
}

/** The types, each by what `customKey` makes of it. They have passed the laws. */
export function compileRules({ strategies, schema: documents }: RulesSource, types: ReadonlyMap<string, AnyDefinedMerge>): Rules {
  const schema = documents === undefined ? undefined : compiled(documents);
  const typeOf = ({ module, type }: DataObject): AnyDefinedMerge | Malformed => {
    if (typeof module !== "string") return new Malformed('"module" of custom is the file that exports the type: "./scores.js"');
    return types.get(customKey({ module, type: typeof type === "string" ? type : undefined })) ?? new Malformed(`${module} was not loaded`);
  };
  const rules = ruled(() => rulesFrom({ schema, strategies, types: typeOf }));
  if (!isMalformed(rules)) return rules;
  throw new SinterError("usage", `the strategies: ${rules.reason}`, "docs/synthesis.md has all strategies, with examples.");
}

export function customKey({ module, type }: CustomSource): string {
  return JSON.stringify([module, type ?? null]);
}

/** A schema may say something wrong of merging at a place that is only come to later. */
export function ruled<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof StrategyFault)) throw error;
    throw new SinterError("usage", error.message, "docs/synthesis.md has all strategies, with examples.", { cause: error });
  }
}

function readData(path: string): Data {
  const format = formatOf(path);
  if (format?.kind !== "document")
    throw new SinterError("usage", `${path} is no file of rules`, "Rules are JSON, YAML or TOML: .json, .yaml, .yml, .toml.");
  const parts = format.parse(bytesOf(path));
  const body = parts[0]?.body ?? new FormatFault("something in it expected");
  if (!(body instanceof FormatFault) && parts.length === 1) return body;
  const fault = body instanceof FormatFault ? body : new FormatFault("one document expected", { line: parts[1]?.line ?? 1 });
  throw new SinterError("usage", `${path}${fault.line === undefined ? "" : `:${fault.line}`}: ${fault.reason}`, "Mend the file.");
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SinterError("not-found", `${path} cannot be read (${code ?? String(error)})`, "See that the path is right.", {
      cause: error,
    });
  }
}

/** With all that it refers to in other files. A schema that says by its `$id` that it lies elsewhere has those that lie there beside it. */
function readSchema(path: string, customs: CustomSource[]): SchemaDocuments {
  const root = pathToFileURL(resolve(path)).href;
  const schema = readSchemaAt(root, customs);
  const beside = new URL(".", root).href;
  const named = namedFolder(schema) ?? beside;
  const documents = new Map([[root, schema]]);
  for (let missing = missingOf({ root, documents }); missing.length > 0; missing = missingOf({ root, documents }))
    for (const uri of missing) documents.set(uri, readSchemaAt(uri.startsWith(named) ? beside + uri.slice(named.length) : uri, customs));
  return { root, documents };
}

function missingOf(given: SchemaDocuments): readonly string[] {
  const result = compileSchema(given);
  return result instanceof SchemaFault ? result.missing.filter((uri) => !given.documents.has(uri)) : [];
}

function namedFolder(schema: Data): string | undefined {
  const id = isDataObject(schema) ? schema["$id"] : undefined;
  return typeof id === "string" && URL.canParse(id) ? new URL(".", id).href : undefined;
}

function readSchemaAt(uri: string, customs: CustomSource[]): Data {
  if (!uri.startsWith("file:"))
    throw new SinterError("not-found", `the schema refers to ${uri}`, "Nothing is fetched: save it as a file and refer to that.");
  const path = fileURLToPath(uri);
  return namingModules(readData(path), dirname(path), customs);
}

function compiled(documents: SchemaDocuments): CompiledSchema {
  const result = compileSchema(documents);
  if (!(result instanceof SchemaFault)) return result;
  throw new SinterError("usage", `the schema, ${result.where}: ${result.reason}`, "Mend the schema.");
}

/** The same, with modules by their URLs: which file they were named in is forgotten further on. */
function namingModules(written: Data, folder: string, customs: CustomSource[]): Data {
  if (typeof written !== "object" || written === null) return written;
  if (!isDataObject(written)) return (written as readonly Data[]).map((each) => namingModules(each, folder, customs));
  if (written["strategy"] === "custom" && typeof written["module"] === "string") {
    const module = pathToFileURL(resolve(folder, written["module"])).href;
    customs.push({ module, type: typeof written["type"] === "string" ? written["type"] : undefined });
    return { ...written, module };
  }
  return Object.fromEntries(Object.entries(written).map(([name, each]) => [name, namingModules(each, folder, customs)]));
}
