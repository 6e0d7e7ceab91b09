// Whether one number is a multiple of another: of the decimals they are written as, since 0.0075 is 75 times 0.0001 and no double is.

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

export function isMultiple(value: number | bigint, divisor: number | bigint): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return (value as number) % (divisor as number) === 0;
  const [dividend, by] = [decimalOf(value), decimalOf(divisor)];
  if (dividend === undefined || by === undefined) return false;
  const shift = dividend.exponent - by.exponent;
  const [left, right] =
    shift >= 0 ? [dividend.digits * 10n ** BigInt(shift), by.digits] : [dividend.digits, by.digits * 10n ** BigInt(-shift)];
  return left % right === 0n;
}

function decimalOf(value: number | bigint): Decimal | undefined {
  if (typeof value === "bigint") return { digits: value, exponent: 0 };
  const found = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (found === null) return undefined;
  const [, whole, fraction = "", exponent = "0"] = found;
  return { digits: BigInt(`${whole}${fraction}`), exponent: Number(exponent) - fraction.length };
}
