import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import {
  type Clock,
  type DisconnectCause,
  frameBytesMax,
  type LinkEvents,
  linkHandshakeMsMax,
  linkHandshakesMax,
  linkHandshakesPerAddressMax,
  linkListenersMax,
  linkRetryFirstMs,
  linkRetryMsMax,
  linksMax,
  linksPerAddressMax,
  linkTargetsMax,
  type MessageClass,
  type NetworkId,
  type PeerId,
  type Random,
  SinterError,
  type Transport,
  toHex,
} from "@sinter/core";
import { type Ed25519Signer, nodeRandom } from "../node-crypto.js";
import { SystemClock } from "../system-clock.js";
import { type Address, addressText, type WayName } from "./address.js";
import { Admission, admittedAs } from "./admission.js";
import type { Carrier } from "./carrier.js";
import type { CloseCode, Closing } from "./close-codes.js";
import { Link, type LinkOwner, type LinkReport, type LocalEnd } from "./link.js";
import { LinkTable } from "./link-table.js";
import { LinkTarget, type RetryLimits, type Target, type TargetReport } from "./link-target.js";
import type { Arrival, Listener, Way } from "./listener.js";
import { instanceBytes, linkVersions, type VersionRange } from "./membership.js";
import { noiseEnd } from "./noise-session.js";
import { TlsWay } from "./tls-way.js";
import { UdpWay } from "./udp-way.js";
import { WebSocketWay } from "./websocket-way.js";

export interface LinkLimits extends RetryLimits {
  readonly handshakeMs: number;
  /** Accepted connections that are no links yet, or no more. */
  readonly handshakes: number;
  readonly handshakesPerAddress: number;
  readonly links: number;
  /** Links accepted from one address. */
  readonly linksPerAddress: number;
}

const usualLimits: LinkLimits = {
  retryFirstMs: linkRetryFirstMs,
  retryMsMax: linkRetryMsMax,
  handshakeMs: linkHandshakeMsMax,
  handshakes: linkHandshakesMax,
  handshakesPerAddress: linkHandshakesPerAddressMax,
  links: linksMax,
  linksPerAddress: linksPerAddressMax,
};

/** Remembers the key first seen at an address. */
export interface KeyPins {
  get(address: string): PeerId | undefined;
  put(address: string, peer: PeerId): void;
}

export interface LinksOptions {
  /** Of the peer, not of the author. */
  readonly signer: Ed25519Signer;
  readonly network: NetworkId;
  /** As parseSecrets gives them: the first proves, all are accepted. */
  readonly secrets: readonly string[];
  /** The key first seen at an address that came without one stays the only one there. Without pins, any key will do. */
  readonly pins?: KeyPins;
  readonly versions?: VersionRange;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly limits?: Partial<LinkLimits>;
}

/** For status. */
export type LinksReport = {
  readonly peer: PeerId;
  readonly listening: readonly string[];
  readonly targets: readonly TargetReport[];
  readonly links: readonly LinkReport[];
  /** Accepted connections that are no links yet. */
  readonly handshakes: number;
  readonly sockets: number;
  /** Connections for which there was no place. */
  readonly turnedAway: number;
  /** Datagrams of nobody who was let in. */
  readonly dropped: number;
};

/** Links, whatever way they go: listens, dials, and keeps dialling. */
export class Links implements Transport {
  readonly self: PeerId;
  readonly #ways: Readonly<Record<WayName, Way>>;
  readonly #local: LocalEnd;
  readonly #pins: KeyPins | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: LinkLimits;
  readonly #table: LinkTable<Link>;
  readonly #handshakes: Admission;
  readonly #accepted: Admission;
  readonly #listeners = new Map<Listener, Address>();
  readonly #sockets = new Set<Duplex>();
  readonly #targets = new Map<string, LinkTarget>();
  readonly #connections = new Set<Link>();
  /** Connections that a target dialled. */
  readonly #dialled = new Map<Link, LinkTarget>();
  /** Connections that were accepted: how one changes its place among handshakes for one among links. */
  readonly #promote = new WeakMap<Link, () => "promoted" | "full">();
  readonly #owner: LinkOwner;
  #turnedAway = 0;
  #closing: Promise<void> | undefined;

