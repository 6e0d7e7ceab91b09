import { expect, test } from "vitest";
import { ItemOutflow } from "./item-outflow.js";

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

async function* counted(given: { count: number; ended: number }): AsyncGenerator<number> {
  try {
    while (given.count < 1_000) yield ++given.count;
  } finally {
    given.ended += 1;
  }
}

test("the next item leaves once the last is taken, and its source is not asked before", async () => {
  const given = { count: 0, ended: 0 };
  const sent: unknown[] = [];
  const outflow = new ItemOutflow((item) => sent.push(item));
  const draining = outflow.drain(counted(given));
  await turns(3);
  expect([sent, given.count]).toEqual([[1], 1]);
  outflow.more(1);
  await turns(3);
  expect([sent, given.count]).toEqual([[1, 2], 2]);
  // Who says that it took more than it was sent is sent no more for that.
  outflow.more(100);
  await turns(3);
  expect(given.count).toBe(3);
  outflow.stop();
  await draining;
});

test("a stopped stream ends, sends nothing more and lets its source go", async () => {
  const given = { count: 0, ended: 0 };
  const sent: unknown[] = [];
  const outflow = new ItemOutflow((item) => sent.push(item));
  const draining = outflow.drain(counted(given));
  await turns(3);
  outflow.stop();
  await draining;
  outflow.more(5);
  await turns(3);
  expect([sent, given.ended]).toEqual([[1], 1]);
});
