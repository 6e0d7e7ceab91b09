import fc from "fast-check";
import { expect, test } from "vitest";
import { Storm, storms } from "./storm.suite.js";

const NUM_RUNS = 600;

test("through any storm of inputs and faults, every command is answered once, and what is said is true", () => {
  const seen = { halts: 0, recoveries: 0, losses: 0, answers: 0 };
  fc.assert(
    fc.property(storms, ({ deeds, end, endAt }) => {
      const storm = new Storm(end, endAt);
      storm.run(deeds);
      storm.check();
      seen.halts += storm.toy.halts.length;
      seen.recoveries += storm.toy.ledgerJournal.created - 1;
      for (const [answer] of storm.toy.answers.values()) seen[answer === "unknown" || answer === "not written" ? "losses" : "answers"]++;
    }),
    { numRuns: NUM_RUNS },
  );
  // A storm in which nothing breaks shows nothing.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(NUM_RUNS / 60);
});
