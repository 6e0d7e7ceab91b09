import { expect, test } from "vitest";
import { Folder, textOf } from "./folder.suite.js";

test("every file of a folder counts, whatever its format, and each record of a file of records", async () => {
  const folder = new Folder()
    .put("in/a.json", { a: 1 })
    .put("in/b/b.yaml", "b: 2\n---\nb2: 3\n")
    .put("in/c.toml", "[c]\nd = 18446744073709551615\n")
    .put("in/d.ndjson", '{"e":1}\n\n{"f":2}\n')
    .put("in/readme.txt", "no fragment");
  const synthesis = await folder.synthesize();
  expect(textOf(synthesis)).toBe('{"a":1,"b":2,"b2":3,"c":{"d":18446744073709551615},"e":1,"f":2}');
  expect([synthesis.fragments, synthesis.skipped.map(({ path }) => path)]).toEqual([6, ["readme.txt"]]);
});

test("what files are called changes nothing, nor does a fragment that is there twice", async () => {
  const said = [{ x: "one" }, { x: "two" }, { $fragment: { stamp: 5, source: "s" }, body: { x: "three", y: [1] } }, { y: [2] }];
  const texts = [];
  for (const names of [
    ["a", "b", "c", "d"],
    ["d", "c", "b", "a"],
    ["z/1", "z/0", "y", "x"],
  ]) {
    const folder = new Folder();
    for (const [at, name] of names.entries()) folder.put(`in/${name}.json`, said[at]);
    texts.push(textOf(await folder.synthesize()));
    for (const [at, name] of names.entries()) folder.put(`in/again-${name.replace("/", "-")}.json`, said[at]);
    texts.push(textOf(await folder.synthesize()));
  }
  expect(new Set(texts)).toEqual(new Set(['{"x":"three","y":[1]}']));
});

test("a file that is gone takes back what it said", async () => {
  const folder = new Folder().put("in/a.json", { x: { y: 1 } }).put("in/b.json", { $fragment: { stamp: 9 }, body: { x: { y: 2, z: 3 } } });
  expect(textOf(await folder.synthesize())).toBe('{"x":{"y":2,"z":3}}');
  folder.remove("in/b.json");
  expect(textOf(await folder.synthesize())).toBe('{"x":{"y":1}}');
});

test("of a fragment that does not fit nothing counts, and it is told where in which file it does not", async () => {
  const folder = new Folder()
    .put("in/a.json", '{"n":1,\n "deep":{"list":[1,\n 2,"three"]}}')
    .put("in/b.yaml", "$fragment: {scope: /deep}\nbody:\n  list:\n    - 4\n    - five\n")
    .put("in/c.ndjson", '{"n":2}\n{"deep":{"list":["six"]}}\nnonsense\n')
    .put("in/d.json", '{"n":3,}')
    .put("schema.json", { properties: { deep: { properties: { list: { items: { type: "number" } } } } } });
  const synthesis = await folder.synthesize({ schema: folder.at("schema.json") });
  expect(textOf(synthesis)).toBe('{"n":2}');
  expect(synthesis.refused.map(({ id, file, line, pointer, found }) => [id, file, line, pointer, found])).toEqual([
    ["a.json", "a.json", 3, "/deep/list/2", '"three"'],
    ["b.yaml", "b.yaml", 5, "/body/list/1", '"five"'],
    ["c.ndjson:2", "c.ndjson", 2, "/deep/list/0", '"six"'],
    ["c.ndjson:3", "c.ndjson", 3, "", ""],
    ["d.json", "d.json", 1, "", ""],
  ]);
});

