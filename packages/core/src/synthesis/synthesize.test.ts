import { expect, test } from "vitest";
import { candidatesListedMax, jsonDepthMax } from "../bytes/limits.js";
import type { Data } from "./data.js";
import { compileSchema } from "./schema/compile.js";
import { SchemaFault } from "./schema/schema-fault.js";
import { type Fragment, type SynthesisOptions, synthesize } from "./synthesize.js";

/** Fragments called 0, 1, … */
function synthesized(contents: readonly Data[], paths: Data = {}) {
  const fragments = contents.map((content, at): Fragment => ({ id: `${at}`, content }));
  return synthesize(fragments, { strategies: { paths } });
}

/** Each with its stamp. */
function stamped(...said: readonly (readonly [Data, number | undefined])[]) {
  return synthesize(said.map(([content, stamp], at) => ({ id: `${at}`, content, stamp })));
}

const textOf = (...said: readonly (readonly [Data, number | undefined])[]) => stamped(...said).text;

test("objects merge by their names, and what differs goes to the later, else to the greatest bytes", () => {
  const { text, conflicts, refused, violations } = stamped(
    [{ a: 1, b: { c: "x" } }, 1],
    [{ b: { c: "y", d: null } }, 2],
    [{ b: { c: "z" } }, 1],
  );
  expect(text).toBe('{"a":1,"b":{"c":"y","d":null}}');
  expect(conflicts.map(({ pointer, outcome, why }) => [pointer, outcome, why])).toEqual([["/b/c", "resolved", "said last"]]);
  expect([refused, violations]).toEqual([[], []]);
});

test("of nothing comes nothing", () => {
  expect(synthesize([])).toMatchObject({ state: undefined, text: "", conflicts: [], refused: [] });
  expect(synthesize([]).provenance.explain("")).toBeUndefined();
  expect(synthesized([{}]).state).toEqual({});
});

test("a document may be anything", () => {
  expect([[null], [5], ["x"], [[]], [[1], 1]].map((contents) => synthesized(contents as Data[]).text)).toEqual([
    "null",
    "5",
    '"x"',
    "[]",
    "[1]",
  ]);
});

test("null is a value: it takes the place of others, and others its own", () => {
  expect(textOf([{ a: 1 }, 1], [{ a: null }, 2])).toBe('{"a":null}');
  expect(textOf([{ a: null }, 1], [{ a: 1 }, 2])).toBe('{"a":1}');
  expect(textOf([{ a: { b: 1 } }, 1], [{ a: null }, 2])).toBe('{"a":null}');
  expect(textOf([{ a: null }, undefined], [{ a: true }, undefined], [{ a: 7 }, undefined])).toBe('{"a":true}');
});

test("arrays are values: the later takes the place of the earlier", () => {
  expect(textOf([{ a: [1, 2] }, 1], [{ a: [3] }, 2])).toBe('{"a":[3]}');
  expect(textOf([{ a: [{ b: 1 }] }, 1], [{ a: [{ c: 1 }] }, 1])).toBe('{"a":[{"c":1}]}');
});

test("an object against what is none: the later, said at once the object, with all that objects say", () => {
  expect(textOf([{ a: { b: 1 } }, 1], [{ a: 5 }, 2])).toBe('{"a":5}');
  expect(textOf([{ a: { b: 1 } }, 2], [{ a: 5 }, 2])).toBe('{"a":{"b":1}}');
  expect(textOf([{ a: { b: 1 } }, undefined], [{ a: [5] }, undefined])).toBe('{"a":{"b":1}}');
  expect(textOf([{ a: { b: 1 } }, 1], [{ a: 5 }, 2], [{ a: { c: 1 } }, 3])).toBe('{"a":{"b":1,"c":1}}');
  expect(textOf([{ a: {} }, 1], [{ a: 5 }, 1])).toBe('{"a":{}}');
  expect(stamped([{ a: { b: 1, c: 1 } }, 1], [{ a: { b: 2 } }, 1], [{ a: 5 }, 2]).conflicts.map(({ pointer }) => pointer)).toEqual(["/a"]);
});

test("an empty object says that there is one", () => {
  expect(synthesized([{ a: {} }, { a: { b: 1 } }])).toMatchObject({ text: '{"a":{"b":1}}', conflicts: [] });
});

