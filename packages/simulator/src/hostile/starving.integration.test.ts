import { type AuthorId, authorOfKey, buildWallMs, defaultKnobs, isMalformed, networkId, normalizePath, type PeerId } from "@sinter/core";
import { expect, test } from "vitest";
import { hasher } from "../feeds/web-assembly.suite.js";
import { HostedPeer } from "../hosts/hosted-peer.js";
import { settled } from "../hosts/settled.suite.js";
import { runSettled } from "../hosts/settled-run.js";
import { StubSigner, StubVerifier } from "../virtual-crypto.js";
import { World } from "../world.js";
import { type HostileKind, hostileKinds } from "./hostile-plan.js";
import { hostilesOf } from "./hostiles.js";

// What one who means no good can keep from others: large events, which are asked for and not pushed, come from one peer to another
// while a third tells lies of them and never delivers.

const network = { name: "n", id: networkId(hasher, "n") };
const verifier = new StubVerifier(hasher);
const path = pathOf("w/a");
const wallMs = buildWallMs + 4 * 3_600_000;
const signerOf = (secret: Uint8Array) => new StubSigner(hasher, secret);
const EVENTS = 6;
const EVENT_BYTES = 200_000;
const PATIENCE_MS = 150_000;
/** Three tries in vain, and a moment. */
const LATEST_MS = 4 * defaultKnobs.retransMs;

async function latest(kind: HostileKind, seed: string): Promise<number> {
  const authors: AuthorId[] = [];
  const world: World<HostedPeer> = new World<HostedPeer>({
    seed,
    peers: 2,
    wallMs,
    trace: "off",
    boot: (ports, setup) => {
      const signer = signerOf(setup.random.stream("secret").bytes(32));
      const author = authorOfKey(signer.publicKey);
      authors[setup.index] = author;
      const sync = { salt: new Uint8Array(16), knobs: defaultKnobs };
      return new HostedPeer({ ports, id: setup.id, hasher, verifier, identity: { signer, author, network, inode: 1n }, sync });
    },
  });
  await runSettled(world, settled, { forMs: 1_000 });
  hostilesOf({
    plans: [{ kind, linkedTo: [1, 0], everyMs: 60 }],
    subjects: [path],
    idOf: (index): PeerId => world.peer(index).id,
    ...{ network, hasher, verifier, signerOf, wallMs },
    salt: new Uint8Array(16),
    victims: [],
    random: world.random("hostile"),
    virtual: world,
  });
  const [author] = authors as [AuthorId];
  const sizes = () => [0, 1].map((index) => sizeAt(world.peer(index).booted, author)) as [number, number];
  let latestMs = 0;
  for (let event = 1; event <= EVENTS; event++) {
    void world.peer(0).booted.peer?.append(path, [{ payload: new Uint8Array(EVENT_BYTES).fill(event) }]);
    await runSettled(world, settled, { forMs: 1_000, until: () => sizes()[0] === event });
    const begun = world.now;
    await runSettled(world, settled, { forMs: PATIENCE_MS, until: () => sizes()[1] === event });
    latestMs = Math.max(latestMs, world.now - begun);
    await runSettled(world, settled, { forMs: 1_000 });
  }
  expect(sizes()).toEqual([EVENTS, EVENTS]);
  return latestMs;
}

function sizeAt({ peer }: HostedPeer, author: AuthorId): number {
  const id = peer?.view.subjectId(path);
  if (peer === undefined || id === undefined) return 0;
  return Math.max(0, ...[...peer.view.lanes(id, author)].map(({ number }) => peer.view.head(number)?.size ?? 0));
}

function pathOf(text: string) {
  const normal = normalizePath(text);
  if (isMalformed(normal)) throw new Error(normal.reason);
  return normal;
}

test.each(hostileKinds.filter((kind) => kind !== "flood"))("%s: what an honest peer has comes all the same", async (kind) => {
  expect(await latest(kind, kind)).toBeLessThan(LATEST_MS);
});

// In these it lies of what there is, always in one way.
test.each([3, 4, 6, 7, 9])("lying rows, seed %i: the same, and soon", async (seed) => {
  expect(await latest("lying rows", String(seed))).toBeLessThan(LATEST_MS);
});
