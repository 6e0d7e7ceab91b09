import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fragmentTree } from "../files/fragment-tree.js";
import { watchWaitMs, watchWaitTimes } from "../limits.js";

// When something is to be made again. It is looked for, not waited for: notices of the system do not come from every kind of disk, and
// come late or never from large trees.

export interface Looking {
  /** Equal, as long as nothing has changed. */
  look(): string;
  /** Answers after so many milliseconds, or once it is called off. */
  wait(ms: number): Promise<void>;
  now(): number;
  readonly signal: AbortSignal;
}

/** At once, and then whenever something has changed, and stayed as it is for a look: files are often written in several pieces. */
export async function* changes({ look, wait, now, signal }: Looking): AsyncGenerator<void> {
  let made: string | undefined;
  let before = "";
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const began = now();
    const seen = look();
    if (isFirst || (seen !== made && seen === before)) {
      made = seen;
      yield;
    }
    before = seen;
    // A large tree is looked at less often.
    if (!signal.aborted) await wait(Math.max(watchWaitMs, (now() - began) * watchWaitTimes));
  }
}

/** Of a folder of fragments and of the files that have rules for them. */
export function directoryChanges(inputDir: string, rules: readonly string[], signal: AbortSignal): AsyncGenerator<void> {
  return changes({
    look: () => [...lookAtFolder(inputDir), ...rules.map(lookAtFile)].join("\n"),
    // Called off, it is over sooner.
    wait: (ms) => setTimeout(ms, undefined, { signal }).catch(() => {}),
    now: () => performance.now(),
    signal,
  });
}

/** Also what is no fragment as it is called now. */
function lookAtFolder(folder: string): string[] {
  try {
    const { files, skipped, unreadable } = fragmentTree(folder);
    return [...files, ...skipped, ...unreadable].map(({ path }) => lookAtFile(join(folder, path)));
  } catch (error) {
    // Whoever reads the folder tells of it.
    return [String(error)];
  }
}

function lookAtFile(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? `${path} -` : `${path} ${found.size} ${found.mtimeNs} ${found.ino}`;
}