  constructor(options: LinksOptions) {
    if (options.secrets.length === 0) throw new RangeError("links need a secret");
    this.self = toHex(options.signer.publicKey) as PeerId;
    const { signer, network, secrets } = options;
    this.#pins = options.pins;
    this.#clock = options.clock ?? new SystemClock();
    const noise = noiseEnd(signer, network, secrets);
    this.#ways = { tls: new TlsWay(signer), ws: new WebSocketWay(noise), udp: new UdpWay(noise, this.#clock) };
    this.#random = options.random ?? nodeRandom;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#table = new LinkTable(this.#limits.links);
    this.#handshakes = new Admission({ together: this.#limits.handshakes, perAddress: this.#limits.handshakesPerAddress });
    this.#accepted = new Admission({ together: this.#limits.links, perAddress: this.#limits.linksPerAddress });
    this.#local = localEnd(this.self, options);
    this.#owner = {
      identified: (link) => this.#identified(link),
      choose: (link) => this.#table.choose(link) ?? this.#promoted(link),
      chosen: (link) => this.#table.take(link) ?? this.#promoted(link),
      opened: (link) => this.#opened(link),
      arrived: (link, frame, messageClass) => this.#table.arrived(link, frame, messageClass),
      closed: (link, closing) => this.#closed(link, closing),
    };
  }

  /** Until somebody listens, nobody is dialled and nobody is let in. */
  listen(events: LinkEvents): void {
    this.#table.listen(events);
    for (const target of this.#targets.values()) target.start();
  }

  send(to: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    if (frame.length > frameBytesMax) throw new RangeError(`a frame of ${frame.length} bytes where ${frameBytesMax} are allowed`);
    this.#table.link(to)?.send(frame, messageClass);
  }

  credit(from: PeerId, bytes: number): void {
    this.#table.link(from)?.credit(bytes);
  }

  close(peer: PeerId, reason: string, cause: DisconnectCause | "ended" = "ended"): void {
    this.#table.link(peer)?.close(cause, reason);
  }

  /** Port 0 takes any that is free; the answer says which. */
  async listenOn({ way = "tls", host, port }: Address): Promise<Address> {
    this.#checkOpen();
    if (this.#listeners.size >= linkListenersMax) {
      throw new SinterError("busy", `links listen on ${linkListenersMax} addresses already`, "Listen on fewer.");
    }
    const doors = { arrived: (arrival: Arrival) => this.#arrived(arrival, way), troubled: () => void this.#turnedAway++ };
    const listener = await this.#ways[way].listen({ host, port }, doors);
    if (this.#closing !== undefined) {
      await listener.close();
      this.#checkOpen();
    }
    const address = { way, ...listener.at };
    this.#listeners.set(listener, address);
    return address;
  }

  /** Dials the address now, and again whenever its peer is not linked, until it is left. */
  join(target: Target): void {
    this.#checkOpen();
    const address = addressText(target);
    const known = this.#targets.get(address);
    if (known !== undefined) {
      if (known.target.peer === target.peer) return;
      this.leave(target);
    }
    if (this.#targets.size >= linkTargetsMax) {
      throw new SinterError("busy", `${linkTargetsMax} addresses are dialled already`, "Leave one of them first.");
    }
    const { clock, random, limits } = { clock: this.#clock, random: this.#random, limits: this.#limits };
    const added = new LinkTarget({ target, dial: (each) => this.#dial(each), clock, random, limits });
    this.#targets.set(address, added);
    if (this.#table.isHeard) added.start();
  }

  /** Dials it no more, and ends what it dialled. */
  leave(target: Address): void {
    const address = addressText(target);
    this.#targets.get(address)?.stop("ended");
    this.#targets.delete(address);
  }

  /** Ends all links, says why, and listens and dials no more. Settles when no socket is left. */
  shutDown(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  /** For status: what is listened on, dialled, connected, and turned away. */
  describe(): LinksReport {
    return {
      peer: this.self,
      listening: [...this.#listeners.values()].map(addressText),
      targets: [...this.#targets.values()].map((target) => target.describe()),
      links: [...this.#connections].map((link) => link.describe()),
      handshakes: this.#handshakes.taken,
      sockets: this.#sockets.size,
      turnedAway: this.#turnedAway,
      dropped: [...this.#listeners.keys()].reduce((sum, { dropped }) => sum + dropped, 0),
    };
  }

  async #shutDown(): Promise<void> {
    for (const target of this.#targets.values()) target.stop("shutting-down");
    for (const link of this.#connections) link.close("shutting-down");
    const stopped = [...this.#listeners.keys()].map((listener) => listener.close());
    const gone = [...this.#sockets].map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())));
    await Promise.all([...stopped, ...gone]);
    this.#listeners.clear();
    this.#targets.clear();
  }

  #dial(target: LinkTarget): Link {
    const carrier = this.#ways[target.target.way ?? "tls"].dial(target.target);
    const link = this.#connection(carrier, "dialling", target.address);
    this.#dialled.set(link, target);
    return link;
  }

  #arrived({ from, below, carrier: made }: Arrival, way: WayName): "let in" | "turned away" {
    const remote = admittedAs(from.host);
    const leave = this.#table.isHeard && this.#closing === undefined ? this.#handshakes.enter(remote) : undefined;
    if (leave === undefined) {
      // Before keys are agreed on nothing can be said that is not in clear.
      this.#turnedAway++;
      return "turned away";
    }
    let release = leave;
    if (below !== undefined) this.#hold(below);
    // What goes wrong below is told by the stream above.
    below?.on("error", () => below.destroy());
    const carrier = made();
    (below ?? carrier.stream).once("close", () => release());
    const link = this.#connection(carrier, "listening", addressText({ way, ...from }));
    this.#promote.set(link, () => {
      const next = this.#accepted.enter(remote);
      if (next === undefined) return "full";
      release();
      release = next;
      return "promoted";
    });
    return "let in";
  }

  #connection(carrier: Carrier, direction: "dialling" | "listening", address: string): Link {
    this.#hold(carrier.stream);
    const patience = (run: () => void) => this.#clock.after(this.#limits.handshakeMs, run);
    const link = new Link({ carrier, direction, address, local: this.#local, owner: this.#owner, patience });
    this.#connections.add(link);
    return link;
  }

  #hold(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #identified(link: Link): CloseCode | undefined {
    const peer = link.peer as PeerId;
    const target = this.#dialled.get(link);
    if (target === undefined) return undefined;
    const expected = target.target.peer ?? this.#pins?.get(target.address);
    if (expected !== undefined && expected !== peer) return "wrong-peer";
    target.peer = peer;
    return this.#table.link(peer) === undefined ? undefined : "duplicate";
  }

  /** Whoever is accepted as a link holds a place among links of its address. */
  #promoted(link: Link): CloseCode | undefined {
    return this.#promote.get(link)?.() === "full" ? "too-many-links" : undefined;
  }

  #opened(link: Link): void {
    const target = this.#dialled.get(link);
    if (target !== undefined && target.target.peer === undefined && this.#pins?.get(target.address) === undefined) {
      this.#pins?.put(target.address, link.peer as PeerId);
    }
    for (const each of this.#targetsOf(link.peer)) each.linked();
    this.#table.opened(link);
  }

  #closed(link: Link, closing: Closing): void {
    this.#connections.delete(link);
    const target = this.#dialled.get(link);
    this.#dialled.delete(link);
    const was = this.#table.closed(link);
    const isLinked = link.peer !== undefined && this.#table.link(link.peer) !== undefined;
    if (was === "link") for (const each of this.#targetsOf(link.peer)) each.unlinked(closing);
    else if (isLinked) target?.linked();
    else target?.failed(closing);
  }

  #targetsOf(peer: PeerId | undefined): LinkTarget[] {
    return [...this.#targets.values()].filter((target) => target.peer === peer);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new SinterError("stopped", "these links are shut down", "Open the peer again.");
  }
}

function localEnd(peer: PeerId, { network, secrets, versions = linkVersions }: LinksOptions): LocalEnd {
  let moments = 0;
  return { peer, network, secrets, versions, instance: randomBytes(instanceBytes), moment: () => ++moments };
}
