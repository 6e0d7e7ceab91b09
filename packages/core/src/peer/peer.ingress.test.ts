import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { hybridTakesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { encodePortableFork } from "../feed/lane/portable-fork.js";
import { offeredHybrid } from "../feed/range/offered-range.js";
import { decodeSegmentIndex, encodeSegmentIndex, type SegmentIndex } from "../feed/range/segment-index.js";
import type { RangeOffer } from "../feed/range/verified-range.js";
import { offerWithout } from "../feed/rig/absent-lane.suite.js";
import { networkName, parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { branches, proofBetween } from "../feed/rig/forked-stores.suite.js";
import { sealHybrid } from "../feed/rig/hybrid-lane.suite.js";
import { type Bent, bent, bentBlocks, bentHybrids, bentWords, verdictOn } from "../feed/rig/ingress.suite.js";
import { cutOffer, offerFrom } from "../feed/rig/offered-lane.suite.js";
import { archived } from "../feed/rig/segments.suite.js";
import type { HybridCheckpoint } from "../feed/seal/hybrid-seal.js";
import type { FalconJob } from "../identity/crypto.js";
import { PeerRig } from "./peer-rig.suite.js";
import { shelfOf } from "./shelf.suite.js";
import { SinterError } from "./sinter-error.js";

// What a peer is given by others, each bit of it flipped: nothing in its store is another than before.

const atOnce = hybridTakesMax;

function bytesIn({ keys }: PeerRig): string {
  const all = { from: new Uint8Array(0), to: new Uint8Array(200).fill(0xff) };
  return [...keys.range(all)].map(([key, value]) => `${toHex(key)} ${toHex(value)}`).join("\n");
}

/** So many at once. What is refused with a code is refused for what it is, and not because there is too much of it. */
async function expectUntouched<T>(rig: PeerRig, all: Iterable<Bent<T>>, give: (value: T) => Promise<unknown>): Promise<number> {
  const before = bytesIn(rig);
  let [count, waiting] = [0, [] as Promise<unknown>[]];
  const settle = async () => {
    const answers = Promise.all(waiting.map((each) => each.catch((error: unknown) => error)));
    await verdicts(rig);
    waiting = [];
    for (const answer of await rig.of(answers))
      if (answer instanceof Error && !(answer instanceof SinterError && ["usage", "wrong-store"].includes(answer.code))) throw answer;
  };
  for (const value of all) {
    count++;
    if (!isMalformed(value)) waiting.push(give(value));
    if (waiting.length === atOnce) await settle();
  }
  await settle();
  expect(bytesIn(rig)).toBe(before);
  return count;
}

/** Of the second signatures that are to be looked at. */
async function verdicts(rig: PeerRig): Promise<void> {
  await rig.rest();
  const { compute } = rig.hand;
  for (; compute.jobs.length > 0; await rig.rest())
    for (const { job } of [...compute.jobs])
      compute.finish({ kind: "done", result: { kind: "verified", verdict: verdictOn(job as FalconJob) } });
}

const reader = () => new PeerRig({ keys: new Rig({ author: 2, instance: 2 }).keys, author: 2, instance: 2 });

function writer(): Rig {
  const rig = new Rig();
  rig.append("s", parts("one"));
  rig.append("s", parts("two", { key: Uint8Array.of(7) }), parts("three"));
  return rig;
}

test("T16 every bit is vouched for: of another author's events that a peer takes, and of what comes with them", async () => {
  const [a, rig] = [writer(), reader()];
  await rig.of(rig.peer.take(cutOffer(a, "s", { from: 1, to: 1, perBlock: 1 })));
  const offer = cutOffer(a, "s", { from: 2, to: 2, perBlock: 1 });
  const take = (each: RangeOffer) => rig.peer.take(each);
  expect(await expectUntouched(rig, bentBlocks(offer), take)).toBeGreaterThan(500);
  expect(await expectUntouched(rig, bentWords(offer), take)).toBeGreaterThan(2_000);
  expect(await rig.of(rig.peer.take(offer))).toMatchObject({ kind: "taken", size: 2 });
});

test("every bit is vouched for: of what comes back to the store of its author", async () => {
  const [store, parted] = branches(3, { from: 1, more: 2 }) as [Rig, Rig];
  const rig = new PeerRig({ keys: parted.keys });
  const offer = offerFrom(store, "s");
  await expectUntouched(rig, bentBlocks(offer), (each) => rig.peer.take(each));
  await expectUntouched(rig, bentWords(offer), (each) => rig.peer.take(each));
  expect(await rig.of(rig.peer.take(offer))).toMatchObject({ kind: "taken", size: 3 });
});

test("every bit is vouched for: of what accuses an author", async () => {
  const [a, b] = branches(4, { from: 2, more: 2 }) as [Rig, Rig];
  const rig = reader();
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  const fork = { networkName, path: undefined, keys: a.view.keysOf(a.author), proof: proofBetween(a, b, 3) };
  await expectUntouched(rig, bent(encodePortableFork(fork)), (proof) => rig.peer.accuse(proof));
  expect(await rig.of(rig.peer.accuse(encodePortableFork(fork)))).toMatchObject({ news: "frozen" });
});

test("every byte is vouched for: of a second seal", async () => {
  const a = new Rig({ signatures: "hybrid" });
  a.append("s", parts("one"), parts("two"));
  sealHybrid(a);
  const rig = reader();
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  const seal = offeredHybrid(a.view, 0) as HybridCheckpoint;
  // A bit of each byte: all of them are in ingress.proofs.integration.test.ts.
  const some = [...bentHybrids(seal)].filter((_, bit) => bit % 7 === 0);
  expect(await expectUntouched(rig, some, (each) => rig.peer.takeSeal(each))).toBeGreaterThan(800);
  const taking = rig.peer.takeSeal(seal);
  await verdicts(rig);
  expect(await rig.of(taking)).toBe("taken");
});

test("every bit is vouched for: of segments and their index", async () => {
  const rig = reader();
  const { index, files } = archived(writer(), "s");
  const [[name, bytes]] = [...files] as [[string, Uint8Array]];
  const take = (changed: SegmentIndex, segment = bytes) => rig.peer.takeSegments(shelfOf(changed, new Map([[name, segment]])));
  await expectUntouched(rig, bent(bytes), (changed) => take(index, changed));
  const indexes = [...bent(encodeSegmentIndex(index))].map((changed) => decodeSegmentIndex(changed));
  await expectUntouched(rig, indexes, (changed) => take(changed));
  expect(await rig.of(take(index))).toMatchObject({ feeds: [{ outcome: "taken", taken: 3 }] });
});

test("every bit is vouched for: of a payload that is wanted", async () => {
  const [a, rig] = [writer(), reader()];
  await rig.of(rig.peer.take(offerWithout(a, 0, "any")));
  const event = { author: toHex(a.author), seq: 3 };
  const payload = new TextEncoder().encode("three");
  expect(await expectUntouched(rig, bent(payload), (changed) => rig.peer.fill("s", event, changed))).toBe(40);
  await rig.of(rig.peer.fill("s", event, payload));
  expect(await rig.texts("s")).toContain("three");
});
