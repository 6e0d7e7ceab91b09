import type { Duplex } from "node:stream";
import { isMalformed, type LinkTraits, linkBulkBytesMax, type MessageClass, type NetworkId, type PeerId } from "@sinter/core";
import { endSoon } from "../end-soon.js";
import { type Carrier, CarrierBroke, type FarEnd, type Refusal } from "./carrier.js";
import { type CloseCode, type Closing, closeCodes, closingOf, decodeClosing, encodeClosing } from "./close-codes.js";
import { type FrameKind, FrameReader, u32In, u32Payload } from "./frames.js";
import { type Counts, LinkOutflow } from "./link-outflow.js";
import {
  type Channel,
  commonVersion,
  decodeHello,
  encodeHello,
  type Greeting,
  proofOf,
  type Speaker,
  secretBehind,
  type VersionRange,
} from "./membership.js";

/** This peer, as its links say and prove it. */
export interface LocalEnd {
  readonly peer: PeerId;
  readonly network: NetworkId;
  readonly secrets: readonly string[];
  readonly versions: VersionRange;
  readonly instance: Uint8Array;
  /** The next moment of this process. */
  moment(): number;
}

/** Where links belong. What it answers with a code turns the link away. */
export interface LinkOwner {
  /** The other side's key is proven, and nothing is said yet. */
  identified(link: Link): CloseCode | undefined;
  /** Both are members. Asked where this peer is the one that chooses among connections. */
  choose(link: Link): CloseCode | undefined;
  /** The other peer chose this connection; any other with it is dead. */
  chosen(link: Link): CloseCode | undefined;
  opened(link: Link): void;
  arrived(link: Link, frame: Uint8Array, messageClass: MessageClass): void;
  /** Once, never before the call that closes it returns. Its socket may linger to say why. */
  closed(link: Link, closing: Closing): void;
}

export interface LinkParts {
  readonly carrier: Carrier;
  readonly direction: Speaker;
  readonly address: string;
  readonly local: LocalEnd;
  readonly owner: LinkOwner;
  /** Cut unless it is a link by then; answers how to cancel that. */
  readonly patience: (run: () => void) => () => void;
}

type LinkState =
  /** The connection, and the keys of both sides. */
  | "securing"
  /** The other side's hello is awaited. */
  | "greeting"
  /** Both are members; the peer that chooses has not, or the other has not said so yet. */
  | "choosing"
  | "open"
  | "closed";

/** For status. */
export type LinkReport = {
  readonly peer: PeerId | null;
  readonly address: string;
  readonly direction: Speaker;
  readonly state: LinkState;
  /** The same text on both sides, and on no other link. */
  readonly channel: string | null;
  /** 0 while none is agreed. */
  readonly version: number;
  readonly sent: { readonly frames: number; readonly bytes: number; readonly waitingBytes: number };
  /** `dropped`: datagrams that were not proven to be of this link, or came twice. */
  readonly received: { readonly frames: number; readonly bytes: number; readonly dropped: number };
};

const shownChannelChars = 16;

/**
 * One connection, from its first byte to its last. It says hello, and becomes the link of two peers when the one with the
 * smaller id says `open` on it and the other says so back.
 */
export class Link {
  readonly direction: Speaker;
  readonly address: string;
  /** Once identified. */
  peer: PeerId | undefined;
  /** What the other side said of itself. */
  greeting: Greeting | undefined;
  /** When the other side called this the link, in its moments. */
  openedMoment = 0;
  readonly traits: LinkTraits;
  readonly #stream: Duplex;
  readonly #dropped: () => number;
  readonly #local: LocalEnd;
  readonly #owner: LinkOwner;
  readonly #outflow: LinkOutflow;
  readonly #reader = new FrameReader(["hello", "close"]);
  readonly #received: Counts = { frames: 0, bytes: 0 };
  readonly #cancelPatience: () => void;
  #state: LinkState = "securing";
  #channel: Channel | undefined;
  #version = 0;
  #allowance = linkBulkBytesMax;
  #fault = "";

