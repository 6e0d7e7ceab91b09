import { expect, test } from "vitest";
import { fieldNameBytesMax, itemKeyBytesMax, recordFieldsMax } from "../bytes/limits.js";
import { encodeAt } from "./at-key.js";
import { text } from "./element-codec.js";
import { encodeI64 } from "./exact-sum.js";
import { lwwMap } from "./lww-map.js";
import { register } from "./lww-register.js";
import { operationKinds } from "./operation-kinds.js";
import { orSet } from "./or-set.js";
import { pnCounter } from "./pn-counter.js";
import { record } from "./record.js";
import { decodeItems } from "./state.js";
import { letters, reasonOf, Story } from "./story.suite.js";

const issue = record({ title: register(text), votes: pnCounter(), tags: orSet(text) });

test("each field is what its type says, and all are there from the beginning", () => {
  const story = new Story(issue);
  expect(story.value()).toEqual({ tags: new Set(), title: undefined, votes: 0 });
  story.write("A", (it) => {
    it.title.set("Dark mode");
    it.tags.add("ui");
  });
  story.write("B", (it) => it.votes.increment(2));
  const { tags, title, votes } = story.value();
  expect([tags, title, votes]).toEqual([new Set(["ui"]), "Dark mode", 2]);
  story.holds();
});

test("fields are told by their names, and keys in them behind a slash", () => {
  const story = new Story(issue);
  story.write("A", (it) => it.title.set("one"));
  story.write("B", (it) => it.title.set("two"));
  story.write("C", (it) => it.tags.add("a/b"));
  expect(story.told("title")).toEqual({ winners: ["B1 two"], losers: ["A1 one"] });
  expect(story.told("tags/a/b")).toEqual({ winners: ["C1 a/b"], losers: [] });
  for (const key of ["title", "votes", "tags/a/b"]) expect(issue.keyText(issue.keyFrom(key))).toBe(key);
  expect(() => issue.keyFrom("nothing")).toThrow('no field "nothing", but tags, title, votes');
  expect(() => issue.keyFrom("tags")).toThrow("name one, as in tags/KEY");
  expect(() => issue.keyFrom("title/x")).toThrow("no keys in title");
});

test("what lost in a field is written again there", () => {
  const dot = {} as never;
  const [title] = new Story(issue).operations((it) => it.title.set("one"));
  expect(issue.restore(issue.keyFrom("title"), { dot, value: "one" })).toEqual(title);
  expect(issue.restore(issue.keyFrom("votes"), { dot, value: 1 })).toBeUndefined();
});

test("records lie in records", () => {
  const story = new Story(record({ inner: record({ a: pnCounter(), map: lwwMap(text) }), b: pnCounter() }));
  story.write("A", (it) => {
    it.inner.a.increment(3);
    it.inner.map.set("k", "v");
    it.b.decrement();
  });
  expect(story.value()).toEqual({ b: -1, inner: { a: 3, map: new Map([["k", "v"]]) } });
  expect(story.told("inner/map/k").winners).toEqual(["A1 v"]);
  story.holds();
});

test("its name has the fields in one order, and its version rises with each of theirs", () => {
  const turned = record({ tags: orSet(text), votes: pnCounter(), title: register(text) });
  expect(issue.name).toBe('record({"tags":or-set(text),"title":register(text),"votes":pn-counter})');
  expect(turned.name).toBe(issue.name);
  expect(issue.version).toBe(4);
  expect(record({ a: { ...pnCounter(), version: 7 } }).version).toBe(8);
  expect(issue.parts?.map(({ name }) => name)).toEqual(["or-set(text)", "register(text)", "pn-counter"]);
  expect([issue.keys, record({ a: pnCounter() }).keys]).toEqual(["many", "few"]);
  expect(record({ a: { ...pnCounter(), retract: "refold" } }).retract).toBe("refold");
});

test("a field may have any name that can be told", () => {
  const story = new Story(record(JSON.parse('{"__proto__":0,"é b":0}', (_, value) => (value === 0 ? pnCounter() : value))));
  story.write("A", (it) => Object.values(it).forEach((field) => (field as { increment(): void }).increment()));
  expect(Object.entries(story.value())).toEqual([
    ["__proto__", 1],
    ["é b", 1],
  ]);
  for (const name of ["", "a/b", "a\n", "\ud800"]) expect(() => record({ [name]: pnCounter() })).toThrow("a field's name is text without");
  expect(() => record({ ["é".repeat(fieldNameBytesMax / 2 + 1)]: pnCounter() })).toThrow(`at most ${fieldNameBytesMax} bytes`);
});

test("a record has a field at least, and so many at most", () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, pnCounter()]));
  expect(() => record({})).toThrow("1 to 255 fields, not 0");
  expect(() => record(many(recordFieldsMax + 1))).toThrow("not 256");
  const story = new Story(record(many(recordFieldsMax)));
  story.write("A", (it) => it["f254"]?.increment());
  expect(story.value()["f254"]).toBe(1);
  story.holds();
});

test("operations on fields it does not have, or that these do not have, are malformed", () => {
  const at = (field: string, kind: number, payload: Uint8Array) => {
    const encoded = encodeAt(field, { kind, payload });
    return issue.decodeOperation(encoded.kind, encoded.payload);
  };
  expect(at("votes", operationKinds.increment, encodeI64(1))).toEqual({ field: 2, operation: 1 });
  expect(reasonOf(at("nothing", operationKinds.increment, encodeI64(1)))).toContain("a field that the record does not have");
  expect(reasonOf(at("title", operationKinds.increment, encodeI64(1)))).toContain("kind 33, which a register does not have");
  expect(reasonOf(issue.decodeOperation(operationKinds.write, new Uint8Array(0)))).toContain("kind 43, which a record does not have");
  expect(reasonOf(issue.decodeOperation(operationKinds.at, new Uint8Array(0)))).toContain("ends before its kind");
});

test("a key in a field leaves room for the field, at the command and where it comes from others", () => {
  const longest = "a".repeat(itemKeyBytesMax - 1);
  const story = new Story(issue);
  story.write("A", (it) => it.tags.add(longest));
  story.holds();
  expect(() => story.operations((it) => it.tags.add(`${longest}a`))).toThrow(
    `at most ${itemKeyBytesMax - 1} bytes, not ${itemKeyBytesMax}`,
  );
  const encoded = encodeAt("tags", { kind: operationKinds.add, payload: new Uint8Array(itemKeyBytesMax).fill(0x61) });
  expect(reasonOf(issue.decodeOperation(encoded.kind, encoded.payload))).toContain(`at most ${itemKeyBytesMax - 1} bytes`);
});

test("an item of a field that is not there is malformed", () => {
  const story = new Story(issue);
  story.write("A", (it) => it.votes.increment());
  const bytes = story.bytes();
  bytes[2] = 3;
  expect(reasonOf(decodeItems(issue as never, bytes, letters))).toContain("a field that the record does not have");
});
