import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import { encodePortableFork, verifyFork } from "../feed/lane/portable-fork.js";
import { hasher, networkName, Rig, standInVerifier } from "../feed/rig/feed-rig.suite.js";
import { branches, proofBetween } from "../feed/rig/forked-stores.suite.js";
import { cutOffer, offerFrom } from "../feed/rig/offered-lane.suite.js";
import { encodeForkProof } from "../feed/seal/fork-proof.js";
import { MemoryKeys } from "../store/memory-keys.js";
import type { Withdrawal } from "./event-api.js";
import type { ForkRow } from "./peer-api.js";
import { codeOf, collect, Followed, notWritten, PeerRig, watch } from "./peer-rig.suite.js";

const [a, b] = branches(9, { from: 5, more: 3 }) as [Rig, Rig];
const proof = proofBetween(a, b, 6);

function reader(number = 2): PeerRig {
  return new PeerRig({ keys: new Rig({ author: number, instance: number }).keys, author: number, instance: number });
}

function portable(name = networkName): Uint8Array {
  return encodePortableFork({ networkName: name, path: undefined, keys: a.view.keysOf(a.author), proof });
}

test("a range that shows a fork freezes its feed at once, and says so with the proof", async () => {
  const rig = reader();
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  const outcome = await rig.of(rig.peer.take(offerFrom(b, "s")));
  expect(outcome).toEqual({ kind: "forked", forkedAt: 6, proof: encodeForkProof(proof) });
  expect(await rig.texts("s")).toEqual(["common 1", "common 2", "common 3", "common 4", "common 5"]);
  expect(await rig.of(rig.peer.take(offerFrom(b, "s")))).toEqual({ kind: "frozen" });
  expect((await rig.of(rig.peer.audit())).problems).toEqual([]);
});

test("where the range does not show it nothing is written, and the checkpoint is there for a search", async () => {
  const rig = reader();
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  const outcome = await rig.of(rig.peer.take(cutOffer(b, "s", { from: 7, to: 8, perBlock: 1 })));
  expect(outcome).toMatchObject({ kind: "differs", checkpoint: { size: 8 } });
  expect(await rig.of(rig.peer.forks())).toEqual([]);
});

test("a relay's invention is malformed, and accuses nobody", async () => {
  const rig = reader();
  await rig.of(rig.peer.take(cutOffer(a, "s", { from: 1, to: 8, perBlock: 3 })));
  const [mine, theirs] = [offerFrom(a, "s"), offerFrom(b, "s")];
  expect(await rig.of(rig.peer.take({ ...theirs, checkpoint: mine.checkpoint }))).toBeInstanceOf(Malformed);
  expect(await rig.of(rig.peer.forks())).toEqual([]);
});

test("a fork met while the branch it is told against is still on its way to the disk is proven all the same", async () => {
  const rig = reader();
  const [first, second] = [offerFrom(a, "s"), offerFrom(b, "s")].map((offer) => rig.peer.take(offer));
  expect(await rig.of(Promise.all([first, second]))).toMatchObject([
    { kind: "taken", size: 9 },
    { kind: "forked", forkedAt: 6 },
  ]);
});

test("peers that met the branches in other orders agree on the root, the rows, and what is read", async () => {
  const rigs = [reader(2), reader(3), reader(4)] as const;
  const orders = [
    [offerFrom(a, "s"), offerFrom(b, "s")],
    [offerFrom(b, "s"), offerFrom(a, "s")],
    [cutOffer(b, "s", { from: 1, to: 7, perBlock: 2 })],
  ];
  for (const [at, rig] of rigs.entries()) {
    for (const offer of orders[at] ?? []) await rig.of(rig.peer.take(offer));
    expect((await rig.of(rig.peer.accuse(portable()))).news).toBe(at < 2 ? "known" : "frozen");
  }
  const seen = await Promise.all(
    rigs.map(async (rig) => {
      const { root, subjects, forks } = await rig.of(rig.peer.status());
      return { root, subjects, forks, feeds: await rig.of(rig.peer.feeds()), texts: await rig.texts("s") };
    }),
  );
  expect(seen[0]).toMatchObject({
    subjects: [{ path: "s", events: 5 }],
    forks: 1,
    feeds: [{ size: 5, freezeAt: 6, stamp: [1_800_000_000_000, 4] }],
  });
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[2]).toEqual(seen[0]);
});

