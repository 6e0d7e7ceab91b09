import { expect, test } from "vitest";
import { promisesSettled } from "./promises-settled.js";

test("whatever follows from promises has happened before, however long the chain", async () => {
  const settled = promisesSettled();
  for (let call = 0; call < 130; call++) {
    let steps = 0;
    const chain = async () => {
      for (; steps < 500; steps++) await undefined;
    };
    void chain();
    await settled();
    expect(steps).toBe(500);
  }
});

test("timers and the like have their turn although nobody lets go of the thread", async () => {
  const settled = promisesSettled();
  let turn = 0;
  setImmediate(() => {
    turn = 1;
  });
  for (let call = 0; call < 64; call++) await settled();
  expect(turn).toBe(1);
});
