import fc from "fast-check";
import { expect, test } from "vitest";
import { LaneTable } from "./lane-table.js";

test("lanes are found by how they begin, as many as begin so, whatever came and went", () => {
  const anyStep = fc.record({ lane: fc.nat(60), does: fc.constantFrom("add", "add", "remove") });
  fc.assert(
    fc.property(
      fc.array(fc.nat(6), { minLength: 61, maxLength: 61 }),
      fc.array(anyStep, { maxLength: 300, size: "max" }),
      fc.nat(),
      (begin, steps, seed) => {
        const beginnings = Uint32Array.from(begin, (value) => value * 0x1000_0000);
        const table = new LaneTable(() => beginnings, seed);
        const there = new Set<number>();
        for (const { lane, does } of steps) {
          if (does === "add" && !there.has(lane)) table.add(lane);
          if (does === "remove") table.remove(lane);
          if (does === "add") there.add(lane);
          else there.delete(lane);
        }
        for (let value = 0; value < 8; value++) {
          const found = table.lanesBeginning(value * 0x1000_0000).sort((one, other) => one - other);
          expect(found).toEqual([...there].filter((lane) => begin[lane] === value).sort((one, other) => one - other));
        }
      },
    ),
  );
});
