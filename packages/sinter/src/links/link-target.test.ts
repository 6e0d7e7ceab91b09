import type { Clock, Instant, Random } from "@sinter/core";
import { linkSettledMs } from "@sinter/core";
import { expect, test } from "vitest";
import { type CloseCode, closingOf } from "./close-codes.js";
import type { Link } from "./link.js";
import { LinkTarget } from "./link-target.js";

class Hand implements Clock {
  at = 0;
  waiting: { readonly due: number; readonly run: () => void }[] = [];

  now(): Instant {
    return this.at as Instant;
  }

  wallMs(): number {
    return 0;
  }

  after(delayMs: number, run: () => void): () => void {
    const entry = { due: this.at + delayMs, run };
    this.waiting.push(entry);
    return () => {
      this.waiting = this.waiting.filter((each) => each !== entry);
    };
  }

  /** Moves to the next timer and runs it; answers how long that was. */
  next(): number {
    const entry = this.waiting.shift();
    if (entry === undefined) throw new Error("nothing waits");
    const waitedMs = entry.due - this.at;
    this.at = entry.due;
    entry.run();
    return waitedMs;
  }
}

function made(draw: "least" | "most" = "most") {
  const clock = new Hand();
  const random: Random = { below: (bound) => (draw === "most" ? bound - 1 : 0), bytes: (length) => new Uint8Array(length) };
  let dials = 0;
  const closes: string[] = [];
  const link = { close: (code: CloseCode) => closes.push(code) } as unknown as Link;
  const target = new LinkTarget({
    target: { host: "example.org", port: 1 },
    dial: () => {
      dials++;
      return link;
    },
    clock,
    random,
    limits: { retryFirstMs: 100, retryMsMax: 1_000 },
  });
  return { clock, target, closes, dials: () => dials };
}

const lost = closingOf("unreachable", "us");

test("it waits twice as long after each failure, up to a bound, and between half of that and all of it", () => {
  for (const [draw, waits] of [
    ["most", [100, 200, 400, 800, 1_000, 1_000]],
    ["least", [50, 100, 200, 400, 500, 500]],
  ] as const) {
    const { clock, target, dials } = made(draw);
    target.start();
    const waited = waits.map(() => {
      target.failed(lost);
      return clock.next();
    });
    expect(waited).toEqual(waits);
    expect(dials()).toBe(1 + waits.length);
  }
});

test("a link that lasted makes what failed before it count no more", () => {
  const { clock, target } = made();
  target.start();
  for (let failure = 0; failure < 5; failure++) {
    target.failed(lost);
    clock.next();
  }
  target.linked();
  clock.at += linkSettledMs - 1;
  target.unlinked(lost);
  expect(clock.next()).toBe(1_000);
  target.linked();
  clock.at += linkSettledMs;
  target.unlinked(lost);
  expect(clock.next()).toBe(100);
});

test("while its peer is linked by another connection it rests", () => {
  const { clock, target, dials } = made();
  target.start();
  target.failed(closingOf("duplicate", "them"));
  target.linked();
  expect([clock.waiting.length, target.describe()]).toEqual([0, expect.objectContaining({ state: "linked", nextTryMs: null })]);
  target.start();
  expect(dials()).toBe(1);
});

test("news of a link it had no part in is none while it dials", () => {
  const { clock, target } = made();
  target.start();
  target.unlinked(lost);
  expect([clock.waiting.length, target.describe()]).toEqual([0, expect.objectContaining({ state: "connecting" })]);
});

test("refused, it asks again at the longest interval; its own address it never asks again", () => {
  const { clock, target } = made();
  target.start();
  target.failed(closingOf("wrong-secret", "them"));
  expect(target.describe()).toMatchObject({ state: "refused", code: "wrong-secret", by: "them", nextTryMs: 1_000 });
  expect(clock.next()).toBe(1_000);
  target.failed(closingOf("self", "us"));
  expect([clock.waiting.length, target.describe()]).toEqual([0, expect.objectContaining({ state: "refused", code: "self" })]);
});

test("once stopped it ends what it dialled and dials no more", () => {
  const { clock, target, closes, dials } = made();
  target.start();
  target.stop("ended");
  target.failed(lost);
  target.linked();
  target.start();
  expect([clock.waiting.length, closes, dials()]).toEqual([0, ["ended"], 1]);
  const waiting = made();
  waiting.target.start();
  waiting.target.failed(lost);
  waiting.target.stop("shutting-down");
  expect([waiting.clock.waiting.length, waiting.closes]).toEqual([0, []]);
});
