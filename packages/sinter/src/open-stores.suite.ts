import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type EventRecord, type NewEvent, type Peer, SinterError } from "@sinter/core";
import { onTestFinished } from "vitest";
import { type OpenOptions, open } from "./open.js";

const runner = fileURLToPath(new URL("../../../scripts/run.mjs", import.meta.url));
const holder = fileURLToPath(new URL("../fixtures/holder.ts", import.meta.url));

/** A path where there is nothing yet, in a folder that goes with the test. */
export function freshDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "sinter-open-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "data");
}

export async function opened(dir: string, options: Omit<OpenOptions, "dir"> = {}): Promise<Peer> {
  const peer = await open({ network: "test", ...options, dir });
  onTestFinished(() => peer.close());
  return peer;
}

/** Opens, uses and closes. */
export async function withPeer<T>(dir: string, use: (peer: Peer) => Promise<T>, options: Omit<OpenOptions, "dir"> = {}): Promise<T> {
  const peer = await open({ network: "test", control: "none", ...options, dir });
  try {
    return await use(peer);
  } finally {
    await peer.close();
  }
}

export async function refusalOf(work: Promise<unknown>): Promise<SinterError> {
  const error: unknown = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SinterError)) throw error;
  if (!/^[A-Z].+ /.test(error.fix)) throw new Error(`no sentence that says what to do: ${error.fix}`);
  return error;
}

export function texts(...lines: readonly string[]): NewEvent[] {
  return lines.map((line) => ({ payload: new TextEncoder().encode(line) }));
}

export async function read(peer: Peer, subject: string, options: Parameters<Peer["events"]>[1] = {}): Promise<EventRecord[]> {
  const events: EventRecord[] = [];
  for await (const event of peer.events(subject, options)) events.push(event);
  return events;
}

export async function readTexts(peer: Peer, subject: string): Promise<string[]> {
  return (await read(peer, subject)).map(({ payload }) => new TextDecoder().decode(payload));
}

/** A process of its own that holds the store and appends to it, line by line; or says why it cannot. */
export class HolderProcess {
  readonly lines: Record<string, unknown>[] = [];
  readonly child: ChildProcessWithoutNullStreams;
  /** Its exit code, or the signal that ended it. */
  readonly done: Promise<number | string>;

  constructor(dir: string) {
    this.child = spawn(process.execPath, [runner, holder, dir]);
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      // The last line of a killed process may be cut short: it acknowledges nothing.
      if (line.endsWith("}")) this.lines.push(JSON.parse(line) as Record<string, unknown>);
    });
    this.child.stderr.pipe(process.stderr);
    this.done = new Promise((resolve) => this.child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown")));
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }
}
