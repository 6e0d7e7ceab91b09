import { expect, test } from "vitest";
import { watch } from "./peer-rig.suite.js";
import { Pending } from "./pending.js";
import { PutOff } from "./put-off.js";

interface Asked {
  readonly token: number;
  readonly what: string;
}

test("who was not answered yet is asked for again, and nobody else", async () => {
  const pending = new Pending();
  const said: Asked[] = [];
  const calls = new PutOff<Asked>(pending, (command) => void said.push(command));
  const asking = ["answered", "failed", "lost", "waiting"].map((what) => watch(calls.ask((token) => ({ token, what }))));
  const [answered, failed, lost, waiting] = said.splice(0) as [Asked, Asked, Asked, Asked];
  pending.resolve(answered.token, "done");
  pending.reject(failed.token, new Error("no"));
  await new Promise(setImmediate);
  // That one hears of it in a moment.
  calls.lost(lost.token);
  calls.again();
  expect(said).toEqual([waiting]);
  pending.resolve(waiting.token, "at last");
  await new Promise(setImmediate);
  expect(asking.map(({ state, value }) => [state, value])).toEqual([
    ["resolved", "done"],
    ["rejected", undefined],
    ["waiting", undefined],
    ["resolved", "at last"],
  ]);
});

test("one that cannot be asked again is told so", async () => {
  const pending = new Pending();
  const full = new Error("full");
  let room = 1;
  const calls = new PutOff<Asked>(pending, () => {
    if (room-- < 1) throw full;
  });
  const asking = watch(calls.ask((token) => ({ token, what: "x" })));
  calls.again();
  await new Promise(setImmediate);
  expect([asking.state, asking.error]).toEqual(["rejected", full]);
  await pending.idle();
});
