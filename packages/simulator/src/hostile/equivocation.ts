import { type AuthorId, type LanePlace, offeredEnd, type RangeOffer, type SubjectPath, toHex } from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import { Scribe, type ScribeOptions, type Written } from "./scribe.js";

// Two histories of one lane, and what is to be known of them to look whether anybody was deceived.

export interface Equivocation {
  readonly author: AuthorId;
  readonly path: SubjectPath;
  readonly how: "plain" | "backdated" | "cross-epoch";
  /** Which has both: what the second branch goes on with may be in another. */
  readonly lane: LanePlace;
  /** Either of them from the first event on. */
  readonly branches: readonly [readonly RangeOffer[], readonly RangeOffer[]];
  /** How many events both have in common. */
  readonly stem: number;
  /** By which its events are known, in hexadecimal: of the stem, and of either branch behind it. */
  readonly payloads: { readonly stem: readonly string[]; readonly branches: readonly [readonly string[], readonly string[]] };
}

const HOUR_MS = 3_600_000;
const NAME_BYTES = 4;
/** Payloads of honest peers begin with a number that counts up from 1. */
const FIRST_BYTE = 0xf0;
const STEM_MOST = 4;
const BRANCH_MOST = 3;

export interface EquivocationOptions extends ScribeOptions {
  /** Of all that equivocate. */
  readonly number: number;
  /** What honest clocks show, about. */
  readonly wallMs: number;
  readonly random: SeededRandom;
}

export function equivocation({ number, wallMs, random, ...options }: EquivocationOptions): Equivocation {
  const how = random.pick(["plain", "backdated", "cross-epoch"] as const);
  const [stem, ...branches] = payloadsOf(random, number);
  const scribe = new Scribe(options);
  // Before the clocks of all honest peers, so that nobody holds it back for its time.
  const begunMs = wallMs - 2 * HOUR_MS;
  const first = scribe.write({ payloads: stem, wallMs: begunMs, inode: 1n });
  const one = scribe.write({ payloads: branches[0], wallMs: begunMs + (how === "backdated" ? HOUR_MS / 2 : 0), inode: 1n }, first.disk);
  const same = scribe.write({ payloads: branches[1], wallMs: begunMs, inode: 1n }, first.disk);
  // Behind the second branch it goes on in another epoch, as if it had been copied.
  const other = how === "cross-epoch" ? scribe.write({ payloads: branches[2], wallMs: begunMs, inode: 2n }, same.disk) : same;
  return {
    author: first.author,
    path: options.path,
    how,
    lane: laneOf(first),
    branches: [one.offers, other.offers],
    stem: sizeOf(first),
    payloads: {
      stem: stem.map(nameOf),
      branches: [branches[0].map(nameOf), [...branches[1], ...(how === "cross-epoch" ? branches[2] : [])].map(nameOf)],
    },
  };
}

function laneOf({ offers }: Written): LanePlace {
  const [offer] = offers;
  if (offer === undefined) throw new Error("the scribe wrote nothing");
  return offer.checkpoint.place;
}

function sizeOf({ offers }: Written): number {
  const last = offers.at(-1);
  return last === undefined ? 0 : offeredEnd(last);
}

function payloadsOf(random: SeededRandom, number: number): readonly [Uint8Array[], Uint8Array[], Uint8Array[], Uint8Array[]] {
  const some = (part: number, most: number) =>
    Array.from({ length: 1 + random.below(most) }, (_, at) =>
      Uint8Array.of(FIRST_BYTE + number, part, random.below(256), at, ...random.bytes(8)),
    );
  return [some(0, STEM_MOST), some(1, BRANCH_MOST), some(2, BRANCH_MOST), some(3, BRANCH_MOST)];
}

function nameOf(payload: Uint8Array): string {
  return toHex(payload.subarray(0, NAME_BYTES));
}
