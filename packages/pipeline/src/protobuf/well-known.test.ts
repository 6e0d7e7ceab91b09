import { expect, test } from "vitest";
import { durationText, maskText, timestampText } from "./well-known.js";

test("a time is the text of RFC 3339, with as many digits as it needs by threes", () => {
  expect(timestampText(0n, 0n)).toBe("1970-01-01T00:00:00Z");
  expect(timestampText(-1n, 500_000_000n)).toBe("1969-12-31T23:59:59.500Z");
  expect(timestampText(0n, 1_000n)).toBe("1970-01-01T00:00:00.000001Z");
  expect(timestampText(0n, 1n)).toBe("1970-01-01T00:00:00.000000001Z");
  expect(timestampText(0n, 120_000_000n)).toBe("1970-01-01T00:00:00.120Z");
  expect(timestampText(-62_135_596_800n, 0n)).toBe("0001-01-01T00:00:00Z");
  expect(timestampText(253_402_300_799n, 999_999_999n)).toBe("9999-12-31T23:59:59.999999999Z");
  for (const [seconds, nanos] of [
    [-62_135_596_801n, 0n],
    [253_402_300_800n, 0n],
    [0n, -1n],
    [0n, 1_000_000_000n],
  ] as const)
    expect(timestampText(seconds, nanos)).toBeUndefined();
});

test("a duration has one sign", () => {
  expect(durationText(0n, 0n)).toBe("0s");
  expect(durationText(-1n, -500_000_000n)).toBe("-1.500s");
  expect(durationText(0n, -1n)).toBe("-0.000000001s");
  expect(durationText(315_576_000_000n, 0n)).toBe("315576000000s");
  for (const [seconds, nanos] of [
    [1n, -1n],
    [-1n, 1n],
    [315_576_000_001n, 0n],
    [0n, 1_000_000_000n],
  ] as const)
    expect(durationText(seconds, nanos)).toBeUndefined();
});

test("a mask's paths go by the names of JSON", () => {
  expect(maskText(["display_name", "numbers.a_double"])).toBe("displayName,numbers.aDouble");
  expect(maskText([])).toBe("");
});
