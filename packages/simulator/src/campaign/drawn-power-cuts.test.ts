import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { SeededRandom } from "../seeded-random.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { drawnSteps, runPowerCuts } from "./drawn-power-cuts.js";

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

/** A seed whose workload takes in what another author wrote. */
function withRanges(): number {
  const at = drawn.findIndex((steps) => steps.some(({ kind }) => kind === "ranges of another"));
  expect(at).toBeGreaterThanOrEqual(0);
  return first + at;
}

test("a seed may be signed otherwise than by the stub: by whom it is opened, cut, reopened, and whose ranges come", () => {
  const asked = { signers: 0, verified: 0 };
  const real = new StubVerifier(hasher);
  const verifier = { verify: (...given: Parameters<StubVerifier["verify"]>) => ++asked.verified > 0 && real.verify(...given) };
  // Of another secret: who signs without asking here signs what is of nobody.
  const signerOf = (secret: Uint8Array) => {
    asked.signers++;
    return new StubSigner(hasher, hasher.hash("sinter 1 network", secret));
  };
  const seed = withRanges();
  const cuts = runPowerCuts({ seed, hasher, crypto: { signerOf, verifier } });
  expect(cuts.problems).toEqual([]);
  expect(asked.signers).toBeGreaterThan(cuts.images);
  expect(asked.verified).toBeGreaterThan(0);
  expect(cuts.hash).not.toBe(runPowerCuts({ seed, hasher }).hash);
});
