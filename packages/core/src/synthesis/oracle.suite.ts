import type { Data, DataObject } from "./data.js";

// The twin of synthesis, written to be read: everything that is said of a place is carried there and decided, one place after the other.
// It shares no code with what it is held against. Of rules it knows what strategies files write; schemas and types of one's own it does not.

/** One fragment, with its body where it belongs. */
export interface Statement {
  readonly source: string;
  readonly stamp: number;
  readonly priority: number;
  readonly body: Data;
}

export interface OracleAnswer {
  readonly text: string;
  /** "/a/b resolved", in the order of the pointers. */
  readonly conflicts: readonly string[];
}

export type WrittenRule = Readonly<Record<string, Data>> & { readonly strategy: string };
export type WrittenPaths = Readonly<Record<string, Data>>;

const byDefault: WrittenRule = { strategy: "lww" };

export function isObject(value: Data | undefined): value is DataObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The shortest digits of a number, and none of them behind an exponent: 1e+21 is 1 and 21 zeros. */
function digitsOf(value: number): string {
  const [mantissa, zeros] = `${value}`.split("e+") as [string, string?];
  if (zeros === undefined) return mantissa;
  const [whole, fraction = ""] = mantissa.split(".") as [string, string?];
  return whole + fraction.padEnd(Number(zeros), "0");
}

export function canonical(value: Data): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === "number") return digitsOf(value);
  if (!isObject(value)) return typeof value === "string" ? JSON.stringify(value) : `${value}`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

