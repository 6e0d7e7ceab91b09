import fc from "fast-check";
import { expect, test } from "vitest";
import { numberFromDecimal, numberFromDouble, numberFromWhole } from "./numbers.js";

const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
const decimal = fc
  .tuple(fc.constantFrom("", "-"), digits(25), fc.option(digits(25)), fc.option(fc.integer({ min: -40, max: 320 })))
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${exponent === null ? "" : `e${exponent}`}`,
  );

/** The whole number it is, by division: nothing of how it is done is in here. */
function exactly(text: string): bigint | undefined {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text) as string[];
  const power = Number(exponent) - (fraction as string).length;
  const value = BigInt(`${whole}${fraction}`) * 10n ** BigInt(Math.max(0, power));
  const divisor = 10n ** BigInt(Math.max(0, -power));
  return value % divisor === 0n ? (value / divisor) * (sign === "-" ? -1n : 1n) : undefined;
}

test("a whole number is exact, whatever notation it is written in, and any other the nearest double", () => {
  fc.assert(
    fc.property(decimal, (text) => {
      const near = Number(text);
      const read = numberFromDecimal(text);
      const exact = exactly(text);
      if (!Number.isFinite(near)) expect(read).toBeUndefined();
      else if (exact === undefined) expect(Number(read)).toBe(near + 0);
      else if (Number.isSafeInteger(Number(exact))) expect(read).toBe(Number(exact));
      else expect(read).toBe(exact);
    }),
    { numRuns: 2_000 },
  );
});

test("one number has one form", () => {
  for (const text of ["1e20", "100000000000000000000", "1.00e20", "10000000000000000000000e-2", "0.0000000001e30"])
    expect(numberFromDecimal(text)).toBe(100000000000000000000n);
  expect(numberFromDouble(1e20)).toBe(100000000000000000000n);
  expect(numberFromWhole(100000000000000000000n)).toBe(100000000000000000000n);
  for (const text of ["0", "-0", "0.0", "-0e5", "1e-400", "-1e-400"]) expect(numberFromDecimal(text)).toBe(0);
  expect(numberFromDouble(-0)).toBe(0);
  expect(numberFromWhole(7n)).toBe(7);
});

test("the last number that a double tells from its neighbours is a double, the next one is not", () => {
  for (const sign of ["", "-"]) {
    expect(numberFromDecimal(`${sign}9007199254740991`)).toBe(Number(`${sign}9007199254740991`));
    expect(numberFromDecimal(`${sign}9007199254740992`)).toBe(BigInt(`${sign}9007199254740992`));
    expect(numberFromDecimal(`${sign}9007199254740993.0`)).toBe(BigInt(`${sign}9007199254740993`));
    expect(numberFromDecimal(`${sign}9007199254740991.9`)).toBe(BigInt(`${sign}9007199254740992`));
  }
});

test("beyond doubles there is nothing", () => {
  expect(numberFromDecimal("1e400")).toBeUndefined();
  expect(numberFromDecimal("9".repeat(400))).toBeUndefined();
  expect(numberFromWhole(10n ** 400n)).toBeUndefined();
  expect(numberFromDecimal(`1${"0".repeat(308)}`)).toBe(10n ** 308n);
});

test("a double is the whole number that its shortest digits say", () => {
  expect(numberFromDouble(1e23)).toBe(10n ** 23n);
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(numberFromDouble(value)).toBe(numberFromDecimal(String(value)));
      expect(Number(numberFromDouble(value))).toBe(value + 0);
    }),
  );
});