test("who follows a feed is told what of it counts no more, and is handed nothing of it any more", async () => {
  const rig = reader();
  const told: Withdrawal[] = [];
  const followed = new Followed(rig.peer, "s", { withdrawn: (what) => told.push(what) });
  await rig.of(rig.peer.take(cutOffer(a, "s", { from: 1, to: 8, perBlock: 3 })));
  expect(told).toEqual([]);
  await rig.of(rig.peer.take(offerFrom(b, "s")));
  expect(told).toEqual([{ author: Buffer.from(a.author).toString("hex"), epoch: 0, nonce: "01".repeat(16), from: 6, to: 8 }]);
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  expect(followed.seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const lower = branches(9, { from: 2, more: 3 })[1] as Rig;
  await rig.of(rig.peer.take(offerFrom(lower, "s")));
  expect(told.slice(1)).toMatchObject([{ from: 3, to: 5 }]);
  followed.abort.abort();
  await rig.rest();
});

test("a reader in the midst of a feed that is frozen is handed no more of it, and told what it was handed in vain", async () => {
  const rig = reader();
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  const told: Withdrawal[] = [];
  const reading = rig.peer.events("s", { withdrawn: (what) => told.push(what) })[Symbol.asyncIterator]();
  const seqs: number[] = [];
  const next = async () => {
    const { value, done } = await rig.of(reading.next());
    if (!done) seqs.push(value.seq);
    return done;
  };
  while (seqs.length < 7) await next();
  await rig.of(rig.peer.accuse(portable()));
  while (!(await next()));
  expect([seqs.length, told]).toEqual([7, [expect.objectContaining({ from: 6, to: 9 })]]);
});

test("that a feed is frozen is told once it is on disk: a commit that is lost leaves it as it was, and readers go on", async () => {
  const rig = reader();
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  const accusing = watch(rig.peer.accuse(portable()));
  await rig.step();
  rig.store.fail(notWritten);
  await rig.rest();
  expect(accusing.state).toBe("rejected");
  expect((await rig.texts("s")).length).toBe(9);
  expect((await rig.of(rig.peer.accuse(portable()))).news).toBe("frozen");
});

test("forks are listed, with proofs that hold anywhere, whether or not anything of the feed is here", async () => {
  const rig = reader();
  const accused = await rig.of(rig.peer.accuse(portable()));
  const [bare] = (await rig.of(rig.peer.forks())) as [ForkRow];
  expect(accused).toEqual({ news: "frozen", fork: bare });
  expect(bare).toMatchObject({ epoch: 0, freezeAt: 6, counted: 0, withdrawn: 0, whose: "another's" });
  expect("subject" in bare).toBe(false);
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  const [row] = (await rig.of(rig.peer.forks("s"))) as [ForkRow];
  expect(row).toMatchObject({ subject: "s", counted: 5, withdrawn: 0 });
  expect(verifyFork(row.proof, { hasher, verifier: standInVerifier })).toMatchObject({ networkName, path: "s", forkedAt: 6 });
  expect(await rig.of(rig.peer.forks("elsewhere"))).toEqual([]);
});

test("of this store's own feed it is said that it is ours", async () => {
  const rig = new PeerRig({ keys: copyOf(a) });
  await rig.of(rig.peer.accuse(portable()));
  expect(await rig.of(rig.peer.forks())).toMatchObject([{ whose: "own", counted: 5, withdrawn: 4 }]);
});

test("what is no proof, or of another network, is refused, and says that nobody is accused", async () => {
  const rig = reader();
  const whole = portable();
  for (const bytes of [whole.subarray(1), Uint8Array.of(), whole.map((byte, at) => (at === whole.length - 1 ? byte ^ 1 : byte))])
    expect(await rig.of(codeOf(rig.peer.accuse(bytes)))).toBe("usage");
  expect(await rig.of(codeOf(rig.peer.accuse(portable("another"))))).toBe("usage");
  expect(await rig.of(rig.peer.forks())).toEqual([]);
});

test("an event that counts no more is proven only if that is asked for", async () => {
  const rig = reader();
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  await rig.of(rig.peer.accuse(portable()));
  const author = Buffer.from(a.author).toString("hex");
  expect(await rig.of(codeOf(rig.peer.prove("s", { author, seq: 6 })))).toBe("usage");
  expect((await rig.of(rig.peer.prove("s", { author, seq: 6, withdrawn: "prove" }))).length).toBeGreaterThan(100);
  expect((await rig.of(rig.peer.prove("s", { author, seq: 5 }))).length).toBeGreaterThan(100);
});

test("another's feed frozen leaves the rest of its subject as it is", async () => {
  const rig = reader();
  await rig.append("s", "ours");
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  await rig.of(rig.peer.take(offerFrom(b, "s")));
  await rig.append("s", "ours still");
  expect((await rig.of(collect(rig.peer.events("s")))).filter((text) => text.startsWith("ours"))).toEqual(["ours", "ours still"]);
});

function copyOf(rig: Rig): MemoryKeys {
  const keys = new MemoryKeys();
  keys.restore(rig.keys.snapshot());
  return keys;
}
