import fc from "fast-check";
import { expect, test } from "vitest";
import { type Data, isDataObject } from "./data.js";
import { textOfData } from "./data-text.js";
import { anyCase, type Case, oracleOf } from "./drawn.suite.js";
import { pointerOf } from "./pointer.js";
import type { Contested } from "./settle.js";
import { rulesFrom, Synthesis } from "./synthesis.js";
import { type Fragment, type Synthesized, synthesize } from "./synthesize.js";

const outcomeOf = ({ fragments, paths }: Pick<Case, "fragments" | "paths">) => synthesize(fragments, { strategies: { paths } });

/** What it comes to, without what anything is called. */
const nameless = ({ text, conflicts, refused }: Synthesized) => ({
  text,
  refused: refused.map(({ names, expected }) => pointerOf(names) + expected).sort(),
  conflicts: conflicts.map(({ pointer, outcome, strategy, why, value }) => [
    pointer,
    outcome,
    strategy,
    why,
    value === undefined || textOfData(value),
  ]),
});

const order = fc.infiniteStream(fc.nat());

function shuffled<T>(items: readonly T[], draws: Iterator<number>): T[] {
  return items
    .map((item) => [draws.next().value as number, item] as const)
    .sort(([left], [right]) => left - right)
    .map(([, item]) => item);
}

test("property: the naive twin comes to the same document and the same conflicts", () => {
  fc.assert(
    fc.property(anyCase, (drawn) => {
      const { text, conflicts } = outcomeOf(drawn);
      const told = conflicts.map(({ pointer, outcome }) => `${pointer} ${outcome}`).sort();
      expect({ text, conflicts: told }).toEqual(oracleOf(drawn));
    }),
    { numRuns: 1000 },
  );
});

