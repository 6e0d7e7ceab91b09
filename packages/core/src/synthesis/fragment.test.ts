import { expect, test } from "vitest";
import { Malformed } from "../bytes/malformed.js";
import { reasonOf } from "../merge/story.suite.js";
import type { Data } from "./data.js";
import { envelopeFrom, openEnvelope, scoped, stampFrom } from "./fragment.js";

test("without an envelope all of it is the body", () => {
  for (const content of [null, 1, "$fragment", ["$fragment"], { body: 1 }, {}] as Data[])
    expect(openEnvelope(content)).toEqual({ envelope: {}, body: content });
});

test("an envelope says who, when, how much it counts and where", () => {
  const around = { source: "team", stamp: "2026-11-20", priority: 2, scope: "/services/api" };
  const envelope = { source: "team", stamp: Date.UTC(2026, 10, 20), priority: 2, scope: "/services/api" };
  expect(openEnvelope({ $fragment: around, body: { replicas: 3 } })).toEqual({ envelope, body: { replicas: 3 } });
  expect(openEnvelope({ $fragment: {}, body: null })).toEqual({ envelope: {}, body: null });
});

test.each<[Data, string]>([
  [{ $fragment: {}, body: 1, other: 2 }, 'not "other"'],
  [{ $fragment: {} }, '"body" is missing'],
  [{ $fragment: "team", body: 1 }, "an object with source"],
  [{ $fragment: { sourse: "team" }, body: 1 }, 'not "sourse"'],
  [{ $fragment: { source: "" }, body: 1 }, "a source is a name"],
  [{ $fragment: { source: 7 }, body: 1 }, "a source is a name"],
  [{ $fragment: { stamp: "yesterday" }, body: 1 }, '"yesterday"'],
  [{ $fragment: { priority: "high" }, body: 1 }, "a priority is a number"],
  [{ $fragment: { priority: 2n ** 60n }, body: 1 }, "a priority is a number"],
  [{ $fragment: { scope: "services" }, body: 1 }, "JSON pointer"],
  [{ $fragment: { scope: 1 }, body: 1 }, "JSON pointer"],
])("%o is no envelope", (content, reason) => {
  expect(reasonOf(openEnvelope(content))).toContain(reason);
});

test("names that every object has are none of an envelope's", () => {
  expect(reasonOf(envelopeFrom(JSON.parse('{"__proto__":1}')))).toContain('"__proto__"');
  expect(reasonOf(envelopeFrom({ constructor: 1 }))).toContain('"constructor"');
});

const noon = Date.UTC(2026, 10, 20, 12);

test.each<[Data, number]>([
  [0, 0],
  [-1.5, -1.5],
  ["2026-11-20", noon - 43_200_000],
  ["2026-11-20T12:00Z", noon],
  ["2026-11-20T12:00:00Z", noon],
  ["2026-11-20T14:00:00+02:00", noon],
  ["2026-11-20T06:30:00-05:30", noon],
  ["2026-11-21T02:00+14:00", noon],
  ["2026-11-20T12:00:00.25Z", noon + 250],
  ["2026-11-20T14:00:00.000001+02:00", noon + 0.001],
  ["1970-01-01T00:00:00+01:00", -3_600_000],
])("%o is the stamp %d", (written, stamp) => {
  expect(stampFrom(written)).toBeCloseTo(stamp, 3);
});

test("fractions tell moments apart that lie closer than a millisecond", () => {
  const [earlier, later] = ["2026-11-20T12:00:00.123456Z", "2026-11-20T12:00:00.123457Z"].map((text) => stampFrom(text) as number);
  expect(earlier).toBeLessThan(later);
});

test.each<Data>([
  null,
  true,
  [],
  {},
  2n ** 60n,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "12:00",
  "2026-11-20 12:00:00Z",
  "2026-11-20T12:00:00",
  "2026-11-20+02:00",
  "2026-11-20T12:00.5Z",
  "2026-11-20T12:00:00.Z",
  "2026-11-20T12:00:00+25:00",
  "2026-11-20T12:00:00+02:60",
  "2026-11-20T12:00:00+2",
  "2026-02-30T12:00:00Z",
])("%o is no stamp", (written) => {
  expect(stampFrom(written)).toBeInstanceOf(Malformed);
});

test("a body is put where it belongs, also under names that every object has", () => {
  expect(scoped(1, [])).toBe(1);
  expect(scoped({ x: 1 }, ["a", "b"])).toEqual({ a: { b: { x: 1 } } });
  const odd = scoped(1, ["__proto__", "constructor"]);
  expect(Object.keys(odd as object)).toEqual(["__proto__"]);
  expect(JSON.stringify(odd)).toBe('{"__proto__":{"constructor":1}}');
});
