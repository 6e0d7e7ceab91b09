import type { Clock, LinkEvents, MessageClass, PeerId, Random, Transport } from "@sinter/core";

// A transport that loses, repeats, delays and mixes up what is sent over another one. What it passes on arrives as the other carries
// it; what it loses takes no link with it, so that whatever runs on it sees what it would see over datagrams.

export interface Chaos {
  /** Shares of frames, 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
  /** Held back until others have gone by. */
  readonly reordering: number;
  readonly delayMs: number;
  /** Up to so much more. */
  readonly jitterMs: number;
}

export const noChaos: Chaos = { loss: 0, duplication: 0, reordering: 0, delayMs: 0, jitterMs: 0 };

export interface ChaosCounts {
  lost: number;
  repeated: number;
  held: number;
  delayed: number;
  /** Lost because that way was cut. */
  cut: number;
  /** Held back by a link that was clogged, until it let go. */
  clogged: number;
}

export interface ChaosOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly chaos: () => Chaos;
  /** Whether anything gets through to a peer: the other way it may. What a clogged way holds back, `letGo` lets through. */
  readonly wayTo?: (peer: PeerId) => "open" | "cut" | "clogged";
  /** A link is closed from this side. */
  readonly closing?: (peer: PeerId, reason: string) => void;
}

const PARTS = 1_000_000;
/** What is held back lets those go by that are sent within this time. */
const HELD_MS = 50;

export class ChaosTransport implements Transport {
  readonly counts: ChaosCounts = { lost: 0, repeated: 0, held: 0, delayed: 0, cut: 0, clogged: 0 };
  readonly #options: ChaosOptions;
  /** Rises when a link opens or closes: what was delayed on one is not for the next. */
  readonly #links = new Map<PeerId, number>();
  #opened = 0;
  #clogged: { readonly to: PeerId; readonly link: number | undefined; readonly send: () => void }[] = [];

  constructor(options: ChaosOptions) {
    this.#options = options;
  }

  listen(events: LinkEvents): void {
    this.#options.transport.listen({
      opened: (peer, traits) => {
        this.#links.set(peer, ++this.#opened);
        events.opened(peer, { ...traits, delivery: "lossy" });
      },
      closed: (peer) => {
        this.#links.delete(peer);
        events.closed(peer);
      },
      arrived: (from, frame, messageClass) => events.arrived(from, frame, messageClass),
    });
  }

  send(to: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    const { loss, duplication } = this.#options.chaos();
    const way = this.#options.wayTo?.(to);
    if (way === "cut") {
      this.counts.cut++;
      return;
    }
    if (way === "clogged") {
      this.counts.clogged++;
      this.#clogged.push({ to, link: this.#links.get(to), send: () => this.#options.transport.send(to, frame, messageClass) });
      return;
    }
    if (this.#happens(loss)) {
      this.counts.lost++;
      return;
    }
    const copies = this.#happens(duplication) ? 2 : 1;
    this.counts.repeated += copies - 1;
    for (let copy = 0; copy < copies; copy++) this.#later(to, frame, messageClass);
  }

  /** All at once, in order; of a link that is gone meanwhile nothing. */
  letGo(peer: PeerId): void {
    const held = this.#clogged;
    this.#clogged = held.filter(({ to }) => to !== peer);
    for (const { to, link, send } of held) if (to === peer && link !== undefined && this.#links.get(to) === link) send();
  }

  /** Who is linked now. */
  get linked(): readonly PeerId[] {
    return [...this.#links.keys()];
  }

  credit(from: PeerId, bytes: number): void {
    this.#options.transport.credit(from, bytes);
  }

  close(peer: PeerId, reason: string): void {
    this.#options.closing?.(peer, reason);
    this.#options.transport.close(peer, reason);
  }

  #later(to: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    const { transport, clock, random, chaos } = this.#options;
    const { delayMs, jitterMs, reordering } = chaos();
    const isHeld = this.#happens(reordering);
    if (isHeld) this.counts.held++;
    const waitMs = delayMs + (jitterMs > 0 ? (random.below(PARTS) / PARTS) * jitterMs : 0) + (isHeld ? 1 + random.below(HELD_MS) : 0);
    if (waitMs === 0) return transport.send(to, frame, messageClass);
    if (delayMs > 0) this.counts.delayed++;
    const link = this.#links.get(to);
    clock.after(waitMs, () => {
      if (link !== undefined && this.#links.get(to) === link) transport.send(to, frame, messageClass);
    });
  }

  #happens(share: number): boolean {
    return share > 0 && this.#options.random.below(PARTS) < share * PARTS;
  }
}
