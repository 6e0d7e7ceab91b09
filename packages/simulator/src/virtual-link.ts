import { linkBulkBytesMax, linkHeldBytesMax, type MessageClass } from "@sinter/core";
import type { SeededRandom } from "./seeded-random.js";
import { quantumMs, type Timeline } from "./timeline.js";

// One link from its opening to the moment both sides know it is closed. Frames of a class keep their order; a lost
// frame therefore takes the link with it. Control and bulk have each their own way and overtake each other.

export interface LinkWeather {
  /** One way, at least. */
  readonly delayMs: number;
  /** Up to this much more, drawn for every frame. */
  readonly jitterMs: number;
  /** The share of frames that are lost, and the link with them. */
  readonly lossRate: number;
  /** How long after a link closed the next is tried, on average, where the two are kept linked. */
  readonly reconnectMs: number;
}

export const calm: LinkWeather = { delayMs: 1, jitterMs: 1, lossRate: 0, reconnectMs: 50 };

/** What a link tells the peer at one end of it. */
export interface LinkEnd {
  opened(): void;
  closed(): void;
  arrived(frame: Uint8Array, messageClass: MessageClass): void;
}

interface Side {
  readonly end: LinkEnd;
  state: "opening" | "open" | "closing" | "closed";
  /** Bulk this side may still send. */
  credit: number;
  held: Uint8Array[];
  heldBytes: number;
  /** When the last frame of each class arrives at this side: none overtakes it. */
  readonly last: Record<MessageClass, number>;
}

export type SideName = "left" | "right";

export interface VirtualLinkOptions {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly weather: () => LinkWeather;
  readonly left: LinkEnd;
  readonly right: LinkEnd;
  /** Called once, when both sides know that the link is closed. */
  readonly over: () => void;
}

const other = (name: SideName): SideName => (name === "left" ? "right" : "left");
const sideOf = (end: LinkEnd): Side => ({
  end,
  state: "opening",
  credit: linkBulkBytesMax,
  held: [],
  heldBytes: 0,
  last: { control: 0, bulk: 0 },
});

export class VirtualLink {
  readonly #timeline: Timeline;
  readonly #random: SeededRandom;
  readonly #weather: () => LinkWeather;
  readonly #over: () => void;
  readonly #sides: Record<SideName, Side>;

  constructor({ timeline, random, weather, left, right, over }: VirtualLinkOptions) {
    this.#timeline = timeline;
    this.#random = random;
    this.#weather = weather;
    this.#over = over;
    this.#sides = { left: sideOf(left), right: sideOf(right) };
    this.#opening("left");
    this.#opening("right");
  }

  send(from: SideName, frame: Uint8Array, messageClass: MessageClass): void {
    const side = this.#sides[from];
    if (side.state !== "open") return;
    if (messageClass === "control") {
      this.#carry(from, frame, messageClass);
      return;
    }
    side.held.push(frame);
    side.heldBytes += frame.length;
    this.#pump(from);
    if (side.heldBytes > linkHeldBytesMax) this.break();
  }

  /** This side lets the other send more. */
  credit(from: SideName, bytes: number): void {
    if (this.#sides[from].state !== "open") return;
    const receiver = other(from);
    this.#timeline.after(this.#delay(), () => {
      if (this.#sides[receiver].state === "closed") return;
      this.#sides[receiver].credit += bytes;
      this.#pump(receiver);
    });
  }

  /** This side ends the link: it hears so in a moment, the other when the news arrives. */
  close(from: SideName): void {
    if (this.#sides[from].state !== "open") return;
    this.#closing(from, quantumMs);
    this.#closing(other(from), this.#delay());
  }

  /** The link fails: each side finds out for itself. */
  break(): void {
    this.#closing("left", this.#delay());
    this.#closing("right", this.#delay());
  }

  /** The peer at this side is gone, and hears nothing any more. */
  gone(from: SideName): void {
    const side = this.#sides[from];
    if (side.state === "closed") return;
    side.state = "closed";
    this.#closing(other(from), this.#delay());
    this.#finish();
  }

  #opening(name: SideName): void {
    const side = this.#sides[name];
    const delay = this.#delay();
    // A side that opens late must not be sent anything before.
    side.last.control = this.#timeline.now + delay;
    side.last.bulk = this.#timeline.now + delay;
    this.#timeline.after(delay, () => {
      if (side.state !== "opening") return;
      side.state = "open";
      side.end.opened();
    });
  }

  #closing(name: SideName, delayMs: number): void {
    const side = this.#sides[name];
    if (side.state === "closing" || side.state === "closed") return;
    const told = side.state === "open" ? "yes" : "no";
    side.state = "closing";
    side.held = [];
    this.#timeline.after(delayMs, () => {
      if (side.state === "closed") return;
      side.state = "closed";
      if (told === "yes") side.end.closed();
      this.#finish();
    });
  }

  #finish(): void {
    if (this.#sides.left.state === "closed" && this.#sides.right.state === "closed") this.#over();
  }

  #pump(name: SideName): void {
    const side = this.#sides[name];
    while (side.state === "open") {
      const frame = side.held[0];
      if (frame === undefined || frame.length > side.credit) return;
      side.held.shift();
      side.heldBytes -= frame.length;
      side.credit -= frame.length;
      this.#carry(name, frame, "bulk");
    }
  }

  #carry(from: SideName, frame: Uint8Array, messageClass: MessageClass): void {
    if (this.#random.chance(this.#weather().lossRate) === "yes") {
      this.break();
      return;
    }
    const receiver = this.#sides[other(from)];
    const arrival = Math.max(receiver.last[messageClass], this.#timeline.now + this.#delay());
    receiver.last[messageClass] = arrival;
    this.#timeline.after(arrival - this.#timeline.now, () => {
      // A copy, made on arrival: whoever changes a frame after sending it is found out, and so is who changes one received.
      if (receiver.state === "open") receiver.end.arrived(frame.slice(), messageClass);
    });
  }

  #delay(): number {
    const { delayMs, jitterMs } = this.#weather();
    return Math.ceil(Math.max(quantumMs, this.#random.between(delayMs, delayMs + jitterMs)) / quantumMs) * quantumMs;
  }
}
