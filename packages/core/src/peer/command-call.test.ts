import { expect, test } from "vitest";
import { typeNames } from "../merge/catalogue.js";
import { callCommand, checkCalls, checkedTable, namedType, noType, valueAt } from "./command-call.js";
import type { CommandCall } from "./described-api.js";
import { SinterError } from "./sinter-error.js";

const ISSUE = "record({title:register(text),votes:pn-counter,tags:or-set(text),open:enable-wins-flag,notes:lww-map(text)})";
const BOARD = `or-map(${ISSUE})`;

/** What a call sends, as kinds and payloads. */
function sentBy(type: string, call: CommandCall): unknown[] {
  const named = namedType(type);
  const sent: unknown[] = [];
  const commands = named.commands((operation) => sent.push(named.encodeOperation(operation)));
  callCommand(named.name, commands, call);
  return sent;
}

function sentHere(
  type: string,
  make: (commands: Record<string, (...given: unknown[]) => void>) => void,
  at: readonly string[] = [],
): unknown[] {
  const named = namedType(type);
  const sent: unknown[] = [];
  let commands = named.commands((operation) => sent.push(named.encodeOperation(operation))) as Record<string, unknown>;
  for (const field of at) commands = commands[field] as Record<string, unknown>;
  make(commands as Record<string, (...given: unknown[]) => void>);
  return sent;
}

const call = (name: string, ...given: string[]): CommandCall => ({ name, given });

function failureOf(type: string, wrong: CommandCall): SinterError {
  try {
    checkCalls(type, [wrong]);
  } catch (error) {
    if (error instanceof SinterError) return error;
    throw error;
  }
  throw new Error(`not refused: ${type} ${JSON.stringify(wrong)}`);
}

test("text is what the type takes it for: as it stands, as JSON if it is JSON, a number, bytes", () => {
  for (const text of ["hello", "7", '"quoted"', "null", ""])
    expect(sentBy("register(text)", call("set", text))).toEqual(sentHere("register(text)", (it) => it["set"]?.(text)));
  const told: [string, unknown][] = [
    ["hello", "hello"],
    ["7", 7],
    ['"7"', "7"],
    ["null", null],
    ['{"a":[1]}', { a: [1] }],
    ["{a", "{a"],
  ];
  for (const [text, value] of told) expect(sentBy("register", call("set", text))).toEqual(sentHere("register", (it) => it["set"]?.(value)));
  const bytes: [string, Uint8Array][] = [
    ['{"bytes":"AQI"}', Uint8Array.of(1, 2)],
    ["hi", Uint8Array.of(104, 105)],
    ["7", Uint8Array.of(55)],
  ];
  for (const [text, value] of bytes)
    expect(sentBy("or-set(bytes)", call("add", text))).toEqual(sentHere("or-set(bytes)", (it) => it["add"]?.(value)));
  const numbers: [string, string, unknown][] = [
    ["pn-counter", "5", 5],
    ["pn-counter", "+5", 5],
    ["pn-counter", "9007199254740993", 9_007_199_254_740_993n],
    ["pn-counter(bigint)", "5", 5n],
    ["maximum", "-1.5e3", -1500],
    ["minimum(bigint)", "-7", -7n],
  ];
  for (const [type, text, value] of numbers) {
    const name = type.startsWith("pn") ? "increment" : "add";
    expect(sentBy(type, call(name, text))).toEqual(sentHere(type, (it) => it[name]?.(value)));
  }
  expect(sentBy("pn-counter", call("decrement"))).toEqual(sentHere("pn-counter", (it) => it["decrement"]?.()));
});

test("fields and keys lead to what is meant, in whichever order they are named", () => {
  const wanted = sentHere(ISSUE, (it) => it["set"]?.("x"), ["title"]);
  expect(sentBy(ISSUE, { ...call("set", "x"), fields: ["title"] })).toEqual(wanted);
  expect(sentBy(ISSUE, { ...call("set", "x"), keys: ["title"] })).toEqual(wanted);
  expect(sentBy(ISSUE, { ...call("set", "x"), fields: ["notes"], keys: ["k"] })).toEqual(
    sentHere(ISSUE, (it) => it["set"]?.("k", "x"), ["notes"]),
  );
  expect(sentBy(ISSUE, { ...call("delete"), fields: ["notes"], keys: ["k"] })).toEqual(
    sentHere(ISSUE, (it) => it["delete"]?.("k"), ["notes"]),
  );
  const under = (commands: unknown) => (commands as { at(key: string): { tags: { add(element: string): void } } }).at("42");
  expect(sentBy(BOARD, { ...call("add", "ui"), keys: ["42"], fields: ["tags"] })).toEqual(
    sentHere(BOARD, (it) => under(it).tags.add("ui")),
  );
  expect(sentBy(BOARD, { ...call("delete"), keys: ["42"] })).toEqual(sentHere(BOARD, (it) => it["delete"]?.("42")));
  expect(sentBy(BOARD, { ...call("delete"), keys: ["42", "k"], fields: ["notes"] })).toHaveLength(1);
  expect(sentBy("or-map(or-map(pn-counter))", { ...call("increment", "2"), keys: ["a", "b"] })).toHaveLength(1);
});

