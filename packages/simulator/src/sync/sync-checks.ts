import type { SeenEvent, SeenSubject } from "./sync-seen.js";
import { UNNAMED } from "./sync-seen.js";

// What must hold of a subject at all who want it and hear of each other, once nothing goes wrong any more: one function for each
// promise. They know nothing but what is to be seen (sync-seen.ts), and import no code of core: a fault that core has they do not have.

export interface Problem {
  readonly host: number;
  readonly what: string;
}

/** Somebody was told: this is on disk, and stays. */
export interface Promised {
  readonly kind: "told" | "redacted";
  readonly path: string;
  readonly payload: string;
  readonly author: string;
}

/** Convergence: why they do not agree yet; nothing, where they do. */
export function apart(seen: readonly Pick<SeenSubject, "host" | "path" | "rows">[]): string | undefined {
  const shown = seen.map(({ rows }) => rows.join(" "));
  if (new Set(shown).size <= 1) return undefined;
  return `${seen[0]?.path}:\n${seen.map(({ host }, at) => `    host ${host}: ${shown[at]}`).join("\n")}`;
}

/** Convergence: what they read is the same, event by event, and nothing in it twice. */
export function readsOtherwise(seen: readonly SeenSubject[]): readonly Problem[] {
  const [first, ...others] = seen;
  if (first === undefined) return [];
  const problems: Problem[] = [];
  const names = namesOf(first);
  for (const other of others) {
    const theirs = namesOf(other);
    if (theirs.join() === names.join()) continue;
    const at = Math.max(
      0,
      theirs.findIndex((each, index) => each !== names[index]),
    );
    const what = `${theirs.length} and ${names.length} events, at ${at}: ${theirs[at]} and ${names[at]}`;
    problems.push({ host: other.host, what: `${other.path} reads otherwise than at host ${first.host}: ${what}` });
  }
  const repeated = names.filter((each, at) => !UNNAMED.has(each) && names.indexOf(each) !== at);
  if (repeated.length > 0) problems.push({ host: first.host, what: `${first.path} is told twice: ${repeated.slice(0, 3)}` });
  return problems;
}

function namesOf({ events }: SeenSubject): readonly string[] {
  return events.map(({ name }) => name);
}

/** What an author may have been allowed to lose: what it took back itself, what lies behind a fork of its own. */
export interface Excuses {
  /** Path and payload. */
  readonly redacted: ReadonlySet<string>;
  readonly mayFork: ReadonlySet<string>;
}

/** No acknowledged write is lost, and no acknowledged redaction undone. */
export function promisesBroken(
  seen: SeenSubject,
  host: number,
  promises: readonly Promised[],
  { redacted, mayFork }: Excuses,
): readonly Problem[] {
  const there = new Set(namesOf(seen));
  return promises.flatMap(({ kind, path, payload, author }) => {
    if (path !== seen.path) return [];
    const name = `${path}: ${payload}`;
    if (kind === "told" && !redacted.has(name) && !there.has(payload)) return [{ host, what: `${name} was promised, and is gone` }];
    const isBack = kind === "redacted" && !mayFork.has(author) && there.has(payload);
    return isBack ? [{ host, what: `${name} was redacted, and is told` }] : [];
  });
}

/** Nothing is folded that its author did not write. */
export function forged({ host, path, events }: SeenSubject, written: ReadonlyMap<string, string>): readonly Problem[] {
  return events.flatMap(({ author, name }) =>
    UNNAMED.has(name) || written.get(name) === author
      ? []
      : [{ host, what: `${path} has ${name} of ${author.slice(0, 6)}, who never wrote it` }],
  );
}

/** Nothing behind a fork is folded, once that is proven. */
export function foldedBehindFork({ host, path, events, forks }: SeenSubject): readonly Problem[] {
  return events.flatMap((event) =>
    forks.some((fork) => fork.author === event.author && fork.epoch === event.epoch && event.seq >= fork.forkedAt)
      ? [{ host, what: `${path} has event ${event.seq} of ${event.author.slice(0, 6)}, which lies behind a fork` }]
      : [],
  );
}

/** Nobody is accused who is honest. */
export function falselyAccused({ host, forks }: SeenSubject, mayFork: ReadonlySet<string>): readonly Problem[] {
  return forks.flatMap(({ author, forkedAt }) =>
    mayFork.has(author) ? [] : [{ host, what: `author ${author.slice(0, 6)} is accused of a fork at ${forkedAt}, and is honest` }],
  );
}

/** A lane that forked is frozen everywhere at the same event. Who holds nothing of one that is frozen at its first need not know it. */
export function frozenApart(seen: readonly SeenSubject[]): readonly Problem[] {
  const [first, ...others] = seen;
  if (first === undefined) return [];
  const frozen = frozenIn(first);
  return others.flatMap((other) => {
    const theirs = frozenIn(other);
    return theirs === frozen
      ? []
      : [{ host: other.host, what: `${other.path} is frozen at ${theirs}, and at host ${first.host} at ${frozen}` }];
  });
}

