import { expect, test } from "vitest";
import { quarantineKeptMax, quarantinePerMinuteMax } from "../bytes/limits.js";
import type { Instant, PeerId } from "./protocol.js";
import { Quarantine } from "./quarantine.js";

const ann = "ann" as PeerId;

function offend(quarantine: Quarantine, at: number, count = 1): void {
  for (let number = 0; number < count; number++) {
    quarantine.add({ at: at as Instant, protocol: "ledger", input: "received", from: ann, reason: `at ${at}` });
  }
}

test("it overflows with one more than a minute may hold, and no sooner", () => {
  const quarantine = new Quarantine();
  offend(quarantine, 0, quarantinePerMinuteMax);
  expect(quarantine.overflows(0 as Instant)).toBe(false);
  offend(quarantine, 59_999);
  expect(quarantine.overflows(59_999 as Instant)).toBe(true);
  expect(quarantine.overflows(60_000 as Instant)).toBe(false);
});

test("a steady trickle never overflows", () => {
  const quarantine = new Quarantine();
  for (let at = 0; at < 1_000_000; at += 60_000 / quarantinePerMinuteMax) {
    offend(quarantine, at);
    expect(quarantine.overflows(at as Instant)).toBe(false);
  }
});

test("it counts all, and keeps the last", () => {
  const quarantine = new Quarantine();
  for (let at = 0; at < quarantineKeptMax + 10; at++) offend(quarantine, at);
  quarantine.add({ at: 99 as Instant, protocol: "store", input: "commit", from: undefined, reason: "gone" });
  const { total, kept } = quarantine.describe() as { total: number; kept: object[] };
  expect(total).toBe(quarantineKeptMax + 11);
  expect(kept.length).toBe(quarantineKeptMax);
  expect(kept[0]).toEqual({ at: 11, protocol: "ledger", input: "received", from: "ann", reason: "at 11" });
  expect(kept.at(-1)).toEqual({ at: 99, protocol: "store", input: "commit", from: null, reason: "gone" });
});
