import fc from "fast-check";
import { expect, test } from "vitest";
import { typeDepthMax, typeNameBytesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { typeNamed } from "./catalogue.js";
import { reasonOf } from "./story.suite.js";

function named(name: string): string {
  const type = typeNamed(name);
  return isMalformed(type) ? `malformed: ${type.reason}` : type.name;
}

const names = [
  "register(json)",
  "register(text)",
  "register(bytes)",
  "multi-value-register(text)",
  "g-counter",
  "g-counter(bigint)",
  "pn-counter",
  "pn-counter(bigint)",
  "g-set(text)",
  "two-phase-set(text)",
  "or-set(bytes)",
  "remove-wins-set(json)",
  "lww-map(text)",
  "or-map(pn-counter)",
  "or-map(or-map(register(json)))",
  'record({"tags":or-set(text),"title":register(text)})',
  'or-map(record({"a \\"b\\"":record({"é":maximum})}))',
  "maximum",
  "maximum(bigint)",
  "minimum",
  "minimum(bigint)",
  "enable-wins-flag",
];

test.each(names)("%s is read as it prints itself", (name) => {
  expect(named(name)).toBe(name);
});

test.each([
  ["register", "register(json)"],
  ["or-set", "or-set(json)"],
  [" or-map ( pn-counter ) ", "or-map(pn-counter)"],
  ["record({ title: register(text), tags: or-set })", 'record({"tags":or-set(json),"title":register(text)})'],
  ['record({"b":pn-counter,"a":g-counter})', 'record({"a":g-counter,"b":pn-counter})'],
])("%s is short for %s", (short, name) => {
  expect(named(short)).toBe(name);
});

test.each([
  ["", "the name of a type is expected at character 1"],
  ["counter", 'there is no type "counter"; there are register, multi-value-register'],
  ["constructor", "there is no type"],
  ["or-set(number)", "or-set(json | text | bytes) is expected"],
  ["or-set(text(json))", "or-set(json | text | bytes) is expected"],
  ["or-set({a: register})", "or-set(json | text | bytes) is expected"],
  ["pn-counter(text)", "pn-counter or pn-counter(bigint) is expected"],
  ["maximum({a: register})", "maximum or maximum(bigint) is expected"],
  ["or-map", "or-map is of another type"],
  ["or-map({a: register})", "or-map is of another type"],
  ["or-map(nothing)", 'there is no type "nothing"'],
  ["record", "record has fields"],
  ["record(register)", "record has fields"],
  ["record({})", "a field's name is expected"],
  ["record({a: nothing})", 'there is no type "nothing"'],
  ["record({a: register, a: register})", 'field "a" is there already'],
  ['record({"a/b": register})', "a field's name is text without"],
  ['record({"a\\q": register})', "no JSON text"],
  ["record({a register})", ": is expected"],
  ["record({a: register b})", ", or } is expected"],
  ["enable-wins-flag(text)", "nothing in brackets"],
  ["register(text", ") is expected"],
  ["register)", "nothing more is expected at character 9"],
  ["Register", "the name of a type is expected"],
])("%j names no type: %s", (name, reason) => {
  expect(reasonOf(typeNamed(name))).toContain(reason);
});

test("names have a length, and types a depth", () => {
  const nested = (depth: number) => `${"or-map(".repeat(depth - 1)}pn-counter${")".repeat(depth - 1)}`;
  expect(named(nested(typeDepthMax))).toBe(nested(typeDepthMax));
  expect(named(nested(typeDepthMax + 1))).toContain("nested too deep");
  expect(named(nested(500))).toContain("nested too deep");
  expect(named("a".repeat(typeNameBytesMax + 1))).toContain(`at most ${typeNameBytesMax} characters`);
});

test("any text is a type that is found again by its name, or none", () => {
  const piece = fc.constantFrom("register", "or-map", "record", "(", ")", "{", "}", '"a"', "b", ":", ",", " ", "text", "pn-counter", "é");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
        fc.string(),
      ),
      (text) => {
        const type = typeNamed(text);
        if (!isMalformed(type)) expect(named(type.name)).toBe(type.name);
      },
    ),
  );
});
