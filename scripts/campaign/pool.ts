import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FamilyName, PlanLimits } from "@sinter/simulator";
import type { SeedOutcome } from "./seed-outcome.js";

// Processes that run seeds: what hangs or dies in one takes nothing else along.

export type Order = { readonly number: number; readonly limits: PlanLimits | undefined } & (
  | { readonly kind: "run"; readonly family: FamilyName; readonly seed: number }
  | { readonly kind: "keep"; readonly outcome: SeedOutcome; readonly folder: string }
);

export type Answer =
  | "ready"
  | { readonly number: number; readonly outcome: SeedOutcome | undefined }
  | { readonly number: number; readonly failed: string };

type Asked = Order extends infer Each ? (Each extends Order ? Omit<Each, "number" | "limits"> : never) : never;

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const RUN = fileURLToPath(new URL("../run.mjs", import.meta.url));

export interface WorkerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A seed that takes longer has failed. */
  readonly patienceMs: number;
  /** Of what each seed plans, no more. */
  readonly limits?: PlanLimits | undefined;
}

export class Worker {
  readonly #child: ChildProcess;
  readonly #patienceMs: number;
  readonly #limits: PlanLimits | undefined;
  #orders = 0;
  #state: "there" | "gone" = "there";

  private constructor(child: ChildProcess, { patienceMs, limits }: WorkerOptions) {
    this.#child = child;
    this.#patienceMs = patienceMs;
    this.#limits = limits;
    child.once("exit", () => {
      this.#state = "gone";
    });
    // What can be told nothing is of no use, even while it still runs.
    child.on("error", () => this.kill());
  }

  /** Nothing, where the program does not even begin. */
  static async hire(options: WorkerOptions): Promise<Worker | undefined> {
    const { env = {}, patienceMs } = options;
    const child = fork(RUN, [WORKER], { serialization: "advanced", env: { ...process.env, ...env } });
    const worker = new Worker(child, options);
    const first = await worker.#heard(() => "yes", patienceMs);
    return typeof first === "object" && "gone" in first ? undefined : worker;
  }

  get state(): "there" | "gone" {
    return this.#state;
  }

  async run(family: FamilyName, seed: number): Promise<SeedOutcome> {
    const answer = await this.#ask({ kind: "run", family, seed });
    if (answer === "ready" || !("outcome" in answer)) return { seed, family, costMs: 0, problems: [reasonIn(answer)] };
    return answer.outcome ?? { seed, family, costMs: 0, problems: ["no answer"] };
  }

  /** What went wrong, or nothing. */
  async keep(outcome: SeedOutcome, folder: string): Promise<string | undefined> {
    const answer = await this.#ask({ kind: "keep", outcome, folder });
    return answer === "ready" || "outcome" in answer ? undefined : reasonIn(answer);
  }

  dismiss(): void {
    if (this.#state === "there" && this.#child.connected) this.#child.disconnect();
  }

  /** At once, whatever it is at; nobody gives it a seed from then on. */
  kill(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#child.kill("SIGKILL");
  }

  async #ask(asked: Asked): Promise<Answer | { readonly gone: string }> {
    if (this.#state === "gone") return { gone: "the process is gone" };
    const number = ++this.#orders;
    this.#child.send({ ...asked, number, limits: this.#limits } satisfies Order);
    return await this.#heard((answer) => (answer !== "ready" && answer.number === number ? "yes" : "no"), this.#patienceMs);
  }

  async #heard(isIt: (answer: Answer) => "yes" | "no", patienceMs: number): Promise<Answer | { readonly gone: string }> {
    const child = this.#child;
    return await new Promise((resolve) => {
      const deadline = setTimeout(() => {
        this.kill();
        end({ gone: `it came to no end within ${patienceMs / 1_000} s` });
      }, patienceMs);
      const end = (answer: Answer | { readonly gone: string }): void => {
        clearTimeout(deadline);
        child.off("message", heard);
        child.off("exit", gone);
        child.off("error", broken);
        resolve(answer);
      };
      const heard = (answer: unknown): void => {
        if (isIt(answer as Answer) === "yes") end(answer as Answer);
      };
      const gone = (code: number | null, signal: string | null): void =>
        end({ gone: `the process that ran it is gone: ${code ?? signal}` });
      const broken = (error: Error): void => end({ gone: `nothing can be told to the process that ran it: ${error.message}` });
      child.on("message", heard);
      child.once("exit", gone);
      child.once("error", broken);
    });
  }
}

function reasonIn(answer: Answer | { readonly gone: string }): string {
  if (answer === "ready") return "begun anew";
  return "gone" in answer ? answer.gone : "failed" in answer ? answer.failed : "";
}
