// Durations as the prior art's tools write them: 7s, 750ms, 1m30s.

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const part = /(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)/g;

/** In milliseconds; `undefined` where it is none. */
export function durationOf(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d{1,9}(?:\.\d{1,6})?(?:ms|s|m|h))+$/.test(text)) return undefined;
  const ms = [...text.matchAll(part)].reduce((sum, [, digits, unit]) => sum + Number(digits) * (UNIT_MS[unit as string] as number), 0);
  // 0.1s is a hundred, and no fraction beside it.
  return Math.round(ms * 1_000) / 1_000;
}
