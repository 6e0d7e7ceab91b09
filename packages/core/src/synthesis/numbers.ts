import { type Data, isDataObject } from "./data.js";

// A number has one form: whole numbers that a double cannot tell from their neighbours are bigints, all others are doubles. So it is the
// same in every format and every notation: 1e20 is 100000000000000000000, and -0 is 0.

/** `text` is a decimal number: a sign, digits, a fraction, an exponent. Undefined: beyond what doubles reach. */
export function numberFromDecimal(text: string): number | bigint | undefined {
  const near = Number(text);
  if (Number.isFinite(near)) return isExact(near) ? near + 0 : (wholeFrom(text) ?? numberFromDouble(near));
  return undefined;
}

/** Of one that is finite. */
export function numberFromDouble(value: number): number | bigint {
  // Doubles beyond 2^53 are whole, and so are their shortest digits.
  return isExact(value) ? value + 0 : (wholeFrom(String(value)) as bigint);
}

/** Undefined: beyond what doubles reach. */
export function numberFromWhole(value: bigint): number | bigint | undefined {
  const near = Number(value);
  if (isExact(near)) return near;
  return Number.isFinite(near) ? value : undefined;
}

/** What an application hands in: its 1e21 is the 1000000000000000000000 of a file. Where nothing is to be changed, as it came. */
export function withOneForm(value: Data): Data {
  if (typeof value === "number") return numberFromDouble(value);
  if (typeof value !== "object" || value === null) return value;
  if (!isDataObject(value)) {
    const elements = value as readonly Data[];
    const made = elements.map(withOneForm);
    return made.some((each, at) => each !== elements[at]) ? made : value;
  }
  const fields = Object.entries(value);
  const made = fields.map(([name, each]): [string, Data] => [name, withOneForm(each)]);
  return made.some(([, each], at) => each !== fields[at]?.[1]) ? Object.fromEntries(made) : value;
}

function isExact(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
}

const ZERO = 0x30;

/** Of a number whose double is finite: no more than 309 digits are made of it. */
function wholeFrom(text: string): bigint | undefined {
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e") as [string, string?];
  const [whole, fraction = ""] = mantissa.replace(/^[-+]/, "").split(".") as [string, string?];
  const digits = whole + fraction;
  let from = 0;
  while (digits.charCodeAt(from) === ZERO) from++;
  let to = digits.length;
  while (to > from && digits.charCodeAt(to - 1) === ZERO) to--;
  const zeros = Number(exponent) - fraction.length + (digits.length - to);
  if (zeros < 0) return undefined;
  const size = BigInt(digits.slice(from, to) + "0".repeat(zeros));
  return mantissa.startsWith("-") ? -size : size;
}
