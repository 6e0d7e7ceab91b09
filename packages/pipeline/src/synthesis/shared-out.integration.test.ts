import type { ExplainedPlace } from "@sinter/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Folder, textOf } from "./folder.suite.js";
import type { DirectorySynthesis } from "./synthesize-directory.js";

const name = fc.constantFrom("a", "b", "c", "__proto__", "1");
const leaf = fc.oneof(fc.constantFrom(0, 1, 2, null, true, "x"), fc.array(fc.constantFrom(1, 2, "x"), { maxLength: 2 }));
const { body } = fc.letrec((tie) => ({ body: fc.dictionary(name, fc.oneof({ depthSize: "small" }, leaf, tie("body")), { maxKeys: 3 }) }));
const fragment = fc.oneof(
  body,
  fc
    .record({ stamp: fc.integer({ min: 0, max: 2 }), body })
    .map(({ stamp, body: said }) => ({ $fragment: { stamp, source: `s${stamp}` }, body: said })),
);

async function listed(synthesis: DirectorySynthesis): Promise<ExplainedPlace[]> {
  const places: ExplainedPlace[] = [];
  for await (const place of synthesis.conflicts()) places.push(place);
  return places;
}

const rules = { paths: { "/a/b": "max", "/b": { strategy: "quorum", of: 2 }, "/c": "or-set", "/1/**": "first" } };

test("however many threads gather it, a document is the same, and so is what is told of it", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fragment, { minLength: 3, maxLength: 12 }), fc.integer({ min: 2, max: 4 }), async (fragments, jobs) => {
      const folder = new Folder().put("rules.json", rules);
      fragments.forEach((each, at) => folder.put(`in/${at}.json`, each));
      const strategies = folder.at("rules.json");
      const alone = await folder.synthesize({ strategies });
      const together = await folder.synthesize({ strategies, jobs, shareBytes: 1 });
      expect(textOf(together)).toBe(textOf(alone));
      expect([together.fragments, together.refused, together.contested]).toEqual([alone.fragments, alone.refused, alone.contested]);
      expect(await listed(together)).toEqual(await listed(alone));
    }),
    { numRuns: 8 },
  );
});

test("called off while threads read, it ends, and so do they", async () => {
  const folder = new Folder();
  for (let at = 0; at < 300; at++) folder.put(`in/${at}.json`, { at });
  const stop = new AbortController();
  const reading = folder.synthesize({ jobs: 3, shareBytes: 1, signal: stop.signal, progress: () => stop.abort(new Error("enough")) });
  await expect(reading).rejects.toThrow("enough");
});
