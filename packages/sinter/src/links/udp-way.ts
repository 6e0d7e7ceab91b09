import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type LookupOptions, lookup } from "node:dns";
import { isIP, isIPv6 } from "node:net";
import { type Clock, isMalformed, linkDatagramsHeldBytesMax } from "@sinter/core";
import type { Carrier } from "./carrier.js";
import { Cookies } from "./cookies.js";
import { decodeDatagram, encodeDatagram, linkIdBytes } from "./datagrams.js";
import { type Doors, type Listener, listening, type Place, type Way } from "./listener.js";
import { type NoiseEnd, NoiseSession } from "./noise-session.js";
import { UdpStream } from "./udp-stream.js";

/** Of what comes while this process does something else, the system keeps as much as it is willing to, up to this. */
const keptBySystemBytes = 4 * 1024 * 1024;

/** Noise over UDP, for where connections of TCP do not come about, or many datagrams are lost. */
export class UdpWay implements Way {
  readonly #end: NoiseEnd;
  readonly #clock: Clock;
  /** How many addresses of a name did not answer. */
  readonly #silent = new Map<string, number>();

  constructor(end: NoiseEnd, clock: Clock) {
    this.#end = end;
    this.#clock = clock;
  }

  /** On a socket of its own, which hears that one place alone. Of a name that has several addresses the next one is tried each time. */
  dial({ host, port }: Place): Carrier {
    const link = randomBytes(linkIdBytes);
    const stream = new UdpStream({ session: new NoiseSession("initiator", this.#end, "datagrams"), clock: this.#clock, link });
    lookup(host, { all: true }, (error, addresses) => {
      const silent = this.#silent.get(host) ?? 0;
      const to = addresses?.[silent % addresses.length];
      if (to === undefined || stream.destroyed) return void stream.destroy(error ?? undefined);
      const socket = socketOf(to.family === 6 ? "udp6" : "udp4");
      this.#silent.set(host, silent + 1);
      socket.once("message", () => this.#silent.set(host, silent));
      socket.on("error", (fault) => stream.failed(fault));
      socket.on("message", (bytes) => stream.heard(bytes));
      stream.once("close", () => socket.close());
      socket.once("connect", () => {
        if (stream.destroyed) return;
        roomy(socket);
        stream.ask((datagram) => sent(socket, datagram));
      });
      socket.connect(port, to.address);
    });
    return stream;
  }

  async listen({ host, port }: Place, doors: Doors): Promise<Listener> {
    const socket = socketOf(isIPv6(host) ? "udp6" : "udp4");
    try {
      await listening({ host, port }, socket, () => socket.bind({ address: host, port, exclusive: true }));
    } catch (error) {
      socket.close();
      throw error;
    }
    roomy(socket);
    return new UdpListener({ socket, doors, end: this.#end, clock: this.#clock });
  }
}

interface UdpListenerParts {
  readonly socket: Socket;
  readonly doors: Doors;
  readonly end: NoiseEnd;
  readonly clock: Clock;
}

/** One socket for all who come to it. */
class UdpListener implements Listener {
  readonly at: Place;
  readonly #parts: UdpListenerParts;
  readonly #cookies: Cookies;
  /** By where they come from and what they call their link. */
  readonly #streams = new Map<string, UdpStream>();
  #dropped = 0;
  #closed: (() => void) | undefined;

  constructor(parts: UdpListenerParts) {
    const { socket, doors, clock } = parts;
    this.#parts = parts;
    this.#cookies = new Cookies(clock);
    const { address: host, port } = socket.address();
    this.at = { host, port };
    socket.on("error", () => doors.troubled());
    socket.on("message", (bytes, from) => this.#heard(bytes, from));
  }

  get dropped(): number {
    return this.#dropped;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = () => this.#parts.socket.close(resolve);
      this.#left();
    });
  }

  #left(): void {
    if (this.#streams.size === 0) this.#closed?.();
  }

  #heard(bytes: Buffer, { address: host, port }: RemoteInfo): void {
    // Anybody can say so, and nobody can be answered there.
    if (port === 0) {
      this.#dropped++;
      return;
    }
    const key = `${host} ${port} ${bytes.toString("hex", 1, 1 + linkIdBytes)}`;
    const known = this.#streams.get(key);
    if (known !== undefined) return known.heard(bytes);
    const asked = decodeDatagram(bytes);
    if (isMalformed(asked) || asked.kind !== "ask" || this.#closed !== undefined) {
      this.#dropped++;
      return;
    }
    const { link, cookie, message } = asked;
    const wire = (datagram: Uint8Array) => sent(this.#parts.socket, datagram, { host, port });
    const asker = { host, port, link };
    if (!this.#cookies.isGood(cookie, asker)) return wire(encodeDatagram({ kind: "cookie", link, cookie: this.#cookies.bake(asker) }));
    const arrival = {
      from: { host, port },
      carrier: () => {
        const session = new NoiseSession("responder", this.#parts.end, "datagrams");
        const stream = new UdpStream({ session, clock: this.#parts.clock, link: Uint8Array.from(link) });
        this.#streams.set(key, stream);
        stream.once("close", () => this.#forget(key));
        return stream;
      },
    };
    if (this.#parts.doors.arrived(arrival) === "let in") this.#streams.get(key)?.answer(message, wire);
  }

  #forget(key: string): void {
    this.#streams.delete(key);
    this.#left();
  }
}

function socketOf(type: "udp4" | "udp6"): Socket {
  return createSocket({ type, lookup: lookedUp });
}

/** Who is sent many datagrams is looked up but once: an address is one already. Sockets say the family alone, whatever their types say. */
function lookedUp(
  host: string,
  options: LookupOptions | number,
  found: (error: Error | null, address: string, family: number) => void,
): void {
  const family = isIP(host);
  const asked = typeof options === "number" ? { family: options } : options;
  if (family === 0) lookup(host, { ...asked, all: false }, found);
  else found(null, host, family);
}

function roomy(socket: Socket): void {
  try {
    socket.setRecvBufferSize(keptBySystemBytes);
    socket.setSendBufferSize(keptBySystemBytes);
  } catch (error) {
    // A system that does not give so much keeps what it gives to all: more is lost, and said again.
    if ((error as NodeJS.ErrnoException).code !== "ERR_SOCKET_BUFFER_SIZE") throw error;
  }
}

/** Where more waits than may, it is lost, as on any wire that is full. */
function sent(socket: Socket, datagram: Uint8Array, to?: Place): void {
  if (socket.getSendQueueSize() > linkDatagramsHeldBytesMax) return;
  // What could not be sent is lost, and that shows by itself: told later or thrown at once, it must not end the process, as anybody
  // can make this peer say something.
  try {
    if (to === undefined) socket.send(datagram, ignored);
    else socket.send(datagram, to.port, to.host, ignored);
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith("ERR_SOCKET_")) throw error;
  }
}

const ignored = (): void => undefined;
