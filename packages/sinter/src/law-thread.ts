import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type * as Core from "@sinter/core";
import type { AnyDefinedMerge, Verdict } from "@sinter/core";

// What tries the laws in a thread of its own. The thread runs it from its text, so it names nothing but what it is given.

export interface LawTask {
  readonly module: string;
  /** Of the type, or of what exports it; all that are there, where left out. */
  readonly type: string | undefined;
  /** Types that were tried before. */
  readonly passed: readonly string[];
  readonly runs: number;
  readonly seed: number;
  /** Which call of a function of the type is to be told before it is made. */
  readonly tell: number;
  /** Calls made so far. */
  readonly calls: Int32Array;
}

export type LawMessage =
  | { readonly kind: "begun"; readonly type: string; readonly of: number }
  | { readonly kind: "ran"; readonly runs: number }
  | { readonly kind: "tried"; readonly type: string; readonly version: number; readonly verdict: Verdict; readonly digest: string }
  | { readonly kind: "call"; readonly call: string }
  | { readonly kind: "unusable"; readonly reason: string }
  | { readonly kind: "done" };

interface Surroundings {
  readonly core: typeof Core;
  readonly hasher: Core.Hasher;
  readonly task: LawTask;
  readonly impurities: Impurities;
  /** Imports the module, and answers what it exports. */
  load(): Promise<Record<string, unknown>>;
  post(message: LawMessage): void;
}

/** Tries the laws on what the module exports. */
export async function tryLaws({ core, hasher, task, impurities, load, post }: Surroundings): Promise<void> {
  const STEP = 50;
  const isDefined = (value: unknown): value is AnyDefinedMerge =>
    typeof value === "object" && value !== null && "definition" in value && "writeItem" in value;
  const tried = (type: AnyDefinedMerge): void => {
    const watch = (call: () => string): void => {
      if (Atomics.add(task.calls, 0, 1) === task.tell) post({ kind: "call", call: call() });
    };
    const trial = core.definedTrial(type, watch);
    let verdict: Verdict = { kind: "lawful", runs: 0 };
    let digest = "";
    impurities.refuse = true;
    for (let first = 0; first < task.runs && verdict.kind === "lawful"; first += STEP) {
      verdict = core.runLaws(trial, { seed: task.seed, runs: Math.min(STEP, task.runs - first), first });
      post({ kind: "ran", runs: Math.min(task.runs, first + STEP) });
    }
    const lawless = (law: string, line: string): Verdict => ({ kind: "lawless", law, seed: task.seed, run: 0, lines: [line] });
    if (verdict.kind === "lawful") {
      verdict = { kind: "lawful", runs: task.runs };
      const digests = [1, 2].map(() => core.toHex(core.behaviourDigest(trial, hasher)));
      digest = digests[0] as string;
      if (digest !== digests[1])
        verdict = lawless("the same question has the same answer", "two runs over the same histories came to different states");
    }
    impurities.refuse = false;
    // It may have caught what was thrown at it.
    if (impurities.asked !== undefined) {
      const law = "neither time nor chance is asked";
      verdict = verdict.kind === "lawful" ? lawless(law, impurities.asked) : { ...verdict, law };
    }
    impurities.asked = undefined;
    post({ kind: "tried", type: type.definition.name, version: type.version, verdict, digest });
  };
  let exported: Record<string, unknown>;
  try {
    exported = await load();
  } catch (error) {
    return post({ kind: "unusable", reason: `it cannot be imported: ${error instanceof Error ? error.message : String(error)}` });
  }
  const types = new Map<AnyDefinedMerge, string[]>();
  for (const [name, value] of Object.entries(exported)) if (isDefined(value)) types.set(value, [...(types.get(value) ?? []), name]);
  const isMeant = (type: AnyDefinedMerge, exports: readonly string[]): boolean =>
    task.type === undefined || [type.name, type.definition.name, ...exports].includes(task.type);
  const chosen = [...types].filter(([type, exports]) => isMeant(type, exports));
  if (chosen.length === 0) {
    const there = [...types].map(([type]) => type.definition.name).join(", ");
    return post({
      kind: "unusable",
      reason: `it exports no ${task.type === undefined ? "merge type" : `merge type ${task.type}; there are: ${there || "none"}`}`,
    });
  }
  for (const [type] of chosen.filter(([{ definition }]) => !task.passed.includes(definition.name))) {
    post({ kind: "begun", type: type.definition.name, of: chosen.length });
    tried(type);
  }
  post({ kind: "done" });
}