const hex = (text: string) => [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function byBytes(left: string, right: string): number {
  return hex(left) < hex(right) ? -1 : hex(left) > hex(right) ? 1 : 0;
}

// --- which rule holds where ---

export function written(rule: Data): WrittenRule {
  return typeof rule === "string" ? { strategy: rule } : (rule as WrittenRule);
}

function namesOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function matches([first, ...rest]: readonly string[], names: readonly string[]): boolean {
  if (first === undefined) return names.length === 0;
  if (first === "**") return matches(rest, names) || (names.length > 0 && matches([first, ...rest], names.slice(1)));
  return names.length > 0 && (first === "*" || first === names[0]) && matches(rest, names.slice(1));
}

/** As a text: the smaller is the more special. */
function specialness(pattern: string): string {
  return `${namesOf(pattern)
    .map((name) => (name === "**" ? "3" : name === "*" ? "1" : "0"))
    .join("")}2`;
}

export function ruleAt(paths: WrittenPaths, names: readonly string[]): WrittenRule {
  if (names.length > 1 && isKey(paths, names)) return byDefault;
  const [best] = Object.keys(paths)
    .filter((pattern) => matches(namesOf(pattern), names))
    .sort((left, right) => (specialness(left) < specialness(right) ? -1 : 1));
  if (best !== undefined) return written(paths[best]);
  if (names.length === 0) return byDefault;
  const [above, name] = [ruleAt(paths, names.slice(0, -1)), names.at(-1) as string];
  if (above.strategy === "map") return written(above["of"] ?? { strategy: "lww", whole: true });
  if (above.strategy === "by-key") return written(above["of"] ?? "lww");
  if (above.strategy === "record") return written(fieldOf(above["fields"] as DataObject, name) ?? "lww");
  return above;
}

/** What tells elements apart is no matter of rules. */
function isKey(paths: WrittenPaths, names: readonly string[]): boolean {
  const list = ruleAt(paths, names.slice(0, -2));
  return list.strategy === "by-key" && list["key"] === names.at(-1);
}

function fieldOf(object: DataObject, name: string): Data | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

const wholes = ["g-set", "2p-set", "or-set", "rw-set", "concat-unique"];

export function isWhole(rule: WrittenRule): boolean {
  return wholes.includes(rule.strategy) || rule["whole"] === true;
}

// --- what fits ---

/** Whether all of it has a meaning where it is said. */
export function fits(paths: WrittenPaths, names: readonly string[], value: Data): boolean {
  const rule = ruleAt(paths, names);
  const below = (object: DataObject) => Object.keys(object).every((name) => fits(paths, [...names, name], object[name]));
  if (rule.strategy === "map") return isObject(value) && below(value);
  if (rule.strategy === "record") {
    const may = [...Object.keys(rule["fields"] as DataObject), keyHere(paths, names)];
    return isObject(value) && Object.keys(value).every((name) => may.includes(name)) && below(value);
  }
  if (rule.strategy === "by-key") return Array.isArray(value) && fitsByKey(paths, names, value);
  return !isWhole(rule) && isObject(value) ? below(value) : means(rule, value);
}

function keyHere(paths: WrittenPaths, names: readonly string[]): Data | undefined {
  if (names.length === 0) return undefined;
  const list = ruleAt(paths, names.slice(0, -1));
  return list.strategy === "by-key" ? list["key"] : undefined;
}

function fitsByKey(paths: WrittenPaths, names: readonly string[], elements: readonly Data[]): boolean {
  const key = ruleAt(paths, names)["key"] as string;
  const keys = elements.map((element) => (isObject(element) ? fieldOf(element, key) : undefined));
  if (!keys.every((each) => ["string", "number", "bigint"].includes(typeof each))) return false;
  const texts = keys.map((each) => canonical(each as Data));
  return new Set(texts).size === texts.length && elements.every((element, at) => fits(paths, [...names, texts[at]], element));
}

function means({ strategy }: WrittenRule, value: Data): boolean {
  switch (strategy) {
    case "max":
    case "min":
      return typeof value === "number" || typeof value === "bigint";
    case "flag":
      return typeof value === "boolean";
    case "g-counter":
    case "pn-counter":
      return (typeof value === "bigint" || Number.isSafeInteger(value)) && (strategy === "pn-counter" || (value as number) >= 0);
    case "g-set":
    case "concat-unique":
      return Array.isArray(value);
    case "2p-set":
    case "or-set":
    case "rw-set":
      return Array.isArray(value) || (isObject(value) && isChange(value));
    default:
      return true;
  }
}

function isChange(value: DataObject): boolean {
  if (!Object.entries(value).every(([name, list]) => ["add", "remove"].includes(name) && Array.isArray(list))) return false;
  const { added, removed } = changes(value);
  return !added.some((text) => removed.includes(text));
}

function changes(value: Data): { readonly added: string[]; readonly removed: string[] } {
  const texts = (list: Data | undefined) => ((list ?? []) as readonly Data[]).map(canonical);
  return isObject(value)
    ? { added: texts(fieldOf(value, "add")), removed: texts(fieldOf(value, "remove")) }
    : { added: texts(value), removed: [] };
}

// --- what it comes to ---

interface Said {
  readonly by: Statement;
  readonly value: Data;
  /** Canonical; of an object that merges by its names "{". */
  readonly text: string;
}

interface Verdict {
  readonly value?: Data | undefined;
  /** The object counts that objects make. */
  readonly isObject?: boolean;
  readonly outcome?: "resolved" | "unresolved" | "stopped" | undefined;
}

export function oracle(statements: readonly Statement[], paths: WrittenPaths): OracleAnswer {
  const fitting = statements.filter(({ body }) => fits(paths, [], body));
  const answer = new Answer(paths);
  const said = fitting.map((by) => ({ by, value: by.body }));
  const state = said.length === 0 ? undefined : answer.place(said, { names: [], pointer: "" });
  return { text: state === undefined ? "" : canonical(state), conflicts: answer.conflicts.sort() };
}

interface Spot {
  readonly names: readonly string[];
  readonly pointer: string;
  /** How it is called if nothing is there. */
  readonly missing?: string;
}

type SaidHere = Pick<Said, "by" | "value">;

class Answer {
  readonly conflicts: string[] = [];
  readonly #paths: WrittenPaths;

  constructor(paths: WrittenPaths) {
    this.#paths = paths;
  }

  place(said: readonly SaidHere[], spot: Spot): Data | undefined {
    const rule = ruleAt(this.#paths, spot.names);
    if (rule.strategy === "by-key") return this.#elements(said, rule["key"] as string, spot);
    const isMerged = ({ value }: SaidHere) => isObject(value) && !isWhole(rule);
    const all = said.map((each) => ({ ...each, text: isMerged(each) ? "{" : canonical(each.value) }));
    const objects = all.filter(({ text }) => text === "{");
    const { value, isObject: merges = false, outcome } = objects.length === all.length ? { isObject: true } : verdict(rule, all);
    if (outcome !== undefined) {
      const pointer = value === undefined && !merges ? (spot.missing ?? spot.pointer) : spot.pointer;
      this.conflicts.push(`${pointer} ${outcome}`);
    }
    return merges ? this.#names(objects, spot) : value;
  }

  #names(objects: readonly SaidHere[], { names, pointer }: Spot): Data {
    const all = new Set(objects.flatMap(({ value }) => Object.keys(value as DataObject)));
    const settled = [...all].map((name): [string, Data | undefined] => {
      const below = objects.flatMap(({ by, value }) =>
        Object.hasOwn(value as DataObject, name) ? [{ by, value: (value as DataObject)[name] }] : [],
      );
      const escaped = name.replaceAll("~", "~0").replaceAll("/", "~1");
      return [name, this.place(below, { names: [...names, name], pointer: `${pointer}/${escaped}` })];
    });
    return Object.fromEntries(settled.filter(([, value]) => value !== undefined)) as DataObject;
  }

  #elements(said: readonly SaidHere[], key: string, { names, pointer }: Spot): Data {
    const elements = said.flatMap(({ by, value }) => (value as readonly DataObject[]).map((element) => ({ by, value: element })));
    const keys = new Map(elements.map(({ value }) => [canonical(value[key]), value[key] as string | number | bigint]));
    const isText = (each: Data) => (typeof each === "string" ? 1 : 0);
    const sorted = [...keys].sort(
      ([left, one], [right, other]) =>
        isText(one) - isText(other) ||
        (isText(one) === 1 || one === other ? byBytes(left, right) : one < other ? -1 : one > other ? 1 : byBytes(left, right)),
    );
    const settled: Data[] = [];
    for (const [text, shown] of sorted) {
      const here = elements.filter(({ value }) => canonical(value[key]) === text);
      const spot = {
        names: [...names, text],
        pointer: `${pointer}/${settled.length}`,
        missing: `${pointer}/${typeof shown === "string" ? shown : text}`,
      };
      const element = this.place(here, spot);
      if (element !== undefined) settled.push(element);
    }
    return settled;
  }
}

