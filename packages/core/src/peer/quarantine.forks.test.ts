import { expect, test } from "vitest";
import { blockBytesMax } from "../bytes/limits.js";
import { parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { forkBetween, freeze, meet } from "../feed/rig/forked-stores.suite.js";
import { offerFrom } from "../feed/rig/offered-lane.suite.js";
import { copyOf } from "../feed/rig/twins.suite.js";
import { laneRange } from "../store/keys.js";
import type { MemoryKeys } from "../store/memory-keys.js";
import { LinkedPeers } from "./linked-peers.suite.js";
import { events } from "./peer-rig.suite.js";

// What a disk loses of a frozen lane: its head says nothing of the event that counts last, and what lies behind the fork others do not have.

/** Two stores of one author that part behind `common` events of that size, and two readers, one of each branch, that know of the fork. */
function readers(common: number, bytes: number): readonly [MemoryKeys, MemoryKeys] {
  const one = new Rig({ author: 9, instance: 9 });
  for (let at = 1; at <= common; at++) one.append("s", parts(bytes));
  const other = new Rig({ author: 9, instance: 9, keys: copyOf(one) });
  other.wallMs += 1_000;
  for (const branch of [one, other]) branch.append("s", parts(bytes), parts(bytes));
  const fork = forkBetween(one, other, common + 1);
  const [first, second] = [one, other].map((branch, index) => {
    const rig = new Rig({ author: index + 1, instance: index + 1 });
    meet(rig, offerFrom(branch, "s"));
    freeze(rig, fork);
    rig.settle();
    return rig.keys;
  });
  return [first as MemoryKeys, second as MemoryKeys];
}

function spoil(keys: MemoryKeys, which: (blocks: number) => number, at: (length: number) => number): void {
  const blocks = [...keys.range(laneRange("block", 0))].map(([key, value]) => [key.slice(), value.slice()] as const);
  const [key, value] = blocks[which(blocks.length)] as readonly [Uint8Array, Uint8Array];
  const place = at(value.length);
  value[place] = (value[place] as number) ^ 4;
  keys.put(key, value);
}

const large = Math.floor(blockBytesMax / 2) + 100;

test.each<[string, number, number, (blocks: number) => number, (length: number) => number]>([
  ["what counts, in a block that can be read", 5, 40, () => 0, (length) => length >> 1],
  ["what counts, in a block that cannot", 5, 40, () => 0, () => 3],
  ["the id of the event before the first", 5, 40, () => 0, () => 20],
  ["what counts, in the last block of it", 4, large, () => 3, (length) => length >> 1],
  ["what counts, before that", 4, large, () => 1, (length) => length >> 1],
  ["what lies behind the fork", 4, large, (blocks) => blocks - 1, (length) => length >> 1],
  ["what lies behind the fork at once", 4, large, () => 4, () => 3],
])("the peer goes on without it, and it comes back from who holds the other branch: %s", async (_, common, bytes, which, at) => {
  const stores = readers(common, bytes);
  const whole = new LinkedPeers(2, (index) => ({ keys: stores[index as 0 | 1] }));
  const before = await whole.roots();
  expect(before[0]).toBe(before[1]);
  const keys = [copyOf({ keys: stores[0] } as Rig), copyOf({ keys: stores[1] } as Rig)] as const;
  spoil(keys[0], which, at);
  const peers = new LinkedPeers(2, (index) => ({ keys: keys[index as 0 | 1] }));
  const [rig, peer] = [peers.rig(0), peers.peer(0)];
  await peers.rig(1).of(peers.peer(1).append("elsewhere", events("new")));
  peers.link(0, 1);
  await peers.pass(20_000);
  // Before anybody has looked for it.
  expect(peer.ended).toBeUndefined();
  expect(await rig.texts("elsewhere")).toEqual(["new"]);
  expect(await rig.of(peer.audit())).toMatchObject({ ok: false });
  expect((await rig.of(peer.status())).links[0]).toMatchObject({ state: "stuck", cause: "damaged" });
  await peers.pass(60_000);
  expect(await rig.of(peer.audit())).toMatchObject({ ok: true, problems: [] });
  expect((await rig.of(peer.status())).links[0]).toMatchObject({ state: "in sync" });
  expect((await rig.of(peer.feeds())).find(({ subject }) => subject === "s")).toMatchObject({ size: common, freezeAt: common + 1 });
  const [mine, theirs] = await peers.roots();
  expect(mine).toBe(theirs);
});
