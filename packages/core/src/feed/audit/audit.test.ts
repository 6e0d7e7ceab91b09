import { expect, test } from "vitest";
import { auditFindingsMax } from "../../bytes/limits.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import { DamagedStore } from "../lane/feed-view.js";
import { audited, auditParts, variedStore } from "../rig/audited-store.suite.js";
import { parts, Rig } from "../rig/feed-rig.suite.js";
import { auditStore } from "./audit.js";

test("a sound store has nothing to be told of, and all of it is counted", () => {
  const rig = variedStore(4);
  const { ok, events, feeds, problems } = audited(rig.keys);
  expect(problems).toEqual([]);
  const lanes = [...rig.view.subjects()].flatMap(({ id }) => [...rig.view.lanes(id)]);
  const sizes = lanes.map(({ number }) => rig.view.head(number)?.size ?? 0);
  expect([ok, feeds, events]).toEqual([true, lanes.length, sizes.reduce((sum, size) => sum + size, 0)]);
});

test("so is a store that was just made, and one that holds nothing at all", () => {
  expect(audited(new Rig().keys)).toEqual({ ok: true, events: 0, feeds: 0, views: 0, problems: [], hurt: [] });
  expect(audited(new MemoryKeys())).toEqual({ ok: true, events: 0, feeds: 0, views: 0, problems: [], hurt: [] });
});

test("so is one that was written on after every kind of restart", () => {
  const rig = variedStore();
  rig.start();
  rig.wallMs -= 1_000_000;
  rig.append("w/a", parts("again"));
  const copy = new Rig({ keys: rig.keys, author: 1, instance: 3 });
  copy.append("w/a", parts("in a copy"));
  copy.append("w/b", parts("in a copy"));
  expect(audited(rig.keys).problems).toEqual([]);
  copy.settle();
  expect(audited(rig.keys).problems).toEqual([]);
});

test("progress counts up to all events", () => {
  const rig = variedStore();
  const steps = auditStore(rig.view, auditParts);
  let last = { events: 0, total: 0 };
  let step = steps.next();
  for (; !step.done; step = steps.next()) {
    expect(step.value.events).toBeGreaterThanOrEqual(last.events);
    last = { ...step.value };
  }
  expect(last).toEqual({ events: step.value.events, total: step.value.events });
});

test("what is appended and taken in between two steps is no problem", () => {
  for (const every of [1, 2, 5, 13]) {
    const rig = variedStore();
    let appends = 0;
    const { problems } = audited(rig.keys, (step) => {
      if (step % every !== 0 || appends > 400) return;
      appends++;
      const path = ["w/a", "w/b", `new/${appends}`, "alone"][appends % 4];
      rig.append(path, ...Array.from({ length: appends % 9 === 0 ? 70 : 1 }, () => parts(appends % 7 === 0 ? 9000 : 30)));
      if (appends % 3 === 0) rig.frontier("expired").commit();
      if (appends % 50 === 0) rig.start();
    });
    expect(problems).toEqual([]);
    expect(appends).toBeGreaterThan(4);
    expect(audited(rig.keys).problems).toEqual([]);
  }
});

test("a store that is wrong all over is told of in bounded words", () => {
  const { keys } = new Rig();
  for (let at = 0; at < auditFindingsMax + 50; at++) keys.put(new Uint8Array([0, at >> 8, at]), new Uint8Array(0));
  const { ok, problems } = audited(keys);
  expect(ok).toBe(false);
  expect(problems.length).toBe(auditFindingsMax + 1);
  expect(problems.at(-1)?.detail).toMatch(/^50 further/);
});

test("a store that cannot be gone through is unsound, and the place is named", () => {
  const { keys } = variedStore();
  let ranges = 20;
  const broken = {
    get: (key: Uint8Array) => keys.get(key),
    peek: (key: Uint8Array) => keys.peek(key),
    range: (range: Parameters<typeof keys.range>[0]) => {
      if (ranges-- === 0) throw new DamagedStore("its data file", "a page of the wrong type");
      return keys.range(range);
    },
  };
  const { ok, problems } = audited(broken);
  expect(ok).toBe(false);
  expect(problems.at(-1)).toEqual({
    what: "store",
    where: "its data file",
    detail: "the store is damaged at its data file: a page of the wrong type",
  });
});
