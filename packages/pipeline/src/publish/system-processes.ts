import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { Processes } from "./file-system.js";

export const systemProcesses: Processes = {
  host: createHash("sha256").update(hostname()).digest("hex").slice(0, 8),
  pid: process.pid,
  startedMs: Math.round(Number(process.hrtime.bigint() / 1_000_000n) - process.uptime() * 1_000),
  isRunning(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // There is one, and it is somebody else's.
      return (error as NodeJS.ErrnoException).code === "EPERM";
    }
  },
  nowMs: () => Date.now(),
};
