import { expect, test } from "vitest";
import { KeptOpen } from "./kept-open.js";

/** What was opened, and what of it was closed again. */
function opening() {
  const told: string[] = [];
  const open = (name: string, current: () => Promise<void> = async () => {}) => {
    told.push(`open ${name}`);
    return { name, current, close: async () => void told.push(`close ${name}`) };
  };
  return { told, open, kept: new KeptOpen<ReturnType<typeof open>>(2) };
}

test("those asked for last stay open", async () => {
  const { told, open, kept } = opening();
  for (const name of ["a", "b", "a", "c", "a", "b"]) {
    const used = await kept.use(
      name,
      () => open(name),
      (it) => it.name,
    );
    expect(used).toBe(name);
  }
  expect(told).toEqual(["open a", "open b", "open c", "close b", "open b", "close c"]);
});

test("what somebody uses is not closed, however many others are asked for; once nobody does, it is", async () => {
  const { told, open, kept } = opening();
  const using = new Map<string, () => void>();
  const uses = ["a", "b", "c", "d"].map((name) =>
    kept.use(
      name,
      () => open(name),
      () => new Promise<void>((done) => using.set(name, done)),
    ),
  );
  await expect.poll(() => using.size).toBe(4);
  expect(told).toHaveLength(4);
  using.get("b")?.();
  await uses[1];
  using.get("a")?.();
  await uses[0];
  expect(told.slice(4)).toEqual(["close b", "close a"]);
  for (const done of using.values()) done();
  await Promise.all(uses);
  expect(told).toHaveLength(6);
});

test("one that fails is closed, and opened anew by who asks next; work that fails closes nothing", async () => {
  const { told, open, kept } = opening();
  const failing = () => open("a", () => Promise.reject(new Error("damaged")));
  await expect(kept.use("a", failing, () => 1)).rejects.toThrow("damaged");
  const opened = () => open("a");
  await expect(kept.use("a", opened, () => Promise.reject(new Error("no such key")))).rejects.toThrow("no such key");
  expect(await kept.use("a", opened, () => 2)).toBe(2);
  expect(told).toEqual(["open a", "close a", "open a"]);
});

test("how another is closed is nothing to who asks", async () => {
  const kept = new KeptOpen<{ current(): Promise<void>; close(): Promise<void> }>(1);
  const opened = () => ({ current: async () => {}, close: () => Promise.reject(new Error("the disk is gone")) });
  expect(await kept.use("a", opened, () => 1)).toBe(1);
  expect(await kept.use("b", opened, () => 2)).toBe(2);
});
