import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { join, resolve } from "node:path";
import { Writable } from "node:stream";
import { checkLaws, keyFileName, open, repair, restore } from "sinter";
import type { Io } from "./terminal/io.js";

const signals = ["SIGINT", "SIGTERM"] as const;

/** A file to write to whole: Node's own stream for one takes a write that the system cut short for done. */
export function fileSink(fd: number): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** This very process. */
export const processIo: Io = {
  stdin: process.stdin,
  stdout: process.stdout instanceof Socket ? process.stdout : fileSink(1),
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
  repair,
  restore,
  checkLaws,
  keyFile: (dir) => join(resolve(dir), keyFileName),
};

/** Ends the process once what was written has left: a read of standard input that was given up would keep it alive. */
export function leave(code: number): void {
  processIo.stdout.write("", () => process.exit(code));
}
