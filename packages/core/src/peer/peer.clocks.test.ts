import { expect, test } from "vitest";
import { clockDriftMsMax } from "../bytes/limits.js";
import { pnCounter } from "../merge/pn-counter.js";
import { LinkedPeers } from "./linked-peers.suite.js";

// What a link says of the clocks at its ends, and what a view does with events that are ahead of the clock here.

const MINUTE_MS = 60_000;
const SOON_MS = 6_000;

test("a greeting that was long on its way makes no clock wrong for ever", async () => {
  const peers = new LinkedPeers(2);
  await peers.rest();
  let began = 0;
  peers.fate = ({ from, message }) => {
    if (from === 0 || message.kind !== "hello") return "arrives";
    // The first that has all in it takes its time; what is said again meanwhile is lost.
    if (message.number % 2 === 0) return "arrives";
    return began++ === 0 ? "waits" : "is lost";
  };
  peers.link(0, 1);
  await peers.pass(1.1 * MINUTE_MS);
  peers.fate = () => "arrives";
  await peers.release();
  const links = async () => (await peers.rig(0).of(peers.peer(0).status())).links;
  expect(await links()).toMatchObject([{ state: "stuck", cause: "clock" }]);
  await peers.pass(MINUTE_MS);
  expect(await links()).toMatchObject([{ state: "in sync" }]);
});

test("a clock that is wrong is said to be, and is not asked for all the time", async () => {
  const peers = new LinkedPeers(2);
  await peers.rest();
  peers.rig(1).hand.clock.wall += 5 * MINUTE_MS;
  peers.link(0, 1);
  await peers.pass(4 * MINUTE_MS);
  expect((await peers.rig(0).of(peers.peer(0).status())).links).toMatchObject([{ state: "stuck", cause: "clock" }]);
  expect(peers.said("hello").length).toBeLessThan(30);
});

/** Two peers, the second of which is so much ahead and has counted once; the first holds that, and looks. */
async function held(aheadMs: number) {
  const peers = new LinkedPeers(2);
  await peers.rest();
  peers.rig(1).hand.clock.wall += aheadMs;
  peers.link(0, 1);
  const [here, there] = await Promise.all([0, 1].map((index) => peers.rig(index).of(peers.peer(index).subject("w/o/s", pnCounter()))));
  if (here === undefined || there === undefined) throw new Error("not open");
  await peers.rig(1).of(Promise.resolve(there.increment()));
  await peers.pass(1_000);
  const causes = async () => (await peers.rig(0).of(here.status())).troubles.map(({ cause }) => cause);
  expect([here.value, await causes()]).toEqual([0, ["clock", "held"]]);
  return { peers, here, causes };
}

test("what is ahead of the clock here counts soon after that is set right, with nothing new written", async () => {
  const { peers, here, causes } = await held(24 * 60 * MINUTE_MS);
  await peers.pass(2 * SOON_MS);
  expect(here.value).toBe(0);
  // Not far enough, and then far enough.
  for (const [byMs, value] of [
    [12 * 60 * MINUTE_MS, 0],
    [12 * 60 * MINUTE_MS, 1],
  ] as const) {
    peers.rig(0).hand.clock.wall += byMs;
    await peers.pass(SOON_MS);
    expect(here.value).toBe(value);
  }
  await peers.pass(MINUTE_MS);
  expect(await causes()).toEqual([]);
});

test("nobody sets a clock: it counts once its time has come, as far as clocks may be apart, and no sooner", async () => {
  const { peers, here } = await held(clockDriftMsMax + 20_000);
  await peers.pass(18_000);
  expect(here.value).toBe(0);
  await peers.pass(3_000);
  expect(here.value).toBe(1);
});
