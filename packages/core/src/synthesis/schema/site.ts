import { type Data, type DataKind, isDataObject } from "../data.js";
import { pointerOf } from "../pointer.js";
import type { Run } from "./run.js";
import type { SchemaNode, Test } from "./schema-node.js";
import { no, type Verdict } from "./verdict.js";
import { shown } from "./violation.js";

/** What the keywords of one schema are compiled with. What is wrong with them is written down, and `undefined` goes on. */
export interface Compiling {
  /** As it is written, where the keyword counts. */
  written(keyword: string): Data | undefined;
  /** The schema below, by the keyword and names behind it. */
  below(...names: string[]): SchemaNode;
  refer(keyword: "$ref" | "$dynamicRef", reference: string): SchemaNode | undefined;
  fault(keyword: string, reason: string): undefined;
}

/** Says that a value is not what was asked for, if anybody wants to know. */
export type Refuse = (run: Run, value: Data) => Verdict;

export class Site {
  readonly node: SchemaNode;
  readonly #compiling: Compiling;

  constructor(node: SchemaNode, compiling: Compiling) {
    this.node = node;
    this.#compiling = compiling;
  }

  written(keyword: string): Data | undefined {
    return this.#compiling.written(keyword);
  }

  fault(keyword: string, reason: string): undefined {
    return this.#compiling.fault(keyword, reason);
  }

  refer(keyword: "$ref" | "$dynamicRef"): SchemaNode | undefined {
    const reference = this.written(keyword);
    if (reference === undefined) return undefined;
    return typeof reference === "string" ? this.#compiling.refer(keyword, reference) : this.fault(keyword, "a reference is a text");
  }

  where(...names: string[]): string {
    return `${this.node.where}${pointerOf(names)}`;
  }

  test(kinds: DataKind | readonly DataKind[], test: Test): void {
    for (const kind of typeof kinds === "string" ? [kinds] : kinds) this.node.tests[kind].push(test);
  }

  /** Texts are only made once somebody is told. */
  refusal(keyword: string, expected: () => string, found: (value: Data) => string = shown): Refuse {
    return (run, value) =>
      run.isTelling ? run.tell({ keyword, expected: expected(), found: found(value), schema: this.where(keyword) }) : no;
  }

  number(keyword: string): number | bigint | undefined {
    const value = this.written(keyword);
    if (value === undefined || typeof value === "number" || typeof value === "bigint") return value;
    return this.fault(keyword, `"${keyword}" is a number`);
  }

  /** Of lengths: a whole number from 0. */
  count(keyword: string): number | undefined {
    const value = this.written(keyword);
    if (value === undefined) return undefined;
    if ((typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) && value >= 0) return Number(value);
    return this.fault(keyword, `"${keyword}" is a whole number of at least 0`);
  }

  truth(keyword: string): boolean | undefined {
    const value = this.written(keyword);
    return value === undefined || typeof value === "boolean" ? value : this.fault(keyword, `"${keyword}" is true or false`);
  }

  texts(keyword: string): readonly string[] | undefined {
    const value = this.written(keyword);
    return value === undefined || isTexts(value) ? value : this.fault(keyword, `"${keyword}" is an array of texts`);
  }

  textsByName(keyword: string): ReadonlyMap<string, readonly string[]> | undefined {
    const value = this.written(keyword);
    if (value === undefined) return undefined;
    const entries = isDataObject(value) ? Object.keys(value).map((name) => [name, value[name] as Data] as const) : [];
    if (!isDataObject(value) || !entries.every((entry): entry is [string, readonly string[]] => isTexts(entry[1])))
      return this.fault(keyword, `"${keyword}" is an object of arrays of texts`);
    return new Map(entries);
  }

  schema(keyword: string): SchemaNode | undefined {
    if (this.written(keyword) === undefined) return undefined;
    return this.#compiling.below(keyword);
  }

  schemas(keyword: string): readonly SchemaNode[] | undefined {
    const value = this.written(keyword);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length === 0) return this.fault(keyword, `"${keyword}" is an array of schemas, one at least`);
    return value.map((_, at) => this.#compiling.below(keyword, String(at)));
  }

  schemasByName(keyword: string): ReadonlyMap<string, SchemaNode> | undefined {
    const value = this.written(keyword);
    if (value === undefined) return undefined;
    if (!isDataObject(value)) return this.fault(keyword, `"${keyword}" is an object of schemas`);
    return new Map(Object.keys(value).map((name) => [name, this.#compiling.below(keyword, name)]));
  }

  /** As JSON Schema says it: by Unicode, without anchors of its own. */
  expression(keyword: string, written: string): RegExp | undefined {
    try {
      return new RegExp(written, "u");
    } catch (error) {
      return this.fault(keyword, `${(error as Error).message} (regular expressions are read with the flag u)`);
    }
  }
}

function isTexts(value: Data): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
