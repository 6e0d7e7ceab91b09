import { expect, test } from "vitest";
import {
  apart,
  branchesSeen,
  clockAhead,
  clockWentBack,
  falselyAccused,
  foldedAmiss,
  foldedBehindFork,
  forged,
  frozenApart,
  promisesBroken,
  readsOtherwise,
  unproven,
} from "./sync-checks.js";
import type { SeenEvent, SeenSubject } from "./sync-seen.js";

// Each checker is shown a world in which its promise is kept, and one in which it is broken: one that says nothing of the second is
// none.

const event = (name: string, seq: number, of: Partial<SeenEvent> = {}): SeenEvent => ({
  ...{ author: "ann", epoch: "0-aa", seq, name, stamp: [1_000 + seq, 0], first: [1_000 + seq, 0] },
  ...of,
});
const seen = (host: number, of: Partial<SeenSubject> = {}): SeenSubject => ({
  ...{ host, path: "w/a", rows: ["ann:2"], events: [event("e1", 1), event("e2", 2)], forks: [] },
  ...of,
});
const whats = (problems: readonly { readonly what: string }[]) => problems.map(({ what }) => what).join("; ");

test("convergence: rows that differ", () => {
  expect(apart([seen(0), seen(1), seen(2)])).toBeUndefined();
  expect(apart([])).toBeUndefined();
  expect(apart([seen(0), seen(1), seen(2, { rows: ["ann:1"] })])).toMatch(/^w\/a:\n(.*\n)* *host 2: ann:1$/);
});

test("convergence: what is read otherwise, in another order, or twice", () => {
  expect(readsOtherwise([seen(0), seen(1)])).toEqual([]);
  expect(whats(readsOtherwise([seen(0), seen(1, { events: [event("e1", 1)] })]))).toMatch(/1 and 2 events/);
  expect(whats(readsOtherwise([seen(0), seen(1, { events: [event("e1", 1), event("e3", 2)] })]))).toMatch(/at 1: e3 and e2/);
  expect(whats(readsOtherwise([seen(0), seen(1, { events: [event("e2", 2), event("e1", 1)] })]))).toMatch(/at 0: e2 and e1/);
  expect(whats(readsOtherwise([seen(0, { events: [event("e1", 1), event("e1", 2)] })]))).toMatch(/told twice: e1/);
  expect(readsOtherwise([seen(0, { events: [event("redacted", 1), event("redacted", 2)] })])).toEqual([]);
});

test("no acknowledged write is lost, and no redaction undone", () => {
  const none = { redacted: new Set<string>(), mayFork: new Set<string>() };
  const told = (payload: string) => [{ kind: "told", path: "w/a", payload, author: "ann" } as const];
  const taken = (payload: string) => [{ kind: "redacted", path: "w/a", payload, author: "ann" } as const];
  expect(promisesBroken(seen(0), 1, told("e1"), none)).toEqual([]);
  expect(promisesBroken(seen(0), 1, told("e9"), none)).toMatchObject([{ host: 1, what: "w/a: e9 was promised, and is gone" }]);
  expect(promisesBroken(seen(0), 1, told("e9"), { ...none, redacted: new Set(["w/a: e9"]) })).toEqual([]);
  expect(promisesBroken(seen(0), 1, [{ ...told("e9")[0], path: "w/b" }], none)).toEqual([]);
  expect(whats(promisesBroken(seen(0), 1, taken("e1"), none))).toMatch(/e1 was redacted, and is told/);
  expect(promisesBroken(seen(0), 1, taken("e9"), none)).toEqual([]);
  expect(promisesBroken(seen(0), 1, taken("e1"), { ...none, mayFork: new Set(["ann"]) })).toEqual([]);
});

test("nothing is folded that its author did not write", () => {
  const written = new Map([
    ["e1", "ann"],
    ["e2", "ann"],
  ]);
  expect(forged(seen(0), written)).toEqual([]);
  expect(whats(forged(seen(0), new Map([["e1", "ann"]])))).toMatch(/e2 of ann, who never wrote it/);
  expect(whats(forged(seen(0), new Map([...written, ["e2", "bob"]])))).toMatch(/e2 of ann/);
  expect(forged(seen(0, { events: [event("redacted", 1), event("wanted", 2)] }), new Map())).toEqual([]);
});

test("nothing behind a proven fork is folded", () => {
  const forks = [{ author: "ann", epoch: "0-aa", forkedAt: 2 }];
  expect(foldedBehindFork(seen(0, { forks, events: [event("e1", 1)] }))).toEqual([]);
  expect(whats(foldedBehindFork(seen(0, { forks })))).toMatch(/event 2 of ann, which lies behind a fork/);
  expect(foldedBehindFork(seen(0, { forks: [{ ...forks[0], epoch: "1-bb" } as (typeof forks)[0]] }))).toEqual([]);
});

test("nobody honest is accused", () => {
  const forks = [{ author: "ann", epoch: "0-aa", forkedAt: 2 }];
  expect(falselyAccused(seen(0, { forks }), new Set(["ann"]))).toEqual([]);
  expect(whats(falselyAccused(seen(0, { forks }), new Set(["bob"])))).toMatch(/accused of a fork at 2, and is honest/);
});

