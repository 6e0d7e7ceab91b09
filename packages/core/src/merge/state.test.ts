import { expect, test } from "vitest";
import { itemKeyBytesMax } from "../bytes/limits.js";
import { Writer } from "../bytes/writer.js";
import { text } from "./element-codec.js";
import type { AnyMergeType } from "./merge-type.js";
import { orSet } from "./or-set.js";
import { decodeItems, emptyState, SeenLanes } from "./state.js";
import { letters, reasonOf, Story } from "./story.suite.js";

const type = orSet(text) as unknown as AnyMergeType;

test("items stand in the order of their keys, and bare ones are left out", () => {
  const story = new Story(orSet(text));
  for (const element of ["b", "a", "c"]) story.write("A", (it) => it.add(element));
  story.write("A", (it) => it.remove("a"));
  const items = decodeItems(type, story.bytes(), letters);
  expect(items).toBeInstanceOf(Map);
  expect([...(items as Map<string, unknown>).keys()]).toEqual(["b", "c"]);
  expect(story.state().items.size).toBe(3);
});

test("a key that one side alone has is joined too: the other may have seen what came of it", () => {
  const story = new Story(orSet(text));
  const added = story.write("A", (it) => it.add("x"));
  const removed = story.write("B", (it) => it.remove("x"), { knowing: [added] });
  expect(story.bytesOf(story.joined([added], [added, removed]))).toEqual(story.bytesOf(emptyState()));
  expect(story.bytesOf(story.joined([removed], [added]))).toEqual(story.bytesOf(emptyState()));
});

test("items out of order, twice, of too long a key, or with more behind them are malformed", () => {
  const item = (writer: Writer, key: Uint8Array) => writer.prefixed(key).varint(0).varint(0);
  const encoded = (...keys: string[]) => {
    const writer = new Writer().varint(keys.length);
    for (const key of keys) item(writer, Buffer.from(key));
    return writer.finish();
  };
  expect(decodeItems(type, encoded("a", "b"), letters)).toBeInstanceOf(Map);
  expect(reasonOf(decodeItems(type, encoded("b", "a"), letters))).toContain("not in the order of their keys");
  expect(reasonOf(decodeItems(type, encoded("a", "a"), letters))).toContain("not in the order of their keys");
  expect(reasonOf(decodeItems(type, encoded("a".repeat(itemKeyBytesMax + 1)), letters))).toContain(`at most ${itemKeyBytesMax}`);
  expect(reasonOf(decodeItems(type, Uint8Array.of(...encoded("a"), 0), letters))).toContain("too many");
});

test("how far lanes are folded only grows", () => {
  const seen = new SeenLanes();
  expect([seen.of(3), seen.of(-1)]).toEqual([0, 0]);
  seen.reach(3, 7);
  seen.reach(3, 5);
  seen.reach(0, 1);
  expect([seen.of(3), seen.of(0), seen.of(1)]).toEqual([7, 1, 0]);
  expect([...seen.entries()]).toEqual([
    [0, 1],
    [3, 7],
  ]);
});
