import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { SeededRandom } from "../../../simulator/src/seeded-random.js";
import { SystemClock } from "../system-clock.js";
import type { Address } from "./address.js";

// A wire between those who dial and one who listens, on which datagrams are lost, repeated and mixed up, seen and made up.

type Direction = "forth" | "back";
/** What becomes of a datagram: how many of it arrive, and how late. */
export type Fate = (datagram: Buffer, direction: Direction) => { readonly copies: number; readonly delayMs: number };

export const whole: Fate = () => ({ copies: 1, delayMs: 0 });
export const nothing: Fate = () => ({ copies: 0, delayMs: 0 });

/** Shares of a hundred. */
export function bad(seed: number, { lost, twice, late }: { readonly lost: number; readonly twice: number; readonly late: number }): Fate {
  const random = new SeededRandom(seed);
  return () => ({
    copies: random.below(100) < lost ? 0 : random.below(100) < twice ? 2 : 1,
    delayMs: random.below(100) < late ? 1 + random.below(20) : 0,
  });
}

export class UdpWire {
  readonly address: Address;
  readonly seen: Record<Direction, Buffer[]> = { forth: [], back: [] };
  fate: Fate = whole;
  readonly #near: Socket;
  readonly #to: Address;
  /** One for each who dials: the other end tells them apart by it. */
  readonly #far = new Map<string, { readonly socket: Socket; readonly near: RemoteInfo }>();
  readonly #clock = new SystemClock();
  #state: "open" | "closed" = "open";

  private constructor(near: Socket, to: Address) {
    this.#near = near;
    this.#to = to;
    this.address = { ...to, port: near.address().port };
    near.on("message", (datagram, from) => void this.#forth(datagram, from));
  }

  static async to(address: Address): Promise<UdpWire> {
    const near = createSocket("udp4");
    near.bind(0, "127.0.0.1");
    await once(near, "listening");
    return new UdpWire(near, address);
  }

  /** As if it came from that side, by the way of the first who dialled. */
  forge(direction: Direction, datagram: Uint8Array): void {
    const [first] = this.#far.values();
    if (first === undefined) throw new Error("nobody has dialled");
    if (direction === "forth") first.socket.send(datagram, this.#to.port, this.#to.host);
    else this.#near.send(datagram, first.near.port, first.near.address);
  }

  close(): void {
    this.#state = "closed";
    this.#near.close();
    for (const { socket } of this.#far.values()) socket.close();
  }

  #forth(datagram: Buffer, near: RemoteInfo): void {
    const key = `${near.address} ${near.port}`;
    let far = this.#far.get(key)?.socket;
    if (far === undefined) {
      far = createSocket("udp4");
      this.#far.set(key, { socket: far, near });
      far.on("message", (back) => this.#pass(back, "back", () => this.#near.send(back, near.port, near.address)));
      far.on("error", () => undefined);
    }
    const through = far;
    this.#pass(datagram, "forth", () => through.send(datagram, this.#to.port, this.#to.host));
  }

  #pass(datagram: Buffer, direction: Direction, send: () => void): void {
    this.seen[direction].push(datagram);
    const { copies, delayMs } = this.fate(datagram, direction);
    for (let copy = 0; copy < copies; copy++) {
      if (delayMs === 0) send();
      else this.#clock.after(delayMs, () => this.#state === "open" && send());
    }
  }
}
