import { type FeedView, type Hasher, LaneReader, type PeerStatus, type SubjectPath, toHex } from "@sinter/core";
import type { SimSettings } from "./record.js";
import type { SimHost } from "./sim-host.js";

// What no run may show: a write that somebody was told is on disk and that is not everywhere in the end, and a peer that says that it
// is in sync with another one while it is not.

export interface AcknowledgedWrite {
  readonly author: string;
  readonly epoch: number;
  readonly seq: number;
  readonly id: string;
}

export interface Acknowledged {
  readonly path: string;
  readonly hasher: Hasher;
  readonly writes: readonly AcknowledgedWrite[];
  /** Who has to hold them. */
  readonly by: "every peer" | "its author";
}

/** Of peers that have not met when the run is over: it may have been too short. */
export function apartText(roots: number): string {
  return `at the end there are ${roots} roots: it may be that a longer --quiesce-last is needed`;
}

/** Acknowledged writes that are not where they have to be, with the ids they were told by. */
export function missingAt(hosts: readonly SimHost[], { path, hasher, writes, by }: Acknowledged): readonly string[] {
  const last = lastOfLanes(writes);
  const missing: string[] = [];
  for (const { index, author: own, view } of hosts) {
    const subject = view.subjectId(path as SubjectPath);
    const held = new Map<string, number>();
    for (const { number, author, epoch } of subject === undefined ? [] : view.lanes(subject))
      held.set(laneName({ author: toHex(author), epoch: epoch.index }), number);
    for (const [name, { author, seq, id }] of last) {
      if (by === "its author" && author !== own) continue;
      const lane = held.get(name);
      const found = lane === undefined ? undefined : idAt(view, hasher, { lane, seq });
      if (found !== id)
        missing.push(
          `peer ${index} lacks write ${seq} of ${name.slice(0, 8)}, which was acknowledged: ${found === undefined ? "nothing is there" : "another event is"}`,
        );
    }
  }
  return missing;
}

/** Each event says which one it follows: the last of a lane stands for all before it. */
function lastOfLanes(writes: readonly AcknowledgedWrite[]): ReadonlyMap<string, AcknowledgedWrite> {
  const last = new Map<string, AcknowledgedWrite>();
  for (const write of writes) if ((last.get(laneName(write))?.seq ?? 0) < write.seq) last.set(laneName(write), write);
  return last;
}

function idAt(view: FeedView, hasher: Hasher, { lane, seq }: { readonly lane: number; readonly seq: number }): string | undefined {
  const head = view.head(lane);
  if (head === undefined || seq > head.size) return undefined;
  if (seq === head.size) return toHex(head.headId);
  const reader = new LaneReader(view, hasher, lane);
  const id = reader.nodes(reader.laneId()).leaves(seq - 1, 1);
  return id === undefined ? undefined : toHex(id);
}

function laneName({ author, epoch }: Pick<AcknowledgedWrite, "author" | "epoch">): string {
  return `${author}/${epoch}`;
}

export interface Around {
  readonly byId: (peer: string) => SimHost | undefined;
  readonly now: number;
  readonly settings: SimSettings;
}

/** Rounds within which whoever is linked hears that the other holds something else, whatever is lost. */
const ROUNDS_TO_HEAR = 3;
/** Not each of two begins a round in each interval. */
const PATIENCE = 1.5;

/** Links that are said to be in sync, although what the two hold has been apart for longer than news takes. */
export function statusFaults(host: SimHost, { links }: Pick<PeerStatus, "links">, { byId, now, settings }: Around): readonly string[] {
  const { syncIntervalMs, retransMs, suspectMs, weather } = settings;
  const newsMs = ROUNDS_TO_HEAR * (PATIENCE * syncIntervalMs + retransMs + 2 * (weather.delayMs + weather.jitterMs)) + suspectMs;
  const here = host.rooted;
  return links.flatMap(({ peer, state }) => {
    const other = peer === undefined ? undefined : byId(peer);
    if (state !== "in sync" || other === undefined) return [];
    const there = other.rooted;
    const apartMs = now - Math.max(here.sinceMs, there.sinceMs);
    if (here.root === there.root || apartMs <= newsMs) return [];
    return [`peer ${host.index} says that it is in sync with peer ${other.index}; they have been apart for ${Math.round(apartMs)} ms`];
  });
}
