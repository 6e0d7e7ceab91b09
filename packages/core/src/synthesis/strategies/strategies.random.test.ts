import fc from "fast-check";
import { expect, test } from "vitest";
import { json } from "../../merge/element-codec.js";
import { enableWinsFlag } from "../../merge/enable-wins-flag.js";
import { gCounter } from "../../merge/g-counter.js";
import { gSet } from "../../merge/g-set.js";
import { register } from "../../merge/lww-register.js";
import { maximum } from "../../merge/maximum.js";
import type { AnyMergeType, Circumstance, MergeType } from "../../merge/merge-type.js";
import { minimum } from "../../merge/minimum.js";
import { orSet } from "../../merge/or-set.js";
import { pnCounter } from "../../merge/pn-counter.js";
import { removeWinsSet } from "../../merge/remove-wins-set.js";
import { applyOperation, emptyState } from "../../merge/state.js";
import { letters } from "../../merge/story.suite.js";
import { twoPhaseSet } from "../../merge/two-phase-set.js";
import type { Data } from "../data.js";
import { compareTexts, textOfData } from "../data-text.js";
import { synthesize } from "../synthesize.js";

// Strategies and merge types of one name come to the same, when every fragment is a lane whose author knew all that was said at earlier
// stamps, and nothing of what was said at its own.

interface Said<T> {
  readonly stamp: number;
  readonly value: T;
}

const RUNS = 150;

/** What the merge type makes of it. */
function folded<Value, Commands>(
  type: MergeType<never, never, Value, Commands>,
  said: readonly Said<unknown>[],
  command: (commands: Commands, value: never) => void,
): Value {
  const plain = type as unknown as AnyMergeType<Value, Commands>;
  const { items, seen } = emptyState();
  const lanes = said.map((each, lane) => ({ ...each, lane }));
  for (const { lane, stamp, value } of lanes.toSorted((left, right) => left.stamp - right.stamp)) {
    let operation = 0;
    const send = (asked: unknown) => {
      const dot = { lane, seq: 1, operation: operation++, wallMs: stamp, counter: 0 };
      const at: Circumstance = { dot, lanes: letters, seen, covers: ({ wallMs }) => wallMs < stamp, ahead: [] };
      applyOperation(plain, items, asked, at);
    };
    command(plain.commands(send), value as never);
    seen.reach(lane, 1);
  }
  return plain.value(items);
}

function synthesized(said: readonly Said<Data>[], strategy: string): Data | undefined {
  const fragments = said.map(({ stamp, value }, at) => ({ id: `f${at}`, stamp, content: { place: value } }));
  const { state } = synthesize(fragments, { strategies: { paths: { "/place": strategy } } });
  return (state as { readonly place?: Data }).place;
}

const stamps = fc.integer({ min: 1, max: 4 });
const several = <T>(value: fc.Arbitrary<T>) => fc.array(fc.record({ stamp: stamps, value }), { minLength: 1, maxLength: 6 });

const elements: fc.Arbitrary<Data[]> = fc.uniqueArray(fc.constantFrom<Data[]>("x", "é", "\u{1f600}", 1, null, [1], { a: 1 }), {
  maxLength: 4,
});
const changes = elements.chain((all) => fc.nat({ max: all.length }).map((at) => ({ add: all.slice(0, at), remove: all.slice(at) })));

/** Sets come out in the order of their canonical bytes. */
const inOrder = (members: ReadonlySet<unknown>) =>
  [...members].sort((left, right) => compareTexts(textOfData(left as Data), textOfData(right as Data)));

const sets = { "or-set": orSet(json), "rw-set": removeWinsSet(json), "2p-set": twoPhaseSet(json) };

test.each(Object.entries(sets))("property: %s is what its merge type makes of it", (strategy, type) => {
  fc.assert(
    fc.property(several(changes), (said) => {
      const members = folded(
        type as never,
        said,
        (commands: { add(element: Data): void; remove(element: Data): void }, value: (typeof said)[0]["value"]) => {
          for (const element of value.add) commands.add(element);
          for (const element of value.remove) commands.remove(element);
        },
      );
      expect(synthesized(said, strategy)).toEqual(inOrder(members as ReadonlySet<unknown>));
    }),
    { numRuns: RUNS },
  );
});

test("property: g-set is what its merge type makes of it", () => {
  fc.assert(
    fc.property(several(elements), (said) => {
      const members = folded(gSet(json) as never, said, (commands: { add(element: Data): void }, value: Data[]) => {
        for (const element of value) commands.add(element);
      });
      expect(synthesized(said, "g-set")).toEqual(inOrder(members as ReadonlySet<unknown>));
    }),
    { numRuns: RUNS },
  );
});

test("property: flag is what its merge type makes of it", () => {
  fc.assert(
    fc.property(several(fc.boolean()), (said) => {
      const isOn = folded(enableWinsFlag() as never, said, (commands: { enable(): void; disable(): void }, value: boolean) =>
        value ? commands.enable() : commands.disable(),
      );
      expect(synthesized(said, "flag")).toBe(isOn);
    }),
    { numRuns: RUNS },
  );
});

test("property: counters are what their merge types make of them", () => {
  const amounts = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.bigInt({ min: 2n ** 53n, max: 2n ** 62n }));
  fc.assert(
    fc.property(several(amounts), fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (said, signs) => {
      const up = (commands: { increment(by: number | bigint): void }, by: number | bigint) => commands.increment(by);
      expect(BigInt(synthesized(said, "g-counter") as number | bigint)).toBe(folded(gCounter("bigint") as never, said, up));
      const both = said.map(({ stamp, value }, at) => ({ stamp, value: signs[at] ? value : -value }));
      const total = folded(
        pnCounter("bigint") as never,
        both,
        (commands: { increment(by: number | bigint): void; decrement(by: number | bigint): void }, by: number | bigint) =>
          by > 0 ? commands.increment(by) : commands.decrement(-by),
      );
      expect(BigInt(synthesized(both, "pn-counter") as number | bigint)).toBe(total);
    }),
    { numRuns: RUNS },
  );
});

test("property: max and min are what their merge types make of them", () => {
  const numbers = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((each) => Number.isSafeInteger(each) || !Number.isInteger(each)),
  );
  fc.assert(
    fc.property(several(numbers.map((each) => each + 0)), (said) => {
      const add = (commands: { add(value: number): void }, value: number) => commands.add(value);
      expect(synthesized(said, "max")).toBe(folded(maximum() as never, said, add));
      expect(synthesized(said, "min")).toBe(folded(minimum() as never, said, add));
    }),
    { numRuns: RUNS },
  );
});

test("property: of different stamps, lww is what its merge type makes of it", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(stamps, { minLength: 1 }),
      fc.array(fc.constantFrom<Data[]>("x", 1, null, [1]), { minLength: 4, maxLength: 4 }),
      (all, values) => {
        const said = all.map((stamp, at) => ({ stamp, value: values[at] }));
        const value = folded(register(json) as never, said, (commands: { set(value: Data): void }, each: Data) => commands.set(each));
        expect(synthesized(said, "lww")).toEqual(value);
      },
    ),
    { numRuns: RUNS },
  );
});
