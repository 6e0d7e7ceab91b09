import { checkedPath, type LaneOf, type Signatures } from "@sinter/core";
import { type Command, InvalidArgumentError } from "commander";
import type { StoreOptions } from "../store/store-link.js";
import { usage } from "../terminal/failure.js";
import type { Io } from "../terminal/io.js";
import type { Output, Progress } from "../terminal/output.js";

/** What one run of the command has at hand. */
export interface Context {
  readonly io: Io;
  readonly output: Output;
  readonly progress: Progress;
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface CommonFlags {
  readonly data?: string;
  readonly json?: boolean;
}

/** A command's work; the answer is its exit code. */
export type Work = () => Promise<0 | 1>;

/** Commands only say what is to be done; `run` does it once the whole line has been understood. */
export interface Registry {
  readonly program: Command;
  readonly context: Context;
  chosen(work: Work): void;
}

export function withCommonFlags(command: Command): Command {
  return command
    .option("--data <dir>", "the store (default: SINTER_DATA, or ./sinter-data)")
    .option("--json", "one JSON object a line, for programs");
}

const defaultDir = "./sinter-data";

export function dataDir(context: Context, flags: CommonFlags, positional?: string): string {
  if (flags.data !== undefined && positional !== undefined && flags.data !== positional) {
    throw usage(`two stores are named, ${positional} and ${flags.data}`, "Name one.");
  }
  const dir = flags.data ?? positional ?? (context.io.env["SINTER_DATA"] || defaultDir);
  if (dir === "") throw usage("the store's directory is empty text", "Give --data a directory.");
  return dir;
}

/** Node puts U+FFFD where an argument was not UTF-8: what was meant is lost by then. */
export function refuseBroken(name: "SUBJECT" | "TEXT" | "VALUE" | "KEY", text: string, fix: string): void {
  if (text.includes("\ufffd")) throw usage(`${name} is not valid UTF-8`, fix);
}

/** Refuses what names no subject, before a store is opened, or made, for it. */
export function checkSubject(subject: string): void {
  refuseBroken("SUBJECT", subject, "Name the subject in UTF-8.");
  checkedPath(subject);
}

/** Most commands leave as soon as they are done. */
const passing = { kind: "command", what: "a sinter command" } as const;

interface StoreChoice {
  readonly ifMissing: "create" | "refuse";
  readonly missingFix?: string;
  readonly holder?: StoreOptions["holder"];
  readonly network?: string | undefined;
  readonly signatures?: Signatures | undefined;
  /** Links to other peers. */
  readonly linking?: StoreOptions["linking"];
}

export function storeOptions(context: Context, dir: string, choice: StoreChoice): StoreOptions {
  const { ifMissing, missingFix, holder = passing, network, signatures, linking } = choice;
  const made = { ...(network === undefined ? {} : { network }), ...(signatures === undefined ? {} : { signatures }) };
  return {
    dir,
    open: context.io.open,
    ifMissing,
    missingFix,
    holder,
    signal: context.signal,
    made,
    ...(linking !== undefined && { linking }),
  };
}

/** A parser of whole numbers for commander, which turns the throw into a wrong usage. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`A whole number from ${min} to ${max} is expected.`);
  };
}

/** Fifteen digits: every number of so many is one that a double holds. */
export const lastSeq = 999_999_999_999_999;

/** What --epoch says. */
export function epochOf(text: string | undefined): Pick<LaneOf, "epoch" | "nonce"> {
  if (text === undefined) return {};
  const [, index, nonce] = /^(\d{1,10})(?:\/([0-9a-f]{1,32}))?$/i.exec(text) ?? [];
  if (index === undefined) throw usage(`--epoch ${text} is none`, "Give its index such as 1, or index/nonce such as 1/9f03a2c4.");
  return { epoch: Number(index), ...(nonce === undefined ? {} : { nonce }) };
}
