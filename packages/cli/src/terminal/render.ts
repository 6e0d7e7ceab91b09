import {
  type Decoded,
  type EventRecord,
  isMalformed,
  Malformed,
  parseIso,
  type StampText,
  stampCounterMax,
  stampWallMsMax,
} from "@sinter/core";
import { usage } from "./failure.js";

const shownIdChars = 8;

function asText(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    // Bytes that are no UTF-8 are shown in base64.
    return undefined;
  }
}

const asBase64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/** What scripts rely on: these keys and no others. */
export function eventJson(event: EventRecord): Readonly<Record<string, unknown>> {
  const { author, epoch, nonce, seq, id, stamp, kind } = event;
  return {
    author,
    epoch,
    nonce,
    seq,
    id,
    stamp,
    kind,
    ...(event.origin === undefined ? {} : { origin: event.origin }),
    ...(event.payload === undefined ? { payload: null, absent: event.absent } : payloadJson(event.payload)),
  };
}

export function payloadJson(payload: Uint8Array): { readonly payload: string } | { readonly payload64: string } {
  const text = asText(payload);
  return text === undefined ? { payload64: asBase64(payload) } : { payload: text };
}

/** For a person: a payload cannot steer the terminal it is shown on. */
export function payloadText(payload: Uint8Array): string {
  const text = asText(payload);
  return text === undefined ? `(${payload.length} bytes) ${asBase64(payload)}` : printable(text);
}

export function eventLine(event: EventRecord): string {
  // Two stores made from one copy write the same seqs; their epochs tell them apart.
  const writer = event.epoch === 0 ? shortId(event.author) : `${shortId(event.author)}/${event.epoch}`;
  const said = event.payload === undefined ? absentText(event.absent) : payloadText(event.payload);
  return `${timeText(event.stamp[0])}  ${writer}  ${event.seq}  ${said}`;
}

function absentText(absent: EventRecord["absent"]): string {
  return absent === "redacted" ? "(redacted by its author)" : "(not here: see sinter wanted)";
}

export function shortId(id: string): string {
  return id.slice(0, shownIdChars);
}

export function countText(count: number, one: string): string {
  return `${count.toLocaleString("en-US")} ${one}${count === 1 ? "" : "s"}`;
}

export function sizeText(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return `${mebibytes.toLocaleString("en-US", { maximumFractionDigits: mebibytes < 10 ? 1 : 0 })} MiB`;
}

export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (control) => {
    if (control === "\n") return "\\n";
    if (control === "\t") return "\\t";
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** As it can be typed. */
export function quoted(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${printable(text).replaceAll("'", "'\\''")}'`;
}

export function timeText(wallMs: number): string {
  const time = new Date(wallMs);
  return Number.isNaN(time.getTime()) ? String(wallMs) : time.toISOString();
}

const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
const stampTime = /^\[?(\d{1,15})(?:[.,](\d{1,5}))?\]?$/;

/** Date.parse takes the thirtieth of February for the second of March. */
const isDay = (text: string) => !isMalformed(parseIso(text));

function decodeStamp(text: string): Decoded<StampText> {
  const stamp = stampTime.exec(text.replaceAll(" ", ""));
  // A time without a zone is UTC, as in what is printed.
  const zoned = /T.*(Z|[+-]\d\d:?\d\d)$/i.test(text) || !/T/i.test(text) ? text : `${text}Z`;
  const wallMs = stamp ? Number(stamp[1]) : isoTime.test(text) && isDay(text.slice(0, 10)) ? Date.parse(zoned) : Number.NaN;
  const counter = Number(stamp?.[2] ?? 0);
  if (Number.isNaN(wallMs) || wallMs < 0 || wallMs > stampWallMsMax || counter > stampCounterMax) return new Malformed("a time expected");
  return [wallMs, counter];
}

export function parseStamp(flag: string, text: string): StampText {
  const stamp = decodeStamp(text);
  if (!isMalformed(stamp)) return stamp;
  throw usage(
    `${flag} ${printable(text)} is no time`,
    "Give an ISO time such as 2026-11-21T00:03:45.485Z, or a stamp MS,N such as 1795222426029,500.",
  );
}
