import { SinterError, secretBytesMax, secretCharsMin, secretsCharsMax, secretsMax } from "@sinter/core";
import { expect, test } from "vitest";
import { newSecret, parseSecrets } from "./secrets.js";

const long = "correct horse battery";

function failure(text: string): SinterError {
  try {
    parseSecrets(text);
  } catch (error) {
    if (error instanceof SinterError) return error;
  }
  throw new Error("it was taken");
}

test("a secret a line, in their order; empty lines, comments and repetitions are passed over", () => {
  expect(parseSecrets(`# the new one\r\n  ${long} 2  \n\n${long} 1\n${long} 2\n`)).toEqual([`${long} 2`, `${long} 1`]);
});

test("however an accent is composed, the secret is the same", () => {
  expect(parseSecrets(`caf\u0065\u0301 ${long}`)).toEqual(parseSecrets(`caf\u00e9 ${long}`));
});

test("a new secret is one, and no two are the same", () => {
  const made = newSecret();
  expect(parseSecrets(made)).toEqual([made]);
  expect(newSecret()).not.toBe(made);
  expect(Buffer.from(made, "base64url")).toHaveLength(32);
});

test("what is wrong says which line and what to do, and never quotes a secret", () => {
  const short = "s".repeat(secretCharsMin - 1);
  expect(parseSecrets("s".repeat(secretCharsMin))).toHaveLength(1);
  const error = failure(`${long}\n${short}`);
  expect(`${error.message} ${error.fix}`).toMatch(/line 2 .*15 characters.* 16/);
  expect(`${error.message} ${error.fix}`).not.toContain(short);
  expect(failure("").message).toBe("there is no secret");
  expect(failure("# only a comment that is long").fix).toContain("openssl");
  expect(failure("x".repeat(secretBytesMax + 1)).message).toContain("line 1");
  expect(failure(`${long}\ud800`).message).toContain("line 1");
  expect(failure("x".repeat(secretsCharsMax + 1)).code).toBe("usage");
});

test("only so many are accepted at a time", () => {
  const lines = (count: number): string => Array.from({ length: count }, (_, index) => `${long} ${index}`).join("\n");
  expect(parseSecrets(lines(secretsMax))).toHaveLength(secretsMax);
  expect(failure(lines(secretsMax + 1)).fix).toContain("old ones");
});
