import { json, pnCounter } from "@sinter/core";
import { open } from "sinter";
import { alternate, type Figure, figure, inFolder, median, quantile, rounded, timed } from "./measure.js";
import { payloadsFrom } from "./raw-lmdb.js";

const IN_FLIGHT = 64;
const ROUNDS = 40;
const SLICES = 11;

/** 64 callers, each awaiting its own operation before the next, against 64 who append events: what folding and showing costs. */
export async function operations(): Promise<Figure> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir, control: "none" });
    try {
      const votes = await peer.subject("bench/ops/votes", pnCounter());
      const operating = async () => {
        for (let round = 0; round < ROUNDS; round++) await votes.increment();
      };
      const appending = async (first: number) => {
        for (let round = 0; round < ROUNDS; round++)
          await peer.append(
            "bench/ops/log",
            payloadsFrom(first + round, 1).map((payload) => ({ payload })),
          );
      };
      const slice = (caller: (index: number) => Promise<void>) =>
        timed(() => Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => caller(index))));
      const times = await alternate({ count: SLICES, ours: () => slice(operating), limit: () => slice(appending) });
      const target = { bench: "ops", unit: "operations/s", reach: { kind: "at least", ratio: 0.6 } } as const;
      const perSlice = IN_FLIGHT * ROUNDS * 1000;
      return figure(target, perSlice / times.ours, perSlice / times.limit, { inFlight: IN_FLIGHT });
    } finally {
      await peer.close();
    }
  });
}

const APPLIED = 2_000;
const APPLIED_US = 20;

/** From the call of an operation to its effect in `value`, with none on its way and with up to 64. */
export async function applied(): Promise<Figure> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir, control: "none" });
    try {
      const votes = await peer.subject("bench/applied/votes", pnCounter());
      const took: number[] = [];
      let last: PromiseLike<unknown> = Promise.resolve();
      for (let count = 0; count < 2 * APPLIED; count++) {
        const before = votes.value;
        const from = performance.now();
        const write = votes.increment();
        const { value } = votes;
        const us = (performance.now() - from) * 1000;
        if (value !== before + 1) throw new Error(`${value} behind ${before}`);
        if (count >= APPLIED) took.push(us);
        last = write;
        if (count % IN_FLIGHT === 0) await last;
      }
      await last;
      const target = { bench: "applied", unit: "us", reach: { kind: "at most", ratio: 1 } } as const;
      return figure(target, median(took), APPLIED_US, { p99: rounded(quantile(took, 0.99)) });
    } finally {
      await peer.close();
    }
  });
}

const KEYS = 1_000_000;
const PUTS = 10_000;
const ROOTS = 1_000;
const ROOT_US = 100;

/** The root of a table of a million keys, once one of them is another. */
export async function tableRoot(): Promise<Figure> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir, control: "none" });
    try {
      const table = await peer.table("bench/table/keys", json);
      const filled = await timed(async () => {
        for (let from = 0; from < KEYS; from += PUTS) {
          await table.change((it) => {
            for (let index = from; index < from + PUTS; index++) it.set(`key ${index}`, index);
          });
        }
      });
      const first = await timed(() => table.root());
      const took: number[] = [];
      for (let count = 0; count < 2 * ROOTS; count++) {
        await table.put(`key ${Math.imul(count, 2_654_435_761) >>> 12}`, -count);
        const us = (await timed(() => table.root())) * 1000;
        if (count >= ROOTS) took.push(us);
      }
      const target = { bench: "table-root", unit: "us", reach: { kind: "at most", ratio: 1 } } as const;
      return figure(target, median(took), ROOT_US, {
        keys: KEYS,
        p99: rounded(quantile(took, 0.99)),
        putsPerSecond: rounded((KEYS * 1000) / filled),
        firstRootMs: rounded(first),
      });
    } finally {
      await peer.close();
    }
  });
}