test("explained is who says what, in which file and on which line, also in an envelope, a scope and an element of an array", async () => {
  const folder = new Folder()
    .put("in/a.json", '{"users":[\n{"id":"ann","age":1},\n{"id":"bob",\n"age":2}]}')
    .put("in/b.json", '{"$fragment":{"scope":"/users"},\n"body":[{"id":"bob",\n\n"age":3}]}')
    .put("in/c.ndjson", '{}\n{"users":[{"id":"bob","age":4}]}\n')
    .put("strategies.json", { paths: { "/users": { strategy: "by-key", key: "id" }, "/users/*/age": "max" } });
  const synthesis = await folder.synthesize({ strategies: folder.at("strategies.json") });
  expect(textOf(synthesis)).toBe('{"users":[{"age":1,"id":"ann"},{"age":4,"id":"bob"}]}');
  const [age, nobody, byName] = await synthesis.explain(["/users/1/age", "/nobody", "/users/bob/age"]);
  expect(age).toMatchObject({ pointer: "/users/1/age", strategy: "max", outcome: "resolved", value: 4 });
  expect(age?.candidates.map(({ value, file, line, counts }) => [value, file, line, counts])).toEqual([
    [4, "c.ndjson", 2, true],
    [3, "b.json", 4, false],
    [2, "a.json", 4, false],
  ]);
  expect(nobody).toBeUndefined();
  expect(byName?.candidates).toEqual(age?.candidates);
});

test("names in a pointer may be typed in any Unicode form", async () => {
  const folder = new Folder().put("in/a.json", '{"caf\u00e9":{"n":1}}').put("in/b.json", '{"cafe\u0301":{"n":2}}');
  const [place] = await (await folder.synthesize()).explain(["/cafe\u0301/n"]);
  expect(place).toMatchObject({ pointer: "/caf\u00e9/n", value: 2, candidates: [{ file: "b.json" }, { file: "a.json" }] });
});

test("all conflicts are listed, in the order of the document", async () => {
  const folder = new Folder()
    .put("in/a.json", { z: 1, a: { b: 1 }, m: 1, same: 1 })
    .put("in/b.json", { z: 2, a: { b: 2 }, m: { n: 1 }, same: 1 });
  const synthesis = await folder.synthesize();
  expect(synthesis.contested).toEqual({ count: 3, unresolved: 0, stopped: 0, first: ["/a/b", "/m", "/z"] });
  const listed = [];
  for await (const { pointer, value, candidates } of synthesis.conflicts())
    listed.push([pointer, value, candidates.map((each) => each.value)]);
  expect(listed).toEqual([
    ["/a/b", 2, [2, 1]],
    ["/m", undefined, [undefined, 1]],
    ["/z", 2, [2, 1]],
  ]);
});

test("rules for a file are rules for its records: what its fields are, where they belong, who says them", async () => {
  const folder = new Folder()
    .put("in/users.csv", 'id,age\nann,3\nbob,"4"\n')
    .put("in/more.ndjson", '{"id":"ann","age":5}\n{"id":"ann","age":5}\n')
    .put("strategies.json", {
      fragments: [
        { match: "*.csv", fields: { age: "number" }, source: "sheet", stamp: 7 },
        { match: "*", scope: "/users/{id}" },
      ],
    });
  const synthesis = await folder.synthesize({ strategies: folder.at("strategies.json") });
  expect(textOf(synthesis)).toBe('{"users":{"ann":{"age":3,"id":"ann"},"bob":{"age":4,"id":"bob"}}}');
  const [age] = await synthesis.explain(["/users/ann/age"]);
  expect(age?.candidates.map(({ value, source, file, line }) => [value, source, file, line])).toEqual([
    [3, "sheet", "users.csv", 2],
    [5, "more.ndjson", "more.ndjson", 1],
    [5, "more.ndjson", "more.ndjson", 2],
  ]);
  // Records of one file are one source: they make no quorum.
  folder.put("strategies.json", { paths: { "/age": { strategy: "quorum", of: 2 } } });
  folder.put("in/users.csv", "other\n1\n");
  expect((await folder.synthesize({ strategies: folder.at("strategies.json") })).contested.unresolved).toBe(1);
});

