import { cpSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { decodeEpochOpened, isMalformed, systemKinds, toHex } from "@sinter/core";
import { expect, test } from "vitest";
import { freshDir, read, readTexts, texts, withPeer } from "./open-stores.suite.js";

const subject = "team/notes";

async function storeOf(...lines: readonly string[]): Promise<string> {
  const dir = freshDir();
  await withPeer(dir, async (peer) => {
    for (const line of lines) await peer.append(subject, texts(line));
  });
  return dir;
}

function copied(dir: string, name: string): string {
  const copy = join(dirname(dir), name);
  cpSync(dir, copy, { recursive: true });
  return copy;
}

test("a copied directory goes on in an epoch of its own, from its next append on", async () => {
  const dir = await storeOf("one", "two");
  const copy = copied(dir, "copy");
  await withPeer(copy, async (peer) => {
    const [before] = await peer.feeds();
    expect(await readTexts(peer, subject)).toEqual(["one", "two"]);
    expect(await peer.feeds()).toEqual([before]);
    const receipt = await peer.append(subject, texts("three"));
    expect([receipt.author, receipt.epoch, receipt.seq(0)]).toEqual([peer.author, 1, 2]);
    const [old, now] = await peer.feeds();
    expect(old).toEqual(before);
    expect(now).toMatchObject({ epoch: 1, size: 2, head: receipt.id(0) });
    expect(now?.nonce).not.toBe(old?.nonce);
    // Its first event says what it branched from.
    const first = (await read(peer, subject, { system: true })).find(({ epoch, seq }) => epoch === 1 && seq === 1);
    expect(first?.kind).toBe(systemKinds.epochOpened);
    const branched = decodeEpochOpened(first?.payload ?? new Uint8Array(0));
    if (isMalformed(branched)) throw new Error(branched.reason);
    expect([branched.epoch.index, toHex(branched.epoch.nonce), branched.size, toHex(branched.headId)]).toEqual([
      0,
      old?.nonce,
      2,
      old?.head,
    ]);
    expect(await readTexts(peer, subject)).toEqual(["one", "two", "three"]);
    expect(await peer.audit()).toEqual({ ok: true, events: 4, feeds: 2, views: 0, problems: [] });
  });
  await withPeer(copy, async (peer) => {
    // The copy is an instance by now: opened again it goes on where it was.
    expect((await peer.append(subject, texts("four"))).seq(0)).toBe(3);
    expect((await peer.feeds()).map(({ epoch, size }) => [epoch, size])).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });
});

test("original and copies go on side by side, and each stays sound", async () => {
  const dir = await storeOf("common");
  const copies = [dir, copied(dir, "copy"), copied(dir, "another")];
  const nonces: (string | undefined)[] = [];
  for (const [index, each] of copies.entries()) {
    await withPeer(each, async (peer) => {
      const receipt = await peer.append(subject, texts(`by ${index}`));
      expect([receipt.epoch, receipt.seq(0)]).toEqual(index === 0 ? [0, 2] : [1, 2]);
      expect(await readTexts(peer, subject)).toEqual(["common", `by ${index}`]);
      expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
      nonces.push((await peer.feeds()).at(-1)?.nonce);
    });
  }
  expect(new Set(nonces).size).toBe(3);
  // A copy of the copy, with nothing written in between: the next epoch after all that are there.
  const deeper = copied(copies[1] as string, "deeper");
  await withPeer(deeper, async (peer) => {
    expect((await peer.append(subject, texts("deeper"))).epoch).toBe(2);
    expect((await peer.append("team/new", texts("a subject that was not there"))).epoch).toBe(0);
    expect(await peer.audit()).toMatchObject({ ok: true, feeds: 4, problems: [] });
  });
});

test("a copy that is only read begins no epoch, however often it is opened", async () => {
  const copy = copied(await storeOf("one"), "copy");
  for (let opens = 0; opens < 3; opens++) expect(await withPeer(copy, (peer) => peer.feeds())).toMatchObject([{ epoch: 0, size: 1 }]);
  const receipt = await withPeer(copy, (peer) => peer.append(subject, texts("two")));
  expect([receipt.epoch, receipt.seq(0)]).toEqual([1, 2]);
});

test("a directory that is moved is the same store", async () => {
  const dir = await storeOf("one");
  const moved = join(dirname(dir), "moved");
  renameSync(dir, moved);
  await withPeer(moved, async (peer) => {
    const receipt = await peer.append(subject, texts("two"));
    expect([receipt.epoch, receipt.seq(0)]).toEqual([0, 2]);
    expect((await peer.feeds()).length).toBe(1);
  });
});

test("a backup put back in the place of the store goes on in an epoch of its own", async () => {
  const dir = await storeOf("one");
  const backup = copied(dir, "backup");
  await withPeer(dir, (peer) => peer.append(subject, texts("after the backup")));
  renameSync(dir, join(dirname(dir), "lost"));
  cpSync(backup, dir, { recursive: true });
  await withPeer(dir, async (peer) => {
    expect((await peer.append(subject, texts("two"))).epoch).toBe(1);
    expect(await readTexts(peer, subject)).toEqual(["one", "two"]);
    expect((await peer.audit()).ok).toBe(true);
  });
});
