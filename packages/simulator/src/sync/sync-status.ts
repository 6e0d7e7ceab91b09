import {
  askedProofsMax,
  quarantineKeptMax,
  rangeBytesMax,
  rangeEnvelopeBytesMax,
  receivingBytesMax,
  receivingStreamsMax,
  sendingStreamsMax,
  unfinishedBytesMax,
  wantedLanesMax,
} from "@sinter/core";
import type { Problem } from "./sync-checks.js";

// What a peer says of itself, by `describe()` and `status()`: whether it stays within what it may hold, has something left of what is
// over, and tells the truth of how it stands to others. Of core nothing but its declared bounds.

export interface DescribedLink {
  readonly peer: string;
  readonly standing: string;
  readonly wanted: number;
  readonly unheld: number;
  readonly agreed: string;
  readonly receiving: { readonly streams: number; readonly taking: number; readonly bytes: number; readonly unfinished: number };
  readonly sending: { readonly streams: number; readonly unacked: number };
  readonly announcing: { readonly due: number; readonly pushed: number };
}

export interface DescribedPeer {
  readonly malformed: number;
  readonly quarantine: { readonly kept: readonly { readonly reason: string }[] };
  readonly cores: {
    readonly sync: { readonly wanted: number; readonly arriving: number; readonly links: readonly DescribedLink[] };
  };
}

/** Bounded memory: what is held for one link, and of what went wrong. */
export function beyondBounds(host: number, { quarantine, cores }: DescribedPeer, windowChunks: number): readonly Problem[] {
  const over: Problem[] = [];
  const holds = (what: string, count: number, most: number) => {
    if (count > most) over.push({ host, what: `it holds ${count} ${what}, where ${most} are allowed` });
  };
  holds("quarantined inputs", quarantine.kept.length, quarantineKeptMax);
  for (const { peer, receiving, sending, wanted } of cores.sync.links) {
    const of = `for ${peer.slice(0, 8)}`;
    holds(`streams that come ${of}`, receiving.streams, receivingStreamsMax);
    holds(`bytes of ranges that are not whole ${of}`, receiving.unfinished, unfinishedBytesMax);
    // What was under way when there was enough is taken in, too: a range, and what is left of windows.
    const taking = receivingBytesMax + rangeBytesMax + rangeEnvelopeBytesMax;
    holds(`bytes of ranges that are taken in ${of}`, receiving.bytes, taking);
    holds(`streams that go ${of}`, sending.streams, sendingStreamsMax);
    holds(`pieces without an answer ${of}`, sending.unacked, sendingStreamsMax * windowChunks);
    holds(`lanes that are wanted ${of}`, wanted, wantedLanesMax + askedProofsMax);
  }
  return over;
}

/** What is kept of what is under way, if any, but for what a liar keeps going. */
export function leftIn({ cores }: DescribedPeer, hostile: ReadonlySet<string>): string | undefined {
  const { wanted, arriving, links } = cores.sync;
  const honest = links.filter(({ peer }) => !hostile.has(peer));
  const counts = honest.flatMap(({ receiving, sending, announcing, ...link }) => [
    link.wanted,
    receiving.streams + receiving.taking + receiving.bytes,
    sending.streams,
    announcing.due + announcing.pushed,
  ]);
  // What is wanted of a liar alone is among all that is wanted.
  const together = honest.length === links.length ? wanted + arriving : 0;
  return together + counts.reduce((sum, count) => sum + count, 0) === 0 ? undefined : JSON.stringify(cores.sync);
}

/** One link between two, as both see it, and what of it both want. */
export interface SeenPair {
  readonly one: number;
  readonly other: number;
  /** Whether each says that the two are in sync. */
  readonly claims: readonly [boolean, boolean];
  /** Roots, or whatever is the same if and only if the two hold the same. */
  readonly holds: readonly [string, string];
}

export function claimsSync({ cores }: DescribedPeer, peer: string): boolean {
  const link = cores.sync.links.find((each) => each.peer === peer);
  return link !== undefined && link.agreed === "yes" && link.wanted === 0 && link.unheld === 0 && link.standing === "healthy";
}

/** Status tells the truth: two that hold different things, and have for a while, do not both say that they are in sync. */
export function untrueClaims(before: readonly SeenPair[], now: readonly SeenPair[]): readonly Problem[] {
  return now.flatMap(({ one, other, claims, holds }) => {
    const earlier = before.find((each) => each.one === one && each.other === other);
    const areLong = earlier?.claims.every(Boolean) === true && earlier.holds.join() === holds.join();
    if (!areLong || !claims.every(Boolean) || holds[0] === holds[1]) return [];
    return [{ host: one, what: `it and host ${other} both say that they are in sync, and hold ${holds.join(" and ")}` }];
  });
}

export interface SeenStatus {
  readonly state: string;
  readonly cause?: string | undefined;
}

/** Status tells the truth: once all agree it says so, and is not behind for ever. `why` it may be otherwise between these two. */
export function notInSync({ state, cause }: SeenStatus, why: readonly string[]): string | undefined {
  if (state === "in sync" || (cause !== undefined && why.includes(cause))) return undefined;
  return cause === undefined ? state : `${state}: ${cause}`;
}

/** Status tells the truth: where one of two clocks is years ahead, it says so. */
export function clockUntold({ state, cause }: SeenStatus): string | undefined {
  return cause === "clock" ? undefined : `${state}${cause === undefined ? "" : `: ${cause}`}, where the two clocks are years apart`;
}
