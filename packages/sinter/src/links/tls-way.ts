import { connect, type SecureContext, TLSSocket } from "node:tls";
import { isMalformed, linkKeepAliveMs, linkReadBytes } from "@sinter/core";
import type { Ed25519Signer } from "../node-crypto.js";
import type { Address } from "./address.js";
import type { Carrier, FarEnd, Refusal } from "./carrier.js";
import { peerOf, secureContextOf } from "./certificate.js";
import { type Doors, type Listener, listenTcp, type Place, type Way } from "./listener.js";
import { channelBytes, channelLabel } from "./membership.js";

/** Mutual TLS 1.3 over TCP. */
export class TlsWay implements Way {
  readonly #context: SecureContext;

  constructor(signer: Ed25519Signer) {
    this.#context = secureContextOf(signer);
  }

  dial({ host, port }: Address): Carrier {
    // No server name: it would be said in clear. Whose key it is to be is checked by the key, not by a name.
    const checkServerIdentity = () => undefined;
    // What is read comes in the same memory each time: what there is much of is kept elsewhere in any case.
    const callback = (bytes: number, buffer: Uint8Array): boolean => {
      socket.emit("data", buffer.subarray(0, bytes));
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafeSlow(linkReadBytes), callback };
    const options = { host, port, secureContext: this.#context, rejectUnauthorized: false, checkServerIdentity, onread };
    const socket: TLSSocket = connect(options);
    return carrierOf(socket, "secureConnect");
  }

  listen(place: Place, doors: Doors): Promise<Listener> {
    const options = { isServer: true, requestCert: true, rejectUnauthorized: false, secureContext: this.#context };
    return listenTcp(place, doors, (raw) => carrierOf(new TLSSocket(raw, options), "secure"));
  }
}

function carrierOf(socket: TLSSocket, event: "secureConnect" | "secure"): Carrier {
  socket.setNoDelay();
  socket.setKeepAlive(true, linkKeepAliveMs);
  return { stream: socket, secured: (run) => void socket.once(event, () => run(farEnd(socket))) };
}

function farEnd(socket: TLSSocket): FarEnd | Refusal {
  const peer = peerOf(socket);
  if (isMalformed(peer)) return { refusal: "malformed", reason: peer.reason };
  return { peer, binding: socket.exportKeyingMaterial(channelBytes, channelLabel, Buffer.alloc(0)) };
}
