import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { blockBytesMax } from "../bytes/limits.js";
import { tableRange } from "../store/keys.js";
import { MemoryKeys } from "../store/memory-keys.js";
import { LinkedPeers } from "./linked-peers.suite.js";
import { events } from "./peer-rig.suite.js";

const path = "team/alpha/log";
const COUNT = 300;
const texts = Array.from({ length: COUNT }, (_, index) => `event ${index} ${"x".repeat(200)}`);

/** The first has written it, and the others have it of that one. */
async function thatHoldTheSame(count: number): Promise<LinkedPeers> {
  const peers = new LinkedPeers(count);
  await peers.rig(0).of(peers.peer(0).append(path, events(...texts)));
  for (let other = 1; other < count; other++) peers.link(0, other);
  await peers.rest();
  for (let other = 1; other < count; other++) peers.unlink(0, other);
  return peers;
}

type Spoil = (block: Uint8Array) => Uint8Array | undefined;

/** Blocks of a store, in order, each as the disk now has it. */
function spoil(peers: LinkedPeers, index: number, at: (block: number, of: number) => Spoil | undefined): void {
  const { keys } = peers.rig(index);
  const blocks = [...keys.range(tableRange("block"))].map(([key, value]) => [key.slice(), value.slice()] as const);
  for (const [number, [key, value]] of blocks.entries()) {
    const spoilt = at(number, blocks.length)?.(value);
    if (at(number, blocks.length) === undefined) continue;
    if (spoilt === undefined) keys.remove(key);
    else keys.put(key, spoilt);
  }
}

const flip =
  (at: (length: number) => number): Spoil =>
  (block) => {
    const place = at(block.length);
    block[place] = (block[place] as number) ^ 4;
    return block;
  };
const within = flip((length) => length >> 1);
const inPrevious = flip(() => 20);
const inHeader = flip(() => 3);
const gone: Spoil = () => undefined;

async function statusOf(peers: LinkedPeers, index: number) {
  return (await peers.rig(index).of(peers.peer(index).status())).links[0];
}

test.each<[string, (block: number, of: number) => Spoil | undefined]>([
  ["a payload", (block) => (block === 3 ? within : undefined)],
  ["the id of the event before", (block) => (block === 3 ? inPrevious : undefined)],
  ["how many events there are", (block) => (block === 3 ? inHeader : undefined)],
  ["a block that is gone", (block) => (block === 3 ? gone : undefined)],
  ["the first", (block) => (block === 0 ? within : undefined)],
  ["the last", (block, of) => (block === of - 1 ? within : undefined)],
  ["two that follow each other", (block) => ([3, 4].includes(block) ? within : undefined)],
  ["every other one", (block) => (block % 2 === 0 ? within : undefined)],
  ["all", () => within],
])("what a disk has lost is found, told, and comes back from another peer: %s", async (_, at) => {
  for (const [holder, other] of [
    [1, 0],
    [0, 1],
  ] as const) {
    const peers = await thatHoldTheSame(2);
    const before = await peers.roots();
    spoil(peers, holder, at);
    const { rig, peer } = { rig: peers.rig(holder), peer: peers.peer(holder) };
    expect(await rig.of(peer.audit())).toMatchObject({ ok: false });
    peers.fate = ({ message }) => (message.kind === "chunk" ? "is lost" : "arrives");
    peers.link(0, 1);
    await peers.rest();
    expect(await statusOf(peers, holder)).toMatchObject({ state: "stuck", cause: "damaged", detail: expect.stringContaining(path) });
    peers.fate = () => "arrives";
    await peers.pass(10_000);
    expect(await statusOf(peers, holder)).toMatchObject({ state: "in sync" });
    expect(await rig.of(peer.audit())).toMatchObject({ ok: true, problems: [] });
    expect(await peers.roots()).toEqual(before);
    expect(await rig.texts(path)).toEqual(texts);
    expect(peers.isLinked(holder, other)).toBe(true);
  }
});

test("whose row ends within what is lost here is weighed without it, and nothing ends over it", async () => {
  const peers = new LinkedPeers(2);
  await peers.rig(0).of(peers.peer(0).append(path, events(...texts.slice(0, 100))));
  peers.link(0, 1);
  await peers.rest();
  peers.unlink(0, 1);
  await peers.rig(0).of(peers.peer(0).append(path, events(...texts.slice(100))));
  spoil(peers, 0, () => inHeader);
  peers.carried.length = 0;
  peers.link(0, 1);
  await peers.pass(5_000);
  expect(peers.isLinked(0, 1)).toBe(true);
  expect(peers.carried.filter(({ from, message }) => from === 0 && message.kind === "hello").length).toBeLessThan(4);
});

test("what an audit has found lost is sent to nobody, so that nobody holds it against the sender", async () => {
  const peers = new LinkedPeers(3);
  await peers.rig(0).of(peers.peer(0).append(path, events(...texts)));
  peers.link(0, 1);
  await peers.rest();
  peers.unlink(0, 1);
  spoil(peers, 1, (block) => (block === 3 ? within : undefined));
  await peers.rig(1).of(peers.peer(1).audit());
  peers.link(1, 2);
  await peers.pass(5_000);
  expect(peers.isLinked(1, 2)).toBe(true);
  expect(await peers.rig(2).texts(path)).toEqual([]);
  // Whoever comes to have it from somebody else mends it, too.
  peers.link(0, 2);
  await peers.pass(20_000);
  expect(await peers.rig(2).texts(path)).toEqual(texts);
  expect(await peers.rig(1).of(peers.peer(1).audit())).toMatchObject({ ok: true });
  expect(peers.isLinked(1, 2)).toBe(true);
});

