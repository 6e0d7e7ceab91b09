import { Worker } from "node:worker_threads";
import { type Compute, computeJobsMax, computeWorkersMax, type Outcome } from "@sinter/core";

// Jobs of a protocol are run by a module of its own, which exports `execute(job, held)`: the result, or a promise of it.

export interface WorkerComputeOptions {
  readonly modules: Readonly<Record<string, URL>>;
  /** What a protocol's module is given beside every job, asked for when a worker starts. A secret key goes this way, and in
   * no job: jobs are shown in traces. */
  readonly held?: Readonly<Record<string, () => unknown>>;
  /** At most `computeWorkersMax`. */
  readonly workers?: number;
}

type Done = (outcome: Outcome<unknown>) => void;

interface Task {
  readonly id: number;
  readonly protocol: string;
  readonly module: string;
  readonly job: unknown;
  readonly done: Done;
}

interface Answer {
  readonly id: number;
  readonly outcome: Outcome<unknown>;
}

// Written as a URL so that it is the same file-less module in a build, a bundle and a test.
const WORKER = new URL(
  `data:text/javascript,${encodeURIComponent(`
import { parentPort, workerData } from "node:worker_threads";
parentPort.on("message", async ({ id, protocol, module, job }) => {
  let outcome;
  try {
    const { execute } = await import(module);
    outcome = { kind: "done", result: await execute(job, workerData[protocol]) };
    parentPort.postMessage({ id, outcome });
  } catch (error) {
    parentPort.postMessage({ id, outcome: { kind: "failed", reason: error instanceof Error ? error.message : String(error) } });
  }
});`)}`,
);

const failed = (reason: string): Outcome<unknown> => ({ kind: "failed", reason });

/** The Compute port over worker threads, started when the first jobs come. They do not keep the process alive. */
export class WorkerCompute implements Compute {
  readonly #modules: ReadonlyMap<string, string>;
  readonly #held: Readonly<Record<string, () => unknown>>;
  readonly #workersMax: number;
  readonly #waiting: Task[] = [];
  readonly #idle: Worker[] = [];
  /** One job at a time, so that a worker that dies takes one job with it. */
  readonly #busy = new Map<Worker, Task>();
  #lastId = 0;
  #state: "open" | "closed" = "open";

  constructor(options: WorkerComputeOptions) {
    this.#modules = new Map(Object.entries(options.modules).map(([protocol, url]) => [protocol, url.href]));
    this.#held = options.held ?? {};
    this.#workersMax = Math.min(computeWorkersMax, Math.max(1, options.workers ?? computeWorkersMax));
  }

  run(protocol: string, job: unknown, done: Done): void {
    const refused = this.#refusal(protocol);
    if (refused !== undefined) {
      answerSoon(done, refused);
      return;
    }
    this.#lastId += 1;
    this.#waiting.push({ id: this.#lastId, protocol, module: this.#modules.get(protocol) as string, job, done });
    this.#handOut();
  }

  #refusal(protocol: string): string | undefined {
    if (this.#state === "closed") return "computing has stopped";
    if (!this.#modules.has(protocol)) return `no module computes jobs of ${protocol}`;
    return this.#waiting.length + this.#busy.size >= computeJobsMax ? `more than ${computeJobsMax} jobs wait` : undefined;
  }

  /** Ends the workers. Jobs not done are answered as failed. */
  async close(): Promise<void> {
    this.#state = "closed";
    const tasks = [...this.#busy.values(), ...this.#waiting.splice(0)];
    const workers = [...this.#busy.keys(), ...this.#idle.splice(0)];
    this.#busy.clear();
    for (const { done } of tasks) answerSoon(done, "computing has stopped");
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #handOut(): void {
    while (this.#waiting.length > 0 && this.#busy.size < this.#workersMax) {
      const worker = this.#idle.pop() ?? this.#start();
      const task = this.#waiting.shift() as Task;
      this.#busy.set(worker, task);
      try {
        worker.postMessage({ id: task.id, protocol: task.protocol, module: task.module, job: task.job });
      } catch (error) {
        // A job that cannot be copied between threads.
        this.#busy.delete(worker);
        this.#idle.push(worker);
        answerSoon(task.done, error instanceof Error ? error.message : String(error));
      }
    }
  }

  #start(): Worker {
    const workerData = Object.fromEntries(Object.entries(this.#held).map(([protocol, give]) => [protocol, give()]));
    const worker = new Worker(WORKER, { workerData });
    worker.on("message", ({ id, outcome }: Answer) => {
      const task = this.#busy.get(worker);
      if (task === undefined || task.id !== id) return;
      this.#busy.delete(worker);
      this.#idle.push(worker);
      this.#handOut();
      task.done(outcome);
    });
    const lost = (reason: string): void => {
      const task = this.#busy.get(worker);
      this.#busy.delete(worker);
      const at = this.#idle.indexOf(worker);
      if (at >= 0) this.#idle.splice(at, 1);
      if (this.#state === "open") this.#handOut();
      task?.done(failed(reason));
    };
    worker.on("error", (error: unknown) => lost(`the worker failed: ${error instanceof Error ? error.message : String(error)}`));
    worker.on("exit", (code) => lost(`the worker ended with code ${code}`));
    // After the listeners: a listener for messages would hold the process again.
    worker.unref();
    return worker;
  }
}

function answerSoon(done: Done, reason: string): void {
  setImmediate(() => done(failed(reason)));
}