export interface Impurities {
  /** While the laws are tried. */
  refuse: boolean;
  /** What was asked first. */
  asked: string | undefined;
}

/** The globals of a thread that tell the time or draw numbers. */
type World = Record<"Date" | "Math" | "performance" | "crypto" | "process", object> & Record<string, unknown>;

/** Puts something in the place of whatever tells the time or draws numbers: it refuses while the laws are tried. What differs from one
 * replica to another, or from one try to the next, has no place in a merge. Before the module is imported, which may keep them. */
export function refusing(world: World, builtin: (name: string) => object): Impurities {
  const impurities: Impurities = { refuse: false, asked: undefined };
  const refuse = (what: string): void => {
    if (!impurities.refuse) return;
    impurities.asked ??= `${what} is asked, which says something else on another replica`;
    const error = new Error(impurities.asked);
    error.name = "Impure";
    throw error;
  };
  const guard = (owner: object, names: readonly string[], called: string): void => {
    for (const name of names) {
      const real: unknown = Reflect.get(owner, name);
      // What cannot be replaced here leads to something that is, elsewhere.
      if (typeof real !== "function" || Object.getOwnPropertyDescriptor(owner, name)?.configurable === false) continue;
      const guarded = function (this: unknown, ...given: unknown[]): unknown {
        refuse(`${called}${name}`);
        return Reflect.apply(real, this, given);
      };
      Object.defineProperty(owner, name, { value: Object.assign(guarded, real), configurable: true, writable: true });
    }
  };
  const RealDate = world.Date as DateConstructor;
  guard(RealDate, ["now"], "Date.");
  world.Date = new Proxy(RealDate, {
    construct(target, given, made) {
      if (given.length === 0) refuse("new Date()");
      return Reflect.construct(target, given, made);
    },
    apply(target, self, given) {
      refuse("Date()");
      return Reflect.apply(target, self, given);
    },
  });
  Object.defineProperty(RealDate.prototype, "constructor", { value: world.Date, configurable: true, writable: true });
  guard(world.Math, ["random"], "Math.");
  const timers = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"];
  const chances = [
    "getRandomValues",
    "randomUUID",
    "randomBytes",
    "randomInt",
    "randomFill",
    "randomFillSync",
    "generateKeyPairSync",
    "generateKeySync",
  ];
  guard(world, timers, "");
  guard(builtin("node:timers"), timers, "");
  guard(Object.getPrototypeOf(world.performance) as object, ["now"], "performance.");
  guard(Object.getPrototypeOf(world.crypto) as object, chances, "crypto.");
  guard(builtin("node:crypto"), chances, "crypto.");
  guard(world.process, ["hrtime", "uptime"], "process.");
  guard(Reflect.get(world.process, "hrtime") as object, ["bigint"], "process.hrtime.");
  return impurities;
}

/** The thread, as text: the same in a build, a bundle and a test. It finds core by its place, since text has none of its own. */
export function lawThread(): URL {
  const core = pathToFileURL(createRequire(import.meta.url).resolve("@sinter/core")).href;
  const text = `
import { createRequire, syncBuiltinESMExports } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import * as core from ${JSON.stringify(core)};
const impurities = (${refusing})(globalThis, createRequire(${JSON.stringify(core)}));
syncBuiltinESMExports();
const hasher = core.createHasher((module) => new WebAssembly.Instance(new WebAssembly.Module(module)).exports);
await (${tryLaws})({ core, hasher, task: workerData, impurities, load: () => import(workerData.module), post: (message) => parentPort.postMessage(message) });`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}
