import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ForkRow, isMalformed, offeredRange, type Peer, portableForkBytesMax, type RangeOffer, verifyFork } from "@sinter/core";
import { expect, test } from "vitest";
import { Ed25519Verifier } from "./node-crypto.js";
import { createNodeHasher } from "./node-hasher.js";
import { freshDir, readTexts, texts, withPeer } from "./open-stores.suite.js";
import { dataFileName } from "./store-lock.js";

// The one innocent fork that no store can see by itself: old bytes put back into the very same file, and both histories sent on.

const subject = "team/notes";
const hasher = createNodeHasher();

function offerOf(peer: Peer): RangeOffer {
  const [named] = [...peer.view.subjects(subject)];
  const [first] = named === undefined ? [] : [...peer.view.lanes(named.id)];
  const offer = offeredRange(peer.view, hasher, { lane: first?.number ?? 0, from: 1, bytes: Number.POSITIVE_INFINITY });
  if (offer === undefined) throw new Error("nothing to offer");
  return { ...offer, blocks: offer.blocks.map((block) => new Uint8Array(block)) };
}

/** Two histories of one feed, both signed: the second after a snapshot of the disk was rolled back. */
async function rolledBack(dir: string, signatures: "ed25519" | "hybrid"): Promise<readonly [RangeOffer, RangeOffer]> {
  await withPeer(dir, (peer) => peer.append(subject, texts("1", "2", "3")), { signatures });
  const snapshot = readFileSync(join(dir, dataFileName));
  const first = await withPeer(dir, async (peer) => {
    await peer.append(subject, texts("first 4", "first 5"));
    return offerOf(peer);
  });
  writeFileSync(join(dir, dataFileName), snapshot);
  const second = await withPeer(dir, async (peer) => {
    await peer.append(subject, texts("second 4"));
    return offerOf(peer);
  });
  return [first, second];
}

test.each(["ed25519", "hybrid"] as const)(
  "a snapshot rolled back under a %s author is proven, and every store goes by what both have",
  async (signatures) => {
    const dir = freshDir();
    const [first, second] = await rolledBack(dir, signatures);
    const proof = await withPeer(freshDir(), async (peer) => {
      expect(await peer.take(first)).toMatchObject({ kind: "taken", size: 5 });
      expect(await readTexts(peer, subject)).toEqual(["1", "2", "3", "first 4", "first 5"]);
      expect(await peer.take(second)).toMatchObject({ kind: "forked", forkedAt: 4 });
      expect(await readTexts(peer, subject)).toEqual(["1", "2", "3"]);
      expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
      const [row] = (await peer.forks()) as [ForkRow];
      expect(row).toMatchObject({ subject, freezeAt: 4, counted: 3, withdrawn: 2, whose: "another's" });
      return { bytes: row.proof, root: (await peer.status()).root };
    });
    const shown = verifyFork(proof.bytes, { hasher, verifier: new Ed25519Verifier() });
    expect(isMalformed(shown) ? shown : [shown.path, shown.forkedAt, shown.branches.map(({ size }) => size).sort()]).toEqual([
      subject,
      4,
      [4, 5],
    ]);
    expect(proof.bytes.length).toBeLessThan(portableForkBytesMax / 4);
    await withPeer(freshDir(), async (peer) => {
      expect((await peer.accuse(proof.bytes)).news).toBe("frozen");
      expect(await peer.take(second)).toMatchObject({ kind: "taken", size: 3 });
      expect(await readTexts(peer, subject)).toEqual(["1", "2", "3"]);
      expect((await peer.status()).root).toBe(proof.root);
    });
  },
);

test("the store that was rolled back learns of it by the proof, and is told that the feed is its own", async () => {
  const dir = freshDir();
  const [first, second] = await rolledBack(dir, "ed25519");
  const proof = await withPeer(freshDir(), async (peer) => {
    await peer.take(first);
    await peer.take(second);
    return ((await peer.forks()) as [ForkRow])[0].proof;
  });
  await withPeer(dir, async (peer) => {
    expect((await peer.accuse(proof)).fork).toMatchObject({ whose: "own", freezeAt: 4, counted: 3, withdrawn: 1 });
    await peer.append(subject, texts("after that"));
    expect((await readTexts(peer, subject)).filter((text) => text !== "second 4")).toEqual(["1", "2", "3", "after that"]);
    expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
  });
  // What is frozen stays frozen when it is opened again.
  await withPeer(dir, async (peer) => expect(await peer.forks()).toMatchObject([{ freezeAt: 4, counted: 3 }]));
});
