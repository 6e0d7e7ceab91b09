import { open } from "sinter";
import { alternate, type Figure, figure, inFolder, timed } from "./measure.js";
import { payloadBytes, payloadsFrom, RawLmdb } from "./raw-lmdb.js";

const SUBJECT = "bench/append/log";
const BATCH_EVENTS = 1000;
const BATCH_ROUNDS = 20;
/** Long enough that a second signature falls into most slices. */
const HYBRID_ROUNDS = 100;
const ONE_ROUNDS = 200;
const IN_FLIGHT = 64;
const CONCURRENT_ROUNDS = 40;
const SLICES = 11;

interface Sides {
  readonly peer: Awaited<ReturnType<typeof open>>;
  readonly raw: RawLmdb;
}

async function withSides<T>(work: (sides: Sides) => Promise<T>): Promise<T> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir: `${dir}/sinter`, control: "none" });
    const raw = new RawLmdb(dir);
    try {
      return await work({ peer, raw });
    } finally {
      await peer.close();
      await raw.close();
    }
  });
}

function eventsFrom(first: number, count: number): { readonly payload: Uint8Array }[] {
  return payloadsFrom(first, count).map((payload) => ({ payload }));
}

/** Batches of 1000, each awaited, against durable transactions of 1000 puts. */
export async function appendBatch(): Promise<Figure> {
  return await withSides(async ({ peer, raw }) => {
    const events = eventsFrom(0, BATCH_EVENTS);
    const times = await alternate({
      count: SLICES,
      ours: () =>
        timed(async () => {
          for (let round = 0; round < BATCH_ROUNDS; round++) await peer.append(SUBJECT, events);
        }),
      limit: () =>
        timed(() => {
          for (let round = 0; round < BATCH_ROUNDS; round++) raw.put(BATCH_EVENTS);
        }),
    });
    const perSlice = BATCH_ROUNDS * BATCH_EVENTS * 1000;
    const target = { bench: "append-batch", unit: "events/s", reach: { kind: "at least", ratio: 0.6 } } as const;
    return figure(target, perSlice / times.ours, perSlice / times.limit, { payloadBytes, batch: BATCH_EVENTS });
  });
}

/** The same batches by a hybrid author, against a classical one: what the second signatures cost the appends beside them. */
export async function appendHybrid(): Promise<Figure> {
  return await inFolder(async (dir) => {
    const hybrid = await open({ dir: `${dir}/hybrid`, control: "none", signatures: "hybrid" });
    const classical = await open({ dir: `${dir}/classical`, control: "none", signatures: "ed25519" });
    try {
      const events = eventsFrom(0, BATCH_EVENTS);
      const slice = (peer: Sides["peer"]) =>
        timed(async () => {
          for (let round = 0; round < HYBRID_ROUNDS; round++) await peer.append(SUBJECT, events);
        });
      const times = await alternate({ count: SLICES, ours: () => slice(hybrid), limit: () => slice(classical) });
      const { sealed } = ((await hybrid.describe()) as { readonly cores: { readonly hybrid: { readonly sealed: number } } }).cores.hybrid;
      const perSlice = HYBRID_ROUNDS * BATCH_EVENTS * 1000;
      const target = { bench: "append-hybrid", unit: "events/s", reach: { kind: "at least", ratio: 0.9 } } as const;
      return figure(target, perSlice / times.ours, perSlice / times.limit, { payloadBytes, batch: BATCH_EVENTS, hybridSeals: sealed });
    } finally {
      await hybrid.close();
      await classical.close();
    }
  });
}

export async function appendOne(): Promise<Figure> {
  return await withSides(async ({ peer, raw }) => {
    const times = await alternate({
      count: SLICES,
      ours: () =>
        timed(async () => {
          for (let round = 0; round < ONE_ROUNDS; round++) await peer.append(SUBJECT, eventsFrom(round, 1));
        }),
      limit: () =>
        timed(() => {
          for (let round = 0; round < ONE_ROUNDS; round++) raw.put(1);
        }),
    });
    const target = { bench: "append-one", unit: "events/s", reach: { kind: "at least", ratio: 0.8 } } as const;
    return figure(target, (ONE_ROUNDS * 1000) / times.ours, (ONE_ROUNDS * 1000) / times.limit, { payloadBytes });
  });
}

/** 64 callers, each awaiting its own event before the next. */
export async function appendConcurrent(): Promise<Figure> {
  return await withSides(async ({ peer, raw }) => {
    const caller = async (first: number) => {
      for (let round = 0; round < CONCURRENT_ROUNDS; round++) await peer.append(SUBJECT, eventsFrom(first + round, 1));
    };
    const times = await alternate({
      count: SLICES,
      ours: () => timed(() => Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => caller(index)))),
      limit: () =>
        timed(() => {
          for (let round = 0; round < ONE_ROUNDS; round++) raw.put(1);
        }),
    });
    const target = { bench: "append-concurrent", unit: "events/s", reach: { kind: "at least", ratio: 20 } } as const;
    const events = IN_FLIGHT * CONCURRENT_ROUNDS;
    return figure(target, (events * 1000) / times.ours, (ONE_ROUNDS * 1000) / times.limit, { payloadBytes, inFlight: IN_FLIGHT });
  });
}
