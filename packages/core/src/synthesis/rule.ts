import { quorumSourcesMax, strategyDepthMax } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import type { AnyDefinedMerge } from "../merge/define-merge.js";
import { type Data, type DataObject, isDataObject } from "./data.js";
import { concatUnique } from "./strategies/concat-unique.js";
import { gCounter, pnCounter } from "./strategies/counters.js";
import { custom } from "./strategies/custom.js";
import { max, min } from "./strategies/extremes.js";
import { flag } from "./strategies/flag.js";
import { gSet, orSet, rwSet, twoPhaseSet } from "./strategies/sets.js";
import { error, first, lww, mv, priority, quorum, unanimous } from "./strategies/value-rules.js";
import type { Strategy } from "./strategy.js";

// What holds at a place of the document, as strategies files and schemas write it: "max", or {"strategy":"quorum","of":2}.

export type Rule =
  /** `leaves`: objects merge by key, and the strategy decides what is no object. `whole`: it decides whatever is there. */
  | { readonly kind: "decide"; readonly strategy: Strategy; readonly over: "leaves" | "whole" }
  /** Objects, whose names each go by a rule of their own. */
  | { readonly kind: "map"; readonly of: Rule }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Rule> }
  /** Arrays of objects that are told apart by one of their fields. */
  | { readonly kind: "by-key"; readonly key: string; readonly of: Rule };

/** What holds where nothing else does. */
export const defaultRule: Rule = { kind: "decide", strategy: lww, over: "leaves" };

/** Merge types of the user's own, by the name that rules call them. */
export type CustomTypes = (options: DataObject) => AnyDefinedMerge | Malformed;

type Make = (options: DataObject, parts: Parts) => Rule | Malformed;

interface Parts {
  readonly types: CustomTypes;
  readonly depth: number;
}

const rules: Readonly<Record<string, Make>> = {
  lww: value(lww),
  mv: value(mv),
  max: value(max),
  min: value(min),
  first: value(first),
  unanimous: value(unanimous),
  error: value(error),
  flag: value(flag),
  "g-counter": value(gCounter),
  "pn-counter": value(pnCounter),
  "g-set": whole(gSet),
  "2p-set": whole(twoPhaseSet),
  "or-set": whole(orSet),
  "rw-set": whole(rwSet),
  "concat-unique": whole(concatUnique),
  priority: priorityRule,
  quorum: quorumRule,
  map: ({ of = { strategy: "lww", whole: true } }, parts) => withRule(of, parts, (inner) => ({ kind: "map", of: inner })),
  record: recordRule,
  "by-key": byKeyRule,
  custom: customRule,
};

/** The options that a rule takes, beside its name. */
const options: Readonly<Record<string, readonly string[]>> = {
  lww: ["whole"],
  mv: ["whole"],
  first: ["whole"],
  unanimous: ["whole"],
  error: ["whole"],
  priority: ["order", "whole"],
  quorum: ["of", "whole"],
  map: ["of"],
  record: ["fields"],
  "by-key": ["key", "of"],
  custom: ["module", "type"],
};

export function strategyNames(): readonly string[] {
  return Object.keys(rules);
}

/** As it is written in a strategies file, or in a schema under x-merge. */
export function ruleFrom(written: Data, types: CustomTypes): Rule | Malformed {
  return ruleAt(written, { types, depth: 0 });
}

function ruleAt(written: Data, parts: Parts): Rule | Malformed {
  if (parts.depth > strategyDepthMax) return new Malformed(`strategies lie in one another ${strategyDepthMax} deep at most`);
  const spelled = typeof written === "string" ? { strategy: written } : written;
  if (!isDataObject(spelled) || typeof spelled["strategy"] !== "string")
    return new Malformed('a strategy is its name, as "max", or an object: {"strategy":"quorum","of":2}');
  const { strategy: name, ...given } = spelled as DataObject & { readonly strategy: string };
  const make = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (make === undefined) return new Malformed(`there is no strategy ${JSON.stringify(name)}; there are ${strategyNames().join(", ")}`);
  const taken = Object.hasOwn(options, name) ? (options[name] as readonly string[]) : [];
  const other = Object.keys(given).find((option) => !taken.includes(option));
  if (other !== undefined)
    return new Malformed(`${name} takes ${taken.length === 0 ? "no options" : taken.join(", ")}, not ${JSON.stringify(other)}`);
  return make(given, parts);
}

function value(strategy: Strategy): Make {
  return ({ whole: over = false }) => {
    if (typeof over !== "boolean") return new Malformed(`"whole" of ${strategy.name} is true or false`);
    return { kind: "decide", strategy, over: over ? "whole" : "leaves" };
  };
}

function whole(strategy: Strategy): Make {
  return () => ({ kind: "decide", strategy, over: "whole" });
}

function priorityRule({ order, ...rest }: DataObject, parts: Parts): Rule | Malformed {
  if (order === undefined) return value(priority())(rest, parts);
  const isOrder = Array.isArray(order) && order.length > 0 && order.every((source) => typeof source === "string");
  if (!isOrder || new Set(order).size < order.length)
    return new Malformed('"order" of priority is the sources, each once, the first before all others: ["on-call","team","base"]');
  return value(priority(order as readonly string[]))(rest, parts);
}

function quorumRule({ of, ...rest }: DataObject, parts: Parts): Rule | Malformed {
  if (typeof of !== "number" || !Number.isInteger(of) || of < 1 || of > quorumSourcesMax)
    return new Malformed(`"of" of quorum is how many sources have to agree, from 1 to ${quorumSourcesMax}: {"strategy":"quorum","of":2}`);
  return value(quorum(of))(rest, parts);
}

function withRule(written: Data, { types, depth }: Parts, make: (inner: Rule) => Rule): Rule | Malformed {
  const inner = ruleAt(written, { types, depth: depth + 1 });
  return inner instanceof Malformed ? inner : make(inner);
}

function recordRule({ fields }: DataObject, { types, depth }: Parts): Rule | Malformed {
  if (fields === undefined || !isDataObject(fields) || Object.keys(fields).length === 0)
    return new Malformed('"fields" of record are strategies by name: {"strategy":"record","fields":{"votes":"pn-counter"}}');
  const made = new Map<string, Rule>();
  for (const name of Object.keys(fields)) {
    const rule = ruleAt(fields[name] as Data, { types, depth: depth + 1 });
    if (rule instanceof Malformed) return rule;
    made.set(name, rule);
  }
  return { kind: "record", fields: made };
}

function byKeyRule({ key, of }: DataObject, parts: Parts): Rule | Malformed {
  if (typeof key !== "string")
    return new Malformed('"key" of by-key is the field that tells elements apart: {"strategy":"by-key","key":"id"}');
  return of === undefined ? { kind: "by-key", key, of: defaultRule } : withRule(of, parts, (inner) => ({ kind: "by-key", key, of: inner }));
}

function customRule(given: DataObject, { types }: Parts): Rule | Malformed {
  const type = types(given);
  return type instanceof Malformed ? type : { kind: "decide", strategy: custom(type), over: "whole" };
}