/** Not all that is said is an object that merges by its names. */
function verdict(rule: WrittenRule, said: readonly Said[]): Verdict {
  const takesAny = ["lww", "first", "priority", "quorum", "unanimous", "error"].includes(rule.strategy);
  const last = latest(said);
  if (takesAny || said.every(({ text }) => text !== "{")) return decide(rule, said);
  if (last.text === "{") return { isObject: true, outcome: "resolved" };
  return {
    ...decide(
      rule,
      said.filter(({ text }) => text !== "{"),
    ),
    outcome: "resolved",
  };
}

function decide(rule: WrittenRule, said: readonly Said[]): Verdict {
  switch (rule.strategy) {
    case "lww":
      return taken(latest(said), said);
    case "first": {
      const earliest = Math.min(...said.map(({ by }) => by.stamp));
      return taken(latest(said.filter(({ by }) => by.stamp === earliest)), said);
    }
    case "priority":
      return taken(latest(foremost(rule["order"] as readonly string[] | undefined, said)), said);
    case "quorum":
      return quorum(rule["of"] as number, said);
    case "unanimous":
      return agreed(said) ?? { outcome: "unresolved" };
    case "error":
      return agreed(said) ?? { outcome: "stopped" };
    case "max":
      return taken(latest(said.filter(({ value }) => said.every((other) => (value as number) >= (other.value as number)))), said);
    case "min":
      return taken(latest(said.filter(({ value }) => said.every((other) => (value as number) <= (other.value as number)))), said);
    case "flag": {
      const isOn = said.some((on) => on.value === true && said.every((off) => off.value === true || off.by.stamp <= on.by.stamp));
      return { value: isOn, outcome: said.some(({ value }) => value !== isOn) ? "resolved" : undefined };
    }
    case "mv":
      return { value: valuesAtOnce(said) };
    case "g-counter":
    case "pn-counter": {
      const sum = said.map(({ value }) => BigInt(value as number)).reduce((left, right) => left + right);
      return { value: Number.isSafeInteger(Number(sum)) ? Number(sum) : sum };
    }
    case "concat-unique":
      return { value: concatenated(said) };
    default:
      return setOf(rule.strategy, said);
  }
}

