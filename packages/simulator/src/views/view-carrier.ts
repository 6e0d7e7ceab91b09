import {
  encodePortableFork,
  equalBytes,
  type Hasher,
  isMalformed,
  type LaneEntry,
  offeredRange,
  payloadAt,
  SinterError,
  type SubjectId,
  toHex,
} from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import type { ViewHost } from "./view-host.js";

// What one peer holds, offered to another: in pieces of any size, many at a time. Before anything of an author's own lane is handed
// on, the author is offered what the other one holds of it.

export interface ViewCarrierParts {
  readonly hasher: Hasher;
  readonly networkName: string;
  readonly random: SeededRandom;
}

interface CarriedLane {
  readonly subject: SubjectId;
  readonly entry: LaneEntry;
}

const PIECES_BYTES = [1, 300, 5_000, 1e9];

export class ViewCarrier {
  readonly #parts: ViewCarrierParts;

  constructor(parts: ViewCarrierParts) {
    this.#parts = parts;
  }

  /** Resolves once all is answered, if both live to see it. Of `some`, each lane is carried only by chance, and to some point. */
  async carry(from: ViewHost, to: ViewHost, howMuch: "all" | "some"): Promise<void> {
    if (from.peer === undefined || to.peer === undefined) return;
    const { random, networkName } = this.#parts;
    const { view } = from;
    const isSaid = () => howMuch === "all" || random.chance(0.7) === "yes";
    const works: Promise<void>[] = [];
    for (const proof of isSaid() ? [...view.forks()] : []) {
      const fork = { networkName, path: view.subject(proof.place.subject), keys: view.keysOf(proof.place.author), proof };
      works.push(this.#answered(to, "accusing", to.peer.accuse(encodePortableFork(fork))));
    }
    const lanes = [...view.subjects()].flatMap(({ id }) => [...view.lanes(id)].map((entry) => ({ subject: id, entry })));
    for (const lane of random.shuffled(lanes))
      if (isSaid() && isNews(from, to, lane)) works.push(this.#lane(from, to, lane, howMuch === "all" ? 1e9 : random.pick(PIECES_BYTES)));
    works.push(this.#fill(from, to));
    await Promise.all(works);
  }

  /** Payloads that were dropped because they were redacted, and are wanted where nobody has heard of that. */
  async #fill(from: ViewHost, to: ViewHost): Promise<void> {
    await this.#answered(to, "filling in payloads", this.#filled(from, to));
  }

  async #filled(from: ViewHost, to: ViewHost): Promise<void> {
    const page = await to.peer?.wanted();
    for (const { subject, author, epoch, nonce, seq } of page?.wanted ?? []) {
      if (from.peer === undefined || to.peer === undefined) return;
      const found = [...from.view.subjects()].find(({ path }) => path === subject);
      const lanes = found === undefined ? [] : [...from.view.lanes(found.id)];
      const lane = lanes.find((entry) => toHex(entry.author) === author && toHex(entry.epoch.nonce) === nonce);
      const event = lane && from.peer.lane(lane.number).event(seq);
      if (event?.payload !== "whole") continue;
      const filled = to.peer.fill(subject, { author, epoch, nonce, seq }, payloadAt(event.bytes, event.offset).slice());
      // That it was redacted may have come meanwhile.
      await filled.catch((error: unknown) => (isRedacted(error) ? undefined : Promise.reject(error)));
    }
  }

  async #lane(from: ViewHost, to: ViewHost, lane: CarriedLane, bytes: number): Promise<void> {
    if (equalBytes(lane.entry.author, from.identity.author)) await this.#offer(to, from, lane, 1e9);
    await this.#offer(from, to, lane, bytes);
  }

  async #offer(from: ViewHost, to: ViewHost, { subject, entry: { author, epoch } }: CarriedLane, bytes: number): Promise<void> {
    if (from.peer === undefined || to.peer === undefined) return;
    const lane = from.view.laneNumber(subject, author, epoch);
    const withdrawn = equalBytes(author, to.identity.author) ? "offered" : "kept back";
    const offer = lane === undefined ? undefined : offeredRange(from.view, this.#parts.hasher, { lane, from: 1, bytes, withdrawn });
    if (offer !== undefined) await this.#answered(to, "taking a range", to.peer.take(offer));
  }

  /** Of one who went down meanwhile nothing is heard. */
  async #answered(to: ViewHost, what: string, work: Promise<unknown>): Promise<void> {
    try {
      const answer = await work;
      if (isMalformed(answer)) to.broken(`${what}: ${answer.reason}`);
    } catch (error) {
      to.failed(what, error);
    }
  }
}

function isRedacted(error: unknown): boolean {
  return error instanceof SinterError && error.message.endsWith("is redacted by its author");
}

/** Whether the two hold it otherwise: who syncs compares rows first. */
function isNews(from: ViewHost, to: ViewHost, { subject, entry: { author, epoch, number } }: CarriedLane): boolean {
  const there = to.view.laneNumber(subject, author, epoch);
  const [mine, theirs] = [from.view.head(number), there === undefined ? undefined : to.view.head(there)];
  if (mine === undefined || theirs === undefined) return mine !== undefined;
  return mine.size !== theirs.size || mine.freezeAt !== theirs.freezeAt || !equalBytes(mine.headId, theirs.headId);
}
