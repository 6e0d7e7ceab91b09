import { type Decoded, Malformed } from "../../bytes/malformed.js";
import { applicationKindMin } from "./event.js";

// Events of an application's that are not data of its subject: they travel and are kept like all others, on a bus of their own
// (docs/wire.md, "Control").

export const controlKind = 60;

export interface Control {
  /** The application's own, as it is on the bus of data. */
  readonly kind: number;
  readonly data: Uint8Array;
}

export function encodeControl({ kind, data }: Control): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(kind) || kind < applicationKindMin || kind > 0xff)
    throw new RangeError(`a kind of the application's is ${applicationKindMin} to 255, not ${kind}`);
  const payload = new Uint8Array(1 + data.length);
  payload[0] = kind;
  payload.set(data, 1);
  return payload;
}

export function decodeControl(payload: Uint8Array): Decoded<Control> {
  const kind = payload[0];
  if (kind === undefined) return new Malformed("a control event that says nothing");
  if (kind < applicationKindMin) return new Malformed(`a control event of kind ${kind}, which is not the application's`);
  return { kind, data: payload.subarray(1) };
}
