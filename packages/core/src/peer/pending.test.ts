import { expect, test } from "vitest";
import { watch } from "./peer-rig.suite.js";
import { Pending } from "./pending.js";
import { SinterError } from "./sinter-error.js";

test("each call is answered once, by its own token", async () => {
  const pending = new Pending();
  const tokens: number[] = [];
  const calls = [1, 2, 3].map(() => watch(pending.call((token) => void tokens.push(token))));
  pending.resolve(tokens[1] as number, "two");
  pending.reject(tokens[0] as number, new Error("one"));
  pending.resolve(tokens[0] as number, "too late");
  pending.reject(tokens[1] as number, new Error("too late"));
  pending.resolve(999, "nobody's");
  await new Promise(setImmediate);
  expect(calls.map(({ state, value, error }) => [state, value ?? error])).toEqual([
    ["rejected", new Error("one")],
    ["resolved", "two"],
    ["waiting", undefined],
  ]);
  pending.rejectAll(new Error("over"));
  await new Promise(setImmediate);
  expect(calls[2]?.error).toEqual(new Error("over"));
});

test("one that cannot be asked fails at once", async () => {
  const pending = new Pending();
  const failing = (thrown: unknown) =>
    pending.call(() => {
      throw thrown;
    });
  await expect(failing(new SinterError("busy", "too much", "Wait."))).rejects.toMatchObject({ code: "busy" });
  await expect(failing("words")).rejects.toMatchObject({ code: "internal", message: "words" });
  await pending.idle();
});

test("idle once nobody waits", async () => {
  const pending = new Pending();
  await pending.idle();
  const tokens: number[] = [];
  const calls = [1, 2].map(() => watch(pending.call((token) => void tokens.push(token))));
  const idle = watch(pending.idle());
  pending.resolve(tokens[0] as number, "x");
  await new Promise(setImmediate);
  expect(idle.state).toBe("waiting");
  pending.reject(tokens[1] as number, new Error("y"));
  await new Promise(setImmediate);
  expect([idle.state, ...calls.map(({ state }) => state)]).toEqual(["resolved", "resolved", "rejected"]);
});
