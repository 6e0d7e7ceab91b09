import { type AnyMergeType, type NewEvent, orSet, type Peer, pnCounter, register, text } from "@sinter/core";
import { open } from "sinter";
import { type Figure, figure, inFolder, median, rounded, timed } from "./measure.js";

const EVENTS = 1_000_000;
const WARM_EVENTS = 200_000;
const BATCH = 10_000;
const ELEMENTS = 1_000;
const ROUNDS = 3;
const encoder = new TextEncoder();

type Make = (index: number) => NewEvent;

const one = new Uint8Array(new BigInt64Array([1n]).buffer);
const increments: Make = () => ({ kind: 33, payload: one });
const writes: Make = (index) => ({ kind: 43, payload: encoder.encode(`value ${index}`) });
/** Three added for one removed, of a thousand elements. */
const elements: Make = (index) => ({
  kind: index % 4 === 3 ? 31 : 30,
  payload: encoder.encode(`element ${(Math.imul(index, 2_654_435_761) >>> 0) % ELEMENTS}`),
});

async function fill(peer: Peer, path: string, make: Make, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    await peer.append(
      path,
      Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => make(from + at)),
    );
  }
}

/** Stored events, through a type into a view, and that on disk: by the clock, and by processor time of all threads together. */
async function folded(
  peer: Peer,
  path: string,
  type: AnyMergeType,
): Promise<{ readonly perCore: number; readonly wall: number; readonly count: number }> {
  const before = process.cpuUsage();
  let subject: Awaited<ReturnType<typeof peer.subject>> | undefined;
  const ms = await timed(async () => {
    subject = await peer.subject(path, type);
    await subject.close();
  });
  const { user, system } = process.cpuUsage(before);
  const { size: count = 0 } = (await peer.feeds(path))[0] ?? {};
  return { perCore: (count * 1e6) / (user + system), wall: (count * 1000) / ms, count };
}

async function fold(bench: string, limit: number, type: AnyMergeType, make: Make): Promise<Figure> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir, control: "none" });
    try {
      await fill(peer, "bench/fold/warm", make, WARM_EVENTS);
      await folded(peer, "bench/fold/warm", type);
      const rounds: { readonly perCore: number; readonly wall: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        await fill(peer, `bench/fold/${round}`, make, EVENTS);
        rounds.push(await folded(peer, `bench/fold/${round}`, type));
      }
      const perCore = rounded(median(rounds.map((round) => round.perCore)));
      const target = { bench, unit: "events/s", reach: { kind: "at least", ratio: 1 } } as const;
      const wall = median(rounds.map((round) => round.wall));
      return figure(target, wall, limit, { perCore, events: EVENTS });
    } finally {
      await peer.close();
    }
  });
}

export const foldCounter = (): Promise<Figure> => fold("fold-counter", 1_000_000, pnCounter(), increments);
export const foldRegister = (): Promise<Figure> => fold("fold-register", 1_000_000, register(text), writes);
export const foldOrSet = (): Promise<Figure> => fold("fold-orset", 500_000, orSet(text), elements);

const SMALL = 1_000;
const LARGE = 10_000_000;
const MORE = 10_000;
const FLAT_ROUNDS = 21;

/** What an event costs a view that is open, behind a thousand events and behind ten million. */
export async function foldFlat(): Promise<Figure> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir, control: "none" });
    try {
      const costs: number[] = [];
      for (const [path, count] of [
        ["bench/flat/small", SMALL],
        ["bench/flat/large", LARGE],
      ] as const) {
        await fill(peer, path, increments, count);
        costs.push(await costBehind(peer, path));
      }
      const [small = 0, large = 0] = costs;
      const target = { bench: "fold-flat", unit: "ns an event", reach: { kind: "at most", ratio: 1.3 } } as const;
      return figure(target, large, small, { small: SMALL, large: LARGE });
    } finally {
      await peer.close();
    }
  });
}

/** The view is closed while they are appended, and takes them up when it is opened: nothing else is timed. */
async function costBehind(peer: Peer, path: string): Promise<number> {
  await (await peer.subject(path, pnCounter())).close();
  const costs: number[] = [];
  for (let round = 0; round < FLAT_ROUNDS; round++) {
    await fill(peer, path, increments, MORE);
    let close: (() => Promise<void>) | undefined;
    costs.push(
      (await timed(async () => {
        const subject = await peer.subject(path, pnCounter());
        close = () => subject.close();
      })) *
        (1e6 / MORE),
    );
    await close?.();
  }
  return median(costs);
}

const MEMORY_EVENTS = 1_000_000;
const MEMORY_STEPS = 10;

/** What the process holds with a live view, behind ten million events and behind one million: the heap and what is outside of it. */
export async function foldMemory(): Promise<Figure> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir, control: "none" });
    try {
      const votes = await peer.subject("bench/memory/live", pnCounter());
      const held: number[] = [];
      for (let step = 1; step <= MEMORY_STEPS; step++) {
        await fill(peer, votes.path, increments, MEMORY_EVENTS);
        await votes.current();
        if (votes.value !== step * MEMORY_EVENTS) throw new Error(`${votes.value} behind ${step} million`);
        held.push(heldBytes());
      }
      const [first = 1] = held;
      const target = { bench: "fold-memory", unit: "MB", reach: { kind: "at most", ratio: 1.2 } } as const;
      return figure(target, (held.at(-1) ?? 0) / 1e6, first / 1e6, { eachMillion: held.map((bytes) => rounded(bytes / 1e6)) });
    } finally {
      await peer.close();
    }
  });
}

function heldBytes(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error("memory is measured with: node --expose-gc bench/dist/main.js fold-memory");
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
