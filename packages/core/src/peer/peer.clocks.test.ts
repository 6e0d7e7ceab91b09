import { expect, test } from "vitest";
import { LinkedPeers } from "./linked-peers.suite.js";

// What a link says of the clocks at its ends.

const MINUTE_MS = 60_000;

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
