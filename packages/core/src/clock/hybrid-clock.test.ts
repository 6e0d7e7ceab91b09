import fc from "fast-check";
import { expect, test } from "vitest";
import { buildWallMs, clockDriftMsMax, clockReserveMs, stampCounterMax, stampWallMsMax } from "../bytes/limits.js";
import { clockFault, HybridClock, isFuture, trustedTimeMs } from "./hybrid-clock.js";
import { compareStamps, type Stamp } from "./stamp.js";

const NOW = 1_795_000_000_000;
const walls = fc.integer({ min: NOW - 200_000, max: NOW + 200_000 });
const acts = fc.oneof(
  fc.record({ act: fc.constant("tick" as const), wallMs: walls }),
  fc.record({
    act: fc.constant("observe" as const),
    wallMs: walls,
    stamp: fc.record({ wallMs: walls, counter: fc.integer({ min: 0, max: stampCounterMax }) }),
  }),
  fc.record({ act: fc.constant("restart" as const), wallMs: walls }),
);

test("CORE-HLC-01 property: stamps strictly rise through drift, other peers' stamps and restarts with the clock set back", () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 60 }), (history) => {
      let clock = new HybridClock();
      let persisted: Stamp = { wallMs: 0, counter: 0 };
      let last: Stamp = { wallMs: -1, counter: 0 };
      for (const step of history) {
        if (step.act === "restart") clock = new HybridClock(persisted);
        else if (step.act === "observe") {
          const before = clock.last;
          const answer = clock.observe(step.stamp, step.wallMs);
          expect(answer).toBe(step.stamp.wallMs > step.wallMs + clockDriftMsMax ? "future" : "taken");
          if (answer === "future") expect(clock.last).toEqual(before);
          else expect(compareStamps(clock.last, step.stamp)).toBeGreaterThanOrEqual(0);
        } else {
          const stamp = clock.tick(step.wallMs);
          expect(compareStamps(stamp, last)).toBeGreaterThan(0);
          expect(stamp.wallMs).toBeGreaterThanOrEqual(step.wallMs);
          last = stamp;
          persisted = clock.reserveNeeded() ?? persisted;
          expect(compareStamps(stamp, persisted)).toBeLessThan(0);
        }
      }
    }),
  );
});

test("T18 a full counter moves on to the next millisecond", () => {
  const clock = new HybridClock({ wallMs: NOW, counter: stampCounterMax - 1 });
  expect(clock.tick(NOW - 5)).toEqual({ wallMs: NOW, counter: stampCounterMax });
  expect(clock.tick(NOW - 5)).toEqual({ wallMs: NOW + 1, counter: 0 });
  expect(clock.tick(NOW + 1)).toEqual({ wallMs: NOW + 1, counter: 1 });
  expect(clock.tick(NOW + 2.7)).toEqual({ wallMs: NOW + 2, counter: 0 });
});

test("most turns need not write the clock", () => {
  const clock = new HybridClock();
  clock.tick(NOW);
  expect(clock.reserveNeeded()).toEqual({ wallMs: NOW + clockReserveMs, counter: 0 });
  for (let ahead = 0; ahead < clockReserveMs; ahead++) {
    clock.tick(NOW + ahead);
    expect(clock.reserveNeeded()).toBeUndefined();
  }
  clock.tick(NOW + clockReserveMs);
  expect(clock.reserveNeeded()).toEqual({ wallMs: NOW + 2 * clockReserveMs, counter: 0 });
});

test("a stamp at the drift bound is taken, one behind it is from the future", () => {
  expect(isFuture({ wallMs: NOW + clockDriftMsMax, counter: stampCounterMax }, NOW)).toBe(false);
  expect(isFuture({ wallMs: NOW + clockDriftMsMax + 1, counter: 0 }, NOW)).toBe(true);
});

test("the clock ends where stamps end", () => {
  const clock = new HybridClock({ wallMs: stampWallMsMax, counter: stampCounterMax - 1 });
  clock.tick(0);
  expect(clock.reserveNeeded()).toEqual({ wallMs: stampWallMsMax, counter: stampCounterMax });
  expect(() => clock.tick(0)).toThrow(RangeError);
});

test("trusted time is the latest there is reason to believe", () => {
  const base = { persistedMs: 100, wallMs: 50 };
  expect(trustedTimeMs({ ...base, claimsMs: [] })).toBe(100);
  expect(trustedTimeMs({ ...base, claimsMs: [900, 900] })).toBe(100);
  expect(trustedTimeMs({ ...base, claimsMs: [900, 200, 300] })).toBe(300);
  expect(trustedTimeMs({ ...base, claimsMs: [900, 200, 300, 901] })).toBe(300);
  expect(trustedTimeMs({ ...base, claimsMs: [1, 2, 3] })).toBe(100);
  expect(trustedTimeMs({ ...base, claimsMs: [Number.NaN, Number.POSITIVE_INFINITY, -1, 200] })).toBe(100);
  expect(trustedTimeMs({ persistedMs: 1, wallMs: 70, claimsMs: [] })).toBe(70);
});

test("property: no minority of peers moves trusted time beyond what an honest one says", () => {
  fc.assert(
    fc.property(
      fc.array(walls, { minLength: 2, maxLength: 9 }),
      fc.array(fc.integer({ min: 0, max: stampWallMsMax }), { maxLength: 8 }),
      (honest, liars) => {
        const few = liars.slice(0, honest.length - 1);
        expect(trustedTimeMs({ persistedMs: 0, wallMs: 0, claimsMs: [...honest, ...few] })).toBeLessThanOrEqual(Math.max(...honest));
      },
    ),
  );
});

test("a clock before the build date is refused, with a reason", () => {
  expect(clockFault(buildWallMs - 1)).toContain("clock before build date");
  expect(clockFault(Number.NaN)).toContain("clock before build date");
  expect(clockFault(buildWallMs)).toBeUndefined();
  expect(clockFault(stampWallMsMax)).toContain("clock beyond the last stamp");
});

test("at rest the reserve comes down to just above the last stamp, and the next run begins there", () => {
  const clock = new HybridClock();
  const last = clock.tick(NOW);
  clock.reserveNeeded();
  expect(clock.rest()).toEqual({ wallMs: NOW, counter: 1 });
  expect(clock.rest()).toBeUndefined();
  const next = new HybridClock({ wallMs: NOW, counter: 1 }).tick(NOW);
  expect(compareStamps(next, last)).toBeGreaterThan(0);
  expect(next.wallMs).toBe(NOW);
});

test("a clock at rest that goes on after all raises its reserve again before it is reached", () => {
  const clock = new HybridClock();
  clock.tick(NOW);
  clock.reserveNeeded();
  clock.rest();
  clock.tick(NOW);
  expect(clock.reserveNeeded()).toEqual({ wallMs: NOW + clockReserveMs, counter: 0 });
});

test("a clock that gave out nothing rests as it is", () => {
  expect(new HybridClock({ wallMs: NOW, counter: 0 }).rest()).toBeUndefined();
});
