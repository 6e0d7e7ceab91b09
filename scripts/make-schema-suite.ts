// Writes packages/core/fixtures/json-schema/suite.json, from two checkouts: of the official tests (json-schema-org/JSON-Schema-Test-Suite),
// and of the metaschemas (json-schema-org/json-schema-spec, branch 2020-12).
//   node scripts/run.mjs scripts/make-schema-suite.ts TESTS METASCHEMAS
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Of the optional tests, those of what is promised here. What is left out are formats, which are annotations here, and other versions. */
const optional = ["anchor", "bignum", "dynamicRef", "ecmascript-regex", "float-overflow", "id", "no-schema", "non-bmp-regex"].concat([
  "refOfUnknownKeyword",
  "unknownKeyword",
]);

const [tests = "", metaschemas = ""] = process.argv.slice(2);
const folder = join(tests, "tests", "draft2020-12");
const required = readdirSync(folder).flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -5)] : []));
const groups = [...required, ...optional.map((name) => join("optional", name))].flatMap((file) =>
  (read(join(folder, `${file}.json`)) as object[]).map((group) => ({ file, ...group })),
);
const remotes = filesBelow(join(tests, "remotes", "draft2020-12")).map((name) => ({
  uri: `http://localhost:1234/draft2020-12/${name}`,
  schema: read(join(tests, "remotes", "draft2020-12", name)),
}));
const vocabularies = readdirSync(join(metaschemas, "meta")).filter((name) => name !== "hyper-schema.json");
const meta = ["schema.json", ...vocabularies.map((name) => join("meta", name))].map((name) => {
  const schema = read(join(metaschemas, name)) as { readonly $id: string };
  return { uri: schema.$id, schema };
});
const lines = (all: readonly unknown[]) => `[\n${all.map((each) => JSON.stringify(each)).join(",\n")}\n]`;
writeFileSync(
  "packages/core/fixtures/json-schema/suite.json",
  `{\n"documents": ${lines([...meta, ...remotes])},\n"groups": ${lines(groups)}\n}\n`,
);

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(path, entry.name)).map((name) => `${entry.name}/${name}`) : [entry.name],
  );
}
