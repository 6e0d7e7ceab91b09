import { expect, test } from "vitest";
import { itemKeyBytesMax } from "../bytes/limits.js";
import { encodeAt } from "./at-key.js";
import { json, text } from "./element-codec.js";
import { register } from "./lww-register.js";
import { operationKinds } from "./operation-kinds.js";
import { type OrMapItem, orMap } from "./or-map.js";
import { orSet } from "./or-set.js";
import { pnCounter } from "./pn-counter.js";
import { record } from "./record.js";
import { emptyState } from "./state.js";
import { reasonOf, Story } from "./story.suite.js";

test("a deletion takes out what was known to it, and what was written at once with it stays", () => {
  const story = new Story(orMap(pnCounter()));
  const a1 = story.write("A", (it) => it.at("votes").increment(5));
  story.write("B", (it) => it.at("votes").increment(2));
  story.write("C", (it) => it.delete("votes"), { knowing: [a1] });
  expect([...story.value()]).toEqual([["votes", 2]]);
  expect(story.told("votes")).toEqual({ winners: ["B1 2"], losers: [] });
  story.holds();
});

test("a key is there as long as somebody wrote under it whom nobody who deleted it had seen, whatever lies there", () => {
  const story = new Story(orMap(orSet(text)));
  const a1 = story.write("A", (it) => it.at("tags").add("x"));
  const a2 = story.write("A", (it) => it.at("tags").remove("x"));
  expect([...story.value()]).toEqual([["tags", new Set()]]);
  story.write("B", (it) => it.delete("tags"), { knowing: [a1] });
  expect([...story.value().keys()]).toEqual(["tags"]);
  story.holds();
  story.write("B", (it) => it.delete("tags"), { knowing: [a2] });
  expect(story.value()).toEqual(new Map());
  story.holds();
});

test("a deletion that came before what it takes out takes it out all the same, and nothing else", () => {
  const story = new Story(orMap(register(text)));
  const a1 = story.write("A", (it) => it.at("k").set("one"));
  const b1 = story.write("B", (it) => it.at("k").set("two"), { knowing: [a1] });
  const c1 = story.write("C", (it) => it.delete("k"), { knowing: [a1] });
  expect(story.value([c1])).toEqual(new Map());
  expect(story.value([c1, a1])).toEqual(new Map());
  expect([...story.value([c1, a1, b1])]).toEqual([["k", "two"]]);
  story.holds();
});

test("a key that is written under again and again by who knows has one dot of its own, besides what lies there", () => {
  const story = new Story(orMap(register(text)));
  let last = story.write("A", (it) => it.at("k").set("x"));
  const { length } = story.bytes();
  for (const author of "BCDEFGHA") last = story.write(author, (it) => it.at("k").set("x"), { knowing: [last] });
  expect(story.bytes()).toHaveLength(length);
});

test("what was deleted leaves nothing behind, in memory either", () => {
  const story = new Story(orMap(record({ votes: pnCounter(), tags: orSet(text) })));
  for (let round = 0; round < 20; round++) {
    const made = story.write("A", (it) => {
      it.at("k").votes.increment();
      it.at("k").tags.add(`tag ${round}`);
    });
    story.write("B", (it) => it.delete("k"), { knowing: [made] });
  }
  expect(story.bytes()).toEqual(story.bytesOf(emptyState()));
  expect((story.state().items.get("k") as OrMapItem).items.size).toBe(0);
  story.holds();
});

test("under a key that is counted at, as many operations are kept as no deletion has covered", () => {
  const story = new Story(orMap(pnCounter()));
  const sizes: number[] = [];
  let last = story.write("A", (it) => it.at("k").increment());
  for (let more = 0; more < 20; more++) {
    sizes.push(story.bytes().length);
    last = story.write("A", (it) => it.at("k").increment());
  }
  const each = (sizes[2] as number) - (sizes[1] as number);
  expect(sizes.at(-1)).toBe((sizes[0] as number) + each * 19);
  story.write("B", (it) => it.delete("k"), { knowing: [last] });
  story.write("A", (it) => it.at("k").increment());
  expect(story.bytes().length).toBeLessThanOrEqual((sizes[0] as number) + each);
  expect([...story.value()]).toEqual([["k", 1]]);
});