test("names that objects have from elsewhere are names as all others, wherever they come", () => {
  const odd = (value: number) =>
    JSON.parse(`{"__proto__":{"x":${value}},"constructor":{"prototype":${value}},"toString":${value}}`) as Data;
  for (const paths of [{}, { "/**": "max" }, { "/__proto__": "map" }]) {
    const { text } = synthesized([odd(1), odd(2)], paths);
    expect(text).toBe('{"__proto__":{"x":2},"constructor":{"prototype":2},"toString":2}');
  }
  expect(({} as { x?: unknown }).x).toBeUndefined();
  const { provenance } = synthesized([odd(1), odd(2)]);
  expect(provenance.explain("/__proto__/x")).toMatchObject({ value: 2, outcome: "resolved" });
  expect(provenance.explain("/hasOwnProperty")).toBeUndefined();
});

test("names that are numbers are names", () => {
  expect(
    synthesized([
      { "10": 1, b: 1 },
      { "9": 1, a: 1 },
    ]).text,
  ).toBe('{"10":1,"9":1,"a":1,"b":1}');
});

test("whole numbers are exact, however large, and have one form", () => {
  expect(textOf([{ n: 2n ** 53n + 1n }, 1], [{ m: 1 }, 1])).toBe('{"m":1,"n":9007199254740993}');
  expect(stamped([{ n: 9007199254740993n }, 1], [{ n: 9007199254740993n }, 2]).conflicts).toEqual([]);
  expect(
    synthesize([
      { id: "a", content: { n: 2 ** 53 } },
      { id: "b", content: { n: 5n } },
      { id: "c", content: 1 },
    ]),
  ).toMatchObject({
    text: "1",
    refused: [
      { id: "a", names: [], expected: expect.stringContaining("JSON: 9007199254740992 is beyond what a number holds exactly") },
      { id: "b", names: [], expected: "JSON: the bigint 5, which is to be a number" },
    ],
  });
});

test("texts that look alike and are other characters are other texts", () => {
  const { text, conflicts } = synthesized([
    { a: "é", é: 1 },
    { a: "e\u0301", "e\u0301": 2 },
  ]);
  expect(text).toBe('{"a":"é","e\u0301":2,"é":1}');
  expect(conflicts).toHaveLength(1);
});

test("of texts said at once the greater by its bytes counts, beyond the first plane, too", () => {
  expect(synthesized(["\uffff", "\u{1f600}"]).state).toBe("\u{1f600}");
  expect(synthesized([["\uffff"], ["\u{1f600}"]]).state).toEqual(["\u{1f600}"]);
});

test("it is as deep as data may be, and no deeper", () => {
  const nested = (depth: number, inner: Data): Data => (depth === 0 ? inner : { a: nested(depth - 1, inner) });
  const { state, refused, conflicts } = synthesized([nested(jsonDepthMax, 1), nested(jsonDepthMax, 2), nested(jsonDepthMax + 1, 3)], {
    "/**": "max",
  });
  expect(state).toEqual(nested(jsonDepthMax, 2));
  expect(refused).toEqual([{ id: "2", names: [], expected: "JSON: it is nested deeper than 128, or holds itself", found: "" }]);
  expect(conflicts[0].pointer).toBe("/a".repeat(jsonDepthMax));
});

const versions: readonly [readonly Fragment[], string][] = [
  [
    [
      { id: "a", stamp: 1, content: "old" },
      { id: "a", stamp: 2, content: "new" },
    ],
    '"new"',
  ],
  [
    [
      { id: "a", stamp: "2026-11-20", content: "old" },
      { id: "a", stamp: "2026-11-20T00:00:00.001Z", content: "new" },
    ],
    '"new"',
  ],
  [
    [
      { id: "a", content: "old" },
      { id: "a", stamp: -1, content: "new" },
    ],
    '"new"',
  ],
  [
    [
      { id: "a", content: "a" },
      { id: "a", content: "b" },
    ],
    '"b"',
  ],
  [
    [
      { id: "a", stamp: 1, content: "old" },
      { id: "a", stamp: 2 },
    ],
    "",
  ],
  [
    [
      { id: "a", stamp: 2, content: "new" },
      { id: "a", stamp: 1 },
    ],
    '"new"',
  ],
  [
    [
      { id: "a", stamp: 2, content: "x" },
      { id: "a", stamp: 2 },
    ],
    "",
  ],
  [[{ id: "a", content: "x" }, { id: "a" }], ""],
  [
    [
      { id: "a", content: { $fragment: { stamp: 2 }, body: "new" } },
      { id: "a", content: { $fragment: { stamp: 1 }, body: "zzz" } },
    ],
    '"new"',
  ],
  [[{ id: "a", content: { $fragment: { stamp: 2 }, body: "x" } }, { id: "a" }], ""],
  [
    [
      { id: "a", stamp: 1, content: { $fragment: { stamp: 9 }, body: "old" } },
      { id: "a", stamp: 2, content: "new" },
    ],
    '"new"',
  ],
];

