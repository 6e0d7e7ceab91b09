import { compareBytes, equalBytes } from "../bytes/order.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { Hasher } from "../identity/crypto.js";
import { type NetworkId, type SpaceId, type SubjectId, spaceId, subjectId } from "../identity/ids.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { Interest, Scope, ScopePart } from "./messages.js";
import type { Wish } from "./sync-vocabulary.js";

// What a session is about: what both sides want. Each names its wishes under a key of this one link, so that the other learns
// of no wish but those it has itself. A wish is hidden in two halves, of its space and of its subject, so that one for a space and
// one for a subject of it meet in the subject, and both sides find what they share in what they told alone, whatever they hold.

export const hiddenBytes = 16;
export const interestNonceBytes = 16;
const HALF_BYTES = hiddenBytes / 2;
/** Of a wish for a space as a whole. */
const ALL_OF_IT = new Uint8Array(HALF_BYTES);

/** Of both sides' nonces, in one order on both. */
export function interestKey(hasher: Hasher, one: Uint8Array, other: Uint8Array): Uint8Array {
  const [first, second] = compareBytes(one, other) <= 0 ? [one, other] : [other, one];
  return hasher.hash("sinter 1 interest key", joined(first, second));
}

export function hidden(hasher: Hasher, key: Uint8Array, { space, subject }: Wish): Uint8Array {
  return joined(half(hasher, key, space), subject === undefined ? ALL_OF_IT : half(hasher, key, subject));
}

function half(hasher: Hasher, key: Uint8Array, id: SpaceId | SubjectId): Uint8Array {
  return hasher.hash("sinter 1 interest", joined(key, id)).subarray(0, HALF_BYTES);
}

interface Meeting {
  readonly hasher: Hasher;
  readonly network: NetworkId;
  readonly view: FeedView;
  readonly key: Uint8Array;
  readonly mine: readonly Wish[] | undefined;
  readonly theirs: Interest;
}

/** What both want. */
export function sharedScope({ hasher, network, view, key, mine, theirs }: Meeting): Scope {
  const told = interestOf(hasher, key, mine);
  if (told.kind === "all" && theirs.kind === "all") return theirs;
  const shared = told.kind === "all" ? listed(theirs) : theirs.kind === "all" ? told.hidden : met(told.hidden, theirs.hidden);
  const places = new Map<string, Wish | undefined>(leastOf(shared).map((bytes) => [nameOf(bytes), undefined]));
  const place = (wish: Wish): void => {
    const name = nameOf(hidden(hasher, key, wish));
    if (places.has(name)) places.set(name, wish);
  };
  for (const wish of mine ?? []) place(wish);
  // What is wanted elsewhere has a place in the scope, whether or not anything of it is held here.
  if ([...places.values()].includes(undefined)) {
    for (const { path, id } of view.subjects()) {
      const space = spaceId(hasher, network, path);
      place({ space, subject: undefined });
      place({ space, subject: id });
    }
  }
  const parts = leastOf(shared).map((bytes): ScopePart => {
    const wish = places.get(nameOf(bytes));
    return { hidden: bytes, space: wish?.space, subject: wish?.subject };
  });
  return { kind: "some", parts };
}

export function interestOf(hasher: Hasher, key: Uint8Array, wishes: readonly Wish[] | undefined): Interest {
  if (wishes === undefined) return { kind: "all" };
  return { kind: "some", hidden: leastOf(wishes.map((wish) => hidden(hasher, key, wish))) };
}

/** Whether a subject is in it, by what is hidden: also one that nobody here had heard of when the scope was made. */
export function inScope(
  hasher: Hasher,
  key: Uint8Array,
  scope: Scope,
  at: { readonly space: SpaceId; readonly subject: SubjectId },
): boolean {
  if (scope.kind === "all") return true;
  if (scope.parts.length === 0) return false;
  const place = hidden(hasher, key, at);
  return scope.parts.some((part) => covers(part.hidden, place));
}

export function placeOfPath(
  hasher: Hasher,
  network: NetworkId,
  path: SubjectPath,
): { readonly space: SpaceId; readonly subject: SubjectId } {
  return { space: spaceId(hasher, network, path), subject: subjectId(hasher, network, path) };
}

/** Names a scope: both sides of a session mean the same one, or begin again. */
export function scopeName(hasher: Hasher, scope: Scope): Uint8Array {
  const parts = scope.kind === "all" ? [Uint8Array.of(1)] : scope.parts.map((part) => part.hidden);
  return hasher.hash("sinter 1 scope", joined(...parts)).subarray(0, 8);
}

function listed(interest: Interest): readonly Uint8Array[] {
  return interest.kind === "all" ? [] : interest.hidden;
}

/** Of each two of which one is within the other, the one within. */
function met(mine: readonly Uint8Array[], theirs: readonly Uint8Array[]): Uint8Array[] {
  const within = (some: readonly Uint8Array[], others: readonly Uint8Array[]) => {
    const names = new Set(others.map(nameOf));
    return some.filter((bytes) => names.has(nameOf(bytes)) || names.has(nameOf(wholeOf(bytes))));
  };
  return [...within(mine, theirs), ...within(theirs, mine)];
}

/** Each once, in order, and none that is within another. */
function leastOf(all: readonly Uint8Array[]): Uint8Array[] {
  const names = new Set(all.map(nameOf));
  const least = all.filter((bytes) => !isPart(bytes) || !names.has(nameOf(wholeOf(bytes))));
  const ordered = least.toSorted(compareBytes);
  return ordered.filter((bytes, at) => at === 0 || !equalBytes(bytes, ordered[at - 1] as Uint8Array));
}

function covers(part: Uint8Array, place: Uint8Array): boolean {
  return equalBytes(part, place) || equalBytes(part, wholeOf(place));
}

function isPart(bytes: Uint8Array): boolean {
  return !equalBytes(bytes.subarray(HALF_BYTES), ALL_OF_IT);
}

/** The space that it is in, as a whole. */
function wholeOf(bytes: Uint8Array): Uint8Array {
  return joined(bytes.subarray(0, HALF_BYTES), ALL_OF_IT);
}

function nameOf(bytes: Uint8Array): string {
  return bytes.join();
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
