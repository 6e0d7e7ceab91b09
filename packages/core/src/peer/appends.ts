import { toHex } from "../bytes/hex.js";
import { applicationKindMin, eventCodecs, networkKindMin } from "../feed/event/event.js";
import type { Appended } from "../feed/write/feed-vocabulary.js";
import type { NewParts } from "../feed/write/open-lane.js";
import { hashBytes } from "../identity/crypto.js";
import type { NewEvent, Receipt } from "./event-api.js";
import { SinterError } from "./sinter-error.js";

// An append, as an application says it and as the feed core does, there and back.

/** Bytes are looked at here, where it is the caller that fails: in a step it would be the core. */
export function partsOf({ payload, kind = applicationKindMin, codec, key }: NewEvent): NewParts {
  if (!isBytes(payload) || (key !== undefined && !isBytes(key))) {
    throw new SinterError(
      "usage",
      "an event whose payload or key is not bytes",
      "Give a Uint8Array: new TextEncoder().encode(text), for one.",
    );
  }
  // The core takes some of these from the peer itself.
  if (kind >= networkKindMin && kind < applicationKindMin)
    throw new SinterError(
      "usage",
      `an event of kind ${kind}, which is the network's`,
      "Kinds 128 to 255 are the application's; what is said on the bus of control, a subject publishes.",
    );
  return { kind, codec: eventCodecs[codec ?? "raw"], payload, key };
}

export function receiptOf(author: string, { epoch, seqs, ids }: Appended): Receipt {
  const seq = (index: number) => seqs.each?.[index] ?? seqs.first + index;
  const id = (index: number) => toHex(ids.subarray((seq(index) - seqs.first) * hashBytes, (seq(index) - seqs.first + 1) * hashBytes));
  return { author, epoch, count: seqs.count, seq, id };
}

/** At last by name: an array from another realm is none of ours, and still bytes. */
function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === "[object Uint8Array]";
}
