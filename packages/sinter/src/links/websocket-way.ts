import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { linkUpgradeBytesMax, noiseMessageBytesMax } from "@sinter/core";
import { WebSocket, WebSocketServer } from "ws";
import { type Address, addressText } from "./address.js";
import type { Carrier } from "./carrier.js";
import { type Doors, type Listener, listenTcp, type Place, type Way } from "./listener.js";
import { type NoiseEnd, NoiseSession } from "./noise-session.js";
import { WebSocketStream } from "./websocket-stream.js";

const upgradeRequired = 426;
/** Sealed bytes do not get smaller. */
const options = { maxPayload: noiseMessageBytesMax, perMessageDeflate: false, maxHeaderSize: linkUpgradeBytesMax };

/** WebSockets, for where no connection of TLS with keys of both sides can be had: behind proxies, and from browsers. */
export class WebSocketWay implements Way {
  readonly #end: NoiseEnd;
  readonly #http: Server;
  readonly #server = new WebSocketServer({ ...options, noServer: true, clientTracking: false });
  readonly #upgrading = new WeakMap<Duplex, WebSocketStream>();

  constructor(end: NoiseEnd) {
    this.#end = end;
    // It listens nowhere: connections are handed to it.
    this.#http = createServer({ maxHeaderSize: linkUpgradeBytesMax }, (_request, response) => {
      response.writeHead(upgradeRequired, { connection: "close", upgrade: "websocket" }).end();
    });
    this.#http.on("upgrade", (request, raw, head) => {
      this.#server.handleUpgrade(request, raw, head, (socket) => this.#upgraded(socket, raw as Socket));
    });
  }

  dial(address: Address): Carrier {
    const socket = new WebSocket(addressText(address), options);
    const stream = new WebSocketStream(new NoiseSession("initiator", this.#end), { destroy: () => socket.terminate() });
    stream.attach(socket);
    socket.once("upgrade", ({ socket: raw }) => socket.once("open", () => stream.opened(raw)));
    return stream;
  }

  listen(place: Place, doors: Doors): Promise<Listener> {
    return listenTcp(place, doors, (raw) => this.#accepted(raw));
  }

  #accepted(raw: Socket): Carrier {
    const stream = new WebSocketStream(new NoiseSession("responder", this.#end), raw);
    this.#upgrading.set(raw, stream);
    raw.once("close", () => {
      if (this.#upgrading.delete(raw)) stream.destroy();
    });
    this.#http.emit("connection", raw);
    return stream;
  }

  #upgraded(socket: WebSocket, raw: Socket): void {
    const stream = this.#upgrading.get(raw) as WebSocketStream;
    this.#upgrading.delete(raw);
    stream.attach(socket);
    stream.opened(raw);
  }
}
