import type { Data } from "../data.js";
import { type CompiledSchema, compileSchema } from "./compile.js";
import { SchemaFault } from "./schema-fault.js";

// For tests: schemas as they are written, and what comes of them in short.

/** Schemas that a call is given are called so. */
export const anything = true;
export const nothing = false;

export const here = "file:///schema.json";

export function compiled(schema: Data, others: Readonly<Record<string, Data>> = {}): CompiledSchema {
  const answer = answerTo(schema, others);
  if (answer instanceof SchemaFault) throw new Error(`${answer.where}: ${answer.reason}`);
  return answer;
}

/** Where, and why. */
export function faultOf(schema: Data, others: Readonly<Record<string, Data>> = {}): string | undefined {
  const answer = answerTo(schema, others);
  return answer instanceof SchemaFault ? `${answer.where.replace(here, "")} ${answer.reason}` : undefined;
}

export function answerTo(schema: Data, others: Readonly<Record<string, Data>> = {}): CompiledSchema | SchemaFault {
  return compileSchema({ root: here, documents: new Map([[here, schema], ...Object.entries(others)]) });
}

/** Whether it may be said in a document, as a part of one, and as the whole. */
export function verdictsOf(schema: Data, value: Data): { readonly fragment: boolean; readonly document: boolean } {
  const { check } = compiled(schema);
  return { fragment: check(value, "fragment").length === 0, document: check(value, "document").length === 0 };
}

/** As a person reads it. */
export function told(schema: Data, value: Data): string[] {
  return compiled(schema)
    .check(value, "document")
    .map(({ pointer, keyword, expected, found }) => `${pointer} ${keyword}: expected ${expected}, found ${found}`);
}

/** `if`, `then` and `else`. Written out, an object with a `then` looks like a promise. */
export function conditional(holds: Data, met: Data, unmet: Data = anything): Data {
  const written = [holds, met, unmet];
  return Object.fromEntries(["if", "then", "else"].map((keyword, at) => [keyword, written[at] as Data]));
}
