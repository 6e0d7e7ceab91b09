import { expect, test } from "vitest";
import { viewDifferenceItemsMax, viewFlushMs, viewTrieKeysMax } from "../bytes/limits.js";
import { text } from "../merge/element-codec.js";
import { tableRange } from "../store/keys.js";
import { codeOf, PeerRig, watch } from "./peer-rig.suite.js";

const path = "w/o/t";
const COUNT = 3 * viewTrieKeysMax;

async function tableOf(rig: PeerRig) {
  return await rig.of(rig.peer.table(path, text));
}

async function filledTable(rig: PeerRig) {
  const table = await tableOf(rig);
  await rig.of(
    Promise.resolve(
      table.change((it) => {
        for (let index = 0; index < COUNT; index++) it.set(`key ${index}`, "1");
      }),
    ),
  );
  return table;
}

const entriesOf = (rig: PeerRig, name: "viewTrie" | "viewChanged") => [...rig.keys.range(tableRange(name))].length;

test("filling a table makes no trie; asking for its root makes one, which is on the disk a while later", async () => {
  const rig = new PeerRig();
  const table = await filledTable(rig);
  rig.hand.clock.advance(viewFlushMs);
  await rig.rest();
  expect([entriesOf(rig, "viewTrie"), entriesOf(rig, "viewChanged")]).toEqual([0, COUNT]);
  const root = await rig.of(table.root());
  rig.hand.clock.advance(viewFlushMs);
  await rig.rest();
  expect([entriesOf(rig, "viewTrie") > COUNT / 16, entriesOf(rig, "viewChanged")]).toEqual([true, 0]);
  await rig.of(table.close());
  expect(await rig.of((await tableOf(rig)).root())).toBe(root);
});

test("others go on while a large table's root is made, and whoever asks for it meanwhile is told the same", async () => {
  const rig = new PeerRig();
  const table = await filledTable(rig);
  const told = watch(table.root());
  await rig.promises();
  const tooTold = watch(table.root());
  expect([told.state, table.get("key 7")]).toEqual(["waiting", "1"]);
  await rig.rest();
  expect([told.state, tooTold.value, await rig.of(table.root())]).toEqual(["resolved", told.value, told.value]);
  await rig.of(Promise.resolve(table.put("key 7", "2")));
  expect(await rig.of(table.root())).not.toBe(told.value);
});

test("a table that is closed before its root is made says so, and so does one that is closed", async () => {
  const rig = new PeerRig();
  const table = await filledTable(rig);
  const asked = codeOf(table.root());
  await rig.of(table.close());
  expect(await asked).toBe("stopped");
  expect(await codeOf(table.root())).toBe("stopped");
});

test.each(["on disk", "not yet on disk"] as const)(
  "keys that hold something else because an event counts no more are told of: %s",
  async (where) => {
    const rig = new PeerRig();
    const table = await tableOf(rig);
    // More than are compared at a time, so that what is told of lies in several of them.
    const many = Array.from({ length: 2 * viewDifferenceItemsMax + 3 }, (_, index) => `key ${String(index).padStart(5, "0")}`);
    const [first, middle, last] = [many[0], many[viewDifferenceItemsMax], many.at(-1)] as string[];
    const fill = table.change((it) => {
      for (const key of many) it.set(key, "1");
    });
    await rig.of(Promise.resolve(fill));
    const change = table.change((it) => {
      for (const key of [first, middle, last]) it.set(key as string, "2");
      // The pages of the two do not end at one key.
      it.set("key 00000 only there", "2");
    });
    const { seq } = await rig.of(Promise.resolve(change));
    await rig.of(Promise.resolve(table.put("later", "3")));
    if (where === "on disk") {
      rig.hand.clock.advance(viewFlushMs);
      await rig.rest();
    }
    const told: (readonly [string, string | undefined])[] = [];
    const reading = async (prefix: string) => {
      for await (const { key, value } of table.watch({ prefix })) told.push([`${prefix}${prefix && ": "}${key}`, value]);
    };
    for (const prefix of ["", "key 00000"]) void reading(prefix);
    await rig.of(rig.peer.redact(path, { seq: seq(0), epoch: 0 }));
    await rig.rest();
    expect(told.toSorted()).toEqual(
      [
        [first, "1"],
        [middle, "1"],
        [last, "1"],
        ["key 00000 only there", undefined],
        [`key 00000: ${first}`, "1"],
        ["key 00000: key 00000 only there", undefined],
      ].toSorted(),
    );
    expect(table.get("later")).toBe("3");
  },
);
