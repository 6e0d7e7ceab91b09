import type { Duplex } from "node:stream";
import type { PeerId } from "@sinter/core";
import type { CloseCode, Closing } from "./close-codes.js";

/** Who is at the other end: it has proven that key, and the binding is the same on both ends of this connection and on no other. */
export interface FarEnd {
  readonly peer: PeerId;
  readonly binding: Uint8Array;
}

/** Why nothing is to be said to whoever is there, but this. */
export interface Refusal {
  readonly refusal: CloseCode;
  readonly reason: string;
}

/** What a link goes over: a stream of bytes that nobody but the two ends can read or change, once it is secured. */
export interface Carrier {
  readonly stream: Duplex;
  /** What it hands out as `data` is good until the call returns: it may come in the same memory each time. */
  /** Told once, before any byte that is read. */
  secured(run: (far: FarEnd | Refusal) => void): void;
  /** Where control frames need not wait for the stream. */
  readonly frames?: LooseFrames;
}

/** Frames beside the stream, sealed as it is: they overtake it and each other, and one may be lost. */
export interface LooseFrames {
  /** Of one. */
  readonly bytesMax: number;
  /** `overflow`: more waits for the other side than may. */
  send(frame: Uint8Array): "taken" | "overflow";
  heard(run: (frame: Uint8Array) => void): void;
  /** How much came that was not proven, or came twice. */
  dropped(): number;
}

/** A stream that broke, with what is known of why. */
export class CarrierBroke extends Error {
  readonly closing: Closing;

  constructor(closing: Closing) {
    super(closing.reason);
    this.closing = closing;
  }
}
