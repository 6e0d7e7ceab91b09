import { offeredEnd, offeredRange, type Peer, type RangeOffer } from "@sinter/core";
import { createNodeHasher, open } from "sinter";
import { type Figure, figure, inFolder, median, rounded, timed } from "./measure.js";
import { fill, onlyLane } from "./store.js";

const SUBJECT = "bench/verify/log";
const EVENTS = 1_000_000;
const RANGE_BYTES = 1024 * 1024;
const IN_FLIGHT = 4;
const ROUNDS = 3;
/** Until then, code is still being compiled. */
const WARM_EVENTS = 200_000;

/** A million events of 200 B of another author, in ranges of a megabyte, verified and written to an empty store. */
export async function verify(): Promise<Figure> {
  return await inFolder(async (dir) => {
    const offers = await inNetwork(`${dir}/theirs`, async (peer) => {
      await fill(peer, SUBJECT, EVENTS);
      return offersOf(peer);
    });
    const warm = await inNetwork(`${dir}/warm`, async (peer) => {
      await fill(peer, SUBJECT, WARM_EVENTS);
      return offersOf(peer);
    });
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await inNetwork(`${dir}/ours${round}`, (peer) => takenIn(peer, warm, offers)));
    const perCore = median(rounds.map((round) => round.perCore));
    const wall = median(rounds.map((round) => round.wall));
    const target = { bench: "verify", unit: "events/s a core", reach: { kind: "at least", ratio: 1 } } as const;
    return figure(target, perCore, 500_000, { wall: rounded(wall), rangeBytes: RANGE_BYTES, ranges: offers.length });
  });
}

interface Round {
  /** Events a second of processor time, of all threads together. */
  readonly perCore: number;
  /** Events a second that passed. */
  readonly wall: number;
}

async function takenIn(peer: Peer, warm: readonly RangeOffer[], offers: readonly RangeOffer[]): Promise<Round> {
  await takeAll(peer, warm);
  const before = process.cpuUsage();
  const ms = await timed(() => takeAll(peer, offers));
  const { user, system } = process.cpuUsage(before);
  return { perCore: (EVENTS * 1e6) / (user + system), wall: (EVENTS * 1000) / ms };
}

/** Stores that take in what the others have. */
async function inNetwork<T>(dir: string, work: (peer: Peer) => Promise<T> | T): Promise<T> {
  const peer = await open({ dir, control: "none", network: "bench" });
  try {
    return await work(peer);
  } finally {
    await peer.close();
  }
}

function offersOf(peer: Peer): RangeOffer[] {
  const hasher = createNodeHasher();
  const lane = onlyLane(peer, SUBJECT);
  const size = peer.view.head(lane)?.size ?? 0;
  const offers: RangeOffer[] = [];
  for (let from = 1; from <= size; ) {
    const offer = offeredRange(peer.view, hasher, { lane, from, bytes: RANGE_BYTES }) as RangeOffer;
    offers.push(offer);
    from = offeredEnd(offer) + 1;
  }
  return offers;
}

async function takeAll(peer: Peer, offers: readonly RangeOffer[]): Promise<void> {
  const inFlight: Promise<unknown>[] = [];
  for (const offer of offers) {
    inFlight.push(taken(peer, offer));
    if (inFlight.length >= IN_FLIGHT) await inFlight.shift();
  }
  await Promise.all(inFlight);
}

async function taken(peer: Peer, offer: RangeOffer): Promise<void> {
  const outcome = await peer.take(offer);
  if (!("kind" in outcome) || outcome.kind !== "taken") throw new Error(`not taken: ${JSON.stringify(outcome)}`);
}