test("of several with one id the newest counts, a deletion before what is said at once", () => {
  for (const [fragments, text] of versions)
    for (const order of [fragments, fragments.toReversed()]) expect(synthesize(order).text).toBe(text);
});

test("versions that say the same differ by who says it, in whatever order they come", () => {
  const fragments = ["B", "A"].flatMap((source) => [1, 2].map((priority): Fragment => ({ id: "a", source, priority, content: 1 })));
  for (const order of [fragments, fragments.toReversed()])
    expect(synthesize(order).provenance.explain("")?.candidates).toMatchObject([{ source: "B", priority: 2 }]);
});

test("a version that is refused is not passed over for another of the same time", () => {
  const fragments: Fragment[] = [
    { id: "a", content: { n: 7 } },
    { id: "a", content: { n: "x" } },
  ];
  for (const order of [fragments, fragments.toReversed()]) {
    const { text, refused } = synthesize(order, { strategies: { paths: { "/n": "max" } } });
    expect([text, refused.length]).toEqual(["", 1]);
  }
  const mixed = [...fragments, { id: "a", content: Number.NaN }, { id: "a", stamp: 1, content: { n: 8 } }];
  expect(synthesize(mixed, { strategies: { paths: { "/n": "max" } } })).toMatchObject({ text: '{"n":8}', refused: [] });
});

test("of a fragment that does not fit nothing counts", () => {
  const { text, refused } = synthesized(
    [
      { n: 1, a: "kept" },
      { a: "z", b: "lost", n: "no number" },
    ],
    { "/n": "max" },
  );
  expect(text).toBe('{"a":"kept","n":1}');
  expect(refused).toEqual([{ id: "1", names: ["n"], expected: "a number, for max", found: '"no number"' }]);
});

test("what is refused comes in the order of its ids", () => {
  const fragments = ["b", "\u{1f600}", "a", "\uffff"].map((id): Fragment => ({ id, content: Number.NaN }));
  expect(synthesize(fragments).refused.map(({ id }) => id)).toEqual(["a", "b", "\uffff", "\u{1f600}"]);
});

test.each<[Fragment, string]>([
  [{ id: "a", stamp: "noon", content: 1 }, 'a: a stamp is a number, or a time like 2026-11-20T10:30:05Z, not "noon"'],
  [{ id: "a", stamp: Number.NaN, content: 1 }, "a: a stamp is a number, not NaN"],
  [{ id: "a", priority: Number.NaN, content: 1 }, "a: a priority is a number, not NaN"],
])("what no fragment of an application can be is an error: %o", (fragment, reason) => {
  expect(() => synthesize([fragment])).toThrow(reason);
});

test("strategies that are none are an error", () => {
  expect(() => synthesized([1], { "/a": "maximum" })).toThrow(RangeError);
  expect(() => synthesize([], { strategies: [] })).toThrow("strategies are an object");
});

test("what was handed in may be any iterable, and is gone through once", () => {
  function* fragments() {
    yield { id: "a", content: { a: 1 } };
    yield { id: "b", content: { b: 2 } };
  }
  const { text, provenance } = synthesize(fragments());
  expect(text).toBe('{"a":1,"b":2}');
  expect(provenance.explain("/b")).toMatchObject({ value: 2 });
});

test("a map's entries are decided as a whole where nothing else is asked for, a record's by their names", () => {
  const said = [
    { m: { a: { x: 1, y: 1 } }, r: { votes: 3, tags: ["b"] } },
    { m: { a: { x: 2 } }, r: { votes: 4, tags: ["a"] } },
  ];
  const paths = { "/m": "map", "/r": { strategy: "record", fields: { votes: "pn-counter", tags: "g-set" } } };
  expect(synthesized(said, paths).text).toBe('{"m":{"a":{"x":2}},"r":{"tags":["a","b"],"votes":7}}');
});

test("elements that are told apart by a key merge, and what tells them apart is left as it is", () => {
  const said = [
    {
      l: [
        { id: 2, n: 1 },
        { id: "x", n: 5 },
      ],
    },
    { l: [{ id: 1 }, { id: 2, n: 3, m: 1 }] },
  ];
  const by = (of: Data) => ({ "/l": { strategy: "by-key", key: "id", of } });
  expect(synthesized(said, by("lww")).text).toBe('{"l":[{"id":1},{"id":2,"m":1,"n":3},{"id":"x","n":5}]}');
  expect(synthesized(said, by("pn-counter")).refused).toEqual([]);
  expect(synthesized(said, by("pn-counter")).text).toBe('{"l":[{"id":1},{"id":2,"m":1,"n":4},{"id":"x","n":5}]}');
  expect(synthesized(said, by({ strategy: "lww", whole: true })).text).toBe('{"l":[{"id":1},{"id":2,"n":1},{"id":"x","n":5}]}');
});

