import { SinterError } from "@sinter/core";

export function interrupted(): SinterError {
  return new SinterError("aborted", "interrupted", "Give the command again to go on.");
}

/** Awaits what goes on until it is interrupted: that end is a good one. */
export async function untilInterrupted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!signal.aborted || !(error instanceof SinterError) || error.code !== "aborted") throw error;
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What comes next; nothing, once it is called off. None of it stays with the signal, as it would in a race: that would hold all that was read. */
export async function nextUnless<T>(signal: AbortSignal, iterator: AsyncIterator<T>): Promise<IteratorResult<T> | undefined> {
  if (signal.aborted) return undefined;
  let stop = (): void => undefined;
  try {
    return await new Promise((resolve, reject) => {
      stop = () => resolve(undefined);
      signal.addEventListener("abort", stop);
      iterator.next().then(resolve, reject);
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