test("conflicts under a key are told with the way to them, and what lost there is written again", () => {
  const issue = record({ title: register(text), tags: orSet(text) });
  const story = new Story(orMap(orMap(issue)));
  const a1 = story.write("A", (it) => it.at("open").at("42").title.set("one"));
  const b1 = story.write("B", (it) => it.at("open").at("42").title.set("two"));
  expect(story.told("open")).toEqual({ winners: ["42/title/B1 two"], losers: ["42/title/A1 one"] });
  const [lost] = story.explained("open").losers;
  if (lost === undefined) throw new Error("a loser expected");
  expect(lost.path).toEqual(["42", "title"]);
  const again = story.type.restore("open", lost);
  expect([again]).toEqual(story.operations((it) => it.at("open").at("42").title.set("one")));
  story.write(
    "C",
    (it) =>
      it
        .at("open")
        .at("42")
        .title.set(lost.value as string),
    { knowing: [a1, b1] },
  );
  expect(story.told("open")).toEqual({ winners: ["42/title/C1 one"], losers: [] });
  story.holds();
});

test("what cannot be written again where it lies cannot be from above either", () => {
  const { restore } = orMap(pnCounter());
  expect(restore("k", { dot: {} as never, value: 1 })).toBeUndefined();
});

test("maps of maps: a deletion further up takes out what lies below", () => {
  const story = new Story(orMap(orMap(pnCounter())));
  const a1 = story.write("A", (it) => it.at("x").at("y").increment(1));
  story.write("B", (it) => it.at("x").at("z").increment(2));
  story.write("C", (it) => it.delete("x"), { knowing: [a1] });
  expect(story.value()).toEqual(new Map([["x", new Map([["z", 2]])]]));
  story.holds();
  story.write("D", (it) => it.at("x").delete("z"), { knowing: [...story.events] });
  expect(story.value()).toEqual(new Map([["x", new Map()]]));
  story.holds();
});

test("its name and version say what it is a map of", () => {
  const type = orMap(register(json));
  expect(type.name).toBe("or-map(register(json))");
  expect(type.version).toBe(1 + register(json).version);
  expect(type.parts?.map(({ name }) => name)).toEqual(["register(json)"]);
});

test("operations of other kinds, keys and types are malformed", () => {
  const { decodeOperation, commands } = orMap(register(text));
  const at = (key: string, kind: number, ...payload: number[]) => {
    const encoded = encodeAt(key, { kind, payload: Uint8Array.from(payload) });
    return decodeOperation(encoded.kind, encoded.payload);
  };
  expect(at("k", operationKinds.write, 0x61)).toEqual({ does: "at", key: "k", operation: Uint8Array.of(0x61) });
  expect(reasonOf(at("k", operationKinds.add, 0x61))).toContain("kind 30, which a register does not have");
  expect(reasonOf(at("k", operationKinds.transaction))).toContain("kind 45");
  expect(reasonOf(at("\u00ff", operationKinds.write))).toBe("a key that is not UTF-8");
  expect(reasonOf(decodeOperation(operationKinds.delete, Uint8Array.of(0xff)))).toBe("a key that is not UTF-8");
  expect(reasonOf(decodeOperation(operationKinds.delete, new Uint8Array(itemKeyBytesMax + 1)))).toContain("at most");
  expect(reasonOf(decodeOperation(operationKinds.write, new Uint8Array(0)))).toContain("kind 43, which a map does not have");
  expect(() => commands(() => {}).at("\ud800")).toThrow("half of a character");
  expect(() => commands(() => {}).delete("k".repeat(itemKeyBytesMax + 1))).toThrow("at most");
});
