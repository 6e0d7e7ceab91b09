import { frameBytesMax, type MessageClass, type PeerId, type SyncMessage, type Transport } from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import type { Timeline } from "../timeline.js";
import type { VirtualNetwork } from "../virtual-network.js";
import { HostileLink, messageIn } from "./hostile-link.js";
import type { HostileKind } from "./hostile-plan.js";

// A peer of which nothing is ours but the bytes that it says: it greets as the protocol has it, so that it is heard at all, and from
// then on does what its kind does. It goes on when all else has calmed down.

export interface Hostility {
  /** By itself, time and again, on each link. */
  tick(link: HostileLink): void;
  /** What an honest peer says. */
  heard?(link: HostileLink, message: SyncMessage): void;
  /** The same as bytes, before they are read. */
  frame?(link: HostileLink, frame: Uint8Array, messageClass: MessageClass): void;
  /** Whether it gives credit for what comes: one that does not reads nothing. */
  readonly reads: "yes" | "no";
}

export interface HostileActorParts {
  readonly id: PeerId;
  readonly kind: HostileKind;
  readonly network: VirtualNetwork;
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly salt: Uint8Array;
  readonly wallMs: () => number;
  readonly everyMs: number;
  readonly hostility: Hostility;
}

const NONCE_BYTES = 16;
/** An honest peer that hangs up is called again after about so long. */
const RECONNECT_MS = 1_000;
/** What is answered is answered after a while: nobody is to be kept busy by answers that take no time. */
const ANSWER_MS = 40;
/** Answers that wait; more are not given. */
const ANSWERS_WAITING = 64;
const VERSION = 1;

export class HostileActor {
  readonly id: PeerId;
  readonly kind: HostileKind;
  readonly #parts: HostileActorParts;
  readonly #transport: Transport;
  readonly #links = new Map<PeerId, HostileLink>();
  #waiting = 0;
  #before = 0;
  #number = 1;

  constructor(parts: HostileActorParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.kind = parts.kind;
    this.#transport = parts.network.attach(parts.id);
    this.#transport.listen({
      opened: (peer) => this.#opened(peer),
      closed: (peer) => this.#closed(peer),
      arrived: (from, frame, messageClass) => this.#arrived(from, frame, messageClass),
    });
    this.#tick();
  }

  /** Frames sent on all links, but for greetings. */
  get sent(): number {
    return [...this.#links.values()].reduce((sum, link) => sum + link.sent, this.#before);
  }

  linkTo(peer: PeerId): void {
    this.#parts.network.setWeather(this.id, peer, { reconnectMs: RECONNECT_MS });
    this.#parts.network.keepLinked(this.id, peer);
  }

  #opened(peer: PeerId): void {
    const link = new HostileLink({
      peer,
      // What is larger no transport takes.
      send: (frame, messageClass) => this.#transport.send(peer, frame.subarray(0, frameBytesMax), messageClass),
      close: () => this.#transport.close(peer, "enough of it"),
    });
    this.#links.set(peer, link);
    const { random, salt, wallMs } = this.#parts;
    const [from, to, number, nonce] = [VERSION, VERSION, this.#number, random.bytes(NONCE_BYTES)];
    this.#number += 2;
    link.greet({ kind: "hello", from, to, number, nonce, interest: { kind: "all" }, salt, syncs: "yes", wallMs: Math.floor(wallMs()) });
  }

  #closed(peer: PeerId): void {
    this.#before += this.#links.get(peer)?.sent ?? 0;
    this.#links.delete(peer);
  }

  #arrived(from: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    const link = this.#links.get(from);
    if (link === undefined) return;
    const { hostility } = this.#parts;
    if (hostility.reads === "yes" && messageClass === "bulk") this.#transport.credit(from, frame.length);
    hostility.frame?.(link, frame, messageClass);
    const message = messageIn(frame);
    if (message === undefined) return;
    if (message.kind === "ping") return link.greet({ kind: "pong", number: message.number });
    if (message.kind === "open") {
      link.scope = message.scope.slice();
      link.session = message.session;
    }
    this.#later(() => {
      if (this.#links.get(from) === link) hostility.heard?.(link, message);
    });
  }

  #later(run: () => void): void {
    if (this.#waiting >= ANSWERS_WAITING) return;
    this.#waiting++;
    this.#parts.timeline.after(this.#parts.random.between(ANSWER_MS, 2 * ANSWER_MS), () => {
      this.#waiting--;
      run();
    });
  }

  #tick(): void {
    const { timeline, random, everyMs, hostility } = this.#parts;
    timeline.after(random.between(0.5, 1.5) * everyMs, () => {
      for (const link of this.#links.values()) {
        hostility.tick(link);
        link.turns++;
      }
      this.#tick();
    });
  }
}
