import { Duplex } from "node:stream";
import { type Clock, isMalformed } from "@sinter/core";
import { type Carrier, CarrierBroke, type FarEnd, type LooseFrames, type Refusal } from "./carrier.js";
import { type CloseCode, closeCodes, closingOf, decodeClosing } from "./close-codes.js";
import {
  cameOf,
  cookieBytes,
  type Datagram,
  decodeDatagram,
  decodeWords,
  encodeDatagram,
  encodeWords,
  type Piece,
  pieceBytes,
  sealedHead,
} from "./datagrams.js";
import type { NoiseSession } from "./noise-session.js";
import { PieceLane } from "./piece-lane.js";
import { ReplayWindow } from "./replay-window.js";

/** Sends a datagram to where the link goes. */
export type Wire = (datagram: Uint8Array) => void;

export interface UdpStreamParts {
  readonly session: NoiseSession;
  readonly clock: Clock;
  /** Drawn by the side that dials: by it a datagram is known to be of this link. */
  readonly link: Uint8Array;
}

type UdpState =
  /** On the side that dials: an answer is awaited. */
  | "asking"
  /** On the other: it has answered. */
  | "answering"
  /** The handshake is done here. */
  | "secured"
  /** And there, too: something sealed has come. */
  | "sealed"
  | "refused";

type Taken = "taken" | "dropped";

const sayAgainFirstMs = 100;
const sayAgainMostMs = 400;

/**
 * Bytes and frames over datagrams, sealed by Noise. Anybody can send a datagram: one that is not proven to be from the other side, or
 * was here before, is dropped and counted, and changes nothing. A refusal, where nothing can be sealed yet, is heard only by the
 * side that dials, until something sealed has come.
 */
export class UdpStream extends Duplex implements Carrier {
  readonly frames: LooseFrames;
  readonly #parts: UdpStreamParts;
  readonly #window = new ReplayWindow();
  #wire: Wire = () => undefined;
  #lane: PieceLane | undefined;
  #tell: (far: FarEnd | Refusal) => void = () => undefined;
  #frame: (frame: Uint8Array) => void = () => undefined;
  #role: "dialling" | "dialled" = "dialling";
  #state: UdpState = "asking";
  #number = 0;
  #dropped = 0;
  /** What is said again: by the side that dials until it is answered, by the other whenever it is asked. */
  #word: Uint8Array = new Uint8Array(0);
  #cookie: "none" | "here" = "none";
  /** The finish that something came of, on the side that is dialled: no other one is answered. */
  #finish: Uint8Array | undefined;
  #quiet: () => void = () => undefined;

  constructor(parts: UdpStreamParts) {
    super({ allowHalfOpen: false });
    this.#parts = parts;
    this.frames = {
      bytesMax: pieceBytes,
      dropped: () => this.#dropped,
      send: (frame) => this.#lane?.frame(frame) ?? "taken",
      heard: (run) => {
        this.#frame = run;
      },
    };
  }

  get stream(): Duplex {
    return this;
  }

  secured(run: (far: FarEnd | Refusal) => void): void {
    this.#tell = run;
  }

  /** The side that dials begins. */
  ask(wire: Wire): void {
    this.#wire = wire;
    this.#asking(new Uint8Array(cookieBytes), this.#parts.session.start() as Uint8Array);
    this.#sayAgain(sayAgainFirstMs);
  }

  /** The side that is dialled, with the first message of the handshake. */
  answer(message: Uint8Array, wire: Wire): void {
    this.#wire = wire;
    this.#role = "dialled";
    this.#state = "answering";
    const step = this.#parts.session.hear(message);
    // One that agrees on nothing: nothing can be said to it.
    if ("refusal" in step || step.say === undefined) this.#break("malformed", "reason" in step ? step.reason : "");
    else this.#say({ kind: "answer", link: this.#parts.link, message: step.say });
  }

