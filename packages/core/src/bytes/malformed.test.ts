import { expect, test } from "vitest";
import { isMalformed, Malformed } from "./malformed.js";

test("what is malformed says why, and nothing else is taken for it", () => {
  const malformed = new Malformed("32 bytes expected");
  expect(isMalformed(malformed)).toBe(true);
  expect(malformed.reason).toBe("32 bytes expected");
  expect([undefined, null, 0, "32 bytes expected", { reason: "x" }, new Error("x")].some(isMalformed)).toBe(false);
});
