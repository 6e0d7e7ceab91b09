import { linePlot } from "./line-plot.js";
import { heading, page, plots, table } from "./page.js";

// Many runs side by side: how soon each converged, and how long its rounds took.

export interface ComparedRun {
  readonly label: string;
  readonly convergenceS: number | undefined;
  readonly p50S: number | undefined;
  readonly p95S: number | undefined;
  readonly p99S: number | undefined;
  /** In words, as a run says them; some of before do not. */
  readonly topology: string | undefined;
  readonly seed: string | undefined;
  readonly reconciler: string | undefined;
}

const dash = "n/a";

export function comparison(runs: readonly ComparedRun[]): string {
  const named = runs.map((run, at) => ({ ...run, number: at + 1 }));
  const never = named.filter(({ convergenceS }) => convergenceS === undefined);
  return page({
    title: `Sinter simulation: ${runs.length} runs compared`,
    lead: "Runs have numbers along the plots; the table says which is which.",
    parts: [
      plots([
        {
          svg: plotOf(
            "convergence",
            "Convergence after writes stopped, by run",
            [{ name: "convergence", of: ({ convergenceS }) => convergenceS }],
            named,
          ),
          note: never.length === 0 ? undefined : `Never, or not known: ${never.map(({ number }) => number).join(", ")}.`,
        },
        {
          svg: plotOf(
            "percentiles",
            "Latency of rounds, by run",
            [
              { name: "p50", of: ({ p50S }) => p50S },
              { name: "p95", of: ({ p95S }) => p95S },
              { name: "p99", of: ({ p99S }) => p99S },
            ],
            named,
          ),
          note: undefined,
        },
      ]),
      heading("Runs"),
      table({
        caption: "Seconds",
        head: ["number", "run", "convergence", "p50", "p95", "p99", "topology", "seed", "reconciler"],
        rows: named.map(({ number, label, convergenceS, p50S, p95S, p99S, topology, seed, reconciler }) => [
          number,
          label,
          convergenceS ?? dash,
          p50S ?? dash,
          p95S ?? dash,
          p99S ?? dash,
          topology ?? dash,
          seed ?? dash,
          reconciler ?? dash,
        ]),
      }),
    ],
  });
}

interface Measure {
  readonly name: string;
  readonly of: (run: ComparedRun) => number | undefined;
}

function plotOf(
  name: string,
  title: string,
  measures: readonly Measure[],
  runs: readonly (ComparedRun & { readonly number: number })[],
): string {
  return linePlot({
    name,
    title,
    description: `${measures.map((measure) => measure.name).join(", ")} of ${runs.length} runs.`,
    x: { label: "run", scale: "linear" },
    y: { label: "seconds", scale: "linear" },
    curves: measures.map((measure) => ({
      name: measure.name,
      line: "none" as const,
      points: runs.flatMap((run) => {
        const value = measure.of(run);
        return value === undefined ? [] : [[run.number, value] as const];
      }),
    })),
  });
}
