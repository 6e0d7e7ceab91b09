import fc from "fast-check";
import { expect, test } from "vitest";
import { Storm, storms } from "./storm.suite.js";

test("through any storm of inputs and faults, every command is answered once, and what is said is true", () => {
  let runs = 0;
  const seen = { halts: 0, recoveries: 0, losses: 0, answers: 0 };
  fc.assert(
    fc.property(storms, ({ deeds, end, endAt }) => {
      const storm = new Storm(end, endAt);
      storm.run(deeds);
      storm.check();
      runs++;
      seen.halts += storm.toy.halts.length;
      seen.recoveries += storm.toy.ledgerJournal.created - 1;
      for (const [answer] of storm.toy.answers.values()) seen[answer === "unknown" || answer === "not written" ? "losses" : "answers"]++;
    }),
    // Storms are long, and so is shrinking one: it ends in time to print what it has.
    { numRuns: 500, interruptAfterTimeLimit: 20_000 },
  );
  // A storm in which nothing breaks shows nothing.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs / 50);
});
