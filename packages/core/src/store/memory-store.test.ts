import { expect, test, vi } from "vitest";
import { type StoreUnderTest, storeCases } from "../protocol/store.suite.js";
import { MemoryStore } from "./memory-store.js";

const make = async (): Promise<StoreUnderTest> => ({
  store: new MemoryStore({ soon: (run) => void setImmediate(run) }),
  until: (condition) => vi.waitFor(() => expect(condition()).toBe(true), { interval: 1 }),
  close: async () => {},
});

for (const { name, run } of storeCases) test(`memory store: ${name}`, () => run(make));

test("memory store: what is committed is visible at once", () => {
  const store = new MemoryStore({ soon: () => {} });
  store.commit([[Uint8Array.of(1), Uint8Array.of(2)]], () => {});
  expect(store.keys.get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
});