function frozenIn({ forks }: SeenSubject): string {
  const shown = forks
    .filter(({ forkedAt }) => forkedAt > 1)
    .map(({ author, epoch, forkedAt }) => `${author.slice(0, 6)}/${epoch.slice(0, 8)}:${forkedAt}`);
  return shown.length === 0 ? "nothing" : shown.sort().join(" ");
}

/** Two histories of one lane, by the payloads that are in one of them alone. */
export interface TwoHistories {
  readonly author: string;
  readonly path: string;
  /** Of the lane. What one of them goes on with in a later epoch is valid beside the other: it may be all that comes of it. */
  readonly epoch: string;
  readonly branches: readonly [readonly string[], readonly string[]];
}

/** Which of them were ever seen at some of those who hear of each other. */
export function branchesSeen({ events }: Pick<SeenSubject, "events">, { author, epoch, branches }: TwoHistories): readonly number[] {
  const names = new Set(events.flatMap((event) => (event.author === author && event.epoch === epoch ? [event.name] : [])));
  return [0, 1].filter((branch) => branches[branch]?.some((name) => names.has(name)));
}

/** Where both came to some who hear of each other, everybody there has the proof. `met`: which of the two came. */
export function unproven(
  seen: readonly SeenSubject[],
  { author, path, epoch }: TwoHistories,
  met: ReadonlySet<number>,
): readonly Problem[] {
  if (met.size < 2) return [];
  return seen.flatMap(({ host, forks }) =>
    forks.some((fork) => fork.author === author && fork.epoch === epoch)
      ? []
      : [{ host, what: `both histories of ${author.slice(0, 6)} in ${path} came to who hear of each other, and no proof of that is here` }],
  );
}

// --- clocks ---

export interface TrueTime {
  /** Now, as a right clock shows it. */
  readonly wallMs: number;
  /** By how much clocks of honest peers were off at the most. */
  readonly skewMs: number;
  /** By how much a stamp may be ahead of the clock of whoever writes it. */
  readonly driftMs: number;
}

/** No honest author is ahead of true time by more than its clock, and what it takes over from others. */
export function clockAhead(
  { host, events }: SeenSubject,
  honest: ReadonlySet<string>,
  { wallMs, skewMs, driftMs }: TrueTime,
): readonly Problem[] {
  return events.flatMap(({ author, stamp: [stampMs], name }) =>
    honest.has(author) && stampMs > wallMs + skewMs + driftMs
      ? [{ host, what: `${name} of ${author.slice(0, 6)} is stamped ${Math.round(stampMs - wallMs)} ms ahead of its time` }]
      : [],
  );
}

/** One event of a subject that is read as a set. */
export interface SeenElement {
  readonly author: string;
  readonly epoch: string;
  readonly seq: number;
  readonly stampMs: number;
  readonly element: string;
}

/** What a store holds of such a subject, and what its view shows. */
export interface SeenFold {
  readonly stored: readonly SeenElement[];
  readonly shown: ReadonlySet<string>;
  /** As the clock there shows it now. */
  readonly wallMs: number;
  /** The latest that it may have shown until now. */
  readonly latestMs: number;
  readonly driftMs: number;
}

/** Of each lane what lies before the first event that is ahead of that clock. */
export function dueBy(stored: readonly SeenElement[], untilMs: number): readonly SeenElement[] {
  return stored.filter(
    (each) =>
      !stored.some(
        (other) => other.author === each.author && other.epoch === each.epoch && other.seq <= each.seq && other.stampMs > untilMs,
      ),
  );
}

/** What is ahead of its time is held back, with all behind it in its lane; and nothing else is, whoever wrote it and whenever. */
export function foldedAmiss({ stored, shown, wallMs, latestMs, driftMs }: SeenFold): string | undefined {
  const missing = dueBy(stored, wallMs + driftMs).find(({ element }) => !shown.has(element));
  if (missing !== undefined) return `${missing.element} of ${missing.author.slice(0, 6)} is held back, and its time has come`;
  const may = new Set(dueBy(stored, latestMs + driftMs).map(({ element }) => element));
  const early = [...shown].find((element) => !may.has(element));
  return early === undefined ? undefined : `${early} counts, and its time has not come, or nobody wrote it`;
}

/** What one store acknowledged later is later, over all its boots. */
export function clockWentBack(
  host: number,
  promised: readonly string[],
  stamps: ReadonlyMap<string, SeenEvent["first"]>,
): readonly Problem[] {
  let before: SeenEvent["first"] | undefined;
  for (const name of promised) {
    const stamp = stamps.get(name);
    if (stamp === undefined) continue;
    if (before !== undefined && (stamp[0] < before[0] || (stamp[0] === before[0] && stamp[1] < before[1])))
      return [{ host, what: `${name} was acknowledged after what is stamped ${before.join("+")}, and is stamped ${stamp.join("+")}` }];
    before = stamp;
  }
  return [];
}
