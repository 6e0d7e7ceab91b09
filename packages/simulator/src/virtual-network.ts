import { frameBytesMax, type LinkEvents, type LinkTraits, type MessageClass, type PeerId, type Transport } from "@sinter/core";
import type { SeededRandom } from "./seeded-random.js";
import type { Timeline } from "./timeline.js";
import { calm, type LinkEnd, type LinkWeather, type SideName, VirtualLink } from "./virtual-link.js";

// Who is linked to whom, and in what weather. Links are opened from outside, as nobody dials on the Transport port.

/** Nothing is lost but with its link, and that nothing is changed is left to those who sync. */
const traits: LinkTraits = { delivery: "lossless", integrity: "unchecked" };

/** Two peers, the lesser id on the left. */
interface Pair {
  readonly left: PeerId;
  readonly right: PeerId;
  readonly random: SeededRandom;
  weather: LinkWeather;
  link: VirtualLink | undefined;
  /** Whether a link that closed is opened again. */
  kept: "yes" | "no";
  cut: "yes" | "no";
  retrying: "yes" | "no";
}

export interface VirtualNetworkOptions {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  /** For pairs of which nobody says otherwise. */
  readonly weather?: Partial<LinkWeather>;
  readonly note?: ((who: string, what: unknown) => void) | undefined;
}

export class VirtualNetwork {
  readonly #timeline: Timeline;
  readonly #random: SeededRandom;
  readonly #weather: LinkWeather;
  readonly #note: ((who: string, what: unknown) => void) | undefined;
  readonly #pairs = new Map<string, Pair>();
  readonly #listening = new Map<PeerId, LinkEvents>();

  constructor({ timeline, random, weather = {}, note }: VirtualNetworkOptions) {
    this.#timeline = timeline;
    this.#random = random;
    this.#weather = { ...calm, ...weather };
    this.#note = note;
  }

  /** The Transport port of one boot of a peer. It reaches nobody before `listen`, nor after `detach`. */
  attach(self: PeerId): Transport & { detach(): void } {
    let state: "attached" | "detached" = "attached";
    const whileAttached = (run: () => void): void => {
      if (state === "attached") run();
    };
    return {
      listen: (events) => whileAttached(() => this.#listen(self, events)),
      send: (to, frame, messageClass) => whileAttached(() => this.#send(self, to, frame, messageClass)),
      credit: (from, bytes) => whileAttached(() => this.#pairs.get(nameOf(self, from))?.link?.credit(sideOf(self, from), bytes)),
      close: (peer) => whileAttached(() => this.#pairs.get(nameOf(self, peer))?.link?.close(sideOf(self, peer))),
      detach: () =>
        whileAttached(() => {
          state = "detached";
          this.#detach(self);
        }),
    };
  }

  /** Opens a link, unless there is one, the pair is cut, or one of the two is not listening. */
  link(one: PeerId, other: PeerId): void {
    this.#open(this.#pair(one, other));
  }

  /** Links the two now and again whenever their link closed. */
  keepLinked(one: PeerId, other: PeerId): void {
    const pair = this.#pair(one, other);
    pair.kept = "yes";
    this.#open(pair);
  }

  /** Breaks the link and lets none be opened before `heal`. */
  cut(one: PeerId, other: PeerId): void {
    const pair = this.#pair(one, other);
    pair.cut = "yes";
    pair.link?.break();
    this.#note?.(nameOf(one, other), "cut");
  }

  heal(one: PeerId, other: PeerId): void {
    const pair = this.#pair(one, other);
    pair.cut = "no";
    this.#note?.(nameOf(one, other), "healed");
    if (pair.kept === "yes") this.#open(pair);
  }

  /** Breaks the link once. */
  break(one: PeerId, other: PeerId): void {
    this.#pair(one, other).link?.break();
  }

  /** Of this pair, from the next frame on. */
  setWeather(one: PeerId, other: PeerId, weather: Partial<LinkWeather>): void {
    const pair = this.#pair(one, other);
    pair.weather = { ...pair.weather, ...weather };
  }

  /** Pairs ever spoken of, for doing something to each. */
  pairs(): readonly (readonly [PeerId, PeerId])[] {
    return [...this.#pairs.values()].map(({ left, right }) => [left, right] as const);
  }

  #pair(one: PeerId, other: PeerId): Pair {
    const name = nameOf(one, other);
    const known = this.#pairs.get(name);
    if (known !== undefined) return known;
    const [left, right] = one < other ? [one, other] : [other, one];
    const random = this.#random.stream(name);
    const pair: Pair = { left, right, random, weather: this.#weather, link: undefined, kept: "no", cut: "no", retrying: "no" };
    this.#pairs.set(name, pair);
    return pair;
  }

  #open(pair: Pair): void {
    if (pair.link !== undefined || pair.cut === "yes") return;
    if (!this.#listening.has(pair.left) || !this.#listening.has(pair.right)) return;
    pair.link = new VirtualLink({
      timeline: this.#timeline,
      random: pair.random,
      weather: () => pair.weather,
      left: this.#end(pair.left, pair.right),
      right: this.#end(pair.right, pair.left),
      over: () => {
        pair.link = undefined;
        if (pair.kept === "yes") this.#retry(pair);
      },
    });
  }

  #retry(pair: Pair): void {
    if (pair.retrying === "yes") return;
    pair.retrying = "yes";
    this.#timeline.after(pair.random.between(0.5, 1.5) * pair.weather.reconnectMs, () => {
      pair.retrying = "no";
      this.#open(pair);
    });
  }

  #end(self: PeerId, peer: PeerId): LinkEnd {
    const who = `${short(self)}←${short(peer)}`;
    return {
      opened: () => {
        this.#note?.(who, "opened");
        this.#listening.get(self)?.opened(peer, traits);
      },
      closed: () => {
        this.#note?.(who, "closed");
        this.#listening.get(self)?.closed(peer);
      },
      arrived: (frame, messageClass) => {
        this.#note?.(who, [messageClass, frame]);
        this.#listening.get(self)?.arrived(peer, frame, messageClass);
      },
    };
  }

  #listen(self: PeerId, events: LinkEvents): void {
    this.#listening.set(self, events);
    for (const pair of this.#pairs.values()) {
      if (pair.kept === "yes" && (pair.left === self || pair.right === self)) this.#open(pair);
    }
  }

  #detach(self: PeerId): void {
    this.#listening.delete(self);
    for (const pair of this.#pairs.values()) {
      if (pair.left === self) pair.link?.gone("left");
      else if (pair.right === self) pair.link?.gone("right");
    }
  }

  #send(self: PeerId, to: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    if (frame.length > frameBytesMax) throw new RangeError(`a frame of ${frame.length} bytes where ${frameBytesMax} are allowed`);
    this.#pairs.get(nameOf(self, to))?.link?.send(sideOf(self, to), frame, messageClass);
  }
}

const short = (peer: PeerId): string => peer.slice(0, 8);
const nameOf = (one: PeerId, other: PeerId): string => (one < other ? `${one}-${other}` : `${other}-${one}`);
const sideOf = (self: PeerId, other: PeerId): SideName => (self < other ? "left" : "right");
