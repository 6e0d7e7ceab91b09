import { join, resolve } from "node:path";
import { keyFileName, open } from "sinter";
import type { Io } from "./terminal/io.js";

const signals = ["SIGINT", "SIGTERM"] as const;

/** This very process. */
export const processIo: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onSignal: (listener) => {
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
  forceExit: (code) => process.exit(code),
  open,
  keyFile: (dir) => join(resolve(dir), keyFileName),
};

/** Ends the process once what was written has left: a read of standard input that was given up would keep it alive. */
export function leave(code: number): void {
  process.stdout.write("", () => process.exit(code));
}
