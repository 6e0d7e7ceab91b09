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
