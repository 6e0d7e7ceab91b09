import fc from "fast-check";

// Texts that are JSON, or nearly: with any space, numbers and escapes of every form, names that come twice, in two Unicode forms or called
// `__proto__`; and such texts with a fault in them.

const space = fc.constantFrom("", "", "", " ", "\n", "\t ", "\r\n");
const number = fc.oneof(
  fc.constantFrom(
    "0",
    "-0",
    "-0.0",
    "1",
    "-1",
    "0.1",
    "1.50",
    "1e5",
    "1E+2",
    "2e-3",
    "1e400",
    "-1e400",
    "1e-400",
    "1e20",
    "12345678901234567890",
  ),
  fc.constantFrom("9007199254740991", "9007199254740992", "-9007199254740993", "9007199254740991.9", "0.30000000000000004", "5e-324"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt().map(String),
);
const text = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      "é",
      "e\u0301",
      "\u{1f600}",
      "\\u0065",
      "\\u0301",
      "\\ud83d\\ude00",
      '\\"',
      "\\\\",
      "\\n",
      "\\/",
      ":",
      "{",
      "]",
      ",",
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => `"${parts.join("")}"`);
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h").map((each) => `"${each}"`) },
  { weight: 1, arbitrary: fc.oneof(text, fc.constantFrom('"__proto__"', '"constructor"', '"1"', '"é"', '"e\u0301"', '"\\u00e9"', '""')) },
);
const spaced = (...parts: fc.Arbitrary<string>[]) =>
  fc
    .tuple(fc.array(space, { minLength: parts.length + 1, maxLength: parts.length + 1 }), ...parts)
    .map(([spaces, ...written]) => written.map((part, at) => `${spaces[at]}${part}`).join("") + (spaces.at(-1) ?? ""));

export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(number, text, fc.constantFrom("true", "false", "null")),
    fc.array(spaced(tie("value")), { maxLength: 4 }).map((values) => `[${values.join(",")}]`),
    fc.array(spaced(name, fc.constant(":"), tie("value")), { maxLength: 4 }).map((members) => `{${members.join(",")}}`),
  ),
})).value;

const wrong = fc.constantFrom(
  "",
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "0",
  "-",
  ".",
  "e",
  "NaN",
  "Infinity",
  "undefined",
  "\n",
  "\u0001",
  "//",
  "'",
  "\\ud800",
  "\ufeff",
  "\u00a0",
);

/** Nearly JSON: a piece of it is replaced. */
export const brokenJson = fc.tuple(jsonText, fc.nat(), fc.nat(3), wrong).map(([whole, at, length, piece]) => {
  const from = at % (whole.length + 1);
  // Of whole characters: half of one has no bytes.
  return Buffer.from(whole.slice(0, from) + piece + whole.slice(from + length)).toString();
});

/** Anything JSON.parse makes, without what we refuse or write otherwise. */
export const plainData = fc.jsonValue({ depthSize: "small", maxDepth: 5 });
