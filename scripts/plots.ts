// npm run plots: measures what docs/anti-entropy.md shows, and draws it into docs/plots. Bytes and virtual time: the same on any machine.
import { writeFileSync } from "node:fs";
import { linePlot } from "@sinter/simulator";
import { encodeSyncMessage } from "../packages/core/src/sync/codec.js";
import { digestOf } from "../packages/core/src/sync/digest.js";
import { everything, RowStore } from "../packages/core/src/sync/held-rows.suite.js";
import type { ReconcilerName, SyncMessage, Tell } from "../packages/core/src/sync/messages.js";
import { firstSymbols, reconcilerNamed } from "../packages/core/src/sync/reconcile/choose.js";
import { reconcile } from "../packages/core/src/sync/reconcile/reconciling.suite.js";

const ROWS = 50_000;
const differences = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000];
const names: readonly ReconcilerName[] = ["sketch", "descent", "buckets", "frontier"];

const state = { size: 1, branch: 0, hybridSize: 0, frozen: "no" } as const;

drawReconcilers();

/** What each reconciler says until both know what differs, of rows that both have and that are longer on one side. */
function drawReconcilers(): void {
  const [mine, theirs] = [filled(), filled()];
  const curves = names.map((name) => ({ name, points: [] as [number, number][] }));
  let changed = 0;
  for (const count of differences) {
    for (; changed < count; changed++) theirs.set(laneNamed((changed * 7_919) % ROWS), { ...state, size: 2 });
    theirs.settle();
    for (const { name, points } of curves) {
      const bytes = bytesOf(name, mine, theirs);
      if (bytes !== undefined) points.push([count, bytes]);
    }
  }
  draw("reconcilers", {
    title: `Finding what differs among ${ROWS.toLocaleString("en").replace(",", " ")} rows, without the rows themselves`,
    x: { label: "rows that differ", scale: "logarithmic" },
    y: { label: "bytes, both ways", scale: "logarithmic" },
    curves,
  });
}

function laneNamed(number: number) {
  return { path: `plots/${number}`, author: 1, epoch: 0 };
}

function filled(): RowStore {
  const store = new RowStore();
  for (let row = 0; row < ROWS; row++) store.set(laneNamed(row), state);
  return store.settle();
}

/** Nothing, where it gives up: more differs than a sketch holds. */
function bytesOf(name: ReconcilerName, mine: RowStore, theirs: RowStore): number | undefined {
  const [here, there] = [mine, theirs].map((store) => digestOf(store, everything));
  if (here === undefined || there === undefined) throw new Error("two stores have two digests");
  const reconciler = reconcilerNamed(name, { source: mine, scope: everything }, firstSymbols(there, here));
  const { state: end, asks, tells } = reconcile(reconciler, theirs, everything);
  if (end !== "done") return undefined;
  const said: readonly SyncMessage[] = [
    { kind: "open", session: 1, scope: new Uint8Array(8), digest: here, ask: undefined },
    { kind: "opened", session: 1, digest: there, tell: undefined },
    ...asks.map((ask, round) => ({ kind: "ask", session: 1, round, ask }) as const),
    ...tells.map((tell, round) => ({ kind: "tell", session: 1, round, tell: withoutDiffering(tell) }) as const),
  ];
  return said.reduce((sum, message) => sum + encodeSyncMessage(message).length, 0);
}

function withoutDiffering(tell: Tell): Tell {
  return tell.kind === "rows" ? { ...tell, rows: tell.rows.filter(({ size }) => size === state.size) } : tell;
}

function draw(name: string, plot: Parameters<typeof linePlot>[0]): void {
  writeFileSync(new URL(`../docs/plots/${name}.svg`, import.meta.url), linePlot(plot));
  for (const { name: curve, points } of plot.curves) console.log(`${name}: ${curve}: ${points.map(([x, y]) => `${x}: ${y}`).join(", ")}`);
}
