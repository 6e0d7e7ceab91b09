import { countedHead, type FeedView, type Hasher, hashBytes, type SubjectPath, toHex } from "@sinter/core";
import type { SyncHost } from "./sync-host.js";
import { circlesOf, type SyncPlan } from "./sync-plan.js";

// What all who want a subject, and hear of each other, must show of it once nothing goes wrong any more.

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

/** What of a subject goes on the wire as rows: lanes of which something counts, or that are frozen. */
export function rowsOf(view: FeedView, hasher: Hasher, path: SubjectPath): string[] {
  const subject = view.subjectId(path);
  if (subject === undefined) return [];
  const rows: string[] = [];
  for (const { number, author, epoch } of view.lanes(subject)) {
    if (view.head(number) === undefined) continue;
    const { size, headId, freezeAt } = countedHead(view, hasher, number);
    const hybridSize = freezeAt > 0 ? 0 : Math.min(size, view.hybrid(number)?.seal.size ?? 0);
    const name = `${toHex(author).slice(0, 6)}/${epoch.index}-${toHex(epoch.nonce).slice(0, 6)}`;
    if (size > 0) rows.push(`${name}:${size}:${toHex(headId).slice(0, 8)}:${freezeAt}:${hybridSize}`);
  }
  return rows.sort();
}

/** Why they do not agree yet; nothing, where they do. */
export function disagreement(all: readonly Circle[], hasher: Hasher): string | undefined {
  for (const { path, hosts } of all) {
    const shown = hosts.map((host) => rowsOf(host.view, hasher, path).join(" "));
    if (new Set(shown).size > 1) return `${path}:\n${hosts.map(({ index }, at) => `    host ${index}: ${shown[at]}`).join("\n")}`;
  }
  return undefined;
}

/** All that must hold where they agree. */
export function checkCircle({ path, hosts }: Circle, redacted: ReadonlySet<string>, mayFork: ReadonlySet<string>): void {
  const told = hosts.map((host) => host.told(path));
  const first = told[0] ?? [];
  hosts.forEach((host, at) => {
    if (told[at]?.join() !== first.join())
      host.broken(`${path} reads otherwise than at host ${hosts[0]?.index}: ${difference(first, told[at] ?? [])}`);
  });
  const payloads = new Set(first);
  const repeated = first.filter((each, at) => each.length === hashBytes && first.indexOf(each) !== at);
  const [some] = hosts as readonly [SyncHost];
  if (repeated.length > 0) some.broken(`${path} is told twice: ${repeated.slice(0, 3)}`);
  const authors = new Set(hosts.map(({ author }) => author));
  for (const host of hosts)
    for (const promise of host.promises) {
      if (promise.path !== path || !authors.has(promise.author)) continue;
      const name = `${path}: ${promise.payload}`;
      if (promise.kind === "told" && !redacted.has(name) && !payloads.has(promise.payload))
        host.broken(`${name} was promised, and is gone`);
      if (promise.kind === "redacted" && !mayFork.has(promise.author) && payloads.has(promise.payload))
        host.broken(`${name} was redacted, and is told`);
    }
}

function difference(one: readonly string[], other: readonly string[]): string {
  const at = one.findIndex((each, index) => each !== other[index]);
  return `${one.length} and ${other.length} events, at ${at}: ${one[at]} and ${other[at]}`;
}

/** Nobody is accused but those of whom two stores go on from one state. */
export function checkForks(hosts: readonly SyncHost[], mayFork: ReadonlySet<string>): number {
  const forked = new Set<string>();
  for (const host of hosts)
    for (const { place, forkedAt } of host.view.forks()) {
      const author = toHex(place.author);
      forked.add(`${author}/${toHex(place.epoch.nonce)}/${toHex(place.subject)}`);
      if (!mayFork.has(author)) host.broken(`author ${author.slice(0, 6)} is accused of a fork at ${forkedAt}, and is honest`);
    }
  return forked.size;
}

/** A payload that one wants and another has; nothing, where all have come that are anywhere among those who want them. */
export async function payloadApart(
  { path, hosts }: Circle,
  hasher: Hasher,
): Promise<{ readonly host: SyncHost; readonly what: string } | undefined> {
  for (const host of hosts) {
    const answer = host.peer && (await host.of("the want-list", host.peer.wanted(path)));
    if (answer?.kind !== "value") continue;
    for (const { author, epoch, nonce, seq } of answer.value.wanted)
      for (const other of hosts) {
        const subject = other.view.subjectId(path);
        const lanes = subject === undefined ? [] : [...other.view.lanes(subject)];
        const lane = lanes.find((each) => toHex(each.author) === author && each.epoch.index === epoch && toHex(each.epoch.nonce) === nonce);
        // What lies behind a fork there may be another event than the one that is wanted.
        if (lane === undefined || seq > countedHead(other.view, hasher, lane.number).size) continue;
        if (other.peer?.lane(lane.number).event(seq)?.payload === "whole")
          return {
            host,
            what: `the payload of event ${seq} of ${author.slice(0, 6)} in ${path} is wanted, and host ${other.index} has it`,
          };
      }
  }
  return undefined;
}

interface DescribedSync {
  readonly wanted: number;
  readonly arriving: number;
  readonly links: readonly {
    readonly wanted: number;
    readonly receiving: { readonly streams: number; readonly taking: number; readonly bytes: number };
    readonly sending: { readonly streams: number };
    readonly announcing: { readonly due: number; readonly pushed: number };
  }[];
}

/** What a core of sync keeps of what is under way, if it keeps any. */
export function leftIn(described: unknown): string | undefined {
  const sync = (described as { readonly cores: { readonly sync: DescribedSync } } | undefined)?.cores.sync;
  if (sync === undefined) return undefined;
  const { wanted, arriving, links } = sync;
  const counts = links.flatMap(({ receiving, sending, announcing, ...link }) => [
    link.wanted,
    receiving.streams + receiving.taking + receiving.bytes,
    sending.streams,
    announcing.due + announcing.pushed,
  ]);
  return wanted + arriving + counts.reduce((sum, count) => sum + count, 0) === 0 ? undefined : JSON.stringify(sync);
}
