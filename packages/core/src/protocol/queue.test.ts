import fc from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "./queue.js";

test("first in, first out, whatever is pushed, shifted and taken out", () => {
  const deed = fc.oneof(fc.nat({ max: 20 }), fc.constant("shift" as const), fc.record({ without: fc.nat({ max: 20 }) }));
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 200, size: "max" }), (deeds) => {
      const queue = new Queue<number>();
      let model: number[] = [];
      for (const each of deeds) {
        if (each === "shift") expect(queue.shift()).toBe(model.shift());
        else if (typeof each === "number") model.push(each) && queue.push(each);
        else {
          queue.keep((item) => item !== each.without);
          model = model.filter((item) => item !== each.without);
        }
        expect(queue.length).toBe(model.length);
      }
      while (model.length > 0) expect(queue.shift()).toBe(model.shift());
      expect(queue.shift()).toBeUndefined();
    }),
  );
});