test("a flag is set to true or to false", () => {
  for (const [value, name] of [
    ["true", "enable"],
    ["false", "disable"],
  ] as const)
    expect(sentBy(ISSUE, { ...call("set", value), fields: ["open"] })).toEqual(sentHere(ISSUE, (it) => it[name]?.(), ["open"]));
  expect(failureOf("enable-wins-flag", call("set", "1"))).toMatchObject({ code: "usage", message: "a flag is set to true or to false" });
});

test("what the type has no place for is a wrong usage that says what there is", () => {
  const wrong: [string, CommandCall, RegExp][] = [
    ["pn-counter", call("set", "1"), /no command set.*increment, decrement/],
    ["pn-counter", call("constructor"), /no command constructor/],
    ["pn-counter", call("increment", "x"), /x is no number/],
    ["pn-counter", call("increment", "0"), /an amount is/],
    ["pn-counter", call("increment", "1", "2"), /takes one value, not 2/],
    ["maximum", call("add", "1e999"), /a number is expected/],
    ["register", call("set"), /what is not said/],
    ["register", { ...call("set", "x"), keys: ["k"] }, /no fields or keys, so none is k/],
    ["register", { ...call("set", "x"), fields: ["f"] }, /no fields or keys, so none is f/],
    ["lww-map", call("set", "x"), /none is named.*--key/],
    ["lww-map", { ...call("delete", "x"), keys: ["k"] }, /takes no value/],
    ["or-map(register)", call("set", "x"), /none is named/],
    [ISSUE, call("set", "x"), /none is named.*title/],
    [ISSUE, { ...call("set", "x"), fields: ["toString"] }, /no field toString.*title/],
    ["register(text)", call("set", "\ud800"), /half of a character/],
    ["or-set(bytes)", call("add", '{"bytes":"*"}'), /base64url/],
    ["lww-map", { ...call("set", "x"), keys: ["k".repeat(2_000)] }, /at most/],
  ];
  for (const [type, given, said] of wrong) {
    const { code, message, fix } = failureOf(type, given);
    expect([type, given.name, code]).toEqual([type, given.name, "usage"]);
    expect(`${message} ${fix}`).toMatch(said);
  }
});

test("a type that is not there, and a subject without one, are told with those there are", () => {
  expect(() => namedType("regster")).toThrow(expect.objectContaining({ code: "usage", message: expect.stringContaining("pn-counter") }));
  const { code, message, fix } = noType("team/new");
  expect([code, message]).toEqual(["lens", "nobody has named the type that team/new is read through"]);
  for (const name of typeNames()) expect(fix).toContain(name);
  expect(fix).toContain("--type 'or-set(text)'");
});

test("maps are tables, and nothing else is", () => {
  for (const type of ["lww-map", "or-map(pn-counter)"]) expect(checkedTable("p", namedType(type)).name).toBe(namedType(type).name);
  for (const type of ["register", "or-set", ISSUE])
    expect(() => checkedTable("p", namedType(type))).toThrow(expect.objectContaining({ code: "usage" }));
});

test("a part of a value is found by fields and keys, and nothing where nothing is", () => {
  const value = { title: "Dark mode", votes: 0, tags: ["ui", "x"], open: true, notes: { k: "n" } };
  const at = (type: string, from: Parameters<typeof valueAt>[1], ...keys: string[]) => valueAt(type, from, { keys });
  expect(valueAt(ISSUE, value, {})).toEqual(value);
  expect(valueAt(ISSUE, value, { fields: ["votes"] })).toBe(0);
  expect(valueAt(ISSUE, value, { keys: ["k"], fields: ["notes"] })).toBe("n");
  expect(valueAt(BOARD, { "42": value }, { fields: ["title"], keys: ["42"] })).toBe("Dark mode");
  expect([at(ISSUE, value, "tags", "ui"), at(ISSUE, value, "tags", "no"), at(ISSUE, value, "toString")]).toEqual([
    "ui",
    undefined,
    undefined,
  ]);
  const elements = ["5", "x", 5, { a: 1, b: 2 }];
  const named = ["5", '"5"', "x", '{"b":2,"a":1}', '"y"'].map((key) => at("or-set", elements, key));
  expect(named).toEqual([5, "5", "x", { a: 1, b: 2 }, undefined]);
  expect(["aGk", '"aGk"'].map((key) => at("or-set(text)", ["aGk"], key))).toEqual(["aGk", undefined]);
  const bytes = { bytes: "aGk" };
  expect(["hi", '{"bytes":"aGk"}', "aGk"].map((key) => at("or-set(bytes)", [bytes], key))).toEqual([bytes, bytes, undefined]);
  expect([at("register", { a: { b: null } }, "a", "b"), at("register", "x", "0"), at("register", null, "a")]).toEqual([
    null,
    undefined,
    undefined,
  ]);
});
