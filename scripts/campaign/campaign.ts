import { mkdirSync, writeFileSync } from "node:fs";
import { type FamilyName, familyOf, type PlanLimits, type Shares, Tally } from "@sinter/simulator";
import { Worker } from "./pool.js";
import { repeatOf, type SeedOutcome } from "./seed-outcome.js";

// Seeds one after the other, on some processes at once, until there are no more of them, the time is over, or somebody stops it.

export interface CampaignOptions {
  readonly first: number;
  /** `Infinity` where only time or a signal ends it. */
  readonly runs: number;
  readonly untilMs: number;
  readonly jobs: number;
  readonly shares: Shares;
  readonly limits?: PlanLimits | undefined;
  /** A folder for each seed that failed comes into it. */
  readonly kept: string;
  /** Told of each seed that failed. */
  readonly failed: (lines: readonly string[]) => void;
}

/** Far more than a seed takes on a machine that has much else to do. */
const PATIENCE_MS = 600_000;
/** Of more that fail only the numbers are said: their traces would fill the disk. */
const KEPT_SEEDS = 20;
const SHOWN_LINES = 8;

export class Campaign {
  readonly tally = new Tally();
  passed = 0;
  readonly failed: { readonly family: FamilyName; readonly seed: number }[] = [];
  readonly #options: CampaignOptions;
  readonly #began = performance.now();
  readonly #workers = new Set<Worker>();
  #next: number;
  #stopped: "yes" | "no" = "no";

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#next = options.first;
  }

  /** The last that was begun. */
  get last(): number {
    return this.#next - 1;
  }

  get tookMs(): number {
    return performance.now() - this.#began;
  }

  /** Each seed that was begun comes to its end. */
  stop(): void {
    this.#stopped = "yes";
  }

  /** Whatever its processes are at: one that hangs would stay behind. */
  kill(): void {
    for (const worker of this.#workers) worker.kill();
  }

  async run(): Promise<void> {
    const { jobs, runs } = this.#options;
    await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, runs)) }, () => this.#work()));
  }

  #take(): number | undefined {
    const { first, runs, untilMs } = this.#options;
    const isOver = this.#stopped === "yes" || this.#next >= first + runs || performance.now() >= untilMs;
    return isOver ? undefined : this.#next++;
  }

  async #work(): Promise<void> {
    let worker: Worker | undefined;
    for (let seed = this.#take(); seed !== undefined; seed = this.#take()) {
      if (worker?.state !== "there") worker = await this.#hire();
      if (worker === undefined) throw new Error("a process that runs seeds does not begin");
      const outcome = await worker.run(familyOf(seed, this.#options.shares), seed);
      if (outcome.run !== undefined) this.tally.add(outcome.family, outcome.run, outcome.costMs);
      if (outcome.problems.length > 0) await this.#tell(worker, outcome);
      else this.passed += 1;
    }
    worker?.dismiss();
  }

  async #tell(worker: Worker, outcome: SeedOutcome): Promise<void> {
    const { seed, family, problems } = outcome;
    this.failed.push({ family, seed });
    const lines = [`seed ${seed} (${family}) failed; again: ${repeatOf(family, seed, this.#options.limits)}`, ...shownOf(problems)];
    if (this.failed.length <= KEPT_SEEDS) lines.push(await this.#keep(worker, outcome));
    this.#options.failed(lines);
  }

  async #keep(worker: Worker, outcome: SeedOutcome): Promise<string> {
    const { kept, limits } = this.#options;
    const { family, seed, problems } = outcome;
    const folder = `${kept}/${family}-${seed}`;
    const keeper = worker.state === "there" ? worker : await this.#hire();
    const fault = keeper === undefined ? "no process to run it" : await keeper.keep(outcome, folder);
    if (keeper !== worker) keeper?.dismiss();
    if (fault === undefined) return `kept in ${folder}`;
    // Whoever runs it does not come to say what failed.
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/again.txt`, `${[repeatOf(family, seed, limits), "", ...problems].join("\n")}\n`);
    return `kept in ${folder}, its trace not whole: ${fault}`;
  }

  async #hire(): Promise<Worker | undefined> {
    for (const worker of this.#workers) if (worker.state === "gone") this.#workers.delete(worker);
    const hired = await Worker.hire({ patienceMs: PATIENCE_MS, limits: this.#options.limits });
    if (hired !== undefined) this.#workers.add(hired);
    return hired;
  }
}

function shownOf(problems: readonly string[]): readonly string[] {
  return problems.flatMap((problem) => problem.split("\n")).slice(0, SHOWN_LINES);
}
