import { reconcilers } from "@sinter/core";
import type { SimProfileName, SimSettings } from "@sinter/simulator";
import { type Command, InvalidArgumentError, Option } from "commander";
import { durationOf } from "./duration.js";

// The flags that say what a run is made of, by the names that the prior art's simulator has. Every command of ours reads this file when
// it starts: it needs nothing of the simulator.

export interface SettingFlags {
  readonly nodes?: number;
  readonly topology?: string;
  readonly duration?: number;
  readonly writeInterval?: number;
  readonly syncInterval?: number;
  readonly heartbeat?: number;
  readonly suspectTimeout?: number;
  readonly deltaChunkBytes?: number;
  readonly deltaWindowChunks?: number;
  readonly retransTimeout?: number;
  readonly descent?: "true" | "false";
  readonly reconciler?: NonNullable<SimSettings["reconciler"]>;
  readonly loss?: number;
  readonly dup?: number;
  readonly reorder?: number;
  readonly delay?: number;
  readonly jitter?: number;
  readonly failurePeriod?: number;
  readonly recoveryDelay?: number;
  readonly stopWritesAt?: number;
  readonly quiesceLast?: number;
  readonly keys?: readonly string[];
  readonly profile?: SimProfileName;
}

/** All that `sinter sim` is told. */
export interface SimFlags extends SettingFlags {
  readonly virtual?: boolean;
  readonly seed?: number;
  readonly seeds?: readonly [number, number];
  readonly shrink?: boolean;
  readonly basePort?: number;
  readonly out?: string;
  readonly printEvents?: boolean;
  readonly types?: readonly string[];
  readonly trace?: string;
  readonly json?: boolean;
}

/** What holds where nothing is said, in words. */
export const defaultTexts = {
  nodes: "5",
  topology: "ring",
  duration: "1m",
  writeInterval: "3s",
  syncInterval: "7s",
  heartbeat: "750ms",
  suspectTimeout: "2.25s",
  deltaChunkBytes: "65536",
  deltaWindowChunks: "1",
  retransTimeout: "2s",
  loss: "0",
  dup: "0",
  reorder: "0",
  delay: "0s",
  jitter: "0s",
  failurePeriod: "0s",
  recoveryDelay: "5s",
  stopWritesAt: "30s",
  quiesceLast: "10s",
  keys: "A,B,C,D,E,F,G,H",
} as const;

export const profileNames: readonly SimProfileName[] = ["lan", "wan", "radio"];

/** `number` reads a whole number. */
export function withSettingFlags(command: Command, number: (text: string) => number): Command {
  const option = (name: keyof typeof defaultTexts, what: string, text: string) => {
    const parse =
      what === "<n>" ? number : what === "<time>" ? milliseconds : what === "<share>" ? share : what === "<list>" ? listed : String;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.option(`--${flag} ${what}`, `${text} (default: ${defaultTexts[name]})`, (said: string) => parse(said));
  };
  option("nodes", "<n>", "peers");
  option("topology", "<name>", "who is linked to whom: ring, line, star, mesh, random:K");
  option("duration", "<time>", "of the whole run");
  option("writeInterval", "<time>", "between two writes of one peer, on average; 0s: only the first");
  option("syncInterval", "<time>", "between two comparisons with a peer that seems to hold the same");
  option("heartbeat", "<time>", "between two signs of life");
  option("suspectTimeout", "<time>", "of silence, before a peer is taken to be gone");
  option("deltaChunkBytes", "<n>", "of one piece of a stream");
  option("deltaWindowChunks", "<n>", "pieces of a stream that may be under way");
  option("retransTimeout", "<time>", "before what is not answered is said again");
  command
    .addOption(new Option("--descent <bool>", "true: differences are found by descent, false: by buckets").choices(["true", "false"]))
    .addOption(
      new Option("--reconciler <name>", "how differences are found, whatever it costs (default: the cheapest)").choices(reconcilers),
    );
  option("loss", "<share>", "of frames that are lost, from 0 to 1");
  option("dup", "<share>", "of frames that come twice");
  option("reorder", "<share>", "of frames that are held back until others have gone by");
  option("delay", "<time>", "of each frame");
  option("jitter", "<time>", "up to so much more");
  option("failurePeriod", "<time>", "between two failures of a peer's links, on average; 0s: none fails");
  option("recoveryDelay", "<time>", "until its links come up again");
  option("stopWritesAt", "<time>", "when writes stop; 0s: not before the quiet at the end");
  option("quiesceLast", "<time>", "the quiet at the end");
  option("keys", "<list>", "what is written to");
  return command.addOption(new Option("--profile <name>", "a network to begin with; flags count more").choices(profileNames));
}

function milliseconds(text: string): number {
  const ms = durationOf(text);
  if (ms === undefined) throw new InvalidArgumentError("A duration such as 750ms, 7s or 1m30s is expected.");
  return ms;
}

function share(text: string): number {
  const value = /^\d{1,3}(\.\d{1,9})?$|^\.\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("A share from 0 to 1 is expected, such as 0.1.");
}

export function listed(text: string): readonly string[] {
  return text.split(",");
}