test("who has lost the same is of no help, and puts nothing else in its place; somebody else is", async () => {
  const peers = await thatHoldTheSame(3);
  const before = await peers.roots();
  for (const index of [0, 1]) spoil(peers, index, (block) => (block === 3 ? within : undefined));
  const [rig, peer] = [peers.rig(1), peers.peer(1)];
  await rig.of(peer.audit());
  const store = () => [...rig.keys.range(tableRange("block"))].map(([, value]) => toHex(value));
  const spoilt = store();
  peers.link(0, 1);
  await peers.pass(20_000);
  expect(peers.said("chunk").length).toBeGreaterThan(0);
  expect(store()).toEqual(spoilt);
  expect(await statusOf(peers, 1)).toMatchObject({ state: "stuck", cause: "damaged" });
  peers.link(1, 2);
  await peers.pass(20_000);
  expect(await rig.of(peer.audit())).toMatchObject({ ok: true });
  expect(await peers.roots()).toEqual(before);
});

test("what was taken back stays so when the event comes back", async () => {
  const peers = await thatHoldTheSame(2);
  const [rig, peer] = [peers.rig(0), peers.peer(0)];
  const { epoch } = (await rig.of(peer.feeds()))[0] as { epoch: number };
  await rig.of(peer.redact(path, { epoch, seq: 100 }));
  peers.link(0, 1);
  await peers.rest();
  peers.unlink(0, 1);
  const stored = () => [...rig.keys.range(tableRange("block"))].map(([key, value]) => toHex(key) + toHex(value));
  const before = stored();
  spoil(peers, 0, () => within);
  await rig.of(peer.audit());
  peers.link(0, 1);
  await peers.pass(20_000);
  expect(await rig.of(peer.audit())).toMatchObject({ ok: true });
  expect(stored()).toEqual(before);
});

test.each([
  ["gone", gone],
  ["no block", inHeader],
  ["another", within],
])("whoever asks for what is lost here learns that it is not to be had, and neither peer ends over it: %s", async (_, how) => {
  const peers = new LinkedPeers(2);
  await peers.rig(0).of(peers.peer(0).append(path, events(...texts)));
  await peers.rig(0).of(peers.peer(0).append("team/beta", events("whole")));
  spoil(peers, 0, (block) => (block === 3 ? how : undefined));
  for (let round = 0; round < 10; round++) {
    if (!peers.isLinked(0, 1)) peers.link(0, 1);
    await peers.pass(5_000);
  }
  for (const index of [0, 1]) expect(peers.peer(index).ended).toBeUndefined();
  expect(await peers.rig(1).of(peers.peer(1).audit())).toMatchObject({ ok: true });
  expect(await peers.rig(1).texts("team/beta")).toEqual(["whole"]);
});

test.each([
  ["in the middle", (block: number) => (block === 3 ? within : undefined)],
  ["at the end", (block: number, of: number) => (block === of - 1 ? within : undefined)],
] as const)("what is new comes all the same, where what was lost is not to be had: %s", async (where, at) => {
  const peers = await thatHoldTheSame(2);
  const rig = peers.rig(1);
  spoil(peers, 1, at);
  spoil(peers, 0, (block) => (block === 3 ? within : undefined));
  await rig.of(peers.peer(1).audit());
  await peers.rig(0).of(peers.peer(0).append(path, events("new")));
  peers.link(0, 1);
  await peers.pass(20_000);
  const [row] = await rig.of(peers.peer(1).feeds());
  expect(row?.size).toBe(COUNT + 1);
  expect((await rig.of(peers.peer(1).audit())).ok).toBe(where === "at the end");
});

test("what is written anew where some was lost is lost no more, though nobody looks for it", async () => {
  const peers = new LinkedPeers(2);
  const [rig, peer] = [peers.rig(0), peers.peer(0)];
  await rig.of(peer.append(path, events("one")));
  peers.fate = ({ message }) => (message.kind === "chunk" ? "is lost" : "arrives");
  spoil(peers, 0, () => within);
  await rig.of(peer.audit());
  peers.link(0, 1);
  await peers.rest();
  expect(await statusOf(peers, 0)).toMatchObject({ state: "stuck", cause: "damaged" });
  // The block goes on from what was in memory all along.
  await rig.of(peer.append(path, events("two")));
  peers.fate = () => "arrives";
  await peers.pass(20_000);
  expect(await statusOf(peers, 0)).toMatchObject({ state: "in sync" });
  expect(await peers.rig(1).texts(path)).toEqual(["one", "two"]);
});

test("a store that was put back, and has lost some of what it had then, gets that first, and what it has forgotten behind it", async () => {
  const large = [1, 2, 3, 4, 5, 6, 7].map((at) => String(at).repeat(blockBytesMax - 500));
  const peers = new LinkedPeers(2);
  await peers.rig(0).of(peers.peer(0).append(path, events(...large.slice(0, 5))));
  const before = new MemoryKeys();
  before.restore(peers.rig(0).keys.snapshot());
  await peers.rig(0).of(peers.peer(0).append(path, events(...large.slice(5))));
  peers.link(0, 1);
  await peers.rest();
  const back = new LinkedPeers(2, (index) => ({ keys: index === 0 ? before : peers.rig(1).keys }));
  spoil(back, 0, (block) => (block === 1 ? within : undefined));
  await back.rig(0).of(back.peer(0).audit());
  back.link(0, 1);
  await back.pass(60_000);
  expect(await back.rig(0).of(back.peer(0).audit())).toMatchObject({ ok: true });
  expect(await back.rig(0).texts(path)).toEqual(large);
  expect(await back.roots()).toEqual([(await peers.roots())[1], (await peers.roots())[1]]);
});
