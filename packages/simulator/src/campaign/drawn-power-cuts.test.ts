import { expect, test } from "vitest";
import { SeededRandom } from "../seeded-random.js";
import { drawnSteps } from "./drawn-power-cuts.js";

const first = Number(process.env["SINTER_SEED"] ?? 1);
const drawn = Array.from({ length: 300 }, (_, at) => drawnSteps(new SeededRandom(first + at, "power cuts")));

test("each kind of step is drawn, and no two workloads need be alike", () => {
  const kinds = new Set(drawn.flatMap((steps) => steps.map(({ kind }) => kind)));
  expect([...kinds].sort()).toEqual(["append", "append to several", "move", "ranges of another", "redact", "settle"]);
  expect(new Set(drawn.map((steps) => JSON.stringify(steps))).size).toBeGreaterThan(200);
});

test("an event is redacted once, and not before it is there", () => {
  for (const steps of drawn) {
    let size = 0;
    const redacted = new Set<number>();
    for (const step of steps) {
      if (step.kind === "redact") {
        expect(step.seq).toBeLessThanOrEqual(size);
        expect(redacted.has(step.seq)).toBe(false);
        redacted.add(step.seq);
        size += 1;
      } else if (step.kind === "append") size += step.events;
      else if (step.kind === "append to several" && step.subjects.includes("one/a")) size += 1;
    }
  }
});
