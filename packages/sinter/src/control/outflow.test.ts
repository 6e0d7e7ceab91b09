import { controlBatchEventsMax, controlBatchesAheadMax, type EventRecord } from "@sinter/core";
import { expect, test } from "vitest";
import { Outflow } from "./outflow.js";

const event = (seq: number, bytes = 1): EventRecord => {
  return { author: "a", epoch: 0, nonce: "b", seq, id: "i", stamp: [seq, 0], kind: 128, codec: "raw", payload: new Uint8Array(bytes) };
};

async function* counted(count: number, given: { count: number }): AsyncGenerator<EventRecord> {
  while (given.count < count) {
    given.count += 1;
    yield event(given.count);
  }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test("an event alone leaves at once, though its source goes on", async () => {
  const sent: number[] = [];
  const outflow = new Outflow((events) => sent.push(...events.map(({ seq }) => seq)));
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const draining = outflow.drain(
    (async function* () {
      yield event(1);
      await gate;
      yield event(2);
    })(),
  );
  await turns(3);
  expect(sent).toEqual([1]);
  go();
  await draining;
  expect(sent).toEqual([1, 2]);
});

test("without word from the reader the source is asked for no more than the bound; with it, for all", async () => {
  const total = controlBatchEventsMax * (controlBatchesAheadMax + 10);
  const given = { count: 0 };
  const sizes: number[] = [];
  const outflow = new Outflow((events) => sizes.push(events.length));
  const draining = outflow.drain(counted(total, given));
  await turns(100);
  expect(sizes).toEqual(Array.from({ length: controlBatchesAheadMax }, () => controlBatchEventsMax));
  expect(given.count).toBe(controlBatchEventsMax * (controlBatchesAheadMax + 1));
  let ended = false;
  draining.then(() => {
    ended = true;
  });
  while (!ended) {
    outflow.more(1);
    await turns(1);
  }
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
});

test("a stopped stream ends, sends nothing more and lets its source go", async () => {
  const given = { count: 0 };
  let sent = 0;
  const outflow = new Outflow(() => (sent += 1));
  const draining = outflow.drain(counted(1_000_000, given));
  await turns(100);
  outflow.stop();
  await draining;
  const [before, taken] = [sent, given.count];
  outflow.more(5);
  await turns(3);
  expect([sent, given.count]).toEqual([before, taken]);
});