test("a fragment that is gone takes its elements with it, and what it said of those of others", () => {
  const base = { id: "base", content: { l: [{ id: 2, n: 1, o: { a: 1 } }, { id: 3 }] } };
  const team = {
    id: "team",
    stamp: 5,
    content: {
      l: [
        { id: 1, n: 7 },
        { id: 2, n: 9, o: { a: 2, b: 2 } },
        { id: 3, x: 4 },
      ],
    },
  };
  const by = (of: Data) => ({ strategies: { paths: { "/l": { strategy: "by-key", key: "id", of } } } });
  for (const of of ["lww", "pn-counter", { strategy: "lww", whole: true }] satisfies Data[]) {
    const [options, alone] = [by(of), synthesize([base], by(of))];
    expect(alone.text).toBe('{"l":[{"id":2,"n":1,"o":{"a":1}},{"id":3}]}');
    expect(synthesize([base, team], options).text).toContain('{"id":1,"n":7}');
    const gone = { id: "team", stamp: 6 };
    for (const fragments of [
      [base, team, gone],
      [gone, team, base],
    ]) {
      const { text, conflicts, provenance } = synthesize(fragments, options);
      expect([text, conflicts]).toEqual([alone.text, []]);
      expect(provenance.explain("/l")?.candidates.map(({ id }) => id)).toEqual(["base"]);
      expect(provenance.explain("/l/0/n")?.candidates.map(({ id }) => id)).toEqual(["base"]);
    }
  }
});

test("a number from code and the same from a file are one", () => {
  const { text, conflicts, state } = synthesized([
    { a: [1e21, { b: -1.5e300 }], c: 1e23 },
    { a: [10n ** 21n, { b: -15n * 10n ** 299n }], c: 10n ** 23n },
  ]);
  expect([text, conflicts]).toEqual([`{"a":[1${"0".repeat(21)},{"b":-15${"0".repeat(299)}}],"c":1${"0".repeat(23)}}`, []]);
  expect(state).toEqual({ a: [10n ** 21n, { b: -15n * 10n ** 299n }], c: 10n ** 23n });
  const content = JSON.parse('{"__proto__":1e21,"x":[1,-0.5]}') as Data;
  expect(synthesized([content]).text).toBe(`{"__proto__":1${"0".repeat(21)},"x":[1,-0.5]}`);
  expect(Object.getOwnPropertyDescriptor(content, "__proto__")?.value).toBe(1e21);
});

test("a schema says what is right, in fragments and in the document, and how it merges", () => {
  const root = "https://example.org/schema";
  const schema = compileSchema({
    root,
    documents: new Map([
      [root, { type: "object", required: ["a", "n"], properties: { a: { type: "string" }, n: { type: "integer", "x-merge": "max" } } }],
    ]),
  });
  if (schema instanceof SchemaFault) return expect.fail(schema.reason);
  const outcome = (...contents: Data[]) =>
    synthesize(
      contents.map((content, at) => ({ id: `${at}`, content })),
      { schema } satisfies SynthesisOptions,
    );
  expect(outcome({ a: "x" }, { n: 1 }, { n: 2 })).toMatchObject({ text: '{"a":"x","n":2}', refused: [], violations: [] });
  expect(outcome({ a: "x" }, { a: 5, n: 1 })).toMatchObject({
    text: '{"a":"x"}',
    refused: [{ id: "1", names: ["a"] }],
    violations: [{ pointer: "", keyword: "required" }],
  });
});