test("strategies may be a type of one's own, which is put through the laws before anything is read", async () => {
  const core = new URL("../../../core/src/index.ts", import.meta.url).href;
  const folder = new Folder()
    .put("in/a.json", { top: 3 })
    .put("in/b.json", { top: 9 })
    .put(
      "rules/scores.js",
      `import { defineMerge, json } from ${JSON.stringify(core)};
     export const top = defineMerge({ name: "top", version: 1, operation: json, empty: [], apply: (scores, score) => [...scores, score].sort(),
       join: (left, right) => [...left, ...right].sort(), value: (scores) => ({ best: scores.at(-1), of: scores.length }), sample: () => 1, source: import.meta.url });`,
    );
  folder.put("rules/strategies.yaml", "paths:\n  /top: {strategy: custom, module: ./scores.js, type: top}\n");
  const asked: unknown[] = [];
  const synthesis = await folder.synthesize({
    strategies: folder.at("rules/strategies.yaml"),
    checkLaws: async (source) => void asked.push(source),
  });
  expect(textOf(synthesis)).toBe('{"top":{"best":9,"of":2}}');
  expect(asked).toEqual([{ module: expect.stringMatching(/^file:.*\/rules\/scores\.js$/), type: "top" }]);
  const refusing = folder.synthesize({
    strategies: folder.at("rules/strategies.yaml"),
    checkLaws: () => Promise.reject(new Error("lawless")),
  });
  await expect(refusing).rejects.toThrow("lawless");
});

test("a schema may lie in several files, and what is wrong with the rules is told with its file", async () => {
  const folder = new Folder()
    .put("in/a.json", { n: 1 })
    .put("in/b.json", { n: 2 })
    .put("schemas/root.yaml", "properties:\n  n: {$ref: parts/number.json#/$defs/least}\n")
    .put("schemas/parts/number.json", { $defs: { least: { type: "number", "x-merge": "min" } } });
  expect(textOf(await folder.synthesize({ schema: folder.at("schemas/root.yaml") }))).toBe('{"n":1}');
  folder.put("schemas/root.yaml", "$id: https://example.org/s/root\nproperties:\n  n: {$ref: parts/number.json#/$defs/least}\n");
  expect(textOf(await folder.synthesize({ schema: folder.at("schemas/root.yaml") }))).toBe('{"n":1}');
  const wrong = { code: "usage" };
  folder
    .put("bad.json", { paths: { "/n": "greatest" } })
    .put("worse.json", "{")
    .put("none.txt", "");
  await expect(folder.synthesize({ strategies: folder.at("bad.json") })).rejects.toMatchObject({
    ...wrong,
    message: expect.stringContaining('no strategy "greatest"') as string,
  });
  await expect(folder.synthesize({ strategies: folder.at("worse.json") })).rejects.toMatchObject({
    ...wrong,
    message: expect.stringContaining("worse.json:1") as string,
  });
  await expect(folder.synthesize({ strategies: folder.at("none.txt") })).rejects.toMatchObject(wrong);
  await expect(folder.synthesize({ strategies: folder.at("gone.json") })).rejects.toMatchObject({ code: "not-found" });
  folder.put("schemas/parts/number.json", { $defs: { least: { type: "numeric" } } });
  await expect(folder.synthesize({ schema: folder.at("schemas/root.yaml") })).rejects.toMatchObject({
    ...wrong,
    message: expect.stringContaining("number.json") as string,
  });
  folder.put("schemas/root.yaml", "$ref: https://example.org/x\n");
  await expect(folder.synthesize({ schema: folder.at("schemas/root.yaml") })).rejects.toMatchObject({ code: "not-found" });
});

test("called off, it ends", async () => {
  const folder = new Folder();
  for (let at = 0; at < 3; at++) folder.put(`in/${at}.json`, { at });
  await expect(folder.synthesize({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});
