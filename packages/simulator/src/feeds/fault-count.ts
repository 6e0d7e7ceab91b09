/** What may go wrong in a run of the feeds, besides what nobody planned. */
export const faultKinds = [
  "crash",
  "torn write",
  /** At the very next instant after something was acknowledged. */
  "crash at acknowledgement",
  "kill",
  "power cut",
  "no space",
  "write error",
  "sync error",
  "slow sync",
  "full disk",
  "clock forward",
  "clock back",
  /** The store's directory was restored elsewhere, and goes on there. */
  "restored copy",
  /** A second store goes on from a copy of the first, and the first goes on too. */
  "second copy",
  "cut link",
  "flipped bit",
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** A fault that is planned again and again and never comes about tests nothing: both are counted. */
export class FaultCount {
  readonly planned = new Map<FaultKind, number>();
  readonly fired = new Map<FaultKind, number>();

  plan(kind: FaultKind): void {
    this.planned.set(kind, (this.planned.get(kind) ?? 0) + 1);
  }

  fire(kind: FaultKind): void {
    this.fired.set(kind, (this.fired.get(kind) ?? 0) + 1);
  }

  add(other: FaultCount): void {
    for (const [kind, count] of other.planned) this.planned.set(kind, (this.planned.get(kind) ?? 0) + count);
    for (const [kind, count] of other.fired) this.fired.set(kind, (this.fired.get(kind) ?? 0) + count);
  }

  /** Planned, and not once seen. */
  unfired(): FaultKind[] {
    return [...this.planned.keys()].filter((kind) => !this.fired.has(kind));
  }
}