test("every kind of place is explained", () => {
  const paths = {
    "/s": "or-set",
    "/q": { strategy: "quorum", of: 2 },
    "/l": { strategy: "by-key", key: "id" },
    "/c": "pn-counter",
    "/w": { strategy: "lww", whole: true },
  };
  const { provenance } = synthesize(
    [
      {
        id: "1",
        source: "base",
        stamp: 1,
        content: { s: ["x"], q: 1, l: [{ id: "b", n: 1 }], c: 1, o: { p: [1, 2] }, w: { x: 1 }, t: "a" },
      },
      {
        id: "2",
        source: "team",
        stamp: 2,
        content: {
          s: { remove: ["x"] },
          q: 2,
          l: [
            { id: "a", n: 1 },
            { id: "b", n: 2 },
          ],
          c: 2,
          o: { p: [3] },
          w: { y: 1 },
        },
      },
    ],
    { strategies: { paths } },
  );
  const told = (pointer: string) => {
    const { pointer: place, strategy, outcome, value, candidates } = provenance.explain(pointer) ?? expect.fail(pointer);
    return [place, strategy, outcome, value, candidates.map(({ source, counts }) => source + (counts ? "+" : "-")).join(" ")];
  };
  expect(told("")).toEqual(["", "lww", "agreed", undefined, "team+ base+"]);
  expect(told("/o/p")).toEqual(["/o/p", "lww", "resolved", [3], "team+ base-"]);
  expect(told("/o/p/0")).toEqual(["/o/p", "lww", "resolved", [3], "team+ base-"]);
  expect(told("/w/y")).toEqual(["/w", "lww", "resolved", { y: 1 }, "team+ base-"]);
  expect(told("/s/0")).toEqual(["/s", "or-set", "agreed", [], "team+ base+"]);
  expect(provenance.explain("/s")?.notes).toEqual(['"x" stays out: removed by 2, added by 1']);
  expect(told("/q")).toEqual(["/q", "quorum(2)", "unresolved", undefined, "team- base-"]);
  expect(told("/q/x")).toEqual(["/q", "quorum(2)", "unresolved", undefined, "team- base-"]);
  expect(told("/c")).toEqual(["/c", "pn-counter", "agreed", 3, "team+ base+"]);
  expect(told("/l")).toEqual(["/l", "by-key(id)", "agreed", undefined, "team+ base+"]);
  expect(told("/l/1/n")).toEqual(["/l/1/n", "lww", "resolved", 2, "team+ base-"]);
  expect(told("/l/b/n")).toEqual(["/l/b/n", "lww", "resolved", 2, "team+ base-"]);
  expect(told("/l/0")).toEqual(["/l/0", "lww", "agreed", undefined, "team+"]);
  expect(told("/t")).toEqual(["/t", "lww", "agreed", "a", "base+"]);
  expect(told("/t/x")).toEqual(["/t", "lww", "agreed", "a", "base+"]);
  expect(["/none", "/o/none/x", "/l/2", "/l/c"].map((pointer) => provenance.explain(pointer))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(() => provenance.explain("o/p")).toThrow('"o/p" is no JSON pointer');
});

test("what lost to a value around it is explained there", () => {
  const { provenance } = stamped([{ a: { b: 1 } }, 1], [{ a: 5 }, 2]);
  expect(provenance.explain("/a/b")).toMatchObject({ pointer: "/a", value: 5, outcome: "resolved" });
});

test("conflicts come in the order of their pointers, however fragments come", () => {
  const fragments = [
    { b: 1, a: { z: 1, y: 1 }, "a/": 1 },
    { a: { y: 2, z: 2 }, "a/": 2, b: 2 },
  ];
  for (const order of [fragments, fragments.toReversed()])
    expect(synthesized(order).conflicts.map(({ pointer }) => pointer)).toEqual(["/a/y", "/a/z", "/a~1", "/b"]);
});

test("of many who contradict each other, so many are listed", () => {
  const { conflicts } = synthesized(Array.from({ length: 100 }, (_, at) => ({ a: at })));
  expect([conflicts[0].candidates.length, conflicts[0].more, conflicts[0].value]).toEqual([
    candidatesListedMax,
    100 - candidatesListedMax,
    99,
  ]);
});

test("a 2p-set's refusal to take back what was removed is shown, until the removal is taken back", () => {
  const fragments: Fragment[] = [
    { id: "add", stamp: 3, content: { s: ["x", "y"] } },
    { id: "remove", stamp: 1, content: { s: { remove: ["x"] } } },
  ];
  const outcome = (all: Fragment[]) => synthesize(all, { strategies: { paths: { "/s": "2p-set" } } });
  const { text, conflicts } = outcome(fragments);
  expect(text).toBe('{"s":["y"]}');
  expect(conflicts).toMatchObject([
    {
      pointer: "/s",
      outcome: "resolved",
      notes: ['"x" stays out: removed by remove, added by add; it was added again, which does not count'],
    },
  ]);
  expect(outcome(fragments.slice(0, 1))).toMatchObject({ text: '{"s":["x","y"]}', conflicts: [] });
  expect(outcome([...fragments, { id: "remove", stamp: 4 }]).text).toBe('{"s":["x","y"]}');
});