test("what is drawn contradicts itself in every way", () => {
  const met = new Set<string>();
  for (const drawn of fc.sample(anyCase, { numRuns: 2000, seed: 1 })) {
    const { conflicts, refused, state } = outcomeOf(drawn);
    for (const { outcome, strategy } of conflicts) met.add(outcome).add(strategy.replace(/\(.*/, ""));
    if (refused.length > 0) met.add("refused");
    if (state === undefined) met.add("nothing");
  }
  const outcomes = ["resolved", "unresolved", "stopped", "refused", "nothing"];
  const strategies = ["lww", "first", "priority", "quorum", "unanimous", "error", "max", "min", "flag", "2p-set", "rw-set"];
  // Of these nothing is lost but to objects.
  const clashing = ["mv", "g-counter", "pn-counter"];
  expect([...outcomes, ...strategies, ...clashing].filter((each) => !met.has(each))).toEqual([]);
});

test("property: in whatever order fragments come, what they are called and how often they come: the same document", () => {
  fc.assert(
    fc.property(anyCase, order, (drawn, draws) => {
      const { fragments, paths } = drawn;
      const once = outcomeOf(drawn);
      expect(outcomeOf({ fragments: shuffled(fragments, draws), paths })).toEqual({ ...once, provenance: expect.anything() });
      const again = shuffled([...fragments, ...fragments.filter(() => (draws.next().value as number) % 2 === 0)], draws);
      expect(nameless(outcomeOf({ fragments: again, paths }))).toEqual(nameless(once));
      const called = shuffled(
        fragments.map((_, at) => `${at % 3}/${at}.json`),
        draws,
      );
      const renamed = fragments.map((fragment, at): Fragment => ({ ...fragment, id: called[at] }));
      expect(nameless(outcomeOf({ fragments: renamed, paths }))).toEqual(nameless(once));
    }),
    { numRuns: 500 },
  );
});

test("property: shared out over threads and joined in any order, they come to the same", () => {
  fc.assert(
    fc.property(anyCase, fc.integer({ min: 1, max: 4 }), order, ({ fragments, paths }, count, draws) => {
      const rules = rulesFrom({ strategies: { paths }, types: () => expect.fail() });
      if (!("plan" in rules)) return expect.fail(rules.reason);
      const alone = new Synthesis(rules);
      let shares = Array.from({ length: count }, () => new Synthesis(rules));
      for (const { id, stamp, source, priority, content } of fragments) {
        const share = shares[(draws.next().value as number) % count];
        for (const synthesis of [alone, share])
          synthesis.add({ id, stamp: stamp as number | undefined, source, priority }, content as Data);
      }
      while (shares.length > 1) {
        const [into, from, ...rest] = shuffled(shares, draws);
        into.join(structuredClone(from.pack()));
        shares = [into, ...rest];
      }
      expect(shares[0].fragments).toBe(alone.fragments);
      expect(finished(shares[0])).toEqual(finished(alone));
    }),
    { numRuns: 500 },
  );
});

function finished(synthesis: Synthesis): readonly [string, string[]] {
  const contested: Contested[] = [];
  const state = synthesis.finish((_outcome, place) => contested.push(place()));
  return [state === undefined ? "" : textOfData(state), contested.map(({ pointer, outcome }) => `${pointerOf(pointer)} ${outcome}`).sort()];
}

test("property: a fragment that is taken away leaves nothing behind, and one that came later takes the place of the earlier", () => {
  fc.assert(
    fc.property(anyCase, anyCase, fc.nat(), ({ fragments, paths }, { fragments: others }, which) => {
      const gone = fragments[which % Math.max(1, fragments.length)];
      if (gone === undefined) return;
      const rest = fragments.filter((fragment) => fragment !== gone);
      const without = nameless(outcomeOf({ fragments: rest, paths }));
      expect(nameless(outcomeOf({ fragments: [...fragments, { id: gone.id, stamp: 9 }], paths }))).toEqual(without);
      const instead = others[0] ?? { id: "", content: {} };
      const newer = { ...instead, id: gone.id, stamp: 9 };
      const replaced = nameless(outcomeOf({ fragments: [...rest, newer], paths }));
      expect(nameless(outcomeOf({ fragments: [...fragments, newer], paths }))).toEqual(replaced);
    }),
    { numRuns: 300 },
  );
});

test("property: what is explained of a place is what is there, and conflicts are explained as they are listed", () => {
  fc.assert(
    fc.property(anyCase, (drawn) => {
      const { state, conflicts, provenance } = outcomeOf(drawn);
      if (state !== undefined) explainsAll(state, provenance, []);
      const isAmbiguous = ({ pointer }: { readonly pointer: string }) => conflicts.filter((other) => other.pointer === pointer).length > 1;
      for (const conflict of conflicts)
        if (conflict.outcome === "resolved" && !isAmbiguous(conflict)) expect(provenance.explain(conflict.pointer)).toEqual(conflict);
    }),
    { numRuns: 300 },
  );
});

function explainsAll(value: Data, provenance: Synthesized["provenance"], names: readonly string[]): void {
  const explained = provenance.explain(pointerOf(names));
  if (explained === undefined) return expect.fail(`nobody says anything of ${pointerOf(names)}`);
  expect(explained.candidates.some(({ counts }) => counts)).toBe(true);
  // What is decided as a whole is explained where it is.
  if (explained.pointer !== pointerOf(names)) return;
  if (explained.value !== undefined) expect(explained.value).toEqual(value);
  else if (isDataObject(value)) for (const name of Object.keys(value)) explainsAll(value[name], provenance, [...names, name]);
  else for (const [index, each] of (value as readonly Data[]).entries()) explainsAll(each, provenance, [...names, String(index)]);
}

test("property: what is handed in is never changed, and what comes out is nobody else's", () => {
  fc.assert(
    fc.property(anyCase, (drawn) => {
      // All that is drawn is frozen: to change it throws.
      expect(Object.isFrozen(drawn.fragments[0]?.content ?? Object.freeze({}))).toBe(true);
      const { state } = outcomeOf(drawn);
      if (state !== undefined) expect(frozenWithin(state)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

function frozenWithin(value: Data): boolean {
  return typeof value === "object" && value !== null && (Object.isFrozen(value) || Object.values(value).some(frozenWithin));
}
