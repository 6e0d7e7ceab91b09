import { expect, test } from "vitest";
import { syncPieceBytesMax } from "../bytes/limits.js";
import { offeredRange } from "../feed/range/offered-range.js";
import { hasher } from "../feed/rig/feed-rig.suite.js";
import { LinkedPeers } from "../peer/linked-peers.suite.js";

test("a payload of any size that is absent comes from who has it, and none that is not comes with it", async () => {
  const peers = new LinkedPeers(3, () => ({ knobs: { chunkBytes: 4_096 } }));
  const sizes = [10, 1_000, syncPieceBytesMax + 1, 20, 3_000_000, 30];
  const paths = ["team/large", "team/larger"];
  const [author, holder] = [peers.rig(0), peers.rig(1)];
  for (const path of paths) {
    for (const [byte, size] of sizes.entries()) await author.of(author.peer.append(path, [{ payload: new Uint8Array(size).fill(byte) }]));
    const lane = author.peer.view.head(0) && path === paths[0] ? 0 : 1;
    const offer = offeredRange(author.peer.view, hasher, { lane, from: 1, bytes: 1e9, without: () => true });
    if (offer === undefined) throw new Error("nothing of it is here");
    await holder.of(holder.peer.take(offer));
  }
  expect((await holder.of(holder.peer.wanted())).wanted).toHaveLength(2 * sizes.length);
  peers.link(1, 2);
  await peers.pass(10_000);
  expect((await holder.of(holder.peer.wanted())).wanted).toHaveLength(2 * sizes.length);
  peers.link(0, 1);
  await peers.pass(20_000);
  expect((await holder.of(holder.peer.wanted())).wanted).toEqual([]);
  for (const path of paths) expect((await holder.texts(path)).map(({ length }) => length)).toEqual(sizes);
  expect(await holder.of(holder.peer.audit())).toMatchObject({ ok: true });
  // Once over each of the two links, and what was under way when it was enough.
  const large = paths.length * sizes.filter((size) => size > syncPieceBytesMax).reduce((sum, size) => sum + size, 0);
  expect(peers.said("chunk").reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(2.1 * large);
});
