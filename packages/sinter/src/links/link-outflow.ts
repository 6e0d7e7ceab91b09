import type { Writable } from "node:stream";
import { linkBulkBytesMax, linkHeldBytesMax, linkSocketBytesMax, linkSocketControlBytesMax } from "@sinter/core";
import type { LooseFrames } from "./carrier.js";
import { type FrameKind, frameHead, frameHeadBytes, u32Payload } from "./frames.js";

const creditStep = 0xffff_ffff;

export interface Counts {
  frames: number;
  bytes: number;
}

/**
 * What goes out on one link. Control goes into the socket at once, or beside it where it may. Bulk waits here, for credit and for room in the socket, so
 * that control never waits behind more of it than that room. What is said in one tick leaves in one write.
 */
export class LinkOutflow {
  readonly counts: Counts = { frames: 0, bytes: 0 };
  readonly #socket: Writable;
  readonly #beside: LooseFrames | undefined;
  #held: Uint8Array[] = [];
  #firstHeld = 0;
  #heldBytes = 0;
  #credit = linkBulkBytesMax;
  #owedCredit = 0;
  /** Bulk among what the socket holds, at most. */
  #bulkInSocketBytes = 0;
  #state: "idle" | "corked" | "ended" = "idle";

  constructor(socket: Writable, beside?: LooseFrames) {
    this.#socket = socket;
    this.#beside = beside;
    socket.on("drain", () => this.#pump());
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  say(kind: FrameKind, payload: Uint8Array): void {
    if (this.#state !== "ended") this.#write(kind, payload);
  }

  /** `overflow`: the other side does not read, and the link is to be closed. */
  control(frame: Uint8Array): "taken" | "overflow" {
    if (this.#beside !== undefined && frame.length <= this.#beside.bytesMax) return this.#loose(this.#beside, frame);
    this.say("control", frame);
    return this.#socket.writableLength - this.#bulkInSocketBytes > linkSocketControlBytesMax ? "overflow" : "taken";
  }

  bulk(frame: Uint8Array): "taken" | "overflow" {
    if (this.#state === "ended") return "taken";
    this.#held.push(frame);
    this.#heldBytes += frame.length;
    this.#pump();
    return this.#heldBytes > linkHeldBytesMax ? "overflow" : "taken";
  }

  /** The other side takes so much more. */
  credited(bytes: number): void {
    this.#credit = Math.min(Number.MAX_SAFE_INTEGER, this.#credit + bytes);
    this.#pump();
  }

  /** This side takes so much more; said once a tick. */
  credit(bytes: number): void {
    if (this.#state === "ended") return;
    this.#owedCredit += bytes;
    this.#cork();
  }

  /** Nothing leaves any more, but for what the socket has. */
  end(): void {
    // Nothing follows what was said last.
    this.#owedCredit = 0;
    this.#leave();
    this.#state = "ended";
    this.#held = [];
    this.#heldBytes = 0;
  }

  #loose(beside: LooseFrames, frame: Uint8Array): "taken" | "overflow" {
    if (this.#state === "ended") return "taken";
    this.counts.frames++;
    this.counts.bytes += frame.length;
    return beside.send(frame);
  }

  #pump(): void {
    while (this.#state !== "ended") {
      const frame = this.#held[this.#firstHeld];
      if (frame === undefined || frame.length > this.#credit || this.#socket.writableLength >= linkSocketBytesMax) return;
      this.#firstHeld++;
      // What is taken from the front of a long array at a time costs more than moving the rest now and then.
      if (this.#firstHeld * 2 > this.#held.length) {
        this.#held = this.#held.slice(this.#firstHeld);
        this.#firstHeld = 0;
      }
      this.#heldBytes -= frame.length;
      this.#credit -= frame.length;
      this.#bulkInSocketBytes += frame.length;
      this.#write("bulk", frame, () => (this.#bulkInSocketBytes -= frame.length));
    }
  }

  #write(kind: FrameKind, payload: Uint8Array, written?: () => void): void {
    this.#cork();
    this.counts.frames++;
    this.counts.bytes += frameHeadBytes + payload.length;
    this.#socket.write(frameHead(kind, payload.length));
    this.#socket.write(payload, written);
  }

  #cork(): void {
    if (this.#state !== "idle") return;
    this.#state = "corked";
    this.#socket.cork();
    process.nextTick(() => this.#leave());
  }

  #leave(): void {
    if (this.#state !== "corked") return;
    for (; this.#owedCredit > 0; this.#owedCredit -= Math.min(creditStep, this.#owedCredit)) {
      this.#write("credit", u32Payload(Math.min(creditStep, this.#owedCredit)));
    }
    this.#state = "idle";
    this.#socket.uncork();
  }
}
