import { type LinkEvents, type LinkTraits, linksMax, type MessageClass, type PeerId } from "@sinter/core";
import type { CloseCode } from "./close-codes.js";
import type { Greeting, Speaker } from "./membership.js";

/** A connection with a peer that has proven its key. */
export interface Connection {
  readonly peer: PeerId | undefined;
  readonly direction: Speaker;
  readonly state: string;
  readonly greeting: Greeting | undefined;
  readonly openedMoment: number;
  readonly traits: LinkTraits;
  send(frame: Uint8Array, messageClass: MessageClass): void;
  credit(bytes: number): void;
  close(code: CloseCode, reason?: string): void;
}

/**
 * At most one link a peer, and the same connection on both sides. Of two peers, the one with the smaller id chooses: it
 * keeps the first connection that comes up, and takes another in its place only where the other peer says by its
 * instance or its moments that it was started anew, or had lost the link when it dialled.
 */
export class LinkTable<C extends Connection> {
  /** The connection that is, or is about to be, the link. */
  readonly #chosen = new Map<PeerId, C>();
  /** Links that were told of as open, and not yet as closed. */
  readonly #told = new Map<PeerId, C>();
  readonly #most: number;
  #events: LinkEvents | undefined;

  constructor(most = linksMax) {
    this.#most = most;
  }

  get isHeard(): boolean {
    return this.#events !== undefined;
  }

  listen(events: LinkEvents): void {
    this.#events = events;
  }

  link(peer: PeerId): C | undefined {
    return this.#told.get(peer);
  }

  links(): readonly C[] {
    return [...this.#told.values()];
  }

  /** Asked where this peer is the one that chooses. */
  choose(connection: C): CloseCode | undefined {
    const current = this.#chosen.get(connection.peer as PeerId);
    return current !== undefined && !isLost(current, connection) ? "duplicate" : this.take(connection);
  }

  /** The other peer chose this connection, so that any other between the two is dead. */
  take(connection: C): CloseCode | undefined {
    const peer = connection.peer as PeerId;
    const current = this.#chosen.get(peer);
    if (current === undefined && this.#chosen.size >= this.#most) return "too-many-links";
    this.#chosen.set(peer, connection);
    current?.close("duplicate", "another connection took its place");
    return undefined;
  }

  opened(connection: C): void {
    const peer = connection.peer as PeerId;
    // The one before is closed already, and news of it may be under way behind this.
    if (this.#told.has(peer)) this.#events?.closed(peer);
    this.#told.set(peer, connection);
    this.#events?.opened(peer, connection.traits);
  }

  arrived(connection: C, frame: Uint8Array, messageClass: MessageClass): void {
    this.#events?.arrived(connection.peer as PeerId, frame, messageClass);
  }

  /** `link`: it was the link of its peer, which has none now. */
  closed(connection: C): "link" | "connection" {
    const { peer } = connection;
    if (peer === undefined) return "connection";
    if (this.#chosen.get(peer) === connection) this.#chosen.delete(peer);
    if (this.#told.get(peer) !== connection) return "connection";
    this.#told.delete(peer);
    this.#events?.closed(peer);
    return "link";
  }
}

/** Whether the other peer of a new connection cannot have the current link any more. */
function isLost(current: Connection, next: Connection): boolean {
  const [known, says] = [current.greeting as Greeting, next.greeting as Greeting];
  if (Buffer.compare(known.instance, says.instance) !== 0) return true;
  // It dials only while it has no link: a hello later than the link's opening says that the link is gone. An earlier one crossed
  // it, and the hello of a peer that was dialled says nothing.
  return current.state === "open" && next.direction === "listening" && says.moment > current.openedMoment;
}
