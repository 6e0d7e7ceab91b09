import type { Hasher } from "@sinter/core";
import { type Bench, enumeratePowerCuts, type PowerCuts, rangesOfAnother, type SigningCrypto } from "../feeds/power-cuts.js";
import { SeededRandom } from "../seeded-random.js";

// One seed: a small workload drawn by chance, and the power fails at every write and sync of it. What the scripted workloads do at
// length and always alike, these do in every order.

type Step =
  | { readonly kind: "append"; readonly subject: string; readonly events: number; readonly bytes: number }
  /** In one turn. */
  | { readonly kind: "append to several"; readonly subjects: readonly string[]; readonly bytes: number }
  | { readonly kind: "settle" }
  | { readonly kind: "redact"; readonly seq: number }
  | { readonly kind: "ranges of another"; readonly events: number }
  | { readonly kind: "move" };

const SUBJECTS = ["one/a", "one/b", "two/c", "two/d"];
const [FIRST] = SUBJECTS as [string, ...string[]];

export interface DrawnPowerCutsOptions {
  readonly seed: number | string;
  readonly hasher: Hasher;
  /** The stub where it is left out. */
  readonly crypto?: SigningCrypto | undefined;
}

export function runPowerCuts({ seed, hasher, crypto }: DrawnPowerCutsOptions): PowerCuts {
  const steps = drawnSteps(new SeededRandom(seed, "power cuts"));
  const name = steps.map(({ kind }) => kind).join(", ");
  return enumeratePowerCuts({ workload: { name, run: (bench) => take(bench, steps) }, hasher, seed, rounds: 1, crypto });
}

/** Of the lane that is redacted only what its own author wrote, and of each event once. */
export function drawnSteps(random: SeededRandom): readonly Step[] {
  const drawn: Step[] = [];
  const own: number[] = [];
  let size = 0;
  const append = (events: number): Step => {
    for (let seq = size + 1; seq <= size + events; seq++) own.push(seq);
    size += events;
    return { kind: "append", subject: FIRST, events, bytes: random.pick([0, 60, 300, 3_000]) };
  };
  const redact = (): Step => {
    size += 1;
    return { kind: "redact", seq: own.splice(random.below(own.length), 1)[0] as number };
  };
  const isForeign = random.chance(0.3) === "yes";
  if (isForeign) drawn.push({ kind: "ranges of another", events: 1 + random.below(40) });
  else drawn.push(append(1 + random.below(5)));
  for (let more = 1 + random.below(3); more > 0; more--) {
    const what = random.below(isForeign ? 3 : 5);
    if (what === 0) drawn.push({ kind: "settle" });
    else if (what === 1)
      drawn.push({ kind: "append to several", subjects: random.shuffled(SUBJECTS).slice(0, 2), bytes: random.below(200) });
    else if (what === 2 || own.length === 0) drawn.push(isForeign ? { kind: "settle" } : append(1 + random.below(5)));
    else drawn.push(redact());
    const last = drawn.at(-1);
    if (last?.kind === "append to several" && last.subjects.includes(FIRST)) own.push(++size);
  }
  if (random.chance(0.3) === "yes") drawn.push({ kind: "move" }, { kind: "append", subject: FIRST, events: 1, bytes: 50 });
  return drawn;
}

function take(bench: Bench, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind === "append") bench.ask(bench.append(step.subject, step.events, step.bytes));
    else if (step.kind === "append to several") bench.ask(...step.subjects.map((subject) => bench.append(subject, 1, step.bytes)));
    else if (step.kind === "settle") bench.ask({ kind: "settle" });
    else if (step.kind === "redact") bench.redact(FIRST, step.seq);
    else if (step.kind === "move") bench.move();
    else for (const offer of rangesOfAnother(bench, step.events)) bench.take(offer);
  }
}
