import { stampCounterMax, stampWallMsMax } from "../bytes/limits.js";
import { type Decoded, Malformed } from "../bytes/malformed.js";

/** A moment of the hybrid logical clock: milliseconds since 1970, and a counter within one. */
export interface Stamp {
  readonly wallMs: number;
  readonly counter: number;
}

/** On the wire: u48 wall, u16 counter. */
export const stampBytes = 8;

const HIGH = 0x1_0000_0000;
const DAY_MS = 86_400_000;
/** Days from 1 March of year 0 to 1 January 1970. Years are counted from March, so that the leap day comes last. */
const DAYS_TO_1970 = 719_468;
const DAYS_PER_ERA = 146_097;
const ISO = /^(\d{4}|\+\d{6})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?Z)?$/;

export function compareStamps(left: Stamp, right: Stamp): number {
  return left.wallMs - right.wallMs || left.counter - right.counter;
}

export function writeStamp(target: Uint8Array, offset: number, stamp: Stamp): void {
  const high = Math.floor(stamp.wallMs / HIGH);
  const low = stamp.wallMs >>> 0;
  target[offset] = high >>> 8;
  target[offset + 1] = high;
  target[offset + 2] = low >>> 24;
  target[offset + 3] = low >>> 16;
  target[offset + 4] = low >>> 8;
  target[offset + 5] = low;
  target[offset + 6] = stamp.counter >>> 8;
  target[offset + 7] = stamp.counter;
}

/** The eight bytes must be there. Any eight bytes are a stamp. */
export function readStamp(bytes: Uint8Array, offset: number): Stamp {
  return { wallMs: readWallMs(bytes, offset), counter: readCounter(bytes, offset) };
}

export function readWallMs(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
  const upper = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
  const lower = ((bytes[offset + 4] as number) << 8) | (bytes[offset + 5] as number);
  return high * HIGH + (((upper << 16) | lower) >>> 0);
}

export function readCounter(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset + 6] as number) << 8) | (bytes[offset + 7] as number);
}

export function encodeStamp(stamp: Stamp): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(stampBytes);
  writeStamp(bytes, 0, stamp);
  return bytes;
}

export function decodeStamp(bytes: Uint8Array): Decoded<Stamp> {
  return bytes.length === stampBytes ? readStamp(bytes, 0) : new Malformed(`a stamp has ${stampBytes} bytes, not ${bytes.length}`);
}

/** "milliseconds,counter". */
export function formatStamp(stamp: Stamp): string {
  return `${stamp.wallMs},${stamp.counter}`;
}

/** What a person gives as a moment: "milliseconds,counter", "milliseconds", or an ISO 8601 date or time in UTC. */
export function parseStamp(text: string): Decoded<Stamp> {
  const numbers = /^(\d{1,15})(?:,(\d{1,5}))?$/.exec(text);
  if (numbers === null) {
    const wallMs = parseIso(text);
    return wallMs instanceof Malformed ? wallMs : { wallMs, counter: 0 };
  }
  const wallMs = Number(numbers[1]);
  const counter = Number(numbers[2] ?? 0);
  if (wallMs > stampWallMsMax) return new Malformed(`the milliseconds of a stamp are at most ${stampWallMsMax}`);
  if (counter > stampCounterMax) return new Malformed(`the counter of a stamp is at most ${stampCounterMax}`);
  return { wallMs, counter };
}

/** Milliseconds since 1970 of "2026-11-20", "2026-11-20T10:30Z", "2026-11-20T10:30:05Z" or "2026-11-20T10:30:05.250Z". */
export function parseIso(text: string): Decoded<number> {
  const found = ISO.exec(text);
  if (found === null) return new Malformed("expected a time in UTC like 2026-11-20T10:30:05.250Z, or a stamp like 1795170605250,0");
  const year = Number(found[1]);
  const month = Number(found[2]);
  const day = Number(found[3]);
  const hour = Number(found[4] ?? 0);
  const minute = Number(found[5] ?? 0);
  const second = Number(found[6] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return new Malformed("no such day in the calendar");
  if (hour > 23 || minute > 59 || second > 59) return new Malformed("no such time of day: at most 23:59:59");
  const milliseconds = Number((found[7] ?? "").padEnd(3, "0"));
  const wallMs = daysSince1970(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  if (wallMs < 0 || wallMs > stampWallMsMax) return new Malformed(`times run from 1970-01-01 to ${formatIso(stampWallMsMax)}`);
  return wallMs;
}

/** For a wall clock that a stamp can hold. */
export function formatIso(wallMs: number): string {
  const [year, month, day] = dateOf(Math.floor(wallMs / DAY_MS));
  const rest = wallMs % DAY_MS;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const years = year > 9999 ? `+${String(year).padStart(6, "0")}` : String(year).padStart(4, "0");
  const time = `${two(rest / 3_600_000)}:${two((rest / 60_000) % 60)}:${two((rest / 1000) % 60)}.${String(rest % 1000).padStart(3, "0")}`;
  return `${years}-${two(month)}-${two(day)}T${time}Z`;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function daysSince1970(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const era = Math.floor(fromMarch / 400);
  const yearOfEra = fromMarch - era * 400;
  const dayOfYear = daysBeforeMonth((month + 9) % 12) + day - 1;
  return era * DAYS_PER_ERA + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - DAYS_TO_1970;
}

/** Days before a month counted from March = 0: five months in a row have 153 days. */
function daysBeforeMonth(fromMarch: number): number {
  return Math.floor((153 * fromMarch + 2) / 5);
}

function dateOf(days: number): [year: number, month: number, day: number] {
  const sinceYear0 = days + DAYS_TO_1970;
  const era = Math.floor(sinceYear0 / DAYS_PER_ERA);
  const dayOfEra = sinceYear0 - era * DAYS_PER_ERA;
  // The leap days within the era before this one, taken out, leave years of 365 days.
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = ((fromMarch + 2) % 12) + 1;
  return [era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - daysBeforeMonth(fromMarch) + 1];
}
