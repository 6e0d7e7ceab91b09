import { type AnyDefinedMerge, orSet, pnCounter, register, text } from "@sinter/core";
import { expect, test } from "vitest";
import { freshDir, opened, refusalOf, withPeer } from "./open-stores.suite.js";

test("what is written counts at once, and is there when the store is opened again", async () => {
  const dir = freshDir();
  await withPeer(dir, async (peer) => {
    const votes = await peer.subject("w/o/votes", pnCounter());
    const write = votes.increment(2);
    expect(votes.value).toBe(2);
    const receipt = await write;
    expect(receipt.count).toBe(1);
    await votes.decrement();
    expect(votes.value).toBe(1);
  });
  await withPeer(dir, async (peer) => {
    const votes = await peer.subject("w/o/votes", pnCounter());
    expect(votes.value).toBe(1);
    await Promise.all(Array.from({ length: 64 }, () => votes.increment()));
    expect(votes.value).toBe(65);
    const stats = await peer.subject("w/o/votes");
    expect(stats.value).toBe(65);
  });
});

test("two stores that exchange what they wrote come to the same bytes", async () => {
  const [one, two] = [await opened(freshDir()), await opened(freshDir())];
  const path = "w/o/tags";
  const [left, right] = [await one.subject(path, orSet(text)), await two.subject(path, orSet(text))];
  await left.add("a");
  await left.add("b");
  const exchange = async (from: typeof one, to: typeof two) => {
    const dir = freshDir();
    await from.export(path, dir);
    await to.import(dir);
  };
  await exchange(one, two);
  await right.current();
  expect([...right.value]).toEqual(["a", "b"]);
  const removed = right.remove("a");
  expect([...right.value]).toEqual(["b"]);
  await removed;
  await left.add("a");
  await exchange(one, two);
  await exchange(two, one);
  await Promise.all([left.current(), right.current()]);
  expect([...left.value]).toEqual(["a", "b"]);
  expect(left.encoded()).toEqual(right.encoded());
});

test("of two that write at once one wins everywhere, and what lost can be brought back", async () => {
  const [one, two] = [await opened(freshDir()), await opened(freshDir())];
  const path = "w/o/title";
  const [left, right] = [await one.subject(path, register(text)), await two.subject(path, register(text))];
  await left.set("left");
  await right.set("right");
  const exchange = async (from: typeof one, to: typeof two) => {
    const dir = freshDir();
    await from.export(path, dir);
    await to.import(dir);
  };
  await exchange(one, two);
  await exchange(two, one);
  await Promise.all([left.current(), right.current()]);
  expect(left.value).toBe("right");
  expect(right.value).toBe("right");
  expect(left.conflicts()).toEqual(right.conflicts());
  const [conflict] = left.conflicts();
  expect(conflict?.lost).toMatchObject({ value: "left", author: one.author });
  if (conflict === undefined) throw new Error("no conflict");
  await left.restore(conflict);
  await exchange(one, two);
  await right.current();
  expect([left.value, right.value]).toEqual(["left", "left"]);
  expect(right.conflicts()).toEqual([]);
});

// A module of its own, as the thread that tries it loads it: what was built.
const custom = (await import(new URL("../fixtures/lawless/lawless.js", import.meta.url).href)) as Readonly<Record<string, AnyDefinedMerge>>;

test("a type of the application's own folds once it has passed the laws, and one that breaks them is refused with the case", async () => {
  const [one, two] = [await opened(freshDir()), await opened(freshDir())];
  const path = "w/o/scores";
  const type = custom["highScores"] as AnyDefinedMerge;
  const [left, right] = [await one.subject(path, type), await two.subject(path, type)];
  const score = (subject: typeof left, value: number) =>
    subject.change((commands) => (commands as { apply(value: number): void }).apply(value));
  await score(left, 7);
  await score(left, 5);
  await score(right, 9);
  const dir = freshDir();
  await one.export(path, dir);
  await two.import(dir);
  await right.current();
  expect(right.value).toEqual({ [one.author]: 7, [two.author]: 9 });
  const refusal = await refusalOf(one.subject("w/o/mean", custom["mean"] as AnyDefinedMerge));
  expect([refusal.code, refusal.message]).toEqual(["lawless", expect.stringContaining("value 0.25")]);
});
