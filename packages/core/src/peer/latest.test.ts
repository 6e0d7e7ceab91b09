import { expect, test } from "vitest";
import { Backlog, Latest } from "./latest.js";

const late = () => new Error("too late");

function backlogOf(max: number, bytesMax = 1_000) {
  let overs = 0;
  const backlog = new Backlog<number>({ max, bytesMax, bytesOf: (item) => item, over: () => overs++, overflow: late });
  return { backlog, isOver: () => overs > 0 };
}

async function all(backlog: Backlog<number>, signal?: AbortSignal): Promise<(number | string)[]> {
  const read: (number | string)[] = [];
  try {
    for await (const each of backlog.read(signal)) read.push(each);
  } catch (error) {
    read.push((error as Error).message);
  }
  return read;
}

test("a reader gets all in order, those that wait first, and then how it ended", async () => {
  const { backlog } = backlogOf(3);
  backlog.add(1);
  const reading = all(backlog);
  backlog.add(2);
  backlog.end("closed");
  expect(await reading).toEqual([1, 2]);
  const failed = backlogOf(3).backlog;
  failed.add(1);
  failed.end(new Error("no more"));
  expect(await all(failed)).toEqual([1, "no more"]);
});

test("a reader that falls behind gets as many as may wait, and is told", async () => {
  const { backlog, isOver } = backlogOf(2);
  for (const each of [1, 2]) backlog.add(each);
  expect(isOver()).toBe(false);
  backlog.add(3);
  expect(isOver()).toBe(true);
  expect(await all(backlog)).toEqual([1, 2, "too late"]);
});

test("what waits is bounded by its bytes too, and one that is larger than all may be waits alone", async () => {
  const { backlog, isOver } = backlogOf(100, 10);
  for (const each of [4, 6]) backlog.add(each);
  expect(isOver()).toBe(false);
  backlog.add(1);
  expect(isOver()).toBe(true);
  backlog.add(0);
  expect(await all(backlog)).toEqual([4, 6, "too late"]);
  const large = backlogOf(100, 10);
  large.backlog.add(11);
  expect(large.isOver()).toBe(false);
  large.backlog.add(1);
  expect(await all(large.backlog)).toEqual([11, "too late"]);
});

test("what was read waits no more, and what was not does", async () => {
  const { backlog, isOver } = backlogOf(3, 10);
  for (const each of [5, 4, 1]) backlog.add(each);
  const reading = backlog.read(undefined)[Symbol.asyncIterator]();
  expect((await reading.next()).value).toBe(5);
  backlog.add(2);
  expect(isOver()).toBe(false);
  backlog.add(0);
  expect(isOver()).toBe(true);
  const rest: number[] = [];
  await expect(
    (async () => {
      for (let next = await reading.next(); next.done !== true; next = await reading.next()) rest.push(next.value);
    })(),
  ).rejects.toThrow("too late");
  expect(rest).toEqual([4, 1, 2]);
});

test("it is over when it ends though nobody ever read it, and when its reader leaves", async () => {
  const unread = backlogOf(1);
  unread.backlog.read(undefined);
  unread.backlog.end("closed");
  expect(unread.isOver()).toBe(true);
  const left = backlogOf(1);
  left.backlog.add(1);
  for await (const _ of left.backlog.read(undefined)) break;
  expect(left.isOver()).toBe(true);
  const stopped = backlogOf(1);
  const stop = new AbortController();
  const reading = all(stopped.backlog, stop.signal);
  expect(stopped.isOver()).toBe(false);
  stop.abort();
  expect(await reading).toEqual([]);
  expect(stopped.isOver()).toBe(true);
});

test("who waits for another version is woken by a change, by the end and by the signal, and is not kept in mind", async () => {
  const latest = new Latest();
  const changed = latest.after(0, undefined);
  latest.changed();
  await changed;
  expect(latest.version).toBe(1);
  await latest.after(0, undefined);
  const stop = new AbortController();
  const stopped = latest.after(1, stop.signal);
  stop.abort();
  await stopped;
  const ended = latest.after(1, undefined);
  latest.end("closed");
  latest.end(new Error("later"));
  await ended;
  expect(latest.ended).toBe("closed");
});
