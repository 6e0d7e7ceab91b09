import type { Data, DataKind, DataObject } from "../data.js";
import { kindOf } from "../data.js";
import type { Run } from "./run.js";
import { Seen } from "./seen.js";
import { no, type Verdict, yes } from "./verdict.js";

/** One or some keywords, compiled. It is only asked about values of the kinds it was added for. */
export type Test = (value: Data, run: Run, seen: Seen | undefined) => Verdict;

/** A schema below another, that is applied in some cases only: because of the keyword. */
export interface ApartNode {
  readonly keyword: string;
  readonly node: SchemaNode;
}

export interface PatternNode {
  readonly pattern: RegExp;
  readonly node: SchemaNode;
}

/** One schema, compiled: what it tests, and which schemas it leads to. */
export class SchemaNode {
  readonly schema: DataObject | boolean;
  /** `uri#/pointer`. */
  readonly where: string;
  readonly tests: Readonly<Record<DataKind, Test[]>> = { null: [], boolean: [], number: [], text: [], array: [], object: [] };
  /** Kinds of which it has to know what was seen: those that `unevaluatedProperties` and `unevaluatedItems` are about. */
  readonly watches = new Set<DataKind>();
  /** What it says under `x-merge`. */
  merge: Data | undefined;
  /** Applied to the same value, always. */
  readonly same: SchemaNode[] = [];
  /** Applied to the same value, and what comes of it depends. */
  readonly branches: ApartNode[] = [];
  /** Applied to what lies below, whatever the value is otherwise. */
  readonly fields = new Map<string, SchemaNode>();
  readonly patterns: PatternNode[] = [];
  rest: SchemaNode | undefined;
  element: SchemaNode | undefined;
  /** Applied to what lies below, where it depends. */
  readonly apart: ApartNode[] = [];

  constructor(schema: DataObject | boolean, where: string) {
    this.schema = schema;
    this.where = where;
  }

  /** It refuses nothing. Known once all is compiled. */
  isAnything = false;
  /** How to say it where this schema is `false`. */
  refusal: { readonly keyword: string; readonly expected: () => string } | undefined;

  judge(value: Data, run: Run, seen: Seen | undefined): Verdict {
    const tests = this.#testsOf(value);
    if (tests.length === 0) return yes;
    if (!run.enterSchema(this.where, value)) return no;
    const verdict =
      this.watches.size > 0 && this.watches.has(kindOf(value)) ? watching(tests, value, run, seen) : verdictOf(tests, value, run, seen);
    run.leaveSchema();
    return verdict;
  }

  #testsOf(value: Data): readonly Test[] {
    const { tests } = this;
    // By names that stand here: what is looked up by a computed one takes several times longer.
    switch (typeof value) {
      case "string":
        return tests.text;
      case "number":
      case "bigint":
        return tests.number;
      case "boolean":
        return tests.boolean;
      default:
        return value === null ? tests.null : Array.isArray(value) ? tests.array : tests.object;
    }
  }
}

function watching(tests: readonly Test[], value: Data, run: Run, seen: Seen | undefined): Verdict {
  const own = new Seen();
  const verdict = verdictOf(tests, value, run, own);
  if (verdict !== no) seen?.take(own);
  return verdict;
}

function verdictOf(tests: readonly Test[], value: Data, run: Run, seen: Seen | undefined): Verdict {
  let verdict: Verdict = yes;
  for (let at = 0; at < tests.length; at++) {
    const found = (tests[at] as Test)(value, run, seen);
    if (found < verdict) verdict = found;
    if (found === no && !run.isTelling) return no;
  }
  return verdict;
}

/** What lies below the value, by its name or index. */
export function judgeBelow(node: SchemaNode, name: string | number, value: Data, run: Run): Verdict {
  run.enterPlace(name);
  const verdict = node.judge(value, run, undefined);
  run.leavePlace();
  return verdict;
}
