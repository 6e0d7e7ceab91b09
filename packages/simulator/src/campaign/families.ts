import type { Hasher, Signer, Verifier } from "@sinter/core";
import { runFeeds } from "../feeds/feeds-scenario.js";
import type { PlanLimits, PlanSize } from "../hosts/run-limits.js";
import type { Settled } from "../hosts/settled-run.js";
import { runSync, syncSize } from "../sync/sync-scenario.js";
import type { TraceOptions } from "../trace.js";
import { runTwins, twinsPlan, twinTroubles } from "../twins/twins-scenario.js";
import { runViews, viewsPlan, viewTroubles } from "../views/views-scenario.js";
import { runPowerCuts } from "./drawn-power-cuts.js";

// The families of scenarios that the campaign draws its seeds from, and what it is told of a run, whichever of them it was.

export interface FamilyOptions {
  readonly seed: number;
  readonly hasher: Hasher;
  readonly settled: Settled;
  /** The stub where it is left out. */
  readonly crypto?: { readonly signerOf: (secret: Uint8Array) => Signer; readonly verifier: Verifier };
  readonly trace?: TraceOptions;
  /** Less of what the seed plans, where its plan can be cut down. */
  readonly limits?: PlanLimits;
}

export interface FamilyRun {
  readonly problems: readonly string[];
  readonly virtualMs: number;
  readonly boots: number;
  readonly acknowledged: number;
  readonly forks: number;
  /** How often each kind of fault was meant to come, and how often it came. */
  readonly planned: ReadonlyMap<string, number>;
  readonly fired: ReadonlyMap<string, number>;
  /** Of the trace, or of what there is in its place; empty where none was asked for. */
  readonly hash: string;
}

export interface Family {
  readonly name: FamilyName;
  /** Of a hundred seeds. */
  readonly share: number;
  run(options: FamilyOptions): Promise<FamilyRun>;
  /** How much a seed plans, where less of it can be run. */
  readonly sizeOf?: (seed: number) => PlanSize;
}

export const familyNames = ["feeds", "twins", "views", "sync", "power-cuts"] as const;
export type FamilyName = (typeof familyNames)[number];

/** Shares by what a seed takes: 2 000 of these in four minutes of two cores, with room to spare. */
export const families: readonly Family[] = [
  {
    name: "feeds",
    share: 37,
    run: async (options) => {
      const { faults, ...result } = runFeeds(options);
      return { ...result, forks: 0, planned: faults.planned, fired: faults.fired };
    },
  },
  {
    name: "twins",
    share: 20,
    sizeOf: twinsPlan,
    run: async (options) => {
      const { troubles, ...result } = runTwins(options);
      return { ...result, boots: 0, planned: eachOnce(twinTroubles), fired: troubles };
    },
  },
  {
    name: "views",
    share: 18,
    sizeOf: viewsPlan,
    run: async (options) => {
      const { troubles, ...result } = await runViews(options);
      return { ...result, planned: eachOnce(viewTroubles), fired: troubles };
    },
  },
  {
    name: "sync",
    share: 20,
    sizeOf: syncSize,
    run: async (options) => {
      const { planned, troubles, hostiles, ...result } = await runSync(options);
      return { ...result, planned: eachOnce([...planned, ...hostiles.keys()]), fired: new Map([...troubles, ...hostiles]) };
    },
  },
  {
    name: "power-cuts",
    share: 5,
    run: async (options) => {
      const { images, ...result } = runPowerCuts(options);
      return { ...result, boots: images, forks: 0, planned: eachOnce(["power cut"]), fired: new Map([["power cut", images]]) };
    },
  },
];

/** Where it is not known what a seed planned, any of its kinds may come. */
function eachOnce(kinds: Iterable<string>): ReadonlyMap<string, number> {
  return new Map([...kinds].map((kind) => [kind, 1]));
}
