import { Malformed } from "../bytes/malformed.js";
import { type Data, type DataObject, isDataObject } from "./data.js";
import { dataFault } from "./data-fault.js";
import { type Envelope, envelopeFrom } from "./fragment.js";
import { type Glob, globFrom } from "./glob.js";
import { numberFromDecimal } from "./numbers.js";
import { pathPattern } from "./path-pattern.js";
import type { PathRule } from "./plan.js";
import { namesOfPointer, pointerOf } from "./pointer.js";
import { type CustomTypes, ruleFrom } from "./rule.js";

// A strategies file: what holds at places of the document, and what is known of fragments by what they are called or say.
//   {"paths":{"/services/*/replicas":"max"},"fragments":[{"match":"team/**","source":"team","stamp":"{updatedAt}"}]}

export interface Strategies {
  readonly paths: readonly PathRule[];
  readonly fragments: readonly FragmentRule[];
}

export const noStrategies: Strategies = { paths: [], fragments: [] };

export interface FragmentRule {
  readonly matches: Glob;
  /** As it is written: texts may name fields of the body. */
  readonly says: DataObject;
  /** What fields of the body are, that came as texts. */
  readonly fields: ReadonlyMap<string, FieldType>;
}

const fieldTypes = ["number", "boolean", "json", "text"] as const;
export type FieldType = (typeof fieldTypes)[number];

export function strategiesFrom(file: Data, types: CustomTypes): Strategies | Malformed {
  if (!isDataObject(file)) return new Malformed('strategies are an object: {"paths":{…},"fragments":[…]}');
  const other = Object.keys(file).find((name) => name !== "paths" && name !== "fragments");
  if (other !== undefined) return new Malformed(`strategies have "paths" and "fragments", not ${JSON.stringify(other)}`);
  const paths = pathsFrom(file["paths"] ?? {}, types);
  if (paths instanceof Malformed) return paths;
  const fragments = fragmentsFrom(file["fragments"] ?? []);
  return fragments instanceof Malformed ? fragments : { paths, fragments };
}

function pathsFrom(written: Data, types: CustomTypes): readonly PathRule[] | Malformed {
  if (!isDataObject(written)) return new Malformed('"paths" are strategies by path: {"/services/*/replicas":"max"}');
  const paths: PathRule[] = [];
  for (const text of Object.keys(written)) {
    const pattern = pathPattern(text);
    if (pattern instanceof Malformed) return pattern;
    const rule = ruleFrom(written[text] as Data, types);
    if (rule instanceof Malformed) return new Malformed(`at ${JSON.stringify(text)}: ${rule.reason}`);
    paths.push({ pattern, rule });
  }
  return paths;
}

function fragmentsFrom(written: Data): readonly FragmentRule[] | Malformed {
  if (!Array.isArray(written)) return new Malformed('"fragments" are a list: [{"match":"team/**","source":"team"}]');
  const rules: FragmentRule[] = [];
  for (const each of written as readonly Data[]) {
    if (!isDataObject(each) || typeof each["match"] !== "string")
      return new Malformed('each of "fragments" says which files it is for: {"match":"team/**","source":"team"}');
    const { match, fields: written = {}, ...says } = each as DataObject & { readonly match: string };
    const matches = globFrom(match);
    if (matches instanceof Malformed) return matches;
    const fields = fieldsFrom(written);
    if (fields instanceof Malformed) return fields;
    const fault = saysFault(says);
    if (fault !== undefined) return new Malformed(`for ${JSON.stringify(match)}: ${fault.reason}`);
    rules.push({ matches, says, fields });
  }
  return rules;
}

function fieldsFrom(written: Data): ReadonlyMap<string, FieldType> | Malformed {
  const isTyped = (type: Data | undefined): type is FieldType => fieldTypes.some((each) => each === type);
  if (isDataObject(written) && Object.keys(written).every((name) => isTyped(written[name])))
    return new Map(Object.keys(written).map((name) => [name, written[name] as FieldType]));
  return new Malformed(`"fields" say what texts are, by name: ${fieldTypes.join(", ")}, as in {"replicas":"number"}`);
}

/** What is wrong with what is said of fragments, as far as it names no field of theirs. */
function saysFault(says: DataObject): Malformed | undefined {
  const stand = Object.entries(says).map(([name, value]): [string, Data] => {
    const isReference = typeof value === "string" && REFERENCE.test(value);
    // Something that is right, where it depends on the fragment.
    return [name, isReference ? (name === "scope" ? "" : name === "source" ? "x" : 0) : value];
  });
  const envelope = envelopeFrom(Object.fromEntries(stand));
  return envelope instanceof Malformed ? envelope : undefined;
}

