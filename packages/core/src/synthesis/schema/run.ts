import { jsonDepthMax, schemaNestingMax, schemaStepsMax, schemaStepsPerValueMax, violationsMax } from "../../bytes/limits.js";
import type { Data } from "../data.js";
import { pointerOf } from "../pointer.js";
import { no, type Verdict } from "./verdict.js";
import type { Violation } from "./violation.js";

/** Of one check of one value: where it is, and what was found. It is used again for the next one. */
export class Run {
  isFragment = false;
  /** What is wrong is written down, all of it. Otherwise the first `no` is enough. */
  isTelling = false;
  #violations: Violation[] = [];
  readonly #path: (string | number)[] = [];
  #depth = 0;
  #nested = 0;
  #value: Data = null;
  #steps = 0;
  #stepsMost = 0;
  #isCounted = false;
  /** Why it is not known what the schema says. */
  #stopped: Violation | undefined;

  begin(value: Data, as: "fragment" | "document"): void {
    this.isFragment = as === "fragment";
    this.isTelling = false;
    this.#value = value;
    if (this.#violations.length > 0) this.#violations = [];
    this.#stopped = undefined;
    this.#depth = 0;
    this.#nested = 0;
    this.#steps = 0;
    this.#stepsMost = schemaStepsMax;
    this.#isCounted = false;
  }

  /** What was told; or else, what ended the check before it was done. Nothing of the value is kept. */
  end(): readonly Violation[] {
    const told = this.#violations;
    this.#value = null;
    if (told.length === 0) return this.#stopped === undefined ? nothing : [this.#stopped];
    this.#violations = [];
    return told;
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** A schema is applied to what is at this place. False: no further. */
  enterSchema(schema: string, value: Data): boolean {
    if (++this.#steps > this.#stepsMost && !this.#mayGoOn(schema)) return false;
    if (this.#nested >= schemaNestingMax) return this.#stop(schema, `at most ${schemaNestingMax} schemas in one another`);
    if (this.#depth >= jsonDepthMax && typeof value === "object" && value !== null) return this.#stop(schema, tooDeep);
    this.#nested++;
    return true;
  }

  leaveSchema(): void {
    this.#nested--;
  }

  enterPlace(name: string | number): void {
    this.#path[this.#depth++] = name;
  }

  leavePlace(): void {
    this.#depth--;
  }

  /** Before all of what is here is looked at, without a schema for what lies below. False: it is nested too deeply. */
  mayDescend(schema: string, value: Data): boolean {
    return !isDeeper(value, jsonDepthMax - this.#depth) || this.#stop(schema, tooDeep);
  }

  /** That something is wrong here. Always `no`, so that it can be answered. */
  tell(what: Omit<Violation, "pointer">): Verdict {
    const { keyword, expected, found, schema } = what;
    const pointer = this.pointer();
    if (this.#violations.length >= violationsMax) return no;
    if (this.#violations.some((each) => each.pointer === pointer && each.keyword === keyword && each.expected === expected)) return no;
    this.#violations.push({ pointer, keyword, expected, found, schema });
    return no;
  }

  /** What is told meanwhile, for itself. */
  toldBy(check: () => void): readonly Violation[] {
    const before = this.#violations;
    this.#violations = [];
    check();
    const told = this.#violations;
    this.#violations = before;
    return told;
  }

  retell(violations: readonly Violation[]): Verdict {
    for (const each of violations) if (this.#violations.length < violationsMax) this.#violations.push(each);
    return no;
  }

  pointer(): string {
    return pointerOf(this.#path.slice(0, this.#depth).map(String));
  }

  #stop(schema: string, expected: string): false {
    this.#stopped ??= { pointer: this.pointer(), keyword: "", expected, found: "more", schema };
    // Whatever is still under way ends with its next step.
    this.#stepsMost = 0;
    return false;
  }

  /** A small value may take many steps, and a large one some for each of the values in it. */
  #mayGoOn(schema: string): boolean {
    if (this.#stopped !== undefined) return false;
    if (!this.#isCounted) this.#stepsMost = Math.max(schemaStepsMax, valuesIn(this.#value) * schemaStepsPerValueMax);
    this.#isCounted = true;
    return this.#steps <= this.#stepsMost || this.#stop(schema, `what takes at most ${this.#stepsMost} steps to check`);
  }
}

const nothing: readonly Violation[] = Object.freeze([]);
const tooDeep = `at most ${jsonDepthMax} arrays and objects in one another`;

function isDeeper(value: Data, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner as Data, levels - 1));
}

function valuesIn(value: Data): number {
  let count = 0;
  const waiting: Data[] = [value];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    count++;
    if (typeof each === "object" && each !== null) for (const inner of Object.values(each)) waiting.push(inner as Data);
  }
  return count;
}
