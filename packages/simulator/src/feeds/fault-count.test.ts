import { expect, test } from "vitest";
import { FaultCount } from "./fault-count.js";

test("what was planned and never fired is named, over all that is added up", () => {
  const one = new FaultCount();
  one.plan("crash");
  one.plan("kill");
  one.fire("kill");
  expect(one.unfired()).toEqual(["crash"]);
  const sum = new FaultCount();
  sum.add(one);
  sum.add(one);
  expect([sum.planned.get("crash"), sum.fired.get("kill"), sum.unfired()]).toEqual([2, 2, ["crash"]]);
  const other = new FaultCount();
  other.fire("crash");
  sum.add(other);
  expect(sum.unfired()).toEqual([]);
});
