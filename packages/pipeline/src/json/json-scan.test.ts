import fc from "fast-check";
import { expect, test } from "vitest";
import { countingBalance, countingValues, JsonScan } from "./json-scan.js";

/** Character by character. */
function twin(text: string) {
  let [members, balance, values, isBlank, hasNumberedEscapes, inString] = [0, 0, 0, true, false, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (inString) {
      if (character === "\\") hasNumberedEscapes ||= text[++at] === "u";
      else if (character === '"') inString = false;
      // A text that ends with a backslash has not ended its string.
      if (at >= text.length) inString = true;
      continue;
    }
    if (character === '"') inString = true;
    if (character === ":") members++;
    if ("{[".includes(character)) balance++;
    if ("}]".includes(character)) balance--;
    if ("{[,".includes(character)) values++;
    if (!" \t\r\n".includes(character)) isBlank = false;
  }
  return { members, balance, values, isBlank, hasNumberedEscapes, isClosed: !inString };
}

const anyText = fc.string({ unit: fc.constantFrom(...'"\\u:{}[], \n\tae1é'), maxLength: 60 });

test("a look at the bytes tells what going through the characters does", () => {
  fc.assert(
    fc.property(anyText, fc.nat(3), (text, before) => {
      const expected = twin(text);
      const bytes = Buffer.from(`${"{".repeat(before)}${text}"`);
      for (const [table, counted] of [
        [countingBalance, expected.balance],
        [countingValues, expected.values],
      ] as const) {
        const scan = new JsonScan(table);
        scan.scan(bytes, before, bytes.length - 1);
        const { members, isBlank, hasNumberedEscapes, isClosed } = expected;
        expect(scan).toMatchObject({ members, counted, isBlank, hasNumberedEscapes, isClosed });
      }
    }),
    { numRuns: 1_000 },
  );
});

test("counts go on where a block of bytes ends", () => {
  const scan = new JsonScan(countingBalance);
  const bytes = Buffer.from("[:".repeat(100_000) + "]".repeat(100_001));
  scan.scan(bytes, 0, bytes.length);
  expect(scan).toMatchObject({ members: 100_000, counted: -1, isClosed: true });
  scan.scan(Buffer.from('":'), 0, 2);
  expect(scan).toMatchObject({ members: 0, counted: 0, isClosed: false });
});
