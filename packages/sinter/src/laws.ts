import { Worker } from "node:worker_threads";
import { type Counterexample, lawCallMsMax, lawRunMsMax, lawRunsMax, lawsMsMax, SinterError } from "@sinter/core";
import { type LawMessage, type LawTask, lawThread } from "./law-thread.js";

// Merge types of an application's own, put through the laws in a thread of their own: what hangs there is ended, and what changes
// the world changes none but the thread's.

export interface LawOptions {
  /** The name of the type, or of what exports it; all types of the module, where left out. */
  readonly type?: string;
  /** Histories a type is tried on. */
  readonly runs?: number;
  /** The same seed tries the same histories. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  progress?(progress: { readonly type: string; readonly runs: number; readonly of: number }): void;
}

export type LawReport =
  | {
      readonly verdict: "lawful";
      readonly type: string;
      readonly version: number;
      readonly runs: number;
      /** Of what it does, in hex: equal where types do the same. */
      readonly digest: string;
    }
  | {
      readonly verdict: "refused";
      readonly type: string;
      readonly version?: number;
      /** The law that it breaks. */
      readonly law: string;
      /** The least case found, in words. */
      readonly lines: readonly string[];
      /** What repeats it. */
      readonly seed: number;
      readonly run: number;
    };

/** Puts the merge types that a module exports through the laws. */
export async function checkLaws(module: string | URL, options: LawOptions = {}): Promise<readonly LawReport[]> {
  const url = String(module);
  const reports: LawReport[] = [];
  for (;;) {
    const passed = reports.map(({ type }) => type);
    let trial = new LawTrial(url, { ...options, passed });
    let ended = await trial.run(NEVER);
    if (ended.kind === "late") {
      // Once more before anything is said: it may have been the machine that stood still. The call is told before it is made.
      trial = new LawTrial(url, { ...options, passed });
      ended = await trial.run(ended.calls - 1);
    }
    reports.push(...trial.reports);
    if (ended.kind === "done") return reports;
    if (ended.kind === "unusable")
      throw new SinterError("usage", `${url}: ${ended.reason}`, "Name a module of JavaScript that exports what defineMerge() makes.");
    const { type, calls, call, runs, afterMs } = ended;
    if (type === undefined)
      throw new SinterError(
        "usage",
        `${url}: importing it did not come to an end in ${afterMs} ms`,
        "See what it does while it is imported.",
      );
    const lines = [`${call ?? `call ${calls}`} did not come back in ${afterMs} ms`];
    reports.push({ verdict: "refused", type, law: "every call comes to an end", lines, seed: trial.seed, run: runs });
  }
}

const NEVER = -1;

type Ended =
  | { readonly kind: "done" }
  | { readonly kind: "unusable"; readonly reason: string }
  /** A call, or all of them together, took too long. */
  | {
      readonly kind: "late";
      readonly type: string | undefined;
      readonly calls: number;
      readonly call: string | undefined;
      readonly runs: number;
      readonly afterMs: number;
    };

const LOOK_MS = 100;

interface TrialOptions extends LawOptions {
  /** Types that were tried before. */
  readonly passed: readonly string[];
}

class LawTrial {
  readonly seed: number;
  readonly #module: string;
  readonly #options: TrialOptions;
  readonly #runs: number;
  readonly #calls = new Int32Array(new SharedArrayBuffer(4));
  readonly reports: LawReport[] = [];
  #type: string | undefined;
  #types = 1;
  #ran = 0;
  #call: string | undefined;

  constructor(module: string, options: TrialOptions) {
    this.#module = module;
    this.#options = options;
    this.seed = options.seed ?? 1;
    this.#runs = options.runs ?? lawRunsMax;
  }

  async run(tell: number): Promise<Ended> {
    this.#options.signal?.throwIfAborted();
    const task: LawTask = {
      module: this.#module,
      type: this.#options.type,
      passed: this.#options.passed,
      runs: this.#runs,
      seed: this.seed,
      tell,
      calls: this.#calls,
    };
    const worker = new Worker(lawThread(), { workerData: task });
    try {
      return await this.#ended(worker);
    } finally {
      await worker.terminate();
    }
  }

  #ended(worker: Worker): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#options;
      const watch = this.#deadline(resolve);
      const aborted = () => reject(signal?.reason as Error);
      signal?.addEventListener("abort", aborted, { once: true });
      const end = (settle: () => void) => {
        clearInterval(watch);
        signal?.removeEventListener("abort", aborted);
        settle();
      };
      worker.on("message", (message: LawMessage) => {
        const ended = this.#take(message);
        if (ended !== undefined) end(() => resolve(ended));
      });
      worker.on("error", (error) =>
        end(() => resolve({ kind: "unusable", reason: `its thread failed: ${error instanceof Error ? error.message : String(error)}` })),
      );
      worker.on("exit", (code) => end(() => resolve({ kind: "unusable", reason: `its thread ended with code ${code}` })));
    });
  }

  #take(message: LawMessage): Ended | undefined {
    switch (message.kind) {
      case "begun":
        this.#type = message.type;
        this.#types = message.of;
        this.#ran = 0;
        return undefined;
      case "ran":
        this.#ran = message.runs;
        this.#options.progress?.({ type: this.#type ?? "", runs: message.runs, of: this.#runs });
        return undefined;
      case "call":
        this.#call = message.call;
        return undefined;
      case "tried": {
        const { type, version, verdict, digest } = message;
        if (verdict.kind === "lawful") this.reports.push({ verdict: "lawful", type, version, runs: verdict.runs, digest });
        else this.reports.push(refusal(type, version, verdict));
        return undefined;
      }
      case "unusable":
        return { kind: "unusable", reason: message.reason };
      case "done":
        return { kind: "done" };
    }
  }

  /** Looks whether calls come back, and whether there is an end to them. */
  #deadline(late: (ended: Ended) => void): NodeJS.Timeout {
    let looked = performance.now();
    let calls = -1;
    let callMs = 0;
    let allMs = 0;
    return setInterval(() => {
      const now = performance.now();
      // What this thread slept through, the other slept through as well.
      const passedMs = Math.min(now - looked, 2 * LOOK_MS);
      looked = now;
      const made = Atomics.load(this.#calls, 0);
      allMs += passedMs;
      callMs = made === calls ? callMs + passedMs : 0;
      calls = made;
      const isLate = allMs >= this.#types * (lawsMsMax + this.#runs * lawRunMsMax);
      const afterMs = callMs >= lawCallMsMax ? lawCallMsMax : isLate ? Math.round(allMs) : 0;
      if (afterMs > 0) late({ kind: "late", type: this.#type, calls: made, call: this.#call, runs: this.#ran, afterMs });
    }, LOOK_MS);
  }
}

function refusal(type: string, version: number, { law, lines, seed, run }: Counterexample): LawReport {
  return { verdict: "refused", type, version, law, lines, seed, run };
}