  constructor({ carrier, direction, address, local, owner, patience }: LinkParts) {
    const { stream, frames } = carrier;
    this.traits = { delivery: frames === undefined ? "lossless" : "lossy", integrity: "vouched" };
    this.#dropped = () => frames?.dropped() ?? 0;
    this.direction = direction;
    this.address = address;
    this.#stream = stream;
    this.#local = local;
    this.#owner = owner;
    this.#outflow = new LinkOutflow(stream, frames);
    this.#cancelPatience = patience(() => this.close("timeout"));
    carrier.secured((far) => this.#secured(far));
    stream.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    frames?.heard((frame) => this.#loose(frame));
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error instanceof CarrierBroke) this.#finish(error.closing);
      this.#fault = error.code ?? error.message;
      stream.destroy();
    });
    stream.once("close", () => this.#broke());
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Whether this peer is the one that chooses which connection is the link. */
  get chooses(): boolean {
    return this.peer !== undefined && this.#local.peer < this.peer;
  }

  send(frame: Uint8Array, messageClass: MessageClass): void {
    if (this.#state !== "open") return;
    if (this.#outflow[messageClass](frame) === "overflow") this.close("overflow");
  }

  credit(bytes: number): void {
    if (this.#state !== "open") return;
    this.#allowance += bytes;
    this.#outflow.credit(bytes);
  }

  /** Says why, and ends. */
  close(code: CloseCode, reason = ""): void {
    if (this.#state === "closed") return;
    const closing = closingOf(code, "us", reason);
    const isSecure = this.#state !== "securing";
    if (isSecure) this.#outflow.say("close", encodeClosing(closing));
    this.#finish(closing);
    if (isSecure) endSoon(this.#stream);
    else this.#stream.destroy();
  }

  describe(): LinkReport {
    const { frames, bytes } = this.#outflow.counts;
    return {
      peer: this.peer ?? null,
      address: this.address,
      direction: this.direction,
      state: this.#state,
      channel: this.#channel === undefined ? null : Buffer.from(this.#channel.binding).toString("hex").slice(0, shownChannelChars),
      version: this.#version,
      sent: { frames, bytes, waitingBytes: this.#outflow.heldBytes },
      received: { ...this.#received, dropped: this.#dropped() },
    };
  }

  #broke(): void {
    const code = this.#state === "securing" ? "unreachable" : "lost";
    this.#finish(closingOf(code, "us", this.#fault === "" ? "" : `${closeCodes[code].text} (${this.#fault})`));
  }

  #finish(closing: Closing): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#cancelPatience();
    this.#outflow.end();
    process.nextTick(() => this.#owner.closed(this, closing));
  }

  #secured(far: FarEnd | Refusal): void {
    if (this.#state !== "securing") return;
    this.#state = "greeting";
    if ("refusal" in far) return this.close(far.refusal, far.reason);
    const { peer, binding } = far;
    this.peer = peer;
    const isDialling = this.direction === "dialling";
    this.#channel = {
      binding,
      network: this.#local.network,
      dialling: isDialling ? this.#local.peer : peer,
      listening: isDialling ? peer : this.#local.peer,
    };
    const refusal = peer === this.#local.peer ? "self" : this.#owner.identified(this);
    if (refusal !== undefined) return this.close(refusal);
    if (isDialling) this.#hello(this.#local.secrets[0] as string, this.#channel);
  }

  #hello(secret: string, channel: Channel): void {
    const { versions, instance } = this.#local;
    const payload = encodeHello({ versions, instance, moment: this.#local.moment() }, (said) =>
      proofOf(secret, channel, this.direction, said),
    );
    this.#outflow.say("hello", payload);
  }

  #receive(chunk: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#received.bytes += chunk.length;
    const fault = this.#reader.push(chunk, (kind, payload) => {
      this.#received.frames++;
      this.#hear(kind, payload);
      return this.#isClosed() ? "stop" : "more";
    });
    if (fault !== undefined) this.close("malformed", fault.reason);
  }

  /** What overtakes the word that opens the link is lost. */
  #loose(frame: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#received.frames++;
    this.#received.bytes += frame.length;
    this.#owner.arrived(this, frame, "control");
  }

  #hear(kind: FrameKind, payload: Uint8Array): void {
    switch (kind) {
      case "hello":
        return this.#greeted(payload);
      case "open":
        return this.#opening(u32In(payload));
      case "control":
        return this.#owner.arrived(this, payload, "control");
      case "bulk":
        this.#allowance -= payload.length;
        if (this.#allowance < 0) return this.close("malformed", "more bulk than there was credit for");
        return this.#owner.arrived(this, payload, "bulk");
      case "credit":
        return this.#outflow.credited(u32In(payload));
      case "close":
        this.#finish(decodeClosing(payload));
        return endSoon(this.#stream);
    }
  }

  #greeted(payload: Uint8Array): void {
    const hello = decodeHello(payload);
    if (isMalformed(hello)) return this.close("malformed", hello.reason);
    const channel = this.#channel as Channel;
    const speaker = this.direction === "dialling" ? "listening" : "dialling";
    const secret = secretBehind(this.#local.secrets, channel, speaker, hello);
    if (secret === undefined) return this.close("wrong-secret");
    const version = commonVersion(this.#local.versions, hello.greeting.versions);
    if (isMalformed(version)) return this.close("version", version.reason);
    this.greeting = hello.greeting;
    this.#version = version;
    // With the secret the other side has shown to know: while secrets are being changed it may not have all of ours.
    if (this.direction === "listening") this.#hello(secret, channel);
    this.#state = "choosing";
    this.#reader.expected = ["open", "close"];
    if (!this.chooses) return;
    const refusal = this.#owner.choose(this);
    if (refusal !== undefined) return this.close(refusal);
    this.#sayOpen();
  }

  #opening(moment: number): void {
    if (!this.chooses) {
      const refusal = this.#owner.chosen(this);
      if (refusal !== undefined) return this.close(refusal);
      this.#sayOpen();
    }
    this.openedMoment = moment;
    this.#state = "open";
    this.#reader.expected = ["control", "bulk", "credit", "close"];
    this.#cancelPatience();
    this.#owner.opened(this);
  }

  #sayOpen(): void {
    this.#outflow.say("open", u32Payload(this.#local.moment()));
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }
}
