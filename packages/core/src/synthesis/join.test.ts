import { expect, test } from "vitest";
import type { Data } from "./data.js";
import { textOfData } from "./data-text.js";
import { join } from "./join.js";
import { planOf } from "./plan.js";
import { pointerOf } from "./pointer.js";
import { headOf } from "./said.suite.js";
import { settle } from "./settle.js";
import { type Slot, say } from "./tree.js";

const plan = planOf([], undefined, () => expect.fail());

type Said = readonly [Data, number | undefined];

function gathered(said: readonly Said[]): Slot | undefined {
  let slot: Slot | undefined;
  for (const [value, stamp] of said) slot = say(slot, value, { head: headOf({ stamp }), plan });
  return slot;
}

function settled(slot: Slot): readonly string[] {
  const told: string[] = [];
  const document = settle(slot, plan, (_outcome, place) => told.push(pointerOf(place().pointer)));
  return [textOfData(document as Data), ...told.sort()];
}

const values: readonly Data[] = ["x", "y", { b: "x" }, { b: "y", c: {} }];
const sayings = values.flatMap((value) => [undefined, 1].map((stamp): Said => [value, stamp]));

const threes = sayings.flatMap((first) => sayings.flatMap((second) => sayings.map((third) => [first, second, third] as const)));

test("whatever three fragments say of a place, and however they are shared out, it comes to the same", () => {
  for (const all of threes) {
    const together = settled(gathered(all) as Slot);
    for (const at of all.keys()) {
      const shares = [[all[at]], all.toSpliced(at, 1)];
      for (const [into, from] of [shares, shares.toReversed()])
        expect(settled(join(gathered(into), gathered(from) as Slot, plan)), JSON.stringify([into, from])).toEqual(together);
    }
  }
});
