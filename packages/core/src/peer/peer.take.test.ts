import { expect, test } from "vitest";
import { rangeSliceBytes } from "../bytes/limits.js";
import { Malformed } from "../bytes/malformed.js";
import { parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { cutOffer, offerFrom } from "../feed/rig/offered-lane.suite.js";
import { headKey } from "../store/keys.js";
import { encodeHeadRecord, type HeadRecord } from "../store/records.js";
import { codeOf, Followed, notWritten, PeerRig, unknown, watch } from "./peer-rig.suite.js";

function writer(count: number, bytes = 10): Rig {
  const rig = new Rig();
  for (let at = 0; at < count; at++) rig.append("s", parts(bytes + at));
  return rig;
}

function reader(): PeerRig {
  return new PeerRig({ keys: new Rig({ author: 2, instance: 2 }).keys, author: 2, instance: 2 });
}

/** One event at a time. */
function offersOf(rig: Rig, count: number) {
  return Array.from({ length: count }, (_, at) => cutOffer(rig, "s", { from: at + 1, to: at + 1, perBlock: 1 }));
}

test("a range is taken once it is on disk and not before, and followers hear of it", async () => {
  const [a, b] = [writer(3), reader()];
  await b.append("s", "ours");
  const followed = new Followed(b.peer, "s");
  await b.rest();
  const taking = watch(b.peer.take(offerFrom(a, "s")));
  await b.step();
  expect([taking.state, b.store.commits.length]).toEqual(["waiting", 1]);
  await b.rest();
  expect(taking.value).toEqual({ kind: "taken", size: 3 });
  expect(followed.seqs).toEqual([1, 1, 2, 3]);
  followed.abort.abort();
  await b.rest();
});

test("the frontier's root is the author's own", async () => {
  const [a, b] = [writer(3), reader()];
  await b.of(b.peer.take(offerFrom(a, "s")));
  expect((await b.of(b.peer.status())).root).toBe(Buffer.from(a.settle().root).toString("hex"));
});

test("ranges offered all at once are each verified on what the ones before it bring", async () => {
  const [a, b] = [writer(20), reader()];
  const all = offersOf(a, 20).map((offer) => b.peer.take(offer));
  const outcomes = await b.of(Promise.all(all));
  expect(outcomes).toEqual(Array.from({ length: 20 }, (_, at) => ({ kind: "taken", size: at + 1 })));
  expect((await b.of(b.peer.audit())).ok).toBe(true);
});

test("the same range offered twice at once is taken once", async () => {
  const [a, b] = [writer(5), reader()];
  const offers = [offerFrom(a, "s"), offerFrom(a, "s"), cutOffer(a, "s", { from: 1, to: 2, perBlock: 1 })];
  const outcomes = await b.of(Promise.all(offers.map((offer) => b.peer.take(offer))));
  expect(outcomes).toEqual([{ kind: "taken", size: 5 }, { kind: "held" }, { kind: "held" }]);
});

test("what a range behind another was verified on may be lost: nothing is taken that does not follow", async () => {
  const [a, b] = [writer(4), reader()];
  const [one, two, three, four] = offersOf(a, 4).map((offer) => watch(b.peer.take(offer)));
  await b.step();
  b.store.fail(notWritten);
  await b.rest();
  expect([one, two, three, four].every((each) => each?.state === "rejected" || each?.value instanceof Malformed)).toBe(true);
  for (const [at, offer] of offersOf(a, 4).entries()) expect(await b.of(b.peer.take(offer))).toEqual({ kind: "taken", size: at + 1 });
  expect((await b.of(b.peer.audit())).ok).toBe(true);
});

test("what the disk leaves unknown is said to be unknown", async () => {
  const [a, b] = [writer(2), reader()];
  const taking = codeOf(b.peer.take(offerFrom(a, "s")));
  await b.step();
  b.store.fail(unknown, "found");
  await b.rest();
  expect(await taking).toBe("unknown-outcome");
  expect(await b.of(b.peer.take(offerFrom(a, "s")))).toEqual({ kind: "held" });
});

test("that a range is here is not said while it may yet be lost", async () => {
  const [a, b] = [writer(2), reader()];
  const first = watch(b.peer.take(offerFrom(a, "s")));
  await b.step();
  const second = watch(b.peer.take(offerFrom(a, "s")));
  await b.step();
  expect([first.state, second.state]).toEqual(["waiting", "waiting"]);
  b.store.fail(notWritten);
  await b.rest();
  expect([first.state, second.value]).toEqual(["rejected", { kind: "taken", size: 2 }]);
});

test("what does not hold is not taken, and says why", async () => {
  const [a, b] = [writer(3), reader()];
  const offer = offerFrom(a, "s");
  const outcome = await b.of(b.peer.take({ ...offer, checkpoint: { ...offer.checkpoint, headId: new Uint8Array(32) } }));
  expect(outcome).toBeInstanceOf(Malformed);
  expect(await b.of(b.peer.feeds())).toEqual([]);
});

test("where our own disk lost a bit of what is held, that is what is wrong, and not the offer", async () => {
  const [a, b] = [writer(3), reader()];
  await b.of(b.peer.take(cutOffer(a, "s", { from: 1, to: 2, perBlock: 1 })));
  const head = b.peer.view.head(0) as HeadRecord;
  for (const change of [{ peaks: [new Uint8Array(32)] }, { headId: new Uint8Array(32) }]) {
    b.keys.put(headKey(0), encodeHeadRecord({ ...head, ...change }));
    expect(await b.of(codeOf(b.peer.take(offerFrom(a, "s", 3))))).toBe("corrupt");
  }
  b.keys.put(headKey(0), encodeHeadRecord(head));
  expect(await b.of(b.peer.take(offerFrom(a, "s", 3)))).toEqual({ kind: "taken", size: 3 });
});

test("a full disk is refused with what to do", async () => {
  const [a, b] = [writer(3), reader()];
  b.store.room = 0;
  expect(await b.of(codeOf(b.peer.take(offerFrom(a, "s"))))).toBe("disk-full");
});

test("others have their turn while a long range is verified", async () => {
  const [a, b] = [writer(60, rangeSliceBytes / 20), reader()];
  const offer = offerFrom(a, "s");
  const slices = offer.blocks.reduce((sum, block) => sum + block.length, 0) / rangeSliceBytes;
  const turns: string[] = [];
  const taking = watch(b.peer.take(offer));
  while (b.store.commits.length === 0) {
    await b.promises();
    turns.push(taking.state);
    b.hand.scheduler.settle();
  }
  expect(turns.length).toBeGreaterThan(slices / 2);
  await b.rest();
  expect(taking.value).toEqual({ kind: "taken", size: 60 });
});

test("a closed peer takes nothing more", async () => {
  const [a, b] = [writer(1), reader()];
  await b.of(b.peer.close());
  expect(await codeOf(b.peer.take(offerFrom(a, "s")))).toBe("stopped");
});
