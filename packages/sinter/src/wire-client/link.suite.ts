import { createHmac, randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { Bytes, expectThat, hex, same } from "./bytes.suite.js";
import { certificateOf, type KeyPair, rawKeyOf } from "./keys.suite.js";

// "Links" of docs/wire.md: TLS 1.3 with a certificate on both sides, a proof of membership each way, then frames.

const kinds = { hello: 1, open: 2, control: 3, bulk: 4, credit: 5, close: 6 } as const;
const headBytes = 5;
const bulkBytes = 1024 * 1024;

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly network: Uint8Array;
  readonly keys: KeyPair;
  /** Of this machine's addresses the one to come from. */
  readonly from?: string;
}

/** Emits `frame` with the bytes of a control or bulk frame, and `gone` with a reason. */
export class Link extends EventEmitter {
  /** The other side's id. */
  readonly peer: Uint8Array;
  /** Whether the other side may send more, once what it sent was taken. */
  credits: "given" | "kept" = "given";
  readonly #socket: TLSSocket;
  readonly #options: LinkOptions;
  readonly #instance = randomBytes(8);
  #moment = 1;
  #kept = Buffer.alloc(0);
  #credit = bulkBytes;
  readonly #bulk: Uint8Array[] = [];
  #open: "no" | "yes" = "no";

  private constructor(socket: TLSSocket, options: LinkOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
    const certificate = socket.getPeerX509Certificate();
    expectThat(certificate !== undefined, "a certificate on both sides");
    this.peer = rawKeyOf((certificate as NonNullable<typeof certificate>).publicKey);
    socket.on("data", (bytes: Buffer) => this.#guarded(() => this.#take(bytes)));
    socket.on("error", (error) => this.emit("gone", error.message));
    socket.once("close", () => this.emit("gone", "the connection is gone"));
  }

  /** Dials, proves membership, checks the other's proof, and agrees that this is the link. */
  static async to(options: LinkOptions): Promise<Link> {
    const { host, port, keys, from } = options;
    const below = connectTcp({ host, port, ...(from !== undefined && { localAddress: from }) });
    const socket = connect({ socket: below, ...certificateOf(keys), minVersion: "TLSv1.3", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const link = new Link(socket, options);
    const opened = new Promise<Link>((resolve, reject) => {
      link.once("open", () => resolve(link));
      link.once("gone", (why: string) => reject(new Error(why)));
    });
    link.#hello();
    return opened;
  }

  control(bytes: Uint8Array): void {
    this.frame(kinds.control, bytes);
  }

  /** Waits for credit, if there is none. */
  bulk(bytes: Uint8Array): void {
    this.#bulk.push(bytes);
    this.#pump();
  }

  /** Whatever kind of frame. */
  frame(kind: number, bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(new Bytes().u8(kind).u32(bytes.length).raw(bytes).done());
  }

  /** Bytes that the connection has not taken yet. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  /** Whatever comes stays with the system. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Without a word. */
  cut(): void {
    this.#socket.destroy();
  }

  close(): void {
    this.frame(kinds.close, Uint8Array.of(0));
    this.#socket.end();
  }

  #pump(): void {
    for (let next = this.#bulk[0]; next !== undefined && next.length <= this.#credit; next = this.#bulk[0]) {
      this.#credit -= next.length;
      this.frame(kinds.bulk, next);
      this.#bulk.shift();
    }
  }

  #hello(): void {
    const said = new Bytes()
      .u8(1)
      .u8(1)
      .raw(this.#instance)
      .u32(this.#moment++)
      .done();
    this.frame(kinds.hello, new Bytes().raw(this.#proof(1, said), said).done());
  }

  /** `by`: 1 from the side that dialled, 2 from the other. */
  #proof(by: number, said: Uint8Array): Uint8Array {
    const { secret, network, keys } = this.#options;
    const channel = this.#socket.exportKeyingMaterial(32, "EXPORTER-sinter-1-link", Buffer.alloc(0));
    const proof = createHmac("sha256", Buffer.from(secret.normalize("NFC")));
    proof.update(Buffer.from("sinter/1/link proof\n")).update(Uint8Array.of(by)).update(channel).update(network);
    return Uint8Array.from(proof.update(keys.public).update(this.peer).update(said).digest());
  }

  /** What the page does not allow ends the link, and is told. */
  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.emit("gone", (error as Error).message);
      this.#socket.destroy();
    }
  }

  #take(bytes: Buffer): void {
    this.#kept = Buffer.concat([this.#kept, bytes]);
    while (this.#kept.length >= headBytes) {
      const [kind, length] = [this.#kept[0] as number, this.#kept.readUInt32BE(1)];
      if (this.#kept.length < headBytes + length) return;
      const payload = Uint8Array.from(this.#kept.subarray(headBytes, headBytes + length));
      this.#kept = this.#kept.subarray(headBytes + length);
      this.#heard(kind, payload);
    }
  }

  #heard(kind: number, payload: Uint8Array): void {
    switch (kind) {
      case kinds.hello: {
        const said = payload.subarray(32);
        expectThat(same(payload.subarray(0, 32), this.#proof(2, said)), "the proof of the other side");
        // The side with the smaller id says open first.
        if (hex(this.#options.keys.public) < hex(this.peer)) this.#sayOpen();
        return;
      }
      case kinds.open:
        if (this.#open === "no" && hex(this.peer) < hex(this.#options.keys.public)) this.#sayOpen();
        this.#open = "yes";
        this.emit("open");
        return;
      case kinds.control:
        this.emit("frame", payload);
        return;
      case kinds.bulk:
        if (this.credits === "given") this.frame(kinds.credit, new Bytes().u32(payload.length).done());
        this.emit("frame", payload);
        return;
      case kinds.credit:
        this.#credit += Buffer.from(payload).readUInt32BE(0);
        this.#pump();
        return;
      default:
        this.emit("gone", `code ${payload[0]}: ${Buffer.from(payload.subarray(1)).toString()}`);
    }
  }

  #sayOpen(): void {
    this.frame(kinds.open, new Bytes().u32(this.#moment++).done());
  }
}
