import * as core from "@sinter/core";
import { expect, test } from "vitest";
import { type Impurities, type LawMessage, type LawTask, refusing, tryLaws } from "./law-thread.js";
import { createNodeHasher } from "./node-hasher.js";

// What runs in the thread, here: the thread itself is tried in laws.integration.test.ts.

const hasher = createNodeHasher();

const largest = core.defineMerge<number, number, number>({
  name: "largest",
  version: 2,
  operation: core.json as core.ElementCodec<number>,
  empty: 0,
  apply: (state, value) => Math.max(state, value),
  join: (left, right) => Math.max(left, right),
  value: (state) => state,
  sample: (draws) => draws.below(5),
  source: import.meta.url,
});
const { definition } = largest;
const last = core.defineMerge({ ...definition, name: "last", apply: (_, value) => value });

async function tried(
  load: () => Promise<Record<string, unknown>>,
  given: Partial<LawTask> = {},
  impurities: Impurities = { refuse: false, asked: undefined },
): Promise<LawMessage[]> {
  const task: LawTask = { module: "", type: undefined, passed: [], runs: 60, seed: 1, tell: -1, calls: new Int32Array(1), ...given };
  const messages: LawMessage[] = [];
  await tryLaws({ core, hasher, task, impurities, load, post: (message) => void messages.push(message) });
  return messages;
}

const both = async () => ({ largest, last, again: largest, one: 1, none: null });
const names = (messages: readonly LawMessage[]) =>
  messages.flatMap((message) => (message.kind === "tried" ? [`${message.type} ${message.verdict.kind}`] : []));

test("every type of a module is tried once, or the one that is named", async () => {
  const messages = await tried(both);
  expect(names(messages)).toEqual(["largest lawful", "last lawless"]);
  expect(messages.map(({ kind }) => kind)).toEqual(["begun", "ran", "ran", "tried", "begun", "ran", "tried", "done"]);
  expect(messages[3]).toMatchObject({ version: 2, verdict: { runs: 60 }, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  for (const type of ["last", "custom(last)"]) expect(names(await tried(both, { type }))).toEqual(["last lawless"]);
  expect(names(await tried(both, { type: "again" }))).toEqual(["largest lawful"]);
  expect(names(await tried(both, { passed: ["largest"] }))).toEqual(["last lawless"]);
});

test("a module without such a type, or that cannot be imported, is told", async () => {
  expect(await tried(async () => ({}))).toEqual([{ kind: "unusable", reason: "it exports no merge type" }]);
  expect(await tried(both, { type: "mean" })).toEqual([
    { kind: "unusable", reason: "it exports no merge type mean; there are: largest, last" },
  ]);
  expect(await tried(() => Promise.reject(new Error("no such file")))).toEqual([
    { kind: "unusable", reason: "it cannot be imported: no such file" },
  ]);
});

test("calls are counted, and the one that is asked for is told before it is made", async () => {
  const calls = new Int32Array(1);
  await tried(both, { type: "largest", calls });
  const messages = await tried(both, { type: "largest", tell: 40 });
  expect(calls[0]).toBeGreaterThan(1_000);
  expect(messages.filter(({ kind }) => kind === "call")).toEqual([
    { kind: "call", call: expect.stringMatching(/^(apply|join|value|sample)\(/) },
  ]);
});

test("what is caught by the type itself is held against it, too", async () => {
  const impurities: Impurities = { refuse: false, asked: undefined };
  const sly = core.defineMerge({
    ...definition,
    apply(state, value) {
      if (impurities.refuse) impurities.asked ??= "the moon is asked";
      return Math.max(state, value);
    },
  });
  const [verdict] = (await tried(async () => ({ sly }), {}, impurities)).flatMap((message) =>
    message.kind === "tried" ? [message.verdict] : [],
  );
  expect(verdict).toMatchObject({ kind: "lawless", law: "neither time nor chance is asked", lines: ["the moon is asked"] });
  expect(impurities).toEqual({ refuse: false, asked: undefined });
});

test("a type that does something else the second time is refused, though each time it keeps the laws", async () => {
  let drawn = 0;
  const drifting = core.defineMerge({ ...definition, sample: () => (drawn++ >> 10) % 7 });
  const [verdict] = (await tried(async () => ({ drifting }))).flatMap((message) => (message.kind === "tried" ? [message.verdict] : []));
  expect(verdict).toMatchObject({ law: "the same question has the same answer", lines: [expect.stringContaining("two runs")] });
});

test("what tells the time or draws numbers refuses while the laws are tried, and only then", () => {
  class Clock {
    static now = () => 5;
    readonly at: number;
    constructor(at = 7) {
      this.at = at;
    }
  }
  const builtins: Record<string, Record<string, () => unknown>> = {
    "node:crypto": { randomBytes: () => 1 },
    "node:timers": { setTimeout: () => 2 },
  };
  const world = {
    Date: Clock as unknown as DateConstructor,
    Math: { random: () => 0.5 },
    performance: Object.create({ now: () => 6 }) as { now(): number },
    crypto: Object.create({ randomUUID: () => "id" }) as { randomUUID(): string },
    process: { hrtime: Object.assign(() => [1, 2], { bigint: () => 3n }), uptime: () => 8 },
    setTimeout: () => 4,
  };
  const kept = world.Math;
  const impurities = refusing(world, (name) => builtins[name] as object);
  const Made = world.Date as unknown as typeof Clock;
  const asks: readonly (readonly [string, unknown, () => unknown])[] = [
    ["Date.now", 5, () => Made.now()],
    ["new Date()", 7, () => new Made().at],
    ["Math.random", 0.5, () => kept.random()],
    ["performance.now", 6, () => world.performance.now()],
    ["crypto.randomUUID", "id", () => world.crypto.randomUUID()],
    ["crypto.randomBytes", 1, () => builtins["node:crypto"]?.["randomBytes"]?.()],
    ["setTimeout", 4, () => world.setTimeout()],
    ["process.uptime", 8, () => world.process.uptime()],
    ["process.hrtime.bigint", 3n, () => world.process.hrtime.bigint()],
  ];
  for (const [what, answer, ask] of asks) {
    expect([what, ask()]).toEqual([what, answer]);
    impurities.refuse = true;
    expect(ask).toThrow(`${what} is asked, which says something else on another replica`);
    expect(impurities.asked).toContain(what);
    Object.assign(impurities, { refuse: false, asked: undefined });
  }
  impurities.refuse = true;
  expect(new Made(9).at).toBe(9);
  expect(() => (world.Date as unknown as () => unknown)()).toThrow("Date() is asked");
});
