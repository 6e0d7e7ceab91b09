import { toHex } from "../bytes/hex.js";
import { type Decoded, isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { type IndexedLane, indexedEvents, type SegmentIndex, segmentFileName, segmentOffer } from "../feed/range/segment-index.js";
import type { RangeOffer } from "../feed/range/verified-range.js";
import type { HybridCheckpoint } from "../feed/seal/hybrid-seal.js";
import type { Hasher } from "../identity/crypto.js";
import type { AuthorId } from "../identity/ids.js";
import type { SealTaking } from "./hybrid-seals.js";
import type { TakeOutcome } from "./intake.js";
import type { Displaced } from "./own-intake.js";
import type { ImportedFeed, ImportOptions, ImportReport } from "./peer-api.js";
import { SinterError } from "./sinter-error.js";

// A subject's segments, taken in. Each is an offer like any other's: nothing of it is believed for coming from a file.

export interface ImportTarget {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly networkName: string;
  /** Of this store. */
  readonly author: AuthorId;
  readonly take: (offer: RangeOffer) => Promise<TakeOutcome>;
  readonly takeSeal: (seal: HybridCheckpoint) => Promise<SealTaking>;
}

/** An index and what it names, wherever that lies. */
export interface SegmentShelf {
  readonly from: string;
  readonly index: SegmentIndex;
  /** Malformed where there is no such segment, or nothing that could be one. */
  readonly segment: (name: string) => Promise<Decoded<Uint8Array>>;
}

export async function importSegments(target: ImportTarget, shelf: SegmentShelf, options: ImportOptions): Promise<ImportReport> {
  const { networkName, path, lanes } = shelf.index;
  if (networkName !== target.networkName)
    throw new SinterError(
      "wrong-store",
      `${shelf.from} holds a subject of network ${networkName}, and this store is of ${target.networkName}`,
      "Name a store of that network, or make one: sinter import FROM --network NAME --data DIR.",
    );
  const progress = { events: 0, total: lanes.reduce((sum, lane) => sum + indexedEvents(lane), 0) };
  const feeds: ImportedFeed[] = [];
  for (const lane of lanes) {
    const before = progress.events;
    const passed = (lastSeq: number) => options.progress?.({ ...progress, events: before + lastSeq });
    feeds.push(await importLane(target, shelf, lane, { ...options, passed }));
    progress.events = before + indexedEvents(lane);
    options.progress?.(progress);
  }
  return { from: shelf.from, network: networkName, subject: path, feeds };
}

interface LaneOptions extends ImportOptions {
  readonly passed: (lastSeq: number) => void;
}

/** Why a lane is not taken on, and at which segment. */
type Refusal = Required<Pick<ImportedFeed, "outcome" | "file" | "reason">>;

/** Of one segment: nothing where it is all here. */
interface Offered {
  readonly refusal?: Refusal;
  readonly displaced?: Displaced;
}

async function importLane(target: ImportTarget, shelf: SegmentShelf, lane: IndexedLane, options: LaneOptions): Promise<ImportedFeed> {
  const { author, epoch } = lane.checkpoint.place;
  const before = heldSize(target.view, lane);
  const { refusal, displaced } = await importInOrder(target, shelf, lane, options);
  const held = displaced === undefined ? before : displaced.from - 1;
  const taken = heldSize(target.view, lane) - held;
  const sealed = await importSeal(target, lane);
  const whose = { author: toHex(author), epoch: epoch.index, nonce: toHex(epoch.nonce) };
  const again = displaced && { reappended: displaced.reappended };
  const feed = { ...whose, events: indexedEvents(lane), held, taken, ...again, ...sealed };
  return refusal === undefined ? { ...feed, outcome: taken > 0 ? "taken" : "held" } : { ...feed, ...refusal };
}

function heldSize(view: FeedView, { checkpoint }: IndexedLane): number {
  const { subject, author, epoch } = checkpoint.place;
  const number = view.laneNumber(subject, author, epoch);
  return number === undefined ? 0 : (view.head(number)?.size ?? 0);
}

/** What its author's second key signed, once the events are here as far as they come. One that does not hold takes nothing away
 * from them: anybody can put it there. */
async function importSeal(
  target: ImportTarget,
  { checkpoint, hybrid }: IndexedLane,
): Promise<Pick<ImportedFeed, "hybrid" | "hybridReason">> {
  const { place } = checkpoint;
  if (hybrid === undefined || equalBytes(place.author, target.author)) return { hybrid: "none" };
  try {
    const taking = await target.takeSeal({ place, ...hybrid });
    return isMalformed(taking) ? { hybrid: "refused", hybridReason: taking.reason } : { hybrid: taking };
  } catch (error) {
    // A peer that has ended takes nothing more; what else keeps it from a seal does not keep it from the next feed.
    if (!(error instanceof SinterError) || error.code === "stopped") throw error;
    return { hybrid: "refused", hybridReason: error.message };
  }
}

/** One behind the other, for where one is not taken those behind it do not follow. While one is on its way to the disk the next
 * is read and verified. */
async function importInOrder(
  target: ImportTarget,
  shelf: SegmentShelf,
  lane: IndexedLane,
  { signal, passed }: LaneOptions,
): Promise<Offered> {
  let displaced: Displaced | undefined;
  let ahead: Promise<Offered> = Promise.resolve({});
  const settled = async (each: Promise<Offered>): Promise<Offered> => {
    const outcome = await each;
    displaced ??= outcome.displaced;
    return { ...outcome, ...(displaced && { displaced }) };
  };
  try {
    for (const [at, { id, lastSeq }] of lane.segments.entries()) {
      if (signal?.aborted)
        throw new SinterError("aborted", "called off", "Import it again: what was taken in stays, and is not taken twice.");
      const file = segmentFileName(id);
      const bytes = await shelf.segment(file);
      const offer = isMalformed(bytes) ? bytes : segmentOffer(target.hasher, shelf.index.path, { lane, at }, bytes);
      const before = ahead;
      ahead = offered(target, file, offer);
      // Who waits for it hears of a failure.
      ahead.catch(() => undefined);
      const outcome = await settled(before);
      if (outcome.refusal !== undefined) return outcome;
      passed(lastSeq);
    }
    return await settled(ahead);
  } finally {
    await Promise.allSettled([ahead]);
  }
}

async function offered(target: ImportTarget, file: string, offer: Decoded<RangeOffer>): Promise<Offered> {
  if (isMalformed(offer)) return { refusal: { outcome: "malformed", file, reason: offer.reason } };
  try {
    const outcome = await target.take(offer);
    if (!isMalformed(outcome) && outcome.kind === "taken") return outcome.displaced === undefined ? {} : { displaced: outcome.displaced };
    const refusal = refusalOf(outcome);
    return refusal === undefined ? {} : { refusal: { ...refusal, file } };
  } catch (error) {
    // Of one author more epochs than are kept: the others may come in all the same.
    if (!(error instanceof SinterError) || error.code !== "too-large") throw error;
    return { refusal: { outcome: "refused", file, reason: error.message } };
  }
}

function refusalOf(outcome: TakeOutcome): Pick<Refusal, "outcome" | "reason"> | undefined {
  if (isMalformed(outcome)) return { outcome: "malformed", reason: outcome.reason };
  switch (outcome.kind) {
    case "taken":
    case "held":
      return undefined;
    case "forked":
      return { outcome: "forked", reason: `its author signed two histories from event ${outcome.forkedAt} on: the feed is frozen there` };
    case "frozen":
      return { outcome: "frozen", reason: "it reaches where a fork of its feed is proven" };
    case "differs":
      return { outcome: "differs", reason: `it is another history than the one held, from event ${outcome.seq} or one before it` };
  }
}
