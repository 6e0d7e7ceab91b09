import { authorOfKey, buildWallMs, defaultKnobs, isMalformed, networkId, offeredRange } from "@sinter/core";
import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { HostedPeer } from "./hosted-peer.js";
import { settled } from "./settled.suite.js";
import { runSettled } from "./settled-run.js";

// A payload that is absent at one store, and is there at another that holds the same rows.

/** One of them fills a block. */
const LARGE_BYTES = 60_000;

function worldOf(peers: number): World<HostedPeer> {
  const network = { name: "n", id: networkId(hasher, "n") };
  const verifier = new StubVerifier(hasher);
  return new World<HostedPeer>({
    seed: 1,
    peers,
    topology: "none",
    wallMs: buildWallMs + 3_600_000,
    trace: "off",
    boot: (ports, setup) => {
      const signer = new StubSigner(hasher, setup.random.stream("secret").bytes(32));
      const identity = { signer, author: authorOfKey(signer.publicKey), network, inode: 1n };
      const sync = { salt: new Uint8Array(16), knobs: defaultKnobs };
      return new HostedPeer({ ports, id: setup.id, hasher, verifier, identity, sync });
    },
  });
}

test("a payload that is wanted comes from whoever has it, once the two agree", async () => {
  const world = worldOf(3);
  const run = async (until?: () => boolean) => await runSettled(world, settled, { forMs: 30_000, ...(until && { until }) });
  await runSettled(world, settled, { forMs: 100 });
  const [author, holder, late] = world.peers.map(({ booted, id }) => ({ peer: booted.peer as NonNullable<typeof booted.peer>, id }));
  if (author === undefined || holder === undefined || late === undefined) throw new Error("three were to be up");
  const payloads = [1, 2].map((byte) => new Uint8Array(LARGE_BYTES).fill(byte));
  for (const payload of payloads) void author.peer.append("w/a", [{ payload }]);
  world.network.keepLinked(author.id, holder.id);
  await run(() => holder.peer.view.head(0)?.size === 2);
  world.network.cut(author.id, holder.id);
  void author.peer.redact("w/a", { seq: 1 });
  await runSettled(world, settled, { forMs: 1_000 });
  // It takes the first event from its author, who has dropped what it said, and hears nothing of why.
  const offer = offeredRange(author.peer.view, hasher, { lane: 0, from: 1, bytes: 1 });
  if (offer === undefined) throw new Error("there is a first event");
  let wanted = -1;
  const look = async () => {
    wanted = (await late.peer.wanted()).wanted.length;
  };
  late.peer.take(offer).then((taken) => (isMalformed(taken) ? expect(taken.reason).toBe("") : look()));
  await run(() => wanted === 1);
  expect([wanted, late.peer.view.head(0)?.size]).toEqual([1, 1]);
  world.network.keepLinked(holder.id, late.id);
  await run(() => late.peer.view.head(0)?.size === 2 && late.peer.lane(0).event(1)?.payload === "whole");
  void look();
  await runSettled(world, settled, { forMs: 100 });
  expect([wanted, late.peer.lane(0).event(1)?.payload]).toEqual([0, "whole"]);
  // And once all hear of the redaction, nobody has it.
  world.network.heal(author.id, holder.id);
  await run(() => late.peer.lane(0).event(1)?.payload === "absent");
  expect([holder, late].map(({ peer }) => peer.lane(0).event(1)?.payload)).toEqual(["absent", "absent"]);
});