test("freeze points are equal", () => {
  const at = (forkedAt: number) => ({ forks: [{ author: "ann", epoch: "0-aa", forkedAt }] });
  expect(frozenApart([seen(0, at(2)), seen(1, at(2))])).toEqual([]);
  expect(frozenApart([seen(0, at(2)), seen(1, at(3))])).toMatchObject([{ host: 1 }]);
  expect(frozenApart([seen(0, at(2)), seen(1)])).toMatchObject([{ host: 1 }]);
  // Who holds nothing of it has nothing to freeze.
  expect(frozenApart([seen(0, at(1)), seen(1)])).toEqual([]);
});

test("an equivocator is proven to be one, wherever both histories came", () => {
  const two = { author: "eve", path: "w/a", epoch: "0-ee", branches: [["x1"], ["y1", "y2"]] } as const;
  const held = (...names: string[]) => ({ events: names.map((name, at) => event(name, at + 1, { author: "eve", epoch: "0-ee" })) });
  expect(branchesSeen(held("s1"), two)).toEqual([]);
  expect(branchesSeen(held("s1", "x1"), two)).toEqual([0]);
  expect(branchesSeen(held("y2"), two)).toEqual([1]);
  // Of another author, what is called so is something else.
  expect(branchesSeen({ events: [event("x1", 1, { epoch: "0-ee" })] }, two)).toEqual([]);
  // What the second goes on with in an epoch of its own came without it: nothing there contradicts the first.
  expect(branchesSeen({ events: [...held("x1").events, event("y2", 1, { author: "eve", epoch: "1-ee" })] }, two)).toEqual([0]);
  const proven = { forks: [{ author: "eve", epoch: "0-ee", forkedAt: 2 }] };
  expect(unproven([seen(0), seen(1)], two, new Set([0]))).toEqual([]);
  expect(unproven([seen(0, proven), seen(1, proven)], two, new Set([0, 1]))).toEqual([]);
  expect(unproven([seen(0, proven), seen(1)], two, new Set([0, 1]))).toMatchObject([{ host: 1 }]);
  const elsewhere = { forks: [{ author: "eve", epoch: "1-ee", forkedAt: 2 }] };
  expect(unproven([seen(0, proven), seen(1, elsewhere)], two, new Set([0, 1]))).toMatchObject([{ host: 1 }]);
});

test("clocks: nobody is ahead of true time by more than its clock, and what it may take over", () => {
  const time = { wallMs: 1_000, skewMs: 10, driftMs: 60 };
  const at = (wallMs: number) => seen(0, { events: [event("e1", 1, { stamp: [wallMs, 0] })] });
  const honest = new Set(["ann"]);
  expect(clockAhead(at(1_070), honest, time)).toEqual([]);
  expect(whats(clockAhead(at(1_071), honest, time))).toMatch(/stamped 71 ms ahead/);
  expect(clockAhead(at(9_999), new Set(["bob"]), time)).toEqual([]);
});

test("clocks: none goes back, over all boots", () => {
  const stamps = new Map<string, readonly [number, number]>([
    ["e1", [10, 0]],
    ["e2", [10, 1]],
    ["e3", [9, 5]],
  ]);
  expect(clockWentBack(0, ["e1", "e2"], stamps)).toEqual([]);
  expect(whats(clockWentBack(0, ["e1", "e2", "e3"], stamps))).toMatch(/e3 was acknowledged after what is stamped 10\+1/);
  expect(whats(clockWentBack(0, ["e2", "e1"], stamps))).toMatch(/e1/);
  expect(clockWentBack(0, ["e2", "unknown"], stamps)).toEqual([]);
});

test("clocks: what is ahead of the clock here is held back with all behind it in its lane, and nothing else is", () => {
  const of = (author: string, seq: number, stampMs: number) => ({ author, epoch: "0-aa", seq, stampMs, element: `${author}${seq}` });
  const stored = [of("ann", 1, 900), of("ann", 2, 1_060), of("far", 1, 1_000), of("far", 2, 9_000), of("far", 3, 1_010)];
  const fold = (...shown: readonly string[]) => ({ stored, shown: new Set(shown), wallMs: 1_000, latestMs: 1_000, driftMs: 60 });
  expect(foldedAmiss(fold("ann1", "ann2", "far1"))).toBeUndefined();
  expect(foldedAmiss(fold("ann1", "far1"))).toMatch(/^ann2 of ann is held back/);
  expect(foldedAmiss(fold("ann1", "ann2"))).toMatch(/^far1 of far is held back/);
  expect(foldedAmiss(fold("ann1", "ann2", "far1", "far2"))).toMatch(/^far2 counts/);
  expect(foldedAmiss(fold("ann1", "ann2", "far1", "far3"))).toMatch(/^far3 counts/);
  expect(foldedAmiss(fold("ann1", "ann2", "far1", "bob1"))).toMatch(/^bob1 counts, and its time has not come, or nobody wrote it/);
  // Counted while the clock was further on, and set back since.
  const setBack = { ...fold("ann1", "ann2", "far1"), wallMs: 900 };
  expect(foldedAmiss(setBack)).toBeUndefined();
  expect(foldedAmiss({ ...setBack, latestMs: 900 })).toMatch(/^ann2 counts/);
});
