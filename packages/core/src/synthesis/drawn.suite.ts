import fc from "fast-check";
import type { Data, DataObject } from "./data.js";
import { canonical, isObject, isWhole, oracle, ruleAt, type Statement, type WrittenPaths, written } from "./oracle.suite.js";
import type { Fragment } from "./synthesize.js";

// Fragments to try synthesis on: of few names, few values and few stamps, so that they contradict each other wherever they can.

const names = ["a", "b", "x", "1", "__proto__", "constructor"];

const leaf: fc.Arbitrary<Data> = fc.constantFrom<Data[]>(
  ...[null, true, false, 0, 1, 2.5, -1, 2n ** 60n, "", "x", "y", "é", "e\u0301", "\u{1f600}", "\uffff", [], ["x"], ["y", "x"]],
);

const { value: anyValue } = fc.letrec<{ value: Data; object: Data }>((tie) => ({
  value: fc.oneof({ depthSize: "small", maxDepth: 3 }, leaf, tie("object"), tie("object")),
  object: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), tie("value")), { maxLength: 4, selector: ([name]) => name })
    .map((entries) => Object.fromEntries(entries)),
}));

export { anyValue };

const places = ["", "/a", "/b", "/x", "/*", "/a/*", "/a/x", "/**/x", "/b/*/a", "/**", "/a/**", "/constructor/**"];

const simple = ["lww", "first", "unanimous", "error", "mv", "max", "min", "flag", "g-counter", "pn-counter", "priority"];
const sets = ["g-set", "2p-set", "or-set", "rw-set", "concat-unique"];

const plainRule: fc.Arbitrary<Data> = fc.oneof(
  fc.constantFrom<Data[]>(...simple),
  fc.constantFrom<Data[]>(...sets),
  fc.constantFrom<Data[]>(
    { strategy: "priority", order: ["B", "A"] },
    { strategy: "quorum", of: 2 },
    { strategy: "lww", whole: true },
    { strategy: "mv", whole: true },
    { strategy: "quorum", of: 2, whole: true },
    { strategy: "unanimous", whole: true },
  ),
);

export const anyRule: fc.Arbitrary<Data> = fc.oneof(
  { arbitrary: plainRule, weight: 4 },
  plainRule.map((of) => ({ strategy: "map", of })),
  fc.constant("map"),
  fc.tuple(plainRule, plainRule).map(([a, x]) => ({ strategy: "record", fields: { a, x } })),
  plainRule.map((of) => ({ strategy: "by-key", key: "k", of })),
  fc.constant({ strategy: "by-key", key: "k" }),
);

export const anyPaths: fc.Arbitrary<WrittenPaths> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...places), anyRule), { maxLength: 4, selector: ([place]) => place })
  .map((entries) => Object.fromEntries(entries));

const anyStamp = fc.constantFrom(undefined, undefined, 1, 1, 2, 3);

interface Drawn {
  readonly source: string;
  readonly stamp: number | undefined;
  readonly priority: number;
  readonly value: Data;
  /** As it was drawn, whatever rules have a meaning for. */
  readonly isRaw: boolean;
  readonly isWrapped: boolean;
}

const anyDrawn: fc.Arbitrary<Drawn> = fc.record({
  source: fc.constantFrom("A", "B", "C"),
  stamp: anyStamp,
  priority: fc.constantFrom(0, 0, 1),
  value: anyValue,
  isRaw: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
  isWrapped: fc.boolean(),
});

export interface Case {
  readonly paths: WrittenPaths;
  readonly fragments: readonly Fragment[];
  /** The same, for the oracle. */
  readonly statements: readonly Statement[];
}

export const anyCase: fc.Arbitrary<Case> = fc
  .tuple(anyPaths, fc.array(anyDrawn, { maxLength: 6 }))
  .map(([paths, drawn]) => caseOf(paths, drawn));

function caseOf(paths: WrittenPaths, drawn: readonly Drawn[]): Case {
  const bodies = drawn.map(({ value, isRaw }) => (isRaw ? value : molded(value, paths, [])));
  const fragments = drawn.map(({ source, stamp, priority, isWrapped }, at): Fragment => {
    const [id, body] = [`f${at}`, bodies[at]];
    if (!isWrapped) return { id, source, stamp, priority, content: body };
    const around: DataObject = { source, priority, ...(stamp === undefined ? {} : { stamp }) };
    return { id, content: { $fragment: around, body } };
  });
  const statements = drawn.map(({ source, stamp = Number.NEGATIVE_INFINITY, priority }, at) => ({
    source,
    stamp,
    priority,
    body: bodies[at],
  }));
  return frozen({ paths, fragments, statements });
}

export function oracleOf({ statements, paths }: Case): ReturnType<typeof oracle> {
  return oracle(statements, paths);
}

/** Nothing may change it. */
export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) frozen(each);
  }
  return value;
}

/** Something much like it that the rules have a meaning for. */
function molded(value: Data, paths: WrittenPaths, at: readonly string[]): Data {
  // Elements of elements, without end.
  if (at.length > 4) return value;
  const rule = ruleAt(paths, at);
  const fields = (object: DataObject) => Object.entries(object).map(([name, each]) => [name, molded(each, paths, [...at, name])] as const);
  const size = canonical(value).length;
  if (rule.strategy === "by-key") return elements(value, rule["key"] as string).map((each) => moldedElement(each, paths, at));
  if (rule.strategy === "map" || rule.strategy === "record") {
    const object = isObject(value) ? value : { a: value };
    const may = rule.strategy === "map" ? undefined : [...Object.keys(written(rule)["fields"] as DataObject), "k"];
    const kept = Object.entries(object).filter(([name]) => may === undefined || (may.includes(name) && name !== "k"));
    return Object.fromEntries(fields(Object.fromEntries(kept)));
  }
  if (isObject(value) && !isWhole(rule)) return Object.fromEntries(fields(value));
  switch (rule.strategy) {
    case "max":
    case "min":
      return [1, 2, -2.5, 2n ** 64n, 1e21, 10n ** 21n, 1e23, 10n ** 23n][size % 8];
    case "g-counter":
    case "pn-counter":
      return [1, 0, 2n ** 53n, 7][size % 4];
    case "flag":
      return size % 2 === 0;
    case "g-set":
    case "concat-unique":
      return listOf(value);
    case "2p-set":
    case "or-set":
    case "rw-set":
      return size % 5 === 0 ? listOf(value) : changeOf(size);
    default:
      return value;
  }
}

/** Of few elements, some added and some removed. */
function changeOf(size: number): Data {
  const [add, remove] = [0, 1].map((turn) => ["x", { x: 1 }].filter((_, at) => (size >> at) % 2 === turn));
  return size % 3 === 0 ? { remove } : { add, remove };
}

function listOf(value: Data): readonly Data[] {
  return isObject(value) ? [...Object.keys(value), ...Object.values(value)] : Array.isArray(value) ? value : [value];
}

function elements(value: Data, key: string): DataObject[] {
  const entries = isObject(value) ? Object.entries(value) : [["a", value] as const];
  const keyed = entries.map(([name, each]) => ({
    ...(isObject(each) ? each : { a: each }),
    [key]: name !== "1" ? name : canonical(each).length % 2 === 0 ? 1e21 : 10n ** 21n,
  }));
  return keyed.map((each) => Object.fromEntries(Object.entries(each)));
}

function moldedElement(element: DataObject, paths: WrittenPaths, list: readonly string[]): Data {
  const key = element["k"];
  const { k: _key, ...rest } = element;
  const made = molded(rest, paths, [...list, canonical(key)]);
  return isObject(made) ? { ...made, k: key } : made;
}
