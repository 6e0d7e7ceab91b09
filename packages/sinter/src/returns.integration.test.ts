import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { offeredRange, type Peer, type RangeOffer } from "@sinter/core";
import { expect, test } from "vitest";
import { createNodeHasher } from "./node-hasher.js";
import { freshDir, read, readTexts, texts, withPeer } from "./open-stores.suite.js";
import { dataFileName } from "./store-lock.js";

// Stores on a real disk that come back: what others hold of their feeds is taken, what is here is kept.

const subject = "team/notes";
const hasher = createNodeHasher();

/** All that a peer holds of its author's feeds, a range a lane. */
function offersOf(peer: Peer): RangeOffer[] {
  const [named] = [...peer.view.subjects(subject)];
  const lanes = named === undefined ? [] : [...peer.view.lanes(named.id)];
  return lanes.flatMap(({ number }) => {
    const offer = offeredRange(peer.view, hasher, { lane: number, from: 1, bytes: Number.POSITIVE_INFINITY, withdrawn: "offered" });
    return offer === undefined ? [] : [{ ...offer, blocks: offer.blocks.map((block) => new Uint8Array(block)) }];
  });
}

test.each(["ed25519", "hybrid"] as const)(
  "old bytes put back into the same file under a %s author: nothing is lost, and the new nonce stays",
  async (signatures) => {
    const dir = freshDir();
    await withPeer(dir, (peer) => peer.append(subject, texts("1", "2")), { signatures });
    const snapshot = readFileSync(join(dir, dataFileName));
    const known = await withPeer(dir, async (peer) => {
      await peer.append(subject, texts("3", "4"));
      return offersOf(peer);
    });
    writeFileSync(join(dir, dataFileName), snapshot);
    const back = await withPeer(dir, async (peer) => {
      const receipt = await peer.append(subject, texts("5"));
      expect([receipt.epoch, receipt.seq(0)]).toEqual([0, 3]);
      for (const offer of known) expect(await peer.take(offer)).toEqual({ kind: "taken", size: 4, displaced: { from: 3, reappended: 1 } });
      const records = await read(peer, subject);
      expect(records.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(["1", "2", "3", "4", "5"]);
      expect(records.at(-1)).toMatchObject({ epoch: 1, origin: { epoch: 0, seq: 3, id: receipt.id(0) } });
      expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
      return offersOf(peer);
    });
    await withPeer(freshDir(), async (peer) => {
      for (const offer of back) expect((await peer.take(offer)) as object).toMatchObject({ kind: "taken" });
      expect(await readTexts(peer, subject)).toEqual(["1", "2", "3", "4", "5"]);
      expect(await peer.forks()).toEqual([]);
    });
    await withPeer(dir, async (peer) => {
      expect(await peer.append(subject, texts("6"))).toMatchObject({ epoch: 1 });
      expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
    });
  },
);

test("an export brings back what a disk that was put back has forgotten, and what was written on it stays", async () => {
  const dir = freshDir();
  const archive = join(dirname(dir), "archive");
  await withPeer(dir, (peer) => peer.append(subject, texts("1", "2")));
  const snapshot = readFileSync(join(dir, dataFileName));
  await withPeer(dir, async (peer) => {
    await peer.append(subject, texts("3", "4"));
    await peer.export(subject, archive);
  });
  writeFileSync(join(dir, dataFileName), snapshot);
  await withPeer(dir, async (peer) => {
    await peer.append(subject, texts("5"));
    expect((await peer.import(archive)).feeds).toMatchObject([{ outcome: "taken", held: 2, taken: 2, reappended: 1 }]);
    expect(await readTexts(peer, subject)).toEqual(["1", "2", "3", "4", "5"]);
    expect((await peer.import(archive)).feeds).toMatchObject([{ outcome: "held", held: 4, taken: 0 }]);
    expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
    expect(await peer.forks()).toEqual([]);
  });
});

test("a copied directory and the first run side by side, take in what the other writes, and both go on", async () => {
  const dir = freshDir();
  await withPeer(dir, (peer) => peer.append(subject, texts("1")));
  const copy = join(dirname(dir), "copy");
  cpSync(dir, copy, { recursive: true });
  await withPeer(dir, async (first) => {
    await withPeer(copy, async (second) => {
      await second.append(subject, texts("of the copy"));
      await first.append(subject, texts("of the first"));
      for (let round = 0; round < 2; round++) {
        for (const offer of offersOf(first)) await second.take(offer);
        for (const offer of offersOf(second)) await first.take(offer);
        await first.append(subject, texts(`first ${round}`));
        await second.append(subject, texts(`second ${round}`));
      }
      for (const offer of offersOf(first)) await second.take(offer);
      for (const offer of offersOf(second)) await first.take(offer);
      expect((await readTexts(first, subject)).length).toBe(7);
      expect(await readTexts(second, subject)).toEqual(await readTexts(first, subject));
      expect((await first.status()).root).toBe((await second.status()).root);
      expect(await first.forks()).toEqual([]);
      expect((await first.feeds(subject)).map(({ epoch, size }) => [epoch, size])).toEqual([
        [0, 4],
        [1, 4],
      ]);
    });
  });
});
