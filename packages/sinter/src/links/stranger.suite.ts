import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { PeerId } from "@sinter/core";
import { toHex } from "@sinter/core";
import { Ed25519Signer, nodeRandom } from "../node-crypto.js";
import type { Address } from "./address.js";
import { secureContextOf } from "./certificate.js";
import { type Closing, decodeClosing } from "./close-codes.js";
import { type FrameKind, FrameReader, frameHead, frameKinds, u32Payload } from "./frames.js";
import { networkOf, secret, until } from "./links.suite.js";
import { type Channel, channelBytes, channelLabel, encodeHello, instanceBytes, linkVersions, proofOf } from "./membership.js";

// Somebody who speaks TLS and frames as he likes.

export class Stranger {
  readonly signer: Ed25519Signer;
  readonly socket: TLSSocket;
  readonly heard: [FrameKind, Uint8Array][] = [];
  closed: "yes" | "no" = "no";
  readonly #reader = new FrameReader(Object.keys(frameKinds) as FrameKind[]);

  private constructor(signer: Ed25519Signer, socket: TLSSocket) {
    this.signer = signer;
    this.socket = socket;
    socket.on("data", (chunk: Uint8Array) => {
      this.#reader.push(chunk, (kind, payload) => {
        this.heard.push([kind, payload.slice()]);
        return "more";
      });
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.closed = "yes";
    });
  }

  static async at({ host, port }: Address, signer = new Ed25519Signer(nodeRandom.bytes(32)), context?: SecureContext): Promise<Stranger> {
    const secureContext = context ?? secureContextOf(signer);
    const stranger = new Stranger(signer, connect({ host, port, secureContext, rejectUnauthorized: false }));
    await once(stranger.socket, "secureConnect");
    return stranger;
  }

  /** With no certificate at all. */
  static nameless(address: Address): Promise<Stranger> {
    return Stranger.at(address, undefined, createSecureContext({ minVersion: "TLSv1.3" }));
  }

  write(kind: FrameKind, payload: Uint8Array): void {
    this.bytes(frameHead(kind, payload.length));
    this.bytes(payload);
  }

  bytes(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  hello(to: PeerId, change: (channel: Channel) => Channel = (channel) => channel): void {
    const channel: Channel = {
      binding: this.socket.exportKeyingMaterial(channelBytes, channelLabel, Buffer.alloc(0)),
      network: networkOf("tests"),
      dialling: toHex(this.signer.publicKey) as PeerId,
      listening: to,
    };
    const greeting = { versions: linkVersions, instance: new Uint8Array(instanceBytes), moment: 1 };
    this.write(
      "hello",
      encodeHello(greeting, (said) => proofOf(secret, change(channel), "dialling", said)),
    );
  }

  /** Says and hears what makes it a link. */
  async link(to: PeerId): Promise<void> {
    this.hello(to);
    const chooses = toHex(this.signer.publicKey) < to;
    const kinds = (): FrameKind[] => this.heard.map(([kind]) => kind);
    await until(() => kinds().includes("hello"));
    if (!chooses) await until(() => kinds().includes("open"));
    this.write("open", u32Payload(2));
  }

  /** Why it was closed, once it is. */
  async closing(): Promise<Closing | undefined> {
    await until(() => this.closed === "yes");
    const last = this.heard.at(-1);
    return last?.[0] === "close" ? decodeClosing(last[1]) : undefined;
  }

  gone(): void {
    this.socket.destroy();
  }
}

/** A connection without TLS. */
export async function plainly({ host, port }: Address): Promise<Socket> {
  const socket = connectTcp({ host, port });
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  return socket;
}
