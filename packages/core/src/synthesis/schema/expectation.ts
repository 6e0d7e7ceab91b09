import { violationNamesMax } from "../../bytes/limits.js";
import type { Data, DataObject } from "../data.js";
import { textOfData } from "../data-text.js";
import type { SchemaNode } from "./schema-node.js";
import { counted, cut, listed, shownText } from "./violation.js";

// What a schema asks for, in a few words.

/** Schemas that are gone through to find some: references, and forms to choose from. */
const STEPS = 8;
const STEPS_PER_FORM = 3;

export function expectationOf(node: SchemaNode): string {
  const title = typeof node.schema === "boolean" ? undefined : own(node.schema, "title");
  return wordsAt(node, STEPS) ?? (typeof title === "string" ? shownText(title) : `what ${node.where} asks for`);
}

/** What there is to choose from. */
export function choice(nodes: readonly SchemaNode[]): string {
  return choiceOf(nodes.map(expectationOf));
}

function choiceOf(words: readonly string[]): string {
  const forms = [...new Set(words)].filter((form) => form !== "nothing");
  return forms.length === 0 ? "nothing" : listed(forms, "or");
}

function wordsAt(node: SchemaNode, steps: number): string | undefined {
  if (typeof node.schema === "boolean") return node.schema ? "anything" : "nothing";
  const words = wordsOf(node.schema);
  if (words !== undefined || steps <= 0) return words;
  const [first] = node.same;
  if (first !== undefined) return wordsAt(first, steps - 1);
  const forms = node.branches.flatMap(({ keyword, node: form }) => (keyword === "anyOf" || keyword === "oneOf" ? [form] : []));
  const told = forms.slice(0, violationNamesMax).map((form) => wordsAt(form, steps - STEPS_PER_FORM));
  return told.length === 0 || told.length < forms.length || told.includes(undefined) ? undefined : choiceOf(told as string[]);
}

function wordsOf(schema: DataObject): string | undefined {
  const fixed = own(schema, "const");
  if (fixed !== undefined) return exactly(fixed);
  const values = own(schema, "enum");
  if (Array.isArray(values)) return oneOf(values as readonly Data[]);
  if (typesOf(schema) !== undefined) return typeWords(schema);
  return Array.isArray(own(schema, "required")) ? wordsOfType("object", schema) : undefined;
}

/** By its types alone: what else it says is about values of them. */
export function typeWords(schema: DataObject): string {
  const words = (typesOf(schema) ?? []).map((type) => wordsOfType(type, schema));
  return listed(words, "or");
}

export function exactly(value: Data): string {
  return cut(textOfData(value));
}

export function oneOf(values: readonly Data[]): string {
  const texts = values.slice(0, violationNamesMax).map(exactly);
  const more = values.length - texts.length;
  return `${values.length === 1 ? "" : "one of "}${texts.join(", ")}${more > 0 ? ` or ${more} more` : ""}`;
}

function typesOf(schema: DataObject): readonly string[] | undefined {
  const types = own(schema, "type");
  return typeof types === "string" ? [types] : Array.isArray(types) ? (types as readonly string[]) : undefined;
}

export function wordsOfType(type: string, schema: DataObject): string {
  switch (type) {
    case "integer":
      return `a whole number${numberWords(schema)}`;
    case "number":
      return `a number${numberWords(schema)}`;
    case "string":
      return `a text${textWords(schema)}`;
    case "array":
      return `an array${countWords(schema, { least: "minItems", most: "maxItems", what: "item" })}`;
    case "object":
      return `an object${countWords(schema, { least: "minProperties", most: "maxProperties", what: "field" })}${requiredWords(schema)}`;
    case "boolean":
      return "true or false";
    default:
      return type;
  }
}

/** For keywords about numbers, whether or not it is said that there is to be one. */
export function numberExpectation(schema: DataObject): string {
  const types = typesOf(schema) ?? ["number"];
  return wordsOfType(types.includes("integer") && !types.includes("number") ? "integer" : "number", schema);
}

function numberWords(schema: DataObject): string {
  const bounds = [
    ["minimum", "of at least"],
    ["exclusiveMinimum", "above"],
    ["maximum", "of at most"],
    ["exclusiveMaximum", "below"],
  ].flatMap(([keyword, words]) => {
    const bound = own(schema, keyword as string);
    return bound === undefined ? [] : [`${words} ${shownNumber(bound)}`];
  });
  const divisor = own(schema, "multipleOf");
  return `${bounds.length === 0 ? "" : ` ${bounds.join(" and ")}`}${divisor === undefined ? "" : ` that is a multiple of ${shownNumber(divisor)}`}`;
}

function shownNumber(value: Data): string {
  return cut(textOfData(value));
}

function textWords(schema: DataObject): string {
  const pattern = own(schema, "pattern");
  const length = countWords(schema, { least: "minLength", most: "maxLength", what: "character" });
  return typeof pattern === "string" ? `${length} that matches ${cut(pattern)}` : length;
}

function requiredWords(schema: DataObject): string {
  const names = own(schema, "required");
  if (!Array.isArray(names) || names.length === 0) return "";
  const shownNames = names.map((name) => shownText(String(name)));
  return ` with ${listed(shownNames, "and")}`;
}

interface Counting {
  readonly least: string;
  readonly most: string;
  readonly what: string;
}

function countWords(schema: DataObject, { least, most, what }: Counting): string {
  const [from, to] = [own(schema, least), own(schema, most)].map((each) => (each === undefined ? undefined : Number(each)));
  if (from === undefined && to === undefined) return "";
  if (from === to) return ` of ${counted(Number(to), what)}`;
  if (from === undefined) return ` of at most ${counted(Number(to), what)}`;
  if (to === undefined) return ` of at least ${counted(from, what)}`;
  return ` of ${from} to ${counted(to, what)}`;
}

function own(schema: DataObject, name: string): Data | undefined {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}
