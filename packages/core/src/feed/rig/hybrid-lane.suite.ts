import type { FalconJob } from "../../identity/crypto.js";
import type { Effect } from "../../protocol/protocol.js";
import type { HybridVocabulary } from "../write/hybrid-core.js";
import type { Rig } from "./feed-rig.suite.js";
import { computeStandIn, standInFalconKey } from "./stand-in-falcon.suite.js";

// The second signature over what a rig has written, made at once.

export function jobIn(effects: readonly Effect<never>[] | readonly Effect<HybridVocabulary>[]): FalconJob | undefined {
  return (effects as readonly Effect<HybridVocabulary>[]).find((effect) => effect.kind === "compute")?.job;
}

/** The timer, the job and its result. `author` is the rig's number. */
export function sealHybrid(rig: Rig, author = 1): Rig {
  const turn = rig.hybrid({ kind: "expired", timer: "seal" });
  turn.commit();
  const job = jobIn(turn.effects as readonly Effect<HybridVocabulary>[]);
  if (job === undefined) throw new Error("nothing is marked");
  rig.hybrid({ kind: "computed", job, outcome: { kind: "done", result: computeStandIn(standInFalconKey(author), job) } }).commit();
  return rig;
}
