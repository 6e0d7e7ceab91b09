import { appendBytesMax, appendEventsMax, keyBytesMax, payloadBytesMax, payloadCodecMax, systemKindMax } from "../../bytes/limits.js";
import { isKind } from "../event/event.js";
import { lensFault } from "../event/lens-payload.js";
import type { AppendCommand, Refusal } from "./feed-vocabulary.js";
import type { NewParts } from "./open-lane.js";

/** What no store takes, whoever asks. */
export function appendFault({ events, lens }: Pick<AppendCommand, "events" | "lens">): Refusal | undefined {
  const unfit = lens && lensFault(lens);
  if (unfit !== undefined) return { code: "usage", reason: `a lens that nobody would read: ${unfit}`, fix: "Name a type by its name." };
  if (events.length === 0) return { code: "usage", reason: "an append of no events", fix: "Give it one event or more." };
  if (events.length > appendEventsMax)
    return { code: "too-large", reason: `${events.length} events in one append`, fix: `Append at most ${appendEventsMax} at a time.` };
  if (bytesOf(events) > appendBytesMax)
    return { code: "too-large", reason: "too many bytes in one append", fix: `Append at most ${appendBytesMax} bytes at a time.` };
  for (const { kind, codec, payload, key } of events) {
    if (!Number.isInteger(kind) || !isKind(kind) || kind <= systemKindMax)
      return {
        code: "usage",
        reason: `an event of kind ${kind}`,
        fix: "Kinds 128 to 255 are the application's; 30 to 50 are merge operations.",
      };
    if (!Number.isInteger(codec) || codec < 0 || codec > payloadCodecMax)
      return { code: "usage", reason: `payload codec ${codec}`, fix: "Use raw, cbor, json or protobuf." };
    if (payload.length > payloadBytesMax)
      return {
        code: "too-large",
        reason: `a payload of ${payload.length} bytes`,
        fix: `Keep payloads to ${payloadBytesMax} bytes; split what is larger.`,
      };
    if (key !== undefined && (key.length < 1 || key.length > keyBytesMax))
      return { code: "usage", reason: `a key of ${key.length} bytes`, fix: `Keys have 1 to ${keyBytesMax} bytes.` };
  }
  return undefined;
}

export function bytesOf(events: readonly NewParts[]): number {
  let bytes = 0;
  for (const event of events) bytes += event.payload.length;
  return bytes;
}
