import { Malformed } from "../bytes/malformed.js";
import { advance, begin, comparePatterns, isMatched, type Matching, type PathPattern } from "./path-pattern.js";
import { type CustomTypes, defaultRule, type Rule, ruleFrom } from "./rule.js";
import type { SchemaCursor } from "./schema/schema-cursor.js";

// Which rule holds where. What a strategies file says of a place counts before what the schema says of it, and both before what holds
// for the place around it.

export interface PathRule {
  readonly pattern: PathPattern;
  readonly rule: Rule;
}

export interface Plan {
  readonly rule: Rule;
  /** The default rule, here and everywhere below. */
  readonly isPlain: boolean;
  /** Of an element of an array: the field that tells it from others, for which no rule is asked. */
  readonly key?: string | undefined;
  child(name: string): Plan;
}

/** A schema says something under x-merge that is no strategy. */
export class StrategyFault extends Error {
  override readonly name = "StrategyFault";
}

export function planOf(paths: readonly PathRule[], schema: SchemaCursor | undefined, types: CustomTypes): Plan {
  const sorted = paths.toSorted((left, right) => comparePatterns(left.pattern, right.pattern));
  const ruleOf = new Map(sorted.map(({ pattern, rule }) => [pattern, rule]));
  return placePlan({ ruleOf, types }, { inherited: defaultRule, matchings: begin([...ruleOf.keys()]), schema });
}

interface Surroundings {
  /** The more special first. */
  readonly ruleOf: ReadonlyMap<PathPattern, Rule>;
  readonly types: CustomTypes;
}

interface Place {
  readonly inherited: Rule;
  readonly key?: string | undefined;
  readonly matchings: readonly Matching[];
  readonly schema: SchemaCursor | undefined;
}

function placePlan(around: Surroundings, { inherited, key, matchings, schema }: Place): Plan {
  const rule = ruleHere(around, matchings, schema) ?? inherited;
  const further = matchings.filter((each) => !isMatched(each));
  if (further.length === 0 && schema === undefined) return uniformPlan(rule, key);
  const make = (name: string) => {
    const below = {
      inherited: ruleBelow(rule, name),
      key: keyBelow(rule),
      matchings: advance(further, name),
      schema: schemaBelow(schema, rule, name),
    };
    return name === key ? uniformPlan(defaultRule) : placePlan(around, below);
  };
  // A document has many names, and rules name few of them.
  const named = new Set<string | undefined>(further.map(({ pattern, at }) => pattern.names[at]));
  named.add(key);
  const children = new Map<string, Plan>();
  let other: Plan | undefined;
  return {
    rule,
    isPlain: false,
    key,
    child(name) {
      if (schema === undefined && rule.kind !== "record" && !named.has(name)) return (other ??= make(name));
      let child = children.get(name);
      if (child === undefined) {
        child = make(name);
        if (children.size < REMEMBERED_CHILDREN) children.set(name, child);
      }
      return child;
    },
  };
}

/** Elements that merge have no position: one schema is for all of them. */
function schemaBelow(schema: SchemaCursor | undefined, rule: Rule, name: string): SchemaCursor | undefined {
  return rule.kind === "by-key" ? schema?.element : schema?.child(name);
}

const REMEMBERED_CHILDREN = 1024;

function ruleHere({ ruleOf, types }: Surroundings, matchings: readonly Matching[], schema: SchemaCursor | undefined): Rule | undefined {
  const matched = new Set(matchings.filter(isMatched).map(({ pattern }) => pattern));
  if (matched.size > 0) for (const [pattern, rule] of ruleOf) if (matched.has(pattern)) return rule;
  if (schema?.fault !== undefined) throw new StrategyFault(`x-merge in the schema: ${schema.fault.reason}`);
  if (schema?.merge === undefined) return undefined;
  const rule = ruleFrom(schema.merge, types);
  if (rule instanceof Malformed) throw new StrategyFault(`x-merge in the schema: ${rule.reason}`);
  return rule;
}

/** What holds below a place, where nothing is said of what lies there. */
function ruleBelow(rule: Rule, name: string): Rule {
  switch (rule.kind) {
    case "decide":
      return rule;
    case "map":
    case "by-key":
      return rule.of;
    case "record":
      return rule.fields.get(name) ?? defaultRule;
  }
}

function keyBelow(rule: Rule): string | undefined {
  return rule.kind === "by-key" ? rule.key : undefined;
}

const uniform = new WeakMap<Rule, Map<string | undefined, Plan>>();

/** Nothing is said of what lies below: plans are made once for each rule. */
function uniformPlan(rule: Rule, key?: string): Plan {
  const byKey = uniform.get(rule) ?? new Map<string | undefined, Plan>();
  const known = byKey.get(key);
  if (known !== undefined) return known;
  const child = (name: string) => (name === key ? uniformPlan(defaultRule) : uniformPlan(ruleBelow(rule, name), keyBelow(rule)));
  const plan: Plan = { rule, isPlain: rule === defaultRule, key, child };
  uniform.set(rule, byKey.set(key, plan));
  return plan;
}
