import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Data } from "../data.js";
import { type CompiledSchema, compileSchema } from "./compile.js";
import { SchemaFault } from "./schema-fault.js";

// The official tests of JSON Schema 2020-12: all that are required, and the optional ones about what is promised here. There is no
// exception. Where they come from is said beside them, in packages/core/fixtures/json-schema/README.md.

interface Group {
  readonly file: string;
  readonly description: string;
  readonly schema: Data;
  readonly tests: readonly { readonly description: string; readonly data: Data; readonly valid: boolean }[];
}

interface Suite {
  readonly documents: readonly { readonly uri: string; readonly schema: Data }[];
  readonly groups: readonly Group[];
}

const suite = JSON.parse(readFileSync(new URL("../../../fixtures/json-schema/suite.json", import.meta.url), "utf8")) as Suite;
const others = new Map(suite.documents.map(({ uri, schema }) => [uri, schema]));

/** Documents are given as they are asked for, as whoever reads files does. */
function compiled(schema: Data): CompiledSchema {
  const root = "https://sinter.example/schema.json";
  const documents = new Map([[root, schema]]);
  for (;;) {
    const answer = compileSchema({ root, documents });
    if (!(answer instanceof SchemaFault)) return answer;
    expect(answer.missing, `${answer.where}: ${answer.reason}`).not.toEqual([]);
    for (const uri of answer.missing) {
      expect(others.has(uri), `the tests have no ${uri}`).toBe(true);
      documents.set(uri, others.get(uri) as Data);
    }
  }
}

test("the official tests are all there", () => {
  expect(suite.groups.length).toBeGreaterThan(400);
  expect(new Set(suite.groups.map(({ file }) => file)).size).toBe(56);
});

test.each(suite.groups)("$file: $description", ({ schema, tests }) => {
  const { check } = compiled(schema);
  for (const { description, data, valid } of tests) {
    const violations = check(data, "document");
    expect(violations.length === 0, `${description}: ${JSON.stringify(violations)}`).toBe(valid);
    // Whatever a schema says, what is right as a whole is right as a part.
    if (valid) expect(check(data, "fragment"), description).toEqual([]);
  }
});
