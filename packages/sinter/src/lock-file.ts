import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockAttemptsMax } from "@sinter/core";

export const lockFileName = "store.lock";

interface Owner {
  readonly pid: number;
  /** As the system writes it: a pid given out again belongs to a process of another start. */
  readonly started: string;
}

/** The lock where sockets have no abstract names: a file that exists only while its owner runs, and is taken over from an
 * owner that is gone. Undefined where a running process has it. */
export function lockByFile(dir: string): (() => Promise<void>) | undefined {
  const lock = join(dir, lockFileName);
  const mine = join(dir, `${lockFileName}.${process.pid}`);
  const text = JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? "" } satisfies Owner);
  writeFileSync(mine, text, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < lockAttemptsMax; attempt++) {
      if (linked(mine, lock)) return async () => rmSync(lock, { force: true });
      const found = textOf(lock);
      if (found === undefined) continue;
      if (isRunning(found)) return undefined;
      setAside(lock, found, `${mine}.stale`);
    }
    return undefined;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** The file appears with its whole text or not at all: nobody reads a half-written owner. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Of several that find the same dead owner only one may remove it, and none its successor: what was moved away is looked
 * at again, and put back if it was not the dead one's. */
function setAside(lock: string, dead: string, aside: string): void {
  try {
    renameSync(lock, aside);
  } catch {
    // Another process was quicker to set it aside.
    return;
  }
  if (textOf(aside) !== dead) linked(aside, lock);
  rmSync(aside, { force: true });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Gone between two looks at it; the caller looks again.
    return undefined;
  }
}

function isRunning(text: string): boolean {
  let owner: Partial<Owner>;
  try {
    owner = JSON.parse(text) as Partial<Owner>;
  } catch {
    // No version writes this: it is what a power cut left.
    return false;
  }
  if (typeof owner.pid !== "number" || !isAlive(owner.pid)) return false;
  const started = startOf(owner.pid);
  return started === undefined || started === owner.started;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process started, in whatever words the system has for it; undefined where it has none. */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name in parentheses may hold spaces. After it, the twentieth field is the start in ticks since boot.
      const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
      return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${ticks}`;
    }
    if (process.platform === "win32") return undefined;
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } }).trim();
  } catch {
    // The process ended, or the system does not tell: then the pid alone must do.
    return undefined;
  }
}
