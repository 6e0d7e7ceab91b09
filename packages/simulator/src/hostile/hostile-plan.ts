import type { SeededRandom } from "../seeded-random.js";

// Who takes part and means no good: linked to some of the peers like any other, and no peer of ours behind the link.

export const hostileKinds = [
  /** Answers with symbols, pages and branches that never come to an end. */
  "endless sketches",
  /** Lengths and counts far beyond what comes. */
  "huge counts",
  /** Ranges with bytes changed, or signed by somebody else than the author. */
  "forged ranges",
  /** What was said on another link, in another session, to an earlier boot, in another network. */
  "replays",
  /** Begins and never ends, asks for everything and reads nothing. */
  "slow loris",
  "random bytes",
  /** Asks more than anybody could want to know. */
  "flood",
  /** Tells of sizes, heads and forks that there are not. */
  "lying rows",
  /** An author that writes two histories, and gives them to different peers. */
  "equivocation",
] as const;
export type HostileKind = (typeof hostileKinds)[number];

export interface HostilePlan {
  readonly kind: HostileKind;
  readonly linkedTo: readonly number[];
  /** Between two things it does by itself. */
  readonly everyMs: number;
}

const SHARE_OF_SEEDS = 0.25;
const LINKS_MOST = 2;

export function plannedHostiles(draw: SeededRandom, peers: number): readonly HostilePlan[] {
  if (draw.chance(SHARE_OF_SEEDS) === "no") return [];
  const count = draw.pick([1, 1, 1, 2]);
  const indexes = Array.from({ length: peers }, (_, index) => index);
  return Array.from({ length: count }, () => ({
    kind: draw.pick(hostileKinds),
    linkedTo: draw.shuffled(indexes).slice(0, 1 + draw.below(LINKS_MOST)),
    everyMs: draw.pick([200, 1_000]),
  }));
}