/** A field of the body: {region}, or {/meta/updatedAt}. */
const REFERENCE = /\{([^{}]+)\}/;

/** What rules say of a fragment: all that match, the later before the earlier. */
export function envelopeByRules(rules: readonly FragmentRule[], id: string, body: Data): Envelope | Malformed {
  let envelope: Envelope = {};
  for (const { matches, says } of rules) {
    if (!matches(id)) continue;
    const filledIn: [string, Data][] = [];
    for (const name of Object.keys(says)) {
      const value = filled(says[name] as Data, name, body);
      if (value instanceof Malformed) return value;
      filledIn.push([name, value]);
    }
    const part = envelopeFrom(Object.fromEntries(filledIn));
    if (part instanceof Malformed) return part;
    envelope = { ...envelope, ...part };
  }
  return envelope;
}

function filled(written: Data, name: string, body: Data): Data | Malformed {
  if (typeof written !== "string") return written;
  let missing: Malformed | undefined;
  const fieldOf = (reference: string): Data => {
    const value = fieldAt(body, reference);
    if (value instanceof Malformed) missing ??= new Malformed(`its ${name} is ${JSON.stringify(written)}: ${value.reason}`);
    return value instanceof Malformed ? "" : value;
  };
  const whole = /^\{([^{}]+)\}$/.exec(written)?.[1];
  // They may be numbers.
  if (whole !== undefined && (name === "stamp" || name === "priority")) {
    const value = fieldOf(whole);
    return missing ?? value;
  }
  const text = written.replaceAll(/\{([^{}]+)\}/g, (_found, reference: string) => {
    const inserted = String(fieldOf(reference));
    return name === "scope" ? pointerOf([inserted]).slice(1) : inserted;
  });
  return missing ?? text;
}

/** A text or a number. */
function fieldAt(body: Data, reference: string): string | number | bigint | Malformed {
  const names = reference.startsWith("/") ? namesOfPointer(reference) : [reference];
  let value: Data | undefined = names === undefined ? undefined : body;
  for (const name of names ?? [])
    value = value !== undefined && isDataObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") return value;
  return new Malformed(`it has no text or number under ${JSON.stringify(reference)}`);
}

/** The body with its texts made what rules say they are: tables in text have nothing else. */
export function typedFields(rules: readonly FragmentRule[], id: string, body: Data): Data | Malformed {
  let typed = body;
  for (const { matches, fields } of rules) {
    if (fields.size === 0 || !isDataObject(typed) || !matches(id)) continue;
    const made = { ...typed };
    for (const [name, type] of fields) {
      const text = Object.hasOwn(made, name) ? made[name] : undefined;
      if (typeof text !== "string" || type === "text") continue;
      const value = typedText(text, type);
      if (value === undefined) return new Malformed(`a ${type} under ${JSON.stringify(name)}, not ${JSON.stringify(text)}`);
      made[name] = value;
    }
    typed = made;
  }
  return typed;
}

function typedText(text: string, type: Exclude<FieldType, "text">): Data | undefined {
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  const value = dataFrom(text);
  return type === "number" && typeof value !== "number" && typeof value !== "bigint" ? undefined : value;
}

const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Of JSON; whole numbers exactly: those that JSON.parse would round stand in what it is given as texts that nothing in there begins with. */
function dataFrom(text: string): Data | undefined {
  try {
    const rounded = JSON.stringify(JSON.parse(text));
    let mark = "#";
    while (rounded.includes(mark)) mark += "#";
    const exact: bigint[] = [];
    const marked = text.replaceAll(TEXT_OR_NUMBER, (token) => {
      const number = token.startsWith('"') ? undefined : numberFromDecimal(token);
      return typeof number === "bigint" ? `"${mark}${exact.push(number) - 1}"` : token;
    });
    const isMarked = (value: unknown) => typeof value === "string" && value.startsWith(mark);
    const value: unknown = JSON.parse(marked, (_name, each) => (isMarked(each) ? exact[Number(each.slice(mark.length))] : each));
    return dataFault(value) === undefined ? (value as Data) : undefined;
  } catch {
    // No JSON: there is no more to say.
    return undefined;
  }
}
