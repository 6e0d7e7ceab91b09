import { type AuthorId, asId, type LanePlace, type PeerId, type Row, type SubjectId, type SyncMessage } from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";

// What nobody holds, in the words of the protocol; and what was heard, to be told otherwise.

const ID_BYTES = 32;
const NONCE_BYTES = 16;
const ROOT_BYTES = 16;
const SUM_BYTES = 8;
const LARGEST = Number.MAX_SAFE_INTEGER;
/** Rows and frames that are kept of what was heard: the last ones. */
const KEPT = 64;

export function madeUpPlace(random: SeededRandom): LanePlace {
  return {
    author: asId<AuthorId>(random.bytes(ID_BYTES)),
    subject: asId<SubjectId>(random.bytes(ID_BYTES)),
    epoch: { index: random.below(3), nonce: random.bytes(NONCE_BYTES) },
  };
}

export function madeUpRow(random: SeededRandom): Row {
  const size = 1 + random.below(1_000);
  return { ...madeUpPlace(random), size, headId: random.bytes(ID_BYTES), freezeAt: 0, hybridSize: 0 };
}

export function madeUpDigest(random: SeededRandom, rows: number) {
  return { root: random.bytes(ROOT_BYTES), sum: random.bytes(SUM_BYTES), rows };
}

/** Ways to lie of a row. */
export const waysToLie = 6;

/** What is there, told as if it were something else. */
export function lieOf(random: SeededRandom, row: Row, way: number): Row {
  const headId = random.bytes(ID_BYTES);
  switch (way) {
    case 0:
      return { ...row, size: row.size + 1 + random.below(100), headId };
    case 1:
      return { ...row, size: LARGEST, headId };
    case 2:
      return { ...row, headId };
    case 3:
      return { ...row, freezeAt: 1 + random.below(row.size + 1) };
    case 4:
      return { ...row, hybridSize: row.size };
    default:
      return { ...row, size: Math.max(1, row.size - 1), headId };
  }
}

/** What honest peers say that they hold. */
export class HeardRows {
  #rows: Row[] = [];

  heard(message: SyncMessage): void {
    const rows = message.kind === "held" || message.kind === "difference" ? message.rows : [];
    // What is read are views of a frame.
    this.#rows.push(...rows.map((row) => copyOf(row)));
    if (this.#rows.length > 2 * KEPT) this.#rows = this.#rows.slice(-KEPT);
  }

  some(random: SeededRandom, count: number): readonly Row[] {
    return random.shuffled(this.#rows).slice(0, count);
  }
}

function copyOf({ author, subject, epoch, headId, ...row }: Row): Row {
  return {
    ...row,
    author: asId<AuthorId>(author.slice()),
    subject: asId<SubjectId>(subject.slice()),
    epoch: { index: epoch.index, nonce: epoch.nonce.slice() },
    headId: headId.slice(),
  };
}

export interface HeardFrame {
  readonly from: PeerId;
  readonly frame: Uint8Array;
  readonly messageClass: "control" | "bulk";
}

/** Frames of all links there have been, the last and some of the first. */
export class HeardFrames {
  readonly #first: HeardFrame[] = [];
  #last: HeardFrame[] = [];

  heard(heard: HeardFrame): void {
    if (this.#first.length < KEPT) this.#first.push(heard);
    else this.#last.push(heard);
    if (this.#last.length > 2 * KEPT) this.#last = this.#last.slice(-KEPT);
  }

  some(random: SeededRandom, count: number): readonly HeardFrame[] {
    return random.shuffled([...this.#first, ...this.#last]).slice(0, count);
  }
}
