import fc from "fast-check";
import { expect, test } from "vitest";
import { FeedView } from "../feed/lane/feed-view.js";
import { hasher, network, parts, pathOf, Rig } from "../feed/rig/feed-rig.suite.js";
import type { Scope } from "./messages.js";
import { inScope, interestKey, interestNonceBytes, interestOf, placeOfPath, scopeName, sharedScope } from "./scope.js";
import type { Wish } from "./sync-vocabulary.js";

const paths = ["a/b/1", "a/b/2", "a/b", "a/c/1", "d"].map(pathOf);
const key = interestKey(hasher, new Uint8Array(interestNonceBytes), new Uint8Array(interestNonceBytes).fill(1));

function wish(path: (typeof paths)[number], what: "space" | "subject"): Wish {
  const { space, subject } = placeOfPath(hasher, network, path);
  return { space, subject: what === "subject" ? subject : undefined };
}

const anyWishes = fc.option(fc.array(fc.tuple(fc.constantFrom(...paths), fc.constantFrom("space", "subject" as const)), { maxLength: 4 }), {
  nil: undefined,
  freq: 4,
});
type Wishes = (typeof anyWishes extends fc.Arbitrary<infer W> ? W : never) | undefined;

function wishesOf(wishes: Wishes): readonly Wish[] | undefined {
  return wishes?.map(([path, what]) => wish(path, what as "space" | "subject"));
}

/** What one side makes of what the other told, with some subjects in its store. */
function scopeOf(mine: Wishes, theirs: Wishes, held: readonly string[]): Scope {
  const rig = new Rig();
  for (const path of held) rig.append(path, parts("x"));
  const told = interestOf(hasher, key, wishesOf(theirs));
  return sharedScope({ hasher, network, view: new FeedView(rig.keys), key, mine: wishesOf(mine), theirs: told });
}

function wants(wishes: Wishes, path: (typeof paths)[number]): boolean {
  const at = placeOfPath(hasher, network, path);
  const isIn = ([of, what]: readonly [(typeof paths)[number], string]) =>
    what === "subject" ? of === path : placeOfPath(hasher, network, of).space.join() === at.space.join();
  return wishes?.some(isIn) ?? true;
}

test("property: both sides come to the same scope, whatever they hold, and in it is what both want", () => {
  fc.assert(
    fc.property(anyWishes, anyWishes, fc.subarray(paths), fc.subarray(paths), (mine, theirs, here, there) => {
      const [one, other] = [scopeOf(mine, theirs, here), scopeOf(theirs, mine, there)];
      expect(scopeName(hasher, other)).toEqual(scopeName(hasher, one));
      for (const path of paths)
        expect(inScope(hasher, key, one, placeOfPath(hasher, network, path))).toBe(wants(mine, path) && wants(theirs, path));
    }),
    { numRuns: 40 },
  );
});

test("what is held of a scope is found under its wish, and what was never heard of under none", () => {
  const theirs: Wishes = [
    [paths[0] as (typeof paths)[number], "subject"],
    [paths[4] as (typeof paths)[number], "space"],
  ];
  const scope = scopeOf([[paths[1] as (typeof paths)[number], "space"]], theirs, ["a/b/1"]);
  expect(scope).toMatchObject({ kind: "some", parts: [wish(paths[0] as (typeof paths)[number], "subject")] });
  const open = scopeOf(undefined, theirs, ["a/b/1"]);
  const places = open.kind === "some" ? open.parts.map(({ space, subject }) => [space !== undefined, subject !== undefined]) : [];
  expect(places.sort()).toEqual([
    [false, false],
    [true, true],
  ]);
});

test("under another link's key a wish has another name", () => {
  const other = interestKey(hasher, new Uint8Array(interestNonceBytes), new Uint8Array(interestNonceBytes).fill(2));
  const wishes = paths.map((path) => wish(path, "subject"));
  const [one, two] = [interestOf(hasher, key, wishes), interestOf(hasher, other, wishes)];
  const names = [one, two].flatMap((told) => (told.kind === "some" ? told.hidden.map((bytes) => bytes.join()) : []));
  expect(new Set(names).size).toBe(2 * paths.length);
});
