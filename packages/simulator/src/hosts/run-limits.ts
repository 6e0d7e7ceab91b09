/** How much of what a seed plans is carried out: less than was drawn makes a failure easier to read. Left out: all of it. */
export interface PlanLimits {
  readonly peersMax?: number | undefined;
  readonly roundsMax?: number | undefined;
  readonly troubles?: readonly string[] | undefined;
  /** How many of those planned, the first ones. */
  readonly hostilesMax?: number | undefined;
}

/** How much a seed plans. */
export interface PlanSize {
  readonly peers: number;
  readonly rounds: number;
  readonly troubles: readonly string[];
  /** Who means no good, by what each does. */
  readonly hostiles: readonly string[];
}

/** Fewer are no run. */
export const leastPeers = 2;

/** A size no larger than that. */
export function within<Size extends PlanSize>(size: Size, { peersMax, roundsMax, troubles, hostilesMax }: PlanLimits = {}): Size {
  return {
    ...size,
    peers: Math.max(leastPeers, Math.min(size.peers, peersMax ?? size.peers)),
    rounds: Math.min(size.rounds, roundsMax ?? size.rounds),
    troubles: size.troubles.filter((trouble) => troubles?.includes(trouble) ?? true),
    hostiles: size.hostiles.slice(0, hostilesMax),
  };
}
