import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { isMalformed, linkKeepAliveMs, linkUpgradeBytesMax, type Malformed, noiseMessageBytesMax } from "@sinter/core";
import type { WebSocket } from "ws";
import { type Carrier, CarrierBroke, type FarEnd, type Refusal } from "./carrier.js";
import { type CloseCode, closeCodes, closingOf, decodeClosing } from "./close-codes.js";
import { noiseTagBytes } from "./noise.js";
import type { NoiseSession } from "./noise-session.js";

const plainBytes = noiseMessageBytesMax - noiseTagBytes;
const normalCode = 1_000;
/** Codes of a WebSocket that are for each to give a meaning; ours follow in their order. */
const ownCodes = { first: 4_000, last: 4_255 };

/**
 * Bytes over a WebSocket, sealed by Noise: each message of the one is a message of the other. A refusal, where nothing can be sealed
 * yet, is the code with which the WebSocket closes; nobody vouches for it, so it is heard only until something sealed has come.
 */
export class WebSocketStream extends Duplex implements Carrier {
  readonly #session: NoiseSession;
  readonly #below: { destroy(): void };
  #socket: WebSocket | undefined;
  #tell: (far: FarEnd | Refusal) => void = () => undefined;
  #refused: CloseCode | undefined;
  #opened = 0;

  /** `below` is what there is before there is a WebSocket. */
  constructor(session: NoiseSession, below: { destroy(): void }) {
    super({ allowHalfOpen: false });
    this.#session = session;
    this.#below = below;
  }

  get stream(): Duplex {
    return this;
  }

  secured(run: (far: FarEnd | Refusal) => void): void {
    this.#tell = run;
  }

  /** Its WebSocket, open or about to be. */
  attach(socket: WebSocket): void {
    this.#socket = socket;
    socket.on("message", (data, isBinary) => this.#heard(data as Buffer, isBinary ? "bytes" : "text"));
    socket.on("error", (error: NodeJS.ErrnoException) => this.destroy(causeOf(error)));
    socket.once("close", (code) => this.#closed(code));
  }

  /** The WebSocket is open, on this connection. */
  opened(raw: Socket): void {
    raw.setKeepAlive(true, linkKeepAliveMs);
    let bytes = 0;
    const count = (chunk: Uint8Array): void => {
      bytes += chunk.length;
      if (this.#session.isDone) raw.off("data", count);
      else if (bytes > linkUpgradeBytesMax) this.#break("more than a handshake");
    };
    raw.on("data", count);
    const first = this.#session.start();
    if (first !== undefined) this.#socket?.send(first);
  }

  override _read(): void {
    // Comes by itself, and is taken at once.
  }

  override _writev(chunks: { readonly chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    const socket = this.#socket as WebSocket;
    const plain = Buffer.concat(chunks.map(({ chunk }) => chunk));
    // Once it is refused there is nothing to seal with, and what is written to one that closes is lost, as on any that breaks.
    if (this.#refused !== undefined || socket.readyState !== socket.OPEN || plain.length === 0) return done();
    for (let at = 0; at < plain.length; at += plainBytes) {
      const sealed = this.#session.seal(plain.subarray(at, at + plainBytes));
      if (isMalformed(sealed)) return done(new CarrierBroke(closingOf("ended", "us", sealed.reason)));
      if (at + plainBytes < plain.length) socket.send(sealed);
      else socket.send(sealed, done);
    }
  }

  override _final(done: () => void): void {
    this.#socket?.close(this.#refused === undefined ? normalCode : ownCodes.first + closeCodes[this.#refused].number);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const socket = this.#socket;
    if (socket === undefined) this.#below.destroy();
    if (socket === undefined || socket.readyState === socket.CLOSED) return done(error);
    socket.once("close", () => done(error));
    socket.terminate();
  }

  #heard(message: Buffer, form: "bytes" | "text"): void {
    if (this.destroyed || this.#refused !== undefined) return;
    if (form === "text") return this.#break("a text, where only bytes are said");
    if (this.#session.isDone) return this.#unsealed(this.#session.open(message));
    const step = this.#session.hear(message);
    if ("refusal" in step) {
      this.#refused = step.refusal;
      return this.#tell(step);
    }
    if (step.say !== undefined) this.#socket?.send(step.say);
    if (step.far !== undefined) this.#tell(step.far);
  }

  #unsealed(plain: Uint8Array | Malformed): void {
    if (isMalformed(plain)) return this.#break(plain.reason);
    this.#opened++;
    this.push(plain);
  }

  #break(reason: string): void {
    this.destroy(new CarrierBroke(closingOf("malformed", "us", reason)));
  }

  #closed(code: number): void {
    if (this.destroyed) return;
    const isTold = code >= ownCodes.first && code <= ownCodes.last && this.#opened === 0 && this.#refused === undefined;
    if (isTold) this.destroy(new CarrierBroke(decodeClosing(Uint8Array.of(code - ownCodes.first))));
    else this.push(null);
  }
}

/** What a WebSocket itself finds wrong has codes of its own; all others are of the connection below. */
function causeOf(error: NodeJS.ErrnoException): Error {
  return error.code?.startsWith("WS_ERR_") ? new CarrierBroke(closingOf("malformed", "us", error.message)) : error;
}
