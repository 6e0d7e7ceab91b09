import { countedHead, countedSize, type FeedView, type Hasher, type SubjectPath, toHex, unlessLost } from "@sinter/core";
import { readPlainly } from "../hosts/plain-reading.js";
import { nameOf, type SyncHost } from "./sync-host.js";
import { circlesOf, type SyncPlan } from "./sync-plan.js";

// What is to be seen of a subject at one host, as plain data, for checkers that know no more than that. Of core it takes what reads
// a store: lanes and their heads, events in their order, proofs of forks, each through its decoder. How rows come to be told or
// events to be taken in it does not see.

export interface Circle {
  readonly path: SubjectPath;
  readonly hosts: readonly SyncHost[];
  readonly diameter: number;
}

export function circles(plan: SyncPlan, hosts: readonly SyncHost[]): Circle[] {
  return plan.subjects.flatMap((path) =>
    circlesOf(plan, path).map(({ members, diameter }) => ({ path, hosts: members.map((index) => hosts[index] as SyncHost), diameter })),
  );
}

export interface SeenEvent {
  readonly author: string;
  /** Epoch and nonce: with the author, the lane. */
  readonly epoch: string;
  readonly seq: number;
  /** By which its payload is known; or why that is not here. */
  readonly name: string;
  /** As the store has it. */
  readonly stamp: readonly [wallMs: number, counter: number];
  /** As it was first written. */
  readonly first: readonly [wallMs: number, counter: number];
}

export interface SeenFork {
  readonly author: string;
  readonly epoch: string;
  readonly forkedAt: number;
}

export interface SeenSubject {
  readonly host: number;
  readonly path: string;
  /** What goes on the wire of it: lanes of which something counts, or that are frozen. */
  readonly rows: readonly string[];
  /** The application's events that count, in total order. */
  readonly events: readonly SeenEvent[];
  readonly forks: readonly SeenFork[];
}

/** Of a payload that is not here nobody knows a name. */
export const UNNAMED: ReadonlySet<string> = new Set(["redacted", "wanted"]);

export function seenOf(host: SyncHost, hasher: Hasher, path: SubjectPath): SeenSubject {
  const { view } = host;
  const subject = view.subjectId(path);
  const events = subject === undefined ? [] : readPlainly(view, hasher, subject);
  const forks = [...view.forks()].filter((fork) => subject !== undefined && toHex(fork.place.subject) === toHex(subject));
  return {
    host: host.index,
    path,
    rows: rowsOf(view, hasher, path),
    events: events.map(({ author, epoch, seq, payload, stamp, origin }) => ({
      author: toHex(author),
      epoch: epochName(epoch),
      seq,
      name: typeof payload === "string" ? payload : nameOf(payload),
      stamp: [stamp.wallMs, stamp.counter],
      first: [(origin?.stamp ?? stamp).wallMs, (origin?.stamp ?? stamp).counter],
    })),
    forks: forks.map(({ place: { author, epoch }, forkedAt }) => ({ author: toHex(author), epoch: epochName(epoch), forkedAt })),
  };
}

/** As a lane is called, beside its author. */
export function epochName({ index, nonce }: { readonly index: number; readonly nonce: Uint8Array }): string {
  return `${index}-${toHex(nonce)}`;
}

export function rowsOf(view: FeedView, hasher: Hasher, path: SubjectPath): string[] {
  const subject = view.subjectId(path);
  if (subject === undefined) return [];
  const rows: string[] = [];
  for (const { number, author, epoch } of view.lanes(subject)) {
    if (view.head(number) === undefined) continue;
    const counted = unlessLost(() => countedHead(view, hasher, number));
    const name = `${toHex(author).slice(0, 6)}/${epoch.index}-${toHex(epoch.nonce).slice(0, 6)}`;
    if (counted === undefined) {
      rows.push(`${name}: lost`);
      continue;
    }
    const { size, headId, freezeAt } = counted;
    const hybridSize = freezeAt > 0 ? 0 : Math.min(size, view.hybrid(number)?.seal.size ?? 0);
    if (size > 0) rows.push(`${name}:${size}:${toHex(headId).slice(0, 8)}:${freezeAt}:${hybridSize}`);
  }
  return rows.sort();
}

/** A payload that one wants and another has; nothing, where all have come that are anywhere among those who want them. */
export async function payloadApart({ path, hosts }: Circle): Promise<{ readonly host: SyncHost; readonly what: string } | undefined> {
  for (const host of hosts) {
    const answer = host.peer && (await host.of("the want-list", host.peer.wanted(path)));
    if (answer?.kind !== "value") continue;
    for (const { author, epoch, nonce, seq } of answer.value.wanted)
      for (const other of hosts) {
        const subject = other.view.subjectId(path);
        const lanes = subject === undefined ? [] : [...other.view.lanes(subject)];
        const lane = lanes.find((each) => toHex(each.author) === author && each.epoch.index === epoch && toHex(each.epoch.nonce) === nonce);
        // What lies behind a fork there may be another event than the one that is wanted.
        const head = lane && other.view.head(lane.number);
        if (lane === undefined || head === undefined || seq > countedSize(head)) continue;
        if (other.peer?.lane(lane.number).event(seq)?.payload === "whole")
          return {
            host,
            what: `the payload of event ${seq} of ${author.slice(0, 6)} in ${path} is wanted, and host ${other.index} has it`,
          };
      }
  }
  return undefined;
}
