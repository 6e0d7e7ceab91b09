import { toHex } from "../bytes/hex.js";
import { isMalformed } from "../bytes/malformed.js";
import { equalBytes } from "../bytes/order.js";
import { DamagedStore, type FeedView } from "../feed/lane/feed-view.js";
import { countedSize } from "../feed/lane/freeze.js";
import { encodePortableFork, verifyFork } from "../feed/lane/portable-fork.js";
import type { SealTools } from "../feed/seal/checkpoint.js";
import { type ForkProof, VerifiedFork } from "../feed/seal/fork-proof.js";
import type { FeedNotice } from "../feed/write/feed-vocabulary.js";
import type { AuthorId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { Accusation, ForkRow } from "./peer-api.js";
import { SinterError } from "./sinter-error.js";

// Forks as the application meets them: those that are known here, and those that somebody brings a proof of.

export interface ForkSource extends SealTools {
  readonly view: FeedView;
  readonly networkName: string;
  /** Of this store. */
  readonly author: AuthorId;
}

/** Resolves with what the feed core says of it, once that is on disk. */
export type Freezes = (fork: VerifiedFork) => Promise<Extract<FeedNotice, { readonly kind: "frozen" | "passed" }>>;

export function forkRows(source: ForkSource, only: SubjectPath | undefined): ForkRow[] {
  const rows: ForkRow[] = [];
  for (const proof of source.view.forks()) {
    // Nobody is accused by what a disk has made of a proof.
    const fork = VerifiedFork.verify(source, proof, source.view.keysOf(proof.place.author));
    if (isMalformed(fork)) throw new DamagedStore(`fork of a lane of author ${toHex(proof.place.author.subarray(0, 8))}…`, fork.reason);
    const row = forkRow(source, proof);
    if (only === undefined || row.subject === only) rows.push(row);
  }
  return rows;
}

function forkRow({ view, networkName, author }: ForkSource, proof: ForkProof): ForkRow {
  const { place, forkedAt } = proof;
  const path = view.subject(place.subject);
  const number = view.laneNumber(place.subject, place.author, place.epoch);
  const head = number === undefined ? undefined : view.head(number);
  const counted = head === undefined ? 0 : countedSize(head);
  return {
    ...(path === undefined ? {} : { subject: path }),
    subjectId: toHex(place.subject),
    author: toHex(place.author),
    epoch: place.epoch.index,
    nonce: toHex(place.epoch.nonce),
    freezeAt: forkedAt,
    counted,
    withdrawn: (head?.size ?? 0) - counted,
    whose: equalBytes(place.author, author) ? "own" : "another's",
    proof: encodePortableFork({ networkName, path, keys: view.keysOf(place.author), proof }),
  };
}

/** Checks a proof from its bytes alone, and has the feed frozen that it is of. */
export async function accused(source: ForkSource, proof: Uint8Array, freezes: Freezes): Promise<Accusation> {
  const proven = verifyFork(proof, source);
  if (isMalformed(proven))
    throw new SinterError(
      "usage",
      `the proof of a fork does not hold: ${proven.reason}`,
      "It accuses nobody. Ask whoever gave it to you for all of it.",
    );
  if (proven.networkName !== source.networkName)
    throw new SinterError(
      "usage",
      `the fork is in the network ${proven.networkName}, and this store is of ${source.networkName}`,
      "Give it to a store of that network.",
    );
  const { kind } = await freezes(proven.fork);
  const kept = source.view.fork(proven.fork.lane) ?? proven.fork.proof;
  return { news: kind === "frozen" ? "frozen" : "known", fork: forkRow(source, kept) };
}
