import { once } from "node:events";
import { WebSocket } from "ws";
import { Ed25519Signer, nodeRandom } from "../node-crypto.js";
import { type Address, addressText } from "./address.js";
import { networkOf, secret, until } from "./links.suite.js";
import { NoiseSession, type NoiseStep, noiseEnd } from "./noise-session.js";

/** Somebody who speaks WebSocket, and Noise as far as he likes. */
export class WebSocketStranger {
  readonly socket: WebSocket;
  readonly session: NoiseSession;
  readonly heard: Buffer[] = [];
  readonly signer = new Ed25519Signer(nodeRandom.bytes(32));
  code: number | undefined;

  private constructor(address: Address, secrets: readonly string[]) {
    this.session = new NoiseSession("initiator", noiseEnd(this.signer, networkOf("tests"), secrets));
    this.socket = new WebSocket(addressText(address), { perMessageDeflate: false });
    this.socket.on("message", (data) => this.heard.push(data as Buffer));
    this.socket.on("error", () => this.socket.terminate());
    this.socket.once("close", (code) => {
      this.code = code;
    });
  }

  static async at(address: Address, secrets: readonly string[] = [secret]): Promise<WebSocketStranger> {
    const stranger = new WebSocketStranger(address, secrets);
    await once(stranger.socket, "open");
    return stranger;
  }

  /** As far as it can be done from this side. */
  async shakeHands(): Promise<NoiseStep> {
    this.socket.send(this.session.start() as Uint8Array);
    await until(() => this.heard.length === 1);
    const step = this.session.hear(this.heard[0] as Buffer);
    if ("refusal" in step) throw new Error(step.reason);
    this.socket.send(step.say as Uint8Array);
    return step;
  }

  async closing(): Promise<number | undefined> {
    await until(() => this.code !== undefined);
    return this.code;
  }
}
