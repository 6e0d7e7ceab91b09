import { fromBase64url } from "../bytes/base64url.js";
import { canonicalJson } from "../bytes/canonical-json.js";
import { elementBytesMax, typeDepthMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { bytesOfText } from "../identity/subject-path.js";
import { typeNamed, typeNames } from "../merge/catalogue.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import { type NamePart, parseTypeName } from "../merge/type-name.js";
import type { Json } from "../protocol/protocol.js";
import type { CommandCall } from "./described-api.js";
import { jsonValue } from "./json-value.js";
import { SinterError } from "./sinter-error.js";

// Commands of types, called by who has nothing but text: the way to what is meant, by the type's name, and what the text is there.

export function namedType(name: string): AnyMergeType {
  const type = typeNamed(name);
  if (isMalformed(type))
    throw new SinterError("usage", `no type ${name}: ${type.reason}`, "Name one such as pn-counter, or-set(text) or register(json).");
  return type;
}

/** A map: each of its keys holds something of its own. */
export function checkedTable(path: string, type: AnyMergeType): AnyMergeType {
  if (type.name.startsWith("lww-map(") || type.name.startsWith("or-map(")) return type;
  throw new SinterError(
    "usage",
    `${path} is read through ${type.name}, which is no table`,
    "Read it with sinter subject, or name another.",
  );
}

/** Of a subject that is read by its path alone before anybody named its type. */
export function noType(path: string): SinterError {
  return new SinterError(
    "lens",
    `nobody has named the type that ${path} is read through`,
    `Name one of ${typeNames().join(", ")}: peer.subject(path, orSet(text)), or --type 'or-set(text)'.`,
  );
}

/** Throws what would be refused of these calls on a subject of that type, whatever it holds. */
export function checkCalls(type: string, calls: readonly CommandCall[]): void {
  const named = namedType(type);
  const commands = named.commands(() => undefined);
  for (const call of calls) callCommand(named.name, commands, call);
}

/** Calls what is meant among the commands of a type of that name. */
export function callCommand(type: string, commands: unknown, call: CommandCall): void {
  const place = placeOf(type, commands, call);
  const { name, given } = inFlags(place, call);
  const method = Object.hasOwn(place.commands, name) ? place.commands[name] : undefined;
  if (typeof method !== "function")
    throw new SinterError("usage", `${place.part.name} has no command ${name}`, `It has ${Object.keys(place.commands).join(", ")}.`);
  const values = valuesFrom(place.part, name, given);
  try {
    method.apply(place.commands, [...place.keys, ...values]);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    throw new SinterError("usage", error.message, `Give what ${place.part.name} takes.`, { cause: error });
  }
}

type Commands = Readonly<Record<string, unknown>>;

interface Place {
  readonly part: NamePart;
  readonly commands: Commands;
  /** What its commands take before anything else. */
  readonly keys: readonly string[];
}

/** Steps by a field into each record and by a key into each map, until the command is one of what is there. */
function placeOf(type: string, commands: unknown, call: CommandCall): Place {
  const parsed = parseTypeName(type, typeDepthMax);
  let part: NamePart = isMalformed(parsed) ? { name: type } : parsed;
  let there = commands as Commands;
  const [fields, keys] = [[...(call.fields ?? [])], [...(call.keys ?? [])]];
  for (;;) {
    if (part.fields !== undefined) {
      const field = fields.shift() ?? keys.shift();
      const next = field === undefined ? undefined : part.fields.get(field);
      if (field === undefined || next === undefined) throw noSuchField(field, part.fields);
      [part, there] = [next, there[field] as Commands];
    } else if (part.name === "or-map" && !(call.name === "delete" && keys.length === 1)) {
      const at = there["at"] as (key: string) => Commands;
      [part, there] = [part.argument ?? { name: "register" }, at(keyed(keys, part))];
    } else break;
  }
  const own = part.name === "or-map" || part.name === "lww-map" ? [keyed(keys, part)] : [];
  const [left] = [...fields, ...keys];
  if (left !== undefined) throw new SinterError("usage", `${part.name} has no fields or keys, so none is ${left}`, "Leave it out.");
  return { part, commands: there, keys: own };
}

/** What the value has in that field, or under that key, or in both; nothing, where there is no such thing. A set has its elements. */
export function valueAt(type: string, value: Json, { fields = [], keys = [] }: Pick<CommandCall, "fields" | "keys">): Json | undefined {
  const parsed = parseTypeName(type, typeDepthMax);
  let part: NamePart | undefined = isMalformed(parsed) ? undefined : parsed;
  const [leftFields, leftKeys] = [[...fields], [...keys]];
  let found: Json | undefined = value;
  while (leftFields.length + leftKeys.length > 0) {
    const ofRecord: NamePart["fields"] = part?.fields;
    const step = ofRecord === undefined ? (leftKeys.shift() ?? leftFields.shift()) : (leftFields.shift() ?? leftKeys.shift());
    if (step === undefined || typeof found !== "object" || found === null) return undefined;
    if (Array.isArray(found)) found = elementOf(found, part, step);
    else found = Object.hasOwn(found, step) ? (found as { readonly [name: string]: Json })[step] : undefined;
    part = ofRecord === undefined ? part?.argument : ofRecord.get(step);
  }
  return found;
}

/** The element that is meant where one is added by that text. */
function elementOf(elements: readonly Json[], part: NamePart | undefined, text: string): Json | undefined {
  const wanted = canonicalJson(jsonValue(part === undefined ? jsonFrom(text) : valueFrom(part, text)));
  return elements.find((each) => equalBytes(canonicalJson(each), wanted));
}

function keyed(keys: string[], { name }: NamePart): string {
  const key = keys.shift();
  if (key === undefined) throw new SinterError("usage", `${name} has many keys, and none is named`, "Name one: --key KEY.");
  return key;
}

function noSuchField(field: string | undefined, fields: ReadonlyMap<string, NamePart>): SinterError {
  const what = field === undefined ? "a record has fields, and none is named" : `the record has no field ${field}`;
  return new SinterError("usage", what, `Name one of ${[...fields.keys()].join(", ")}, as in --field ${[...fields.keys()][0]}.`);
}

/** A flag is set to true or to false. */
function inFlags({ part }: Place, { name, given }: CommandCall): Pick<CommandCall, "name" | "given"> {
  if (part.name !== "enable-wins-flag" || name !== "set") return { name, given };
  const [value] = given;
  if (given.length !== 1 || (value !== "true" && value !== "false"))
    throw new SinterError("usage", "a flag is set to true or to false", "Give one of them.");
  return { name: value === "true" ? "enable" : "disable", given: [] };
}

const takesNothing: readonly string[] = ["enable", "disable", "delete"];
const takesAtMostOne: readonly string[] = ["increment", "decrement"];
const ofNumbers: readonly string[] = ["g-counter", "pn-counter", "maximum", "minimum"];

function valuesFrom(part: NamePart, name: string, given: readonly string[]): readonly unknown[] {
  const most = takesNothing.includes(name) ? 0 : 1;
  const least = takesAtMostOne.includes(name) ? 0 : most;
  if (given.length < least) throw new SinterError("usage", `${name} of what is not said`, "Give a value behind it.");
  if (given.length > most)
    throw new SinterError(
      "usage",
      `${name} takes ${most === 0 ? "no value" : "one value"}, not ${given.length}`,
      "Give them one at a time.",
    );
  return given.map((text) => valueFrom(part, text));
}

function valueFrom({ name, argument }: NamePart, text: string): unknown {
  if (ofNumbers.includes(name)) return numberFrom(text, argument?.name === "bigint" ? "bigint" : "number");
  if (argument?.name === "text") return text;
  const json = jsonFrom(text);
  return argument?.name === "bytes" ? bytesFrom(json, text) : json;
}

function numberFrom(text: string, numbers: "number" | "bigint"): number | bigint {
  if (/^[+-]?\d+$/.test(text)) {
    const whole = BigInt(text.replace(/^\+/, ""));
    return numbers === "bigint" || !Number.isSafeInteger(Number(whole)) ? whole : Number(whole);
  }
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) throw new SinterError("usage", `${text} is no number`, "Give one such as 7.");
  return number;
}

/** What the text says as JSON, and otherwise the text itself. */
function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** As they are told, and otherwise those of the text. */
function bytesFrom(json: unknown, text: string): Uint8Array {
  const told = typeof json === "object" && json !== null && "bytes" in json ? json.bytes : undefined;
  if (typeof told !== "string") return bytesOfText(text);
  const bytes = fromBase64url(told, elementBytesMax);
  if (isMalformed(bytes))
    throw new SinterError("usage", `these bytes are not told in base64url: ${bytes.reason}`, 'Give {"bytes":"AQI"}, or text.');
  return bytes;
}
