import { SinterError } from "./sinter-error.js";

// One listener a signal, however many wait for it: with more than ten of them Node warns of a leak.

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Runs once the signal is raised, unless what this answers is called before. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const known = waiting.get(signal);
  const runs = known ?? new Set<() => void>();
  runs.add(run);
  if (known === undefined) {
    waiting.set(signal, runs);
    const runAll = () => {
      for (const each of [...runs]) each();
    };
    signal.addEventListener("abort", runAll, { once: true });
  }
  return () => runs.delete(run);
}

/** What the work comes to, or what `instead` answers or throws if the signal is raised before that. The work goes on by itself. */
export function unlessAborted<T, A>(work: Promise<T>, signal: AbortSignal | undefined, instead: () => A): Promise<T | A> {
  if (signal === undefined) return work;
  return new Promise<T | A>((resolve, reject) => {
    const stop = () => {
      try {
        resolve(instead());
      } catch (error) {
        reject(error);
      }
    };
    const forget = onAbort(signal, stop);
    work.then(resolve, reject).finally(forget);
    if (signal.aborted) stop();
  });
}

/** For who has written nothing yet. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SinterError("aborted", "called off", "Nothing was written.", { cause: signal.reason });
}
