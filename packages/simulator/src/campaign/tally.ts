import { unfiredPlansMax } from "../limits.js";
import { type FamilyName, type FamilyRun, familyNames } from "./families.js";

// What a campaign comes to. It is made of what runs told, and of nothing else.

interface FamilyTally {
  seeds: number;
  costMs: number;
  readonly planned: Map<string, number>;
  readonly fired: Map<string, number>;
}

export class Tally {
  readonly #families = new Map<FamilyName, FamilyTally>();
  readonly sums = { virtualMs: 0, boots: 0, acknowledged: 0, forks: 0 };

  /** Of a run that came to its end, and the processor time that it took. */
  add(family: FamilyName, run: FamilyRun, costMs: number): void {
    const tally = this.#families.get(family) ?? { seeds: 0, costMs: 0, planned: new Map(), fired: new Map() };
    this.#families.set(family, tally);
    tally.seeds += 1;
    tally.costMs += costMs;
    for (const name of Object.keys(this.sums) as (keyof Tally["sums"])[]) this.sums[name] += run[name];
    addTo(tally.planned, run.planned);
    addTo(tally.fired, run.fired);
  }

  get seeds(): number {
    return [...this.#families.values()].reduce((sum, { seeds }) => sum + seeds, 0);
  }

  seedsOf(family: FamilyName): number {
    return this.#families.get(family)?.seeds ?? 0;
  }

  #costOf(family: FamilyName): string {
    const { costMs, seeds } = this.#families.get(family) ?? { costMs: 0, seeds: 1 };
    return (costMs / seeds).toFixed(0);
  }

  firedIn(family: FamilyName): ReadonlyMap<string, number> {
    return this.#families.get(family)?.fired ?? new Map();
  }

  /** Planned often enough to have been met, and not once seen: it tests nothing. */
  unfired(): readonly { readonly family: FamilyName; readonly kind: string; readonly planned: number }[] {
    return [...this.#families].flatMap(([family, { planned, fired }]) =>
      [...planned].flatMap(([kind, times]) =>
        times > unfiredPlansMax && (fired.get(kind) ?? 0) === 0 ? [{ family, kind, planned: times }] : [],
      ),
    );
  }

  lines(): readonly string[] {
    const known = familyNames.filter((name) => this.#families.has(name));
    const { virtualMs, boots, acknowledged, forks } = this.sums;
    return [
      `families: ${known.map((name) => `${name} ${this.seedsOf(name)} (${this.#costOf(name)} ms each)`).join(", ")}`,
      `virtual time: ${spanOf(virtualMs)}; ${boots} boots, ${acknowledged} events acknowledged, ${forks} lanes forked`,
      ...known.map((name) => `faults in ${name}: ${listed(this.firedIn(name))}`),
    ];
  }
}

const HOUR_MS = 3_600_000;
const YEAR_HOURS = 365.25 * 24;

export function spanOf(virtualMs: number): string {
  const hours = virtualMs / HOUR_MS;
  return `${hours.toFixed(1)} hours (${(hours / YEAR_HOURS).toFixed(4)} years)`;
}

function addTo(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [kind, times] of more) sums.set(kind, (sums.get(kind) ?? 0) + times);
}

function listed(fired: ReadonlyMap<string, number>): string {
  return [...fired].map(([kind, times]) => `${kind} ${times}`).join(", ");
}
