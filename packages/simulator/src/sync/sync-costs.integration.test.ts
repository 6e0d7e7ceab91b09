import { authorOfKey, buildWallMs, decodeSyncMessage, defaultKnobs, isMalformed, networkId, type SyncMessage } from "@sinter/core";
import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { HostedPeer } from "../hosts/hosted-peer.js";
import { settled } from "../hosts/settled.suite.js";
import { runSettled } from "../hosts/settled-run.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { type Topology, World } from "../world.js";

// What it costs that a write comes to everybody, and that nothing is written.

const ONE_WAY_MS = 10;
const SYNC_TAG = 6;

interface Sent {
  readonly at: number;
  readonly bytes: number;
  readonly message: SyncMessage;
}

/** Peers that all hold the same, and have heard so of each other. */
async function agreeing(count: number, topology: Topology) {
  const network = { name: "n", id: networkId(hasher, "n") };
  const verifier = new StubVerifier(hasher);
  const sent: Sent[] = [];
  const world: World<HostedPeer> = new World<HostedPeer>({
    seed: 1,
    peers: count,
    topology,
    wallMs: buildWallMs + 3_600_000,
    weather: { delayMs: ONE_WAY_MS, jitterMs: 0 },
    disk: { timing: { writeMs: 0, syncLeastMs: 0, syncMostMs: 0 } },
    trace: "off",
    boot: (ports, setup) => {
      const signer = new StubSigner(hasher, setup.random.stream("secret").bytes(32));
      const identity = { signer, author: authorOfKey(signer.publicKey), network, inode: 1n };
      const { transport: under } = ports;
      const transport: typeof under = {
        listen: (events) => under.listen(events),
        credit: (from, bytes) => under.credit(from, bytes),
        close: (peer, reason) => under.close(peer, reason),
        send: (to, frame, messageClass) => {
          const message = frame[0] === SYNC_TAG ? decodeSyncMessage(frame.subarray(1)) : undefined;
          if (message !== undefined && !isMalformed(message)) sent.push({ at: world.now, bytes: frame.length, message });
          under.send(to, frame, messageClass);
        },
      };
      const sync = { salt: new Uint8Array(16), knobs: defaultKnobs };
      return new HostedPeer({ ports: { ...ports, transport }, id: setup.id, hasher, verifier, identity, sync });
    },
  });
  const sizes = () => world.peers.map(({ booted }) => eventsOf(booted));
  const run = async (forMs: number, until?: () => boolean) => await runSettled(world, settled, { forMs, ...(until && { until }) });
  await run(100);
  void world.peer(0).booted.peer?.append("w/a", [{ payload: Uint8Array.of(1) }]);
  await run(60_000, () => sizes().every((size) => size === 1));
  expect(sizes()).toEqual(sizes().map(() => 1));
  await run(2 * defaultKnobs.intervalMs);
  sent.length = 0;
  return { world, sent, sizes, run };
}

function eventsOf({ peer }: HostedPeer): number {
  if (peer === undefined) return 0;
  let events = 0;
  for (const { id } of peer.view.subjects()) for (const { number } of peer.view.lanes(id)) events += peer.view.head(number)?.size ?? 0;
  return events;
}

test("in a ring of eight a write is everywhere within ten round trips", async () => {
  const { world, sizes, run } = await agreeing(8, "ring");
  const begun = world.now;
  void world.peer(0).booted.peer?.append("w/a", [{ payload: Uint8Array.of(2) }]);
  await run(60_000, () => sizes().every((size) => size === 2));
  expect(sizes()).toEqual(Array.from({ length: 8 }, () => 2));
  expect(world.now - begun).toBeLessThan(10 * 2 * ONE_WAY_MS + 50);
});

test("in a mesh of twenty the body of a write is sent at most three times for each peer", async () => {
  const { world, sent, sizes, run } = await agreeing(20, "full");
  void world.peer(0).booted.peer?.append("w/a", [{ payload: Uint8Array.of(2) }]);
  await run(60_000, () => sizes().every((size) => size === 2));
  await run(defaultKnobs.intervalMs);
  expect(sizes()).toEqual(Array.from({ length: 20 }, () => 2));
  const bodies = sent.filter(({ message: { kind } }) => kind === "push" || kind === "chunk");
  expect(bodies.length).toBeGreaterThanOrEqual(19);
  expect(bodies.length).toBeLessThanOrEqual(3 * 20);
});

test("two that hold the same say little while nothing is written", async () => {
  const { sent, run } = await agreeing(2, "line");
  const rounds = 5;
  await run(rounds * defaultKnobs.intervalMs);
  const kinds = new Map<string, number>();
  for (const { message, bytes } of sent) kinds.set(message.kind, (kinds.get(message.kind) ?? 0) + bytes);
  expect([...kinds.keys()].sort()).toEqual(["open", "opened", "ping", "pong"]);
  const compared = (kinds.get("open") ?? 0) + (kinds.get("opened") ?? 0);
  expect(compared / rounds).toBeLessThan(100);
});
