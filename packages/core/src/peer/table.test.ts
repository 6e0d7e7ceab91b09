import { expect, test } from "vitest";
import { viewFlushMs, viewTrieKeysMax } from "../bytes/limits.js";
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
