import type { FeedView } from "../feed/lane/feed-view.js";
import { countedEnd, soundHead } from "../feed/lane/freeze.js";
import { proveEvent } from "../feed/lane/prove-event.js";
import type { SealTools } from "../feed/seal/checkpoint.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { describedLane, laneAsked } from "./asked-lane.js";
import type { ProofOf } from "./peer-api.js";
import { SinterError } from "./sinter-error.js";

export interface ProofSource extends SealTools {
  readonly view: FeedView;
  readonly networkName: string;
}

/** The proof asked for, from what the store shows now. */
export function prove(source: ProofSource, path: SubjectPath, asked: ProofOf): Uint8Array {
  const lane = laneAsked(source.view, path, asked);
  const { seq, payload = "shown", withdrawn = "refuse" } = asked;
  const end = countedEnd(soundHead(source.view, source.hasher, lane.number)?.freezeAt ?? 0);
  if (seq > end && withdrawn === "refuse")
    throw new SinterError(
      "usage",
      `event ${seq} of ${describedLane(source.view, path, lane)} counts no more: its author signed two histories from ${end + 1} on`,
      "See sinter forks for that. To prove all the same that this one was signed, add --withdrawn.",
    );
  const proof = proveEvent(source.view, source, { lane: lane.number, seq, networkName: source.networkName, payload });
  if (proof !== undefined) return proof;
  throw new SinterError(
    "not-found",
    `there is no event ${seq} in ${describedLane(source.view, path, lane)}`,
    "Name one from 1 to its last.",
  );
}
