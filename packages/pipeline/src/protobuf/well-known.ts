// The texts that Protobuf has for times and the like. Undefined: out of its bounds.

const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const LONGEST_SECONDS = 315_576_000_000n;
const NANOS = 1_000_000_000n;

/** RFC 3339, in the years 1 to 9999. */
export function timestampText(seconds: bigint, nanos: bigint): string | undefined {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0n || nanos >= NANOS) return undefined;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -5)}${fraction(nanos)}Z`;
}

export function durationText(seconds: bigint, nanos: bigint): string | undefined {
  const isNegative = seconds < 0n || nanos < 0n;
  const [wholes, parts] = isNegative ? [-seconds, -nanos] : [seconds, nanos];
  if (wholes < 0n || parts < 0n || wholes > LONGEST_SECONDS || parts >= NANOS) return undefined;
  return `${isNegative ? "-" : ""}${wholes}${fraction(parts)}s`;
}

export function maskText(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())).join(",");
}

/** In thousandths, millionths or milliardths. */
function fraction(nanos: bigint): string {
  if (nanos === 0n) return "";
  return `.${String(nanos)
    .padStart(9, "0")
    .replace(/(000){1,2}$/, "")}`;
}
