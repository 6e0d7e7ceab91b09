import { expect, test } from "vitest";
import { blockBytesMax, lensEventsMax, viewFlushMs } from "../bytes/limits.js";
import { json } from "../merge/element-codec.js";
import { pnCounter } from "../merge/pn-counter.js";
import { tableRange } from "../store/keys.js";
import { codeOf, notWritten, PeerRig, watch } from "./peer-rig.suite.js";

const path = "w/o/s";

/** A table of which something is on disk, and something is not yet. */
async function halfKept() {
  const rig = new PeerRig();
  const table = await rig.of(rig.peer.table(path, json));
  await rig.of(Promise.resolve(table.put("a", 1)));
  rig.hand.clock.advance(viewFlushMs);
  await rig.rest();
  await rig.of(Promise.resolve(table.put("a", 2)));
  return { rig, table };
}

const reopenings: readonly (readonly [when: string, pass: (rig: PeerRig) => Promise<void>])[] = [
  ["at once", async () => {}],
  ["a moment later", (rig) => rig.promises()],
  ["when it is on its way to the disk", (rig) => rig.step()],
  ["when it is on disk", (rig) => rig.rest()],
];

test.each(reopenings)("nothing is folded twice of a table that is closed and asked for again %s", async (_, pass) => {
  const { rig, table } = await halfKept();
  const closings = [table.close()];
  await pass(rig);
  const between = await rig.peer.table(path, json);
  closings.push(between.close());
  await pass(rig);
  const again = await rig.peer.table(path, json);
  await rig.of(Promise.all(closings));
  const history = () => again.history("a").map(({ value }) => value);
  expect(history()).toEqual([1, 2]);
  await rig.of(Promise.resolve(again.put("a", 3)));
  rig.hand.clock.advance(viewFlushMs);
  await rig.rest();
  expect(history()).toEqual([1, 2, 3]);
  expect((await rig.of(rig.peer.audit())).problems).toEqual([]);
  expect(await rig.peer.describe()).toMatchObject({ views: [{ path, state: "current" }] });
});

test("a view whose cores begin anew while it is closed is taken up as it is on disk by who asks for it again", async () => {
  const { rig, table } = await halfKept();
  const write = watch(Promise.resolve(table.put("a", 3)));
  await rig.step();
  // What it was asked for is in the store already, and may not stay there.
  const closings = [table.close()];
  const between = await rig.peer.table(path, json);
  closings.push(between.close());
  rig.store.fail(notWritten);
  const again = await rig.of(rig.peer.table(path, json));
  await rig.of(Promise.all(closings));
  expect([write.state, again.history("a").map(({ value }) => value)]).toEqual(["rejected", [1, 2]]);
  expect(await rig.peer.describe()).toMatchObject({ views: [{ view: 0, events: 3, state: "current" }] });
});

test("a view that nobody reads any more is let go of", async () => {
  const { rig, table } = await halfKept();
  await rig.of(table.close());
  expect(await rig.peer.describe()).toMatchObject({ views: [] });
});

test("a subject that cannot be folded is open to nobody", async () => {
  const rig = new PeerRig();
  await rig.of(Promise.resolve((await rig.of(rig.peer.subject(path, pnCounter()))).increment()));
  // The lens is looked for at the beginning alone.
  await rig.append(path, ...Array.from({ length: lensEventsMax }, () => "small"));
  await rig.append(path, "x".repeat(blockBytesMax), "small");
  const blocks = [...rig.keys.range(tableRange("block"))].map(([key]) => key.slice());
  const damaged = new PeerRig({ keys: rig.keys });
  damaged.keys.remove(blocks.at(-1) as Uint8Array);
  const opening = [damaged.peer.subject(path, pnCounter()), damaged.peer.table(path, json)];
  expect(await Promise.all(opening.map((each) => codeOf(damaged.of<unknown>(each))))).toEqual(["corrupt", "corrupt"]);
  expect(await damaged.peer.describe()).toMatchObject({ views: [] });
});

test("what reads a subject is told when the peer is closed", async () => {
  const rig = new PeerRig();
  const votes = await rig.of(rig.peer.subject(path, pnCounter()));
  const table = await rig.of(rig.peer.table("w/o/t", json));
  const codes: unknown[] = [];
  const until = async (source: AsyncIterable<unknown>) => {
    try {
      for await (const _ of source);
    } catch (error) {
      codes.push((error as { code?: unknown }).code);
    }
  };
  const reading = [until(votes.values()), until(votes.changes()), until(votes.control.notices()), until(table.watch())];
  await rig.rest();
  await rig.of(rig.peer.close());
  await rig.of(Promise.all(reading));
  expect(codes).toEqual(["stopped", "stopped", "stopped", "stopped"]);
});
