import type { DisconnectCause, LinkEvents, LinkTraits, MessageClass, PeerId, Transport } from "@sinter/core";

/**
 * Links that fail when they are told to. One that has failed is closed below; what is dialled again below is kept back until it may
 * be up again, so that it comes up when the run says and not when it is next tried.
 */
export class FailingLinks implements Transport {
  readonly #below: Transport;
  readonly #open = new Map<PeerId, LinkTraits>();
  readonly #told = new Set<PeerId>();
  /** How many failures are not over. */
  readonly #failed = new Map<PeerId, number>();
  #events: LinkEvents | undefined;

  constructor(below: Transport) {
    this.#below = below;
  }

  listen(events: LinkEvents): void {
    this.#events = events;
    this.#below.listen({
      opened: (peer, traits) => {
        this.#open.set(peer, traits);
        if (!this.#failed.has(peer)) this.#tell(peer, traits);
      },
      closed: (peer) => {
        this.#open.delete(peer);
        if (this.#told.delete(peer)) events.closed(peer);
      },
      arrived: (from, frame, messageClass) => {
        if (this.#told.has(from)) events.arrived(from, frame, messageClass);
      },
    });
  }

  send(to: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    if (this.#told.has(to)) this.#below.send(to, frame, messageClass);
  }

  credit(from: PeerId, bytes: number): void {
    if (this.#told.has(from)) this.#below.credit(from, bytes);
  }

  close(peer: PeerId, reason: string, cause?: DisconnectCause): void {
    this.#below.close(peer, reason, cause);
  }

  /** At both ends, or what one sends the other has no link for. */
  fail(peer: PeerId): void {
    this.#failed.set(peer, (this.#failed.get(peer) ?? 0) + 1);
    this.#below.close(peer, "the link fails");
  }

  /** From one failure: a link that has failed once more meanwhile waits for the last of it. */
  recover(peer: PeerId): void {
    const left = (this.#failed.get(peer) ?? 0) - 1;
    if (left > 0) this.#failed.set(peer, left);
    else this.heal(peer);
  }

  /** From all of them. */
  heal(peer: PeerId): void {
    const traits = this.#open.get(peer);
    if (this.#failed.delete(peer) && traits !== undefined && !this.#told.has(peer)) this.#tell(peer, traits);
  }

  #tell(peer: PeerId, traits: LinkTraits): void {
    this.#told.add(peer);
    this.#events?.opened(peer, traits);
  }
}
