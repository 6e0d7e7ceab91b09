import { expect, test } from "vitest";
import { StoreRoom } from "./store-room.js";

function room(reserveBytes: number) {
  const state = { now: 0, free: 1_000, asked: 0 };
  const statfs = () => {
    state.asked += 1;
    return { bavail: state.free, bsize: 10 };
  };
  return { state, room: new StoreRoom(".", { reserveBytes, nowMs: () => state.now, statfs }) };
}

test("room is what the file system has free, less the reserve and what was written since", () => {
  const { state, room: tested } = room(4_000);
  expect(tested.bytes()).toBe(6_000);
  tested.wrote(500);
  expect(tested.bytes()).toBe(5_500);
  state.free = 100;
  expect(tested.bytes()).toBe(5_500);
  state.now = 50;
  expect(tested.bytes()).toBe(0);
  expect(state.asked).toBe(2);
});

test("a quarter of the reserve written asks the file system again", () => {
  const { state, room: tested } = room(4_000);
  tested.bytes();
  tested.wrote(999);
  tested.bytes();
  expect(state.asked).toBe(1);
  tested.wrote(1);
  state.free = 700;
  expect(tested.bytes()).toBe(3_000);
  expect(state.asked).toBe(2);
});

test("a file system that does not answer has no room, until it does", () => {
  let answer: (() => { bavail: number; bsize: number }) | undefined;
  const tested = new StoreRoom(".", {
    reserveBytes: 10,
    nowMs: () => (answer === undefined ? 0 : 100),
    statfs: () => {
      if (answer === undefined) throw new Error("EIO");
      return answer();
    },
  });
  expect(tested.bytes()).toBe(0);
  answer = () => ({ bavail: 100, bsize: 1 });
  expect(tested.bytes()).toBe(90);
});

test("the real file system has room", () => {
  expect(new StoreRoom(".", { reserveBytes: 0, nowMs: () => 0 }).bytes()).toBeGreaterThan(0);
});
