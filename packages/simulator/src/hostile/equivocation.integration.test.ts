import {
  authorOfKey,
  buildWallMs,
  defaultKnobs,
  isMalformed,
  networkId,
  normalizePath,
  offeredEnd,
  type PeerId,
  toHex,
} from "@sinter/core";
import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { HostedPeer } from "../hosts/hosted-peer.js";
import { settled } from "../hosts/settled.suite.js";
import { runSettled } from "../hosts/settled-run.js";
import { SeededRandom } from "../seeded-random.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { equivocation } from "./equivocation.js";
import { hostilesOf } from "./hostiles.js";

// How long a lie lives: an author gives one history to one end of a line, another one to the other, and the line is cut in between.

const network = { name: "n", id: networkId(hasher, "n") };
const verifier = new StubVerifier(hasher);
const path = normalizePath("w/a");
if (isMalformed(path)) throw new Error(path.reason);
const wallMs = buildWallMs + 4 * 3_600_000;
const signerOf = (secret: Uint8Array) => new StubSigner(hasher, secret);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

function written(seed: number) {
  const random = new SeededRandom(seed);
  return equivocation({
    hasher,
    signer: signerOf(random.bytes(32)),
    verifier,
    network,
    path: path as never,
    seed: `${seed}`,
    number: 0,
    wallMs,
    random,
  });
}

test("two histories begin in the same way, and part behind that", () => {
  const all = seeds.map(written);
  expect(new Set(all.map(({ how }) => how)).size).toBe(3);
  for (const { branches, stem, payloads, how } of all) {
    const [one, other] = branches.map((offers) => offers.filter(({ checkpoint }) => checkpoint.place.epoch.index === 0));
    const ends = [one, other].map((offers) => offeredEnd(offers?.at(-1) as never));
    expect(Math.min(...ends)).toBeGreaterThan(stem);
    expect(one?.at(-1)?.checkpoint.place).toEqual(other?.at(-1)?.checkpoint.place);
    expect(one?.at(-1)?.checkpoint.headId).not.toEqual(other?.at(-1)?.checkpoint.headId);
    expect(payloads.branches[0].some((name) => payloads.branches[1].includes(name))).toBe(false);
    expect(branches[1].some(({ checkpoint }) => checkpoint.place.epoch.index > 0)).toBe(how === "cross-epoch");
  }
});

test.each(seeds)("seed %i: once both can meet, everybody has the proof within a round", async (seed) => {
  const world: World<HostedPeer> = new World<HostedPeer>({
    seed,
    peers: 3,
    topology: "line",
    wallMs,
    trace: "off",
    boot: (ports, setup) => {
      const signer = signerOf(setup.random.stream("secret").bytes(32));
      const identity = { signer, author: authorOfKey(signer.publicKey), network, inode: 1n };
      const sync = { salt: new Uint8Array(16), knobs: defaultKnobs };
      return new HostedPeer({ ports, id: setup.id, hasher, verifier, identity, sync });
    },
  });
  const idOf = (index: number): PeerId => world.peer(index).id;
  world.network.cut(idOf(1), idOf(2));
  const [hostile] = hostilesOf({
    plans: [{ kind: "equivocation", linkedTo: [0, 2], everyMs: 200 }],
    subjects: [path as never],
    ...{ idOf, network, hasher, verifier, signerOf, wallMs },
    salt: new Uint8Array(16),
    victims: [],
    random: world.random("hostile"),
    virtual: world,
  });
  const author = toHex(hostile?.equivocation?.author as Uint8Array);
  const proven = (index: number) =>
    [...(world.peer(index).booted.peer?.view.forks() ?? [])].some(({ place }) => toHex(place.author) === author);
  await runSettled(world, settled, { forMs: 10_000 });
  expect([0, 1, 2].map(proven)).toEqual([false, false, false]);
  world.network.heal(idOf(1), idOf(2));
  const begun = world.now;
  await runSettled(world, settled, { forMs: 60_000, until: () => [0, 1, 2].every(proven) });
  expect([0, 1, 2].map(proven)).toEqual([true, true, true]);
  expect(world.now - begun).toBeLessThan(defaultKnobs.intervalMs);
  const frozen = [0, 1, 2].map((index) => [...(world.peer(index).booted.peer?.view.forks() ?? [])].map(({ forkedAt }) => forkedAt).join());
  expect(new Set(frozen).size).toBe(1);
});