  /** One datagram, from whomever. */
  heard(bytes: Uint8Array): void {
    if (this.destroyed) return;
    const datagram = decodeDatagram(bytes);
    const isOurs = !isMalformed(datagram) && Buffer.compare(datagram.link, this.#parts.link) === 0;
    if (!isOurs || this.#take(datagram) === "dropped") this.#dropped++;
  }

  /** The socket failed: once the other side is proven to be there, anybody may have made it seem so. */
  failed(error: Error): void {
    if (this.#state !== "sealed") this.destroy(error);
  }

  override _read(): void {
    // Comes by itself, and is taken at once.
  }

  override _writev(chunks: { readonly chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    const bytes = chunks.map(({ chunk }) => chunk);
    // Once it is refused there is nothing to seal with.
    if (this.#lane === undefined) done();
    else this.#lane.write(bytes, done);
  }

  override _final(done: () => void): void {
    if (this.#state === "refused") this.#wire(this.#word);
    if (this.#lane === undefined) done();
    else this.#lane.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#quiet();
    this.#lane?.stop();
    done(error);
  }

  #take(datagram: Datagram): Taken {
    const state = this.#state;
    switch (datagram.kind) {
      case "ask":
        return state === "answering" ? this.#say() : "dropped";
      case "cookie":
        return state === "asking" ? this.#hearCookie(datagram.cookie) : "dropped";
      case "answer":
        return state === "asking" ? this.#shakeHands(datagram.message) : "dropped";
      case "finish":
        return state === "answering" ? this.#hearFinish(datagram.message) : this.#finishAgain(datagram.message);
      case "refused":
        return this.#role === "dialling" && (state === "asking" || state === "secured") ? this.#hearRefusal(datagram.code) : "dropped";
      case "sealed":
        return this.#unseal(datagram);
    }
  }

  // --- the handshake ---

  #say(datagram?: Exclude<Datagram, { readonly kind: "sealed" }>): Taken {
    if (datagram !== undefined) this.#word = encodeDatagram(datagram);
    this.#wire(this.#word);
    return "taken";
  }

  #asking(cookie: Uint8Array, message: Uint8Array): void {
    this.#say({ kind: "ask", link: this.#parts.link, cookie, message });
  }

  #sayAgain(afterMs: number): void {
    this.#quiet = this.#parts.clock.after(afterMs, () => {
      this.#say();
      this.#sayAgain(Math.min(sayAgainMostMs, 2 * afterMs));
    });
  }

  /** The first is answered at once; whoever sends more of them makes nobody say more. */
  #hearCookie(cookie: Uint8Array): Taken {
    const asked = decodeDatagram(this.#word);
    if (isMalformed(asked) || asked.kind !== "ask") return "dropped";
    const again = { ...asked, cookie };
    if (this.#cookie === "none") this.#say(again);
    else this.#word = encodeDatagram(again);
    this.#cookie = "here";
    return "taken";
  }

  #shakeHands(message: Uint8Array): Taken {
    const { session, link } = this.#parts;
    const step = session.tryToHear(message);
    if ("refusal" in step) {
      if (step.refusal === "malformed") return "dropped";
      this.#state = "refused";
      this.#word = encodeDatagram({ kind: "refused", link, code: closeCodes[step.refusal].number });
      this.#tell(step);
      return "taken";
    }
    if (step.say !== undefined) this.#say({ kind: "finish", link, message: step.say });
    if (step.far !== undefined) this.#secure(step.far);
    return "taken";
  }

  #secure(far: FarEnd): void {
    this.#state = "secured";
    this.#lane = new PieceLane({
      clock: this.#parts.clock,
      say: (piece) => this.#seal(piece),
      part: (bytes) => this.push(bytes),
      frame: (bytes) => this.#frame(bytes),
      ended: () => this.push(null),
      lost: () => this.#break("lost", "nothing was heard for too long"),
    });
    this.#tell(far);
  }

  #hearFinish(message: Uint8Array): Taken {
    const taken = this.#shakeHands(message);
    if (taken === "taken") this.#finish = Uint8Array.from(message);
    return taken;
  }

  /** It was not heard that the finish has come. One that is forged would be answered with more than it is long. */
  #finishAgain(message: Uint8Array): Taken {
    if (this.#finish === undefined || Buffer.compare(this.#finish, message) !== 0) return "dropped";
    if (this.#state === "refused") return this.#say();
    if (this.#state !== "secured") return "dropped";
    this.#lane?.tell();
    return "taken";
  }

  #hearRefusal(code: number): Taken {
    this.destroy(new CarrierBroke(decodeClosing(Uint8Array.of(code))));
    return "taken";
  }

  // --- what is sealed ---

  #seal(piece: Piece | undefined): number {
    const { session, link } = this.#parts;
    const number = ++this.#number;
    const head = sealedHead(link, number);
    const sealed = session.sealAt(number, encodeWords({ came: cameOf(this.#window), piece }), head);
    if (isMalformed(sealed)) this.#break("ended", sealed.reason);
    else this.#wire(Buffer.concat([head, sealed]));
    return number;
  }

  #unseal({ number, head, sealed }: Extract<Datagram, { readonly kind: "sealed" }>): Taken {
    const lane = this.#lane;
    if (lane === undefined || this.#window.has(number) !== "new") return "dropped";
    const plain = this.#parts.session.openAt(number, sealed, head);
    if (isMalformed(plain)) return "dropped";
    this.#window.add(number);
    this.#state = "sealed";
    this.#quiet();
    // Plain, not a Buffer: slice() of a Buffer is no copy.
    const words = decodeWords(new Uint8Array(plain.buffer, plain.byteOffset, plain.length));
    const fault = isMalformed(words) ? words : lane.heard(words.came, words.piece);
    if (fault !== undefined) this.#break("malformed", fault.reason);
    return "taken";
  }

  #break(code: CloseCode, reason: string): void {
    this.destroy(new CarrierBroke(closingOf(code, "us", reason)));
  }
}
