import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { SinterError, Synthesis } from "@sinter/core";
import { type GatheredShare, type Gathering, gatherShare } from "./gathered-share.js";
import type { InputFile, Reading } from "./parts.js";
import type { RulesSource } from "./rules-files.js";
import type { ShareMessage, ShareTask } from "./share-thread.js";

// Many files are gathered by several threads, a part of them each, and joined. However they are shared out, it comes to the same.

/** Less is read sooner than a thread is started and its share handed over. */
const SHARE_BYTES = 32 * 1024 * 1024;

export interface Jobs {
  /** At most; one gathers in this thread. */
  readonly jobs: number;
  readonly source: RulesSource;
  readonly reading: Reading;
  /** Without these much to read, a thread is not worth its while. */
  readonly shareBytes?: number | undefined;
}

export async function gatherAll(gathering: Gathering, { jobs, source, reading, shareBytes = SHARE_BYTES }: Jobs): Promise<GatheredShare> {
  if (jobs === 1 || !areWorthThreads(gathering.files, shareBytes)) return gatherShare(gathering);
  const shares = sharesOf(gathering.files.map(sized), jobs, shareBytes);
  if (shares.length <= 1) return gatherShare(gathering);
  gathering.signal?.throwIfAborted();
  const workers = shares.map((files) => new ShareWorker({ rules: source, reading, files }, gathering.progress));
  try {
    const gathered = await aborting(gathering.signal, Promise.all(workers.map((worker) => worker.gathered)));
    const synthesis = new Synthesis(gathering.rules);
    for (const each of gathered) synthesis.join(each.gathered);
    return { synthesis, refused: gathered.flatMap(({ refused }) => refused) };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** To ask every one of many files for its size takes a fifth of the time that they are read in: so many tell whether it is to be asked. */
const SAMPLED_FILES = 512;

/** Whether they may come to what two threads are worth their while for: half of it in the sample, where not all of them are in it. */
export function areWorthThreads(files: readonly InputFile[], shareBytes: number): boolean {
  const step = Math.ceil(files.length / SAMPLED_FILES);
  let bytes = 0;
  for (let at = 0; at < files.length; at += step) bytes += step * sized(files[at] as InputFile).bytes;
  return bytes >= shareBytes;
}

interface SizedFile extends InputFile {
  readonly bytes: number;
}

function sized(file: InputFile): SizedFile {
  // Whoever reads it finds that it is gone.
  return { ...file, bytes: statSync(file.full, { throwIfNoEntry: false })?.size ?? 0 };
}

/** Neighbours stay together, so that what is told of them is told in their order. */
export function sharesOf(files: readonly SizedFile[], jobs: number, shareBytes: number): InputFile[][] {
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const count = Math.max(1, Math.min(jobs, Math.floor(all / shareBytes)));
  const shares: InputFile[][] = [];
  let behind = 0;
  for (const file of files) {
    if (shares.length === 0 || (behind >= (all * shares.length) / count && shares.length < count)) shares.push([]);
    shares.at(-1)?.push(file);
    behind += file.bytes;
  }
  return shares;
}

type Gathered = Extract<ShareMessage, { readonly kind: "gathered" }>;

class ShareWorker {
  readonly gathered: Promise<Gathered>;
  readonly #worker: Worker;

  constructor(task: ShareTask, progress: Gathering["progress"]) {
    this.#worker = new Worker(shareThread(), { workerData: task });
    this.gathered = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: ShareMessage) => {
        if (message.kind === "read") progress?.(message.files);
        else if (message.kind === "gathered") resolve(message);
        else reject(new SinterError(message.code, message.message, message.fix));
      });
      this.#worker.on("error", reject);
      this.#worker.on("exit", (code) => reject(new Error(`a thread that reads fragments ended with code ${code}`)));
    });
  }

  async stop(): Promise<void> {
    // What it tells after it was given up is not asked for any more.
    this.gathered.catch(() => {});
    await this.#worker.terminate();
  }
}

function aborting<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** The thread, as text: the same in a build, a bundle and a test. It finds the package by its name, since text has no place of its own. */
function shareThread(): URL {
  const pipeline = pathToFileURL(createRequire(import.meta.url).resolve("@sinter/pipeline")).href;
  const text = `
import { parentPort, workerData } from "node:worker_threads";
import { gatherInThread } from ${JSON.stringify(pipeline)};
await gatherInThread(workerData, (message) => parentPort.postMessage(message));`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}
