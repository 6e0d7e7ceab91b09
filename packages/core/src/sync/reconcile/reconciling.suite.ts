import type { Ask, Row, Scope, Tell } from "../messages.js";
import { answer } from "./answer.js";
import type { Reconciler, RowSource } from "./reconciler.js";

// A reconciler and who answers it, with what may happen to messages between them.

export interface Reconciled {
  readonly state: Reconciler["state"];
  readonly theirs: readonly Row[];
  readonly ours: readonly number[];
  /** How often asks were sent one behind the other's answer. */
  readonly rounds: number;
  readonly asks: readonly Ask[];
  readonly tells: readonly Tell[];
}

export interface Weather {
  /** Of each message, by its number: `lost` asks and tells are asked for again. */
  readonly fate?: (message: number) => "arrives" | "lost" | "twice" | "late";
  /** Before each answer. */
  readonly meanwhile?: () => void;
  /** Instead of the true one. */
  readonly answered?: (ask: Ask) => Tell;
  readonly roundsMax?: number;
}

export function reconcile(reconciler: Reconciler, other: RowSource, scope: Scope, weather: Weather = {}): Reconciled {
  const { fate = () => "arrives", meanwhile, answered = (ask) => answer({ source: other, scope }, ask), roundsMax = 500 } = weather;
  const found = { theirs: [] as Row[], ours: [] as number[] };
  const asks: Ask[] = [];
  const tells: Tell[] = [];
  const late: (readonly [Ask, Tell])[] = [];
  let rounds = 0;
  let messages = 0;
  const take = () => {
    const { theirs, ours } = reconciler.found();
    found.theirs.push(...theirs);
    found.ours.push(...ours);
  };
  while (reconciler.state === "going" && rounds < roundsMax) {
    const open = [...reconciler.asks()];
    if (open.length > 0) rounds++;
    asks.push(...open);
    const arriving: (readonly [Ask, Tell])[] = late.splice(0);
    for (const ask of open) {
      meanwhile?.();
      const tell = answered(ask);
      tells.push(tell);
      const what = fate(messages++);
      if (what === "late") late.push([ask, tell]);
      else if (what !== "lost") for (let times = what === "twice" ? 2 : 1; times > 0; times--) arriving.unshift([ask, tell]);
    }
    for (const [ask, tell] of arriving) reconciler.told(ask, tell);
    take();
  }
  take();
  return { state: reconciler.state, ...found, rounds, asks, tells };
}
