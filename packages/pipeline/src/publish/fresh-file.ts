import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { leftBehindMsMax } from "../limits.js";
import type { FileSystem, Processes } from "./file-system.js";

// A document is written under another name before it takes its place. The name says who writes it, so that what a crash has left behind
// can be told from what is being written.

const namePattern = /^\.sinter-publishing-([0-9a-f]{8})-(\d{1,10})-(\d{1,15})-[0-9a-f]{16}\.tmp$/;

/** Of one process it is the same in all threads, but for roundings. */
const SAME_START_MS = 1_000;

export function freshName({ host, pid, startedMs }: Processes): string {
  return `.sinter-publishing-${host}-${pid}-${startedMs}-${randomBytes(8).toString("hex")}.tmp`;
}

/** Removes what crashes have left in a directory, of whatever document. */
export async function removeLeftBehind(files: FileSystem, processes: Processes, dir: string): Promise<void> {
  for (const name of await files.list(dir)) {
    const path = join(dir, name);
    if (!namePattern.test(name) || !(await isLeftBehind(files, processes, { name, path }))) continue;
    try {
      await files.remove(path);
    } catch {
      // Somebody else was quicker, or it is not ours to remove. It is in nobody's way, and the next publication tries again.
    }
  }
}

async function isLeftBehind(
  files: FileSystem,
  processes: Processes,
  { name, path }: { readonly name: string; readonly path: string },
): Promise<boolean> {
  const [, host, pid, startedMs] = namePattern.exec(name) as unknown as readonly [string, string, string, string];
  if (host !== processes.host) {
    // Of another machine's processes nothing is known here.
    const found = await files.look(path);
    return found !== undefined && processes.nowMs() - found.modifiedMs > leftBehindMsMax;
  }
  if (Number(pid) !== processes.pid) return !processes.isRunning(Number(pid));
  // In a container every process that is started may have the same number.
  return Math.abs(Number(startedMs) - processes.startedMs) > SAME_START_MS;
}
