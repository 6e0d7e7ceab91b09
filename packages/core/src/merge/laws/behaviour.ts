import { behaviourRunsMax } from "../../bytes/limits.js";
import { Writer } from "../../bytes/writer.js";
import type { Hasher } from "../../identity/crypto.js";
import { bytesOfText } from "../../identity/subject-path.js";
import { SeededDraws } from "./draws.js";
import { encoded, folded, laneAfterLane, noCut, plainNumbering } from "./folding.js";
import { drawHistory, lengthsOf, type Trial } from "./history.js";
import { textOf } from "./text-of.js";

// What a type does, as one hash: of what it makes of histories that are always the same. Two replicas whose types do the same have
// one, whatever their code looks like. It is part of the format: how histories are drawn and states are written never changes.

const SEED = 20_260_101;

export function behaviourDigest(trial: Trial, hasher: Hasher): Uint8Array<ArrayBuffer> {
  const { type } = trial;
  const writer = new Writer();
  for (let run = 0; run < behaviourRunsMax; run++) {
    const history = drawHistory(trial, new SeededDraws(SEED, run));
    const lanes = plainNumbering(history);
    const state = folded({ type, history, lanes }, laneAfterLane(noCut(history), lengthsOf(history)));
    writer.prefixed(encoded(type, state, lanes)).prefixed(bytesOfText(textOf(type.value(state.items))));
  }
  return hasher.hash("sinter 1 type", writer.finish());
}
