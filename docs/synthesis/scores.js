import { defineMerge } from "sinter";

/** What a fragment has to say. Anything that checks data and knows the Standard Schema will do. */
const score = {
  "~standard": {
    version: 1,
    vendor: "example",
    validate: (value) =>
      typeof value?.player === "string" && /^[a-z]+$/.test(value.player) && Number.isSafeInteger(value.points)
        ? { value }
        : { issues: [{ message: "a player in small letters, and whole points" }] },
  },
};

/** The best that each player did. */
export const highScores = defineMerge({
  name: "high-scores",
  version: 1,
  operation: score,
  empty: {},
  // One score more. States are never changed in place.
  apply: (best, { player, points }) => ({ ...best, [player]: Math.max(points, best[player] ?? points) }),
  // All that either of two states knows.
  join(left, right) {
    const best = { ...left };
    for (const [player, points] of Object.entries(right)) best[player] = Math.max(points, best[player] ?? points);
    return best;
  },
  // What the document shows: in an order that does not depend on who came first.
  value: (best) =>
    Object.keys(best)
      .sort()
      .map((player) => ({ player, points: best[player] })),
  // Any score, for the laws to be tried on.
  sample: (draws) => ({ player: draws.pick(["ann", "bob"]), points: draws.below(5) }),
  source: import.meta.url,
});
