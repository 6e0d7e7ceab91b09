import { expect, test } from "vitest";
import { everything, RowStore } from "../held-rows.suite.js";
import { reconcilerNamed } from "./choose.js";
import { reconcile } from "./reconciling.suite.js";

const state = { size: 1, branch: 0, hybridSize: 0, frozen: "no" } as const;

function storeOf(rows: number, { longer }: { readonly longer?: number } = {}): RowStore {
  const store = new RowStore();
  for (let at = 0; at < rows; at++)
    store.set({ path: `w/${at % 5}`, author: at & 0xff, epoch: at >> 8 }, at === longer ? { ...state, size: 2 } : state);
  return store.settle();
}

test.each([16, 256, 2_048])("CORE-MT-02 of %i rows the one that differs is found along one way down: log16 of them rounds", (rows) => {
  const reconciler = reconcilerNamed("descent", { source: storeOf(rows), scope: everything }, 0);
  const { state: end, theirs, ours, rounds, asks } = reconcile(reconciler, storeOf(rows, { longer: 3 }), everything);
  expect([end, theirs.length, ours.length]).toEqual(["done", 1, 1]);
  // Rows of one author in one subject have long beginnings in common, which take no levels.
  const levels = Math.ceil(Math.log(rows) / Math.log(16)) + 3;
  expect(rounds).toBeLessThanOrEqual(levels);
  const places = asks.reduce((sum, ask) => sum + (ask.kind === "branches" ? ask.places.length : 0), 0);
  expect(places).toBeLessThanOrEqual(levels);
});
