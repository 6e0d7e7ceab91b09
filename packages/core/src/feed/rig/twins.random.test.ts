import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { audited } from "./audited-store.suite.js";
import { Rig } from "./feed-rig.suite.js";
import { append, copyOf, exchange, losing, lying, pass, passPiece, texts, twinsMax } from "./twins.suite.js";

// Random histories of stores of one author that are copied, put back and cloned while they write, and of replicas that meet
// them and each other in any order, in whole or in pieces; any turn may be lost. In the end all meet: every event that was acknowledged and still lies anywhere is read once,
// everywhere, in one order; all have one root, and no store has anything that an audit would call damage.

type Step =
  | { readonly kind: "append"; readonly twin: number; readonly count: number }
  | { readonly kind: "pass"; readonly from: number; readonly to: number }
  | {
      readonly kind: "piece";
      readonly from: number;
      readonly to: number;
      readonly lane: number;
      readonly first: number;
      readonly count: number;
    }
  | { readonly kind: "copy" | "clone" | "keep" | "put back" | "crash"; readonly twin: number };

const one = fc.nat({ max: 7 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("append" as const), twin: one, count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), from: one, to: one }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("piece" as const), from: one, to: one, lane: one, first: one, count: one }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("copy" as const, "clone" as const, "keep" as const, "put back" as const, "crash" as const),
      twin: one,
    }),
  },
);

class World {
  readonly twins: Rig[] = [new Rig()];
  readonly replicas = [new Rig({ author: 2, instance: 102 }), new Rig({ author: 3, instance: 103 })];
  readonly acknowledged = new Set<string>();
  /** States of a disk that somebody has kept. */
  readonly #kept: Rig[] = [];
  #count = 0;
  #instances = 1;

  get all(): readonly Rig[] {
    return [...this.twins, ...this.replicas];
  }

  run(step: Step): void {
    const at = "twin" in step ? step.twin % this.twins.length : 0;
    const twin = this.twins[at] as Rig;
    switch (step.kind) {
      case "append": {
        const some = Array.from({ length: step.count }, () => `e${++this.#count}`);
        if (append(twin, ...some)) for (const text of some) this.acknowledged.add(text);
        return;
      }
      case "pass": {
        const [from, to] = [this.all[step.from % this.all.length] as Rig, this.all[step.to % this.all.length] as Rig];
        return from === to ? undefined : pass(from, to);
      }
      case "piece": {
        const [from, to] = [this.all[step.from % this.all.length] as Rig, this.all[step.to % this.all.length] as Rig];
        return from === to ? undefined : passPiece(from, to, step);
      }
      case "copy":
        if (this.twins.length < twinsMax) this.twins.push(new Rig({ keys: copyOf(twin), instance: ++this.#instances }));
        return;
      case "clone":
        if (this.twins.length < twinsMax) this.twins.push(new Rig({ keys: copyOf(twin) }));
        return;
      case "keep":
        return void (this.#kept[at] = new Rig({ keys: copyOf(twin) }));
      case "put back": {
        const kept = this.#kept[at];
        if (kept !== undefined) this.twins[at] = new Rig({ keys: copyOf(kept) });
        return;
      }
      case "crash":
        return void losing.add(twin);
    }
  }

  /** Of what was acknowledged, what some disk still has. */
  left(): Set<string> {
    const here = new Set(this.all.flatMap((rig) => [...lying(rig)]));
    return new Set([...this.acknowledged].filter((text) => here.has(text)));
  }
}

test("whatever becomes of an author's stores, in the end every event left is read once, everywhere, in one order", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 5, maxLength: 40 }), (steps) => {
      const world = new World();
      for (const step of steps) world.run(step);
      losing.clear();
      const left = world.left();
      exchange(...world.all);
      const [first, ...rest] = world.all.map(texts) as [string[], ...string[][]];
      expect([...first].sort()).toEqual([...left].sort());
      for (const other of rest) expect(other).toEqual(first);
      expect(new Set(world.all.map((rig) => toHex(rig.settle().root))).size).toBe(1);
      for (const rig of world.all) expect(audited(rig.keys).problems).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
