import { leastPeers, type PlanLimits, type PlanSize } from "../hosts/run-limits.js";
import { shrinkTriesMax } from "../limits.js";

// A smaller run of a seed that fails, too: easier to read than the one that was found. Nobody knows what a plan without one of its
// troubles comes to, so each is tried; what still fails is kept, in whatever way it does.

/** Whether the seed still fails, where no more of its plan is carried out than that. */
export type Fails = (limits: PlanLimits) => Promise<boolean>;

export interface Shrunk {
  readonly limits: Required<{ readonly [Name in keyof PlanLimits]: NonNullable<PlanLimits[Name]> }>;
  readonly tries: number;
}

export interface ShrinkOptions {
  readonly triesMax?: number;
  /** Nothing is tried any more, once it says so. */
  readonly isEnough?: () => boolean;
}

export async function shrunk(
  plan: PlanSize,
  fails: Fails,
  { triesMax = shrinkTriesMax, isEnough = () => false }: ShrinkOptions = {},
): Promise<Shrunk> {
  let limits: Shrunk["limits"] = {
    peersMax: plan.peers,
    roundsMax: plan.rounds,
    troubles: plan.troubles,
    hostilesMax: plan.hostiles.length,
  };
  let tries = 0;
  const isOver = () => tries >= triesMax || isEnough();
  const keeps = async (smaller: Partial<Shrunk["limits"]>): Promise<"yes" | "no"> => {
    if (isOver()) return "no";
    tries++;
    if (!(await fails({ ...limits, ...smaller }))) return "no";
    limits = { ...limits, ...smaller };
    return "yes";
  };
  for (let before: typeof limits | undefined; before !== limits && !isOver(); ) {
    before = limits;
    await keeps({ hostilesMax: 0, troubles: [] });
    if (limits.hostilesMax > 0) await keeps({ hostilesMax: limits.hostilesMax - 1 });
    await fewerTroubles(() => limits.troubles, keeps);
    await halved(
      () => limits.roundsMax,
      0,
      (roundsMax) => keeps({ roundsMax }),
    );
    await halved(
      () => limits.peersMax,
      leastPeers,
      (peersMax) => keeps({ peersMax }),
    );
  }
  return { limits, tries };
}

/** Half of them at a time, then one by one. */
async function fewerTroubles(
  left: () => readonly string[],
  keeps: (smaller: { readonly troubles: readonly string[] }) => Promise<"yes" | "no">,
): Promise<void> {
  const half = left().length >> 1;
  if (half > 1 && (await keeps({ troubles: left().slice(half) })) === "no") await keeps({ troubles: left().slice(0, half) });
  for (const trouble of left()) await keeps({ troubles: left().filter((each) => each !== trouble) });
}

/** As far down as it goes: by half of what there is above the least, then by less. */
async function halved(left: () => number, least: number, keeps: (smaller: number) => Promise<"yes" | "no">): Promise<void> {
  for (let step = left() - least; step > 0; step = step >> 1) {
    while (left() - step >= least && (await keeps(left() - step)) === "yes") if (left() === least) return;
  }
}
