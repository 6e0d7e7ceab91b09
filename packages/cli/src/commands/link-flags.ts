import { readFile } from "node:fs/promises";
import { reconcilers, SinterError, type SyncKnobs } from "@sinter/core";
import { type Command, Option } from "commander";
import type { Linking } from "../terminal/io.js";
import { type Context, wholeNumber } from "./context.js";

// What commands that link to other peers share.

export interface LinkFlags {
  readonly secretFile?: string;
  readonly spaces?: readonly string[];
  readonly deltaChunkBytes?: number;
  readonly deltaWindowChunks?: number;
  readonly retransTimeout?: number;
  readonly heartbeat?: number;
  readonly suspectTimeout?: number;
  readonly syncInterval?: number;
  readonly reconciler?: NonNullable<SyncKnobs["reconciler"]>;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const LARGEST = 999_999_999;

export function withLinkFlags(command: Command): Command {
  const number = wholeNumber(1, LARGEST);
  return command
    .option("--secret-file <file>", "the network's secret, one a line: the first proves, all are accepted (default: SINTER_SECRET)")
    .option("--spaces <path...>", "what is wanted of what others hold: spaces such as team/alpha, or whole paths (default: all)")
    .option("--delta-chunk-bytes <n>", "of one piece of a stream", number)
    .option("--delta-window-chunks <n>", "pieces of a stream that may be under way", number)
    .option("--retrans-timeout <time>", "before what is not answered is said again, such as 2s", milliseconds)
    .option("--heartbeat <time>", "between two signs of life", milliseconds)
    .option("--suspect-timeout <time>", "of silence, before a peer is taken to be gone", milliseconds)
    .option("--sync-interval <time>", "between two comparisons with a peer that seems to hold the same", milliseconds)
    .addOption(
      new Option("--reconciler <name>", "how differences are found, whatever it costs (default: the cheapest)").choices(reconcilers),
    );
}

function milliseconds(text: string): number {
  const [, digits = "", unit = "ms"] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (digits === "") throw new SinterError("usage", `"${text}" is no time`, "Give one such as 750ms, 2s or 1m.");
  return Number(digits) * (UNITS[unit] as number);
}

/** What of it `open` is told. */
export async function linkingOf({ io }: Context, flags: LinkFlags): Promise<Linking> {
  const secret = flags.secretFile === undefined ? io.env["SINTER_SECRET"] || undefined : await secretIn(flags.secretFile);
  const { deltaChunkBytes, deltaWindowChunks, retransTimeout, heartbeat, suspectTimeout, syncInterval, reconciler } = flags;
  const said = {
    chunkBytes: deltaChunkBytes,
    windowChunks: deltaWindowChunks,
    retransMs: retransTimeout,
    heartbeatMs: heartbeat,
    suspectMs: suspectTimeout,
    intervalMs: syncInterval,
    reconciler,
  };
  const sync = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<SyncKnobs>;
  return { sync, ...(secret !== undefined && { secret }), ...(flags.spaces !== undefined && { spaces: flags.spaces }) };
}

async function secretIn(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SinterError("usage", `${file} cannot be read (${code})`, "Give a file with the network's secret in it.", { cause: error });
  }
}
