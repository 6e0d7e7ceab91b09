import fc from "fast-check";
import { expect, test } from "vitest";
import { causalFrontierRowsMax, causalFullEveryEvents, causalRowsMax } from "../../bytes/limits.js";
import { laneOf } from "../rig/sample-events.suite.js";
import { CausalDecoder, type CausalLane, causalDeltaFault, causalLaneKey, isFullDelta } from "./causal-delta.js";
import { CausalEncoder } from "./causal-encoder.js";

const OWN = laneOf(0xffff_ffff);

/** What an event of the lane says, and what its author knew: `undefined` in a frontier event ahead of another. */
interface Told {
  readonly delta: Uint8Array | undefined;
  readonly clock: ReadonlyMap<string, number> | undefined;
}

type Act =
  | { act: "grow"; lane: number; by: number }
  | { act: "burst"; count: number }
  | { act: "forget"; lane: number }
  | { act: "write"; times: number }
  | { act: "reopen" };

const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant("grow" as const), lane: fc.nat(200), by: fc.integer({ min: -2, max: 50 }) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("burst" as const), count: fc.integer({ min: 60, max: 300 }) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("forget" as const), lane: fc.nat(200) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("write" as const),
      times: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 100, max: 300 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("reopen" as const) }) },
);

class History {
  readonly told: Told[] = [];
  readonly #truth = new Map<string, { lane: CausalLane; size: number }>();
  #encoder = new CausalEncoder(OWN);

  act(act: Act): void {
    if (act.act === "grow") this.#set(act.lane, act.by);
    else if (act.act === "burst") for (let number = 0; number < act.count; number++) this.#set(number, 1);
    else if (act.act === "forget") {
      this.#truth.delete(causalLaneKey(laneOf(act.lane)));
      this.#encoder.forget(laneOf(act.lane));
    } else if (act.act === "reopen") this.#reopen();
    else for (let time = 0; time < act.times; time++) this.write();
  }

  write(): void {
    const deltas = this.#encoder.next();
    for (const delta of deltas.slice(0, -1)) this.told.push({ delta, clock: undefined });
    const clock = new Map([...this.#truth].map(([key, { size }]) => [key, size]));
    this.told.push({ delta: deltas.at(-1), clock });
  }

  #set(number: number, by: number): void {
    const lane = laneOf(number);
    const key = causalLaneKey(lane);
    const size = Math.max(1, (this.#truth.get(key)?.size ?? 0) + by);
    this.#truth.set(key, { lane, size });
    expect(this.#encoder.observe(lane, size)).toBe("taken");
  }

  #reopen(): void {
    if (this.told.length === 0) return;
    const decoder = new CausalDecoder(OWN);
    for (const { delta } of this.told.slice(lastFull(this.told, this.told.length - 1))) expect(decoder.apply(delta)).toBeUndefined();
    this.#encoder = new CausalEncoder(OWN, decoder);
    for (const row of decoder.rows()) if (!this.#truth.has(causalLaneKey(row))) this.#encoder.forget(row);
    for (const { lane, size } of this.#truth.values()) this.#encoder.observe(lane, size);
  }
}

function lastFull(told: readonly Told[], from: number): number {
  let at = from;
  while (at >= 0 && (told[at]?.delta === undefined || !isFullDelta(told[at]?.delta as Uint8Array))) at--;
  return at;
}

const clockOf = (decoder: CausalDecoder) => new Map(decoder.rows().map((row) => [causalLaneKey(row), row.size]));

test("property: every event's vector clock comes back exactly, from at most the events since the last full delta", () => {
  fc.assert(
    fc.property(fc.array(acts, { minLength: 1, maxLength: 25 }), fc.array(fc.nat(), { maxLength: 8 }), (history, starts) => {
      const lane = new History();
      for (const act of history) lane.act(act);
      lane.write();
      const forward = new CausalDecoder(OWN);
      for (const { delta, clock } of lane.told) {
        if (delta !== undefined) expect(causalDeltaFault(delta, 0, delta.length)).toBeUndefined();
        expect(forward.apply(delta)).toBeUndefined();
        if (clock !== undefined && delta !== undefined) expect(clockOf(forward)).toEqual(clock);
      }
      for (const start of starts.map((number) => number % lane.told.length)) {
        const full = lastFull(lane.told, start);
        expect(full).toBeGreaterThanOrEqual(0);
        expect(start - full).toBeLessThan(causalFullEveryEvents);
        const decoder = new CausalDecoder(OWN);
        for (const { delta } of lane.told.slice(full, start + 1)) expect(decoder.apply(delta)).toBeUndefined();
        const clock = lane.told[start]?.clock;
        if (clock !== undefined) expect(clockOf(decoder)).toEqual(clock);
      }
    }),
    { numRuns: 50 },
  );
});

test("nothing new, nothing said: and all of it again after 256 events", () => {
  const encoder = new CausalEncoder(OWN);
  encoder.observe(laneOf(1), 5);
  const said = Array.from({ length: 2 * causalFullEveryEvents + 1 }, () => encoder.next());
  expect(said.flatMap((deltas, index) => (deltas.length > 0 ? [index] : []))).toEqual([
    0,
    causalFullEveryEvents,
    2 * causalFullEveryEvents,
  ]);
  expect(said[0]).toEqual(said[causalFullEveryEvents]);
});

test("more rows than an event takes go ahead in events of their own, never out of reach of the full one", () => {
  const encoder = new CausalEncoder(OWN);
  expect(encoder.next()).toHaveLength(1);
  for (let number = 0; number < 3 * causalRowsMax; number++) encoder.observe(laneOf(number), 1);
  expect(encoder.next().map(isFullDelta)).toEqual([false, false, false]);
  for (let event = 4; event < causalFullEveryEvents - 1; event++) expect(encoder.next()).toHaveLength(0);
  for (let number = 0; number < 2 * causalRowsMax; number++) encoder.observe(laneOf(number), 2);
  expect(encoder.next().map(isFullDelta)).toEqual([true, false, false]);
});

test("an author's own lane is never listed, nor one of no events", () => {
  const encoder = new CausalEncoder(OWN);
  encoder.observe(OWN, 9);
  encoder.observe(laneOf(1), 0);
  expect(encoder.next().map((delta) => [...delta])).toEqual([[1, 0]]);
});

test("a lane lists a bounded number of others", () => {
  const encoder = new CausalEncoder(OWN);
  for (let number = 0; number < causalFrontierRowsMax; number++) encoder.observe(laneOf(number), 1);
  expect(encoder.observe(laneOf(causalFrontierRowsMax), 1)).toBe("beyond bounds");
  expect(encoder.observe(laneOf(0), 2)).toBe("taken");
  expect(encoder.next()).toHaveLength(causalFrontierRowsMax / causalRowsMax);
});

test("a size that falls back to what was given is no change, and one below it is said afresh", () => {
  const encoder = new CausalEncoder(OWN);
  encoder.observe(laneOf(1), 5);
  encoder.next();
  encoder.observe(laneOf(1), 7);
  encoder.observe(laneOf(1), 5);
  expect(encoder.next()).toHaveLength(0);
  encoder.observe(laneOf(1), 4);
  expect(encoder.next().map(isFullDelta)).toEqual([true]);
});