function taken(winner: Said, said: readonly Said[]): Verdict {
  const outcome = said.some(({ text }) => text !== winner.text) ? "resolved" : undefined;
  return winner.text === "{" ? { isObject: true, outcome } : { value: winner.value, outcome };
}

function latest(said: readonly Said[]): Said {
  return said.reduce((best, each) => {
    if (each.by.stamp !== best.by.stamp) return each.by.stamp > best.by.stamp ? each : best;
    return byBytes(each.text, best.text) > 0 ? each : best;
  });
}

function foremost(order: readonly string[] | undefined, said: readonly Said[]): readonly Said[] {
  if (order === undefined) {
    const highest = Math.max(...said.map(({ by }) => by.priority));
    return said.filter(({ by }) => by.priority === highest);
  }
  for (const source of order) {
    const theirs = said.filter(({ by }) => by.source === source);
    if (theirs.length > 0) return theirs;
  }
  return said;
}

/** What no source has said otherwise of since. */
function standing(said: readonly Said[]): readonly Said[] {
  return said.filter(({ by }) => said.every((other) => other.by.source !== by.source || other.by.stamp <= by.stamp));
}

function agreed(said: readonly Said[]): Verdict | undefined {
  const last = standing(said);
  return new Set(last.map(({ text }) => text)).size === 1 ? taken(last[0], said) : undefined;
}

function quorum(wanted: number, said: readonly Said[]): Verdict {
  const last = standing(said);
  const sourcesOf = (text: string) => new Set(last.filter((each) => each.text === text).map(({ by }) => by.source)).size;
  const most = Math.max(...last.map(({ text }) => sourcesOf(text)));
  if (most < wanted) return { outcome: "unresolved" };
  return taken(latest(last.filter(({ text }) => sourcesOf(text) === most)), said);
}

function valuesAtOnce(said: readonly Said[]): Data {
  const values = new Map(standing(said).map(({ text, value }) => [text, value]));
  return [...values].sort(([left], [right]) => byBytes(left, right)).map(([, value]) => value);
}

function concatenated(said: readonly Said[]): Data {
  const inOrder = said.toSorted((left, right) =>
    left.by.stamp === right.by.stamp ? byBytes(right.text, left.text) : left.by.stamp < right.by.stamp ? -1 : 1,
  );
  const elements = inOrder.flatMap(({ value }) => value as readonly Data[]);
  return elements.filter((element, at) => elements.findIndex((other) => canonical(other) === canonical(element)) === at);
}

/** Element by element, from when it was added and when it was removed. */
function setOf(strategy: string, said: readonly Said[]): Verdict {
  const elements = [...new Set(said.flatMap(({ value }) => changes(value).added))].sort(byBytes);
  const stamps = (element: string, list: "added" | "removed") =>
    said.filter(({ value }) => changes(value)[list].includes(element)).map(({ by }) => by.stamp);
  const isIn = (element: string) => {
    const [added, removed] = [stamps(element, "added"), stamps(element, "removed")];
    if (strategy === "2p-set") return removed.length === 0;
    if (strategy === "or-set") return added.some((add) => removed.every((remove) => remove <= add));
    return added.some((add) => removed.every((remove) => remove < add));
  };
  const isRefused = (element: string) =>
    !isIn(element) && stamps(element, "added").some((add) => stamps(element, "removed").every((remove) => remove <= add));
  const values = new Map(said.flatMap(({ value }) => listed(value)).map((value) => [canonical(value), value]));
  return {
    value: elements.filter(isIn).map((element) => values.get(element) as Data),
    outcome: elements.some(isRefused) ? "resolved" : undefined,
  };
}

function listed(value: Data): readonly Data[] {
  return (isObject(value) ? (fieldOf(value, "add") ?? []) : value) as readonly Data[];
}
