import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Peer, SinterError } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { open } from "./open.js";

// Peers whose bytes somebody on the way spoils: what a link carries is right or the link breaks, and nothing else comes of it.

const kinds = ["flip", "drop", "insert", "splice", "cut"] as const;
type Kind = (typeof kinds)[number];

/** Where it spoils a stream begins anew with each connection: within the handshake, or in what follows. */
const EARLY_BYTES = 3_000;
const LATE_BYTES = 120_000;
const SPOILT_BYTES = 40;
/** Two that both wait for the rest of something are parted by whoever stands between them. */
const SILENT_MS = 300;

interface Fault {
  readonly kind: Kind;
  readonly forth: boolean;
  readonly at: number;
}

class SpoilingProxy {
  readonly #server: Server;
  readonly #to: { readonly host: string; readonly port: number };
  readonly #draw: (below: number) => number;
  readonly #sockets = new Set<Socket>();
  honest = false;
  connections = 0;
  readonly spoilt = new Map<Kind, number>();

  private constructor(server: Server, to: { readonly host: string; readonly port: number }, draw: (below: number) => number) {
    this.#server = server;
    this.#to = to;
    this.#draw = draw;
    server.on("connection", (near) => this.#between(near));
  }

  static async to(to: { readonly host: string; readonly port: number }, draw: (below: number) => number): Promise<SpoilingProxy> {
    const server = createServer();
    server.listen({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    return new SpoilingProxy(server, to, draw);
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #between(near: Socket): void {
    const far = connect(this.#to);
    this.connections++;
    const both = [near, far];
    for (const each of both) {
      this.#sockets.add(each);
      each.on("error", () => each.destroy());
      each.once("close", () => {
        this.#sockets.delete(each);
        for (const other of both) other.destroy();
      });
    }
    const kind = kinds[(this.connections - 1) % kinds.length] as Kind;
    const isEarly = this.#draw(3) === 0;
    const at = this.#draw(isEarly ? EARLY_BYTES : LATE_BYTES);
    const fault: Fault = { kind, forth: this.#draw(2) === 0, at };
    this.#carry(near, far, this.honest || !fault.forth ? undefined : fault);
    this.#carry(far, near, this.honest || fault.forth ? undefined : fault);
  }

  #carry(from: Socket, to: Socket, fault: Fault | undefined): void {
    let passed = 0;
    let before: Buffer = Buffer.alloc(0);
    from.on("data", (chunk: Buffer) => {
      const isDue = fault !== undefined && passed <= fault.at && fault.at < passed + chunk.length;
      const bytes = isDue ? this.#spoil(fault, chunk, { at: fault.at - passed, before }) : chunk;
      passed += chunk.length;
      before = Buffer.concat([before, chunk]).subarray(-EARLY_BYTES);
      if (bytes === "cut") {
        from.destroy();
        return;
      }
      if (isDue) for (const each of [from, to]) each.setTimeout(SILENT_MS, () => each.destroy());
      if (!to.write(bytes)) {
        from.pause();
        to.once("drain", () => from.resume());
      }
    });
    from.once("end", () => to.end());
  }

  /** `before`: what went by last. */
  #spoil({ kind }: Fault, chunk: Buffer, { at, before }: { readonly at: number; readonly before: Buffer }): Buffer | "cut" {
    this.spoilt.set(kind, (this.spoilt.get(kind) ?? 0) + 1);
    const some = 1 + this.#draw(SPOILT_BYTES);
    const [head, rest] = [chunk.subarray(0, at), chunk.subarray(at)];
    switch (kind) {
      case "flip": {
        const flipped = Buffer.from(chunk);
        flipped[at] = (flipped[at] as number) ^ (1 << this.#draw(8));
        return flipped;
      }
      case "drop":
        return Buffer.concat([head, rest.subarray(some)]);
      case "insert":
        return Buffer.concat([head, Buffer.from(Array.from({ length: some }, () => this.#draw(256))), rest]);
      case "splice":
        // Something that was said before, once more.
        return Buffer.concat([head, (before.length === 0 ? chunk : before).subarray(0, some), rest]);
      case "cut":
        return "cut";
    }
  }
}

/** Numbers that the seed of this run decides. */
function drawing(name: string): (below: number) => number {
  let drawn = 0;
  return (below) => createHash("sha256").update(`${process.env["SINTER_SEED"]} ${name} ${drawn++}`).digest().readUInt32BE() % below;
}

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "corrupted-"));
});

afterEach(() => rmSync(dir, { recursive: true }));

const ATTEMPTS = 60;
const EVENTS = 40;
const PAYLOAD_BYTES = 1_000;
const linking = { network: "corrupted links", secret: "a secret of the tests", control: "none" } as const;
const sync = { heartbeatMs: 20, suspectMs: 1_000, retransMs: 200 };

async function write(peer: Peer, draw: (below: number) => number): Promise<void> {
  const payloads = Array.from({ length: EVENTS }, () => ({ payload: new Uint8Array(PAYLOAD_BYTES).fill(draw(256)) }));
  await peer.append("team/log", payloads);
}

async function eventsOf(peer: Peer): Promise<string[]> {
  const events: string[] = [];
  for await (const { id, payload } of peer.events("team/log")) events.push(`${id} ${Buffer.from(payload ?? []).toString("hex")}`);
  return events;
}

const sockets = (): number => process.getActiveResourcesInfo().filter((each) => /^(TCP|TLS)/.test(each)).length;

test.each([
  ["tls", ""],
  ["ws", "ws://"],
])("%s: bytes that are spoilt on the way break the link, and never come into a store", async (name, way) => {
  const draw = drawing(name);
  const before = sockets();
  const left = await open({ ...linking, dir: join(dir, "left"), listen: [`${way}127.0.0.1:0`], sync });
  const right = await open({ ...linking, dir: join(dir, "right"), join: [], sync });
  const [listening] = /(?<=:)\d+(?=\/?$)/.exec(addressOf(await left.invite())) ?? [];
  const proxy = await SpoilingProxy.to({ host: "127.0.0.1", port: Number(listening) }, draw);
  const address = `${way}127.0.0.1:${proxy.port}`;
  const reasons: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await write(attempt % 2 === 0 ? left : right, draw);
    const told = await right.sync(address).catch((error: unknown) => error);
    if (told instanceof SinterError) reasons.push(told.message);
    else if (told instanceof Error) throw told;
    else if (!(told as { converged: boolean }).converged) reasons.push((told as { reason: string }).reason);
  }
  expect([...proxy.spoilt.keys()].sort()).toEqual([...kinds].sort());
  expect(reasons.length).toBeGreaterThan(ATTEMPTS / 4);
  for (const reason of reasons) expect(reason).toMatch(/\w{3}/);
  proxy.honest = true;
  expect(await right.sync(address)).toMatchObject({ converged: true });
  const roots = await Promise.all([left, right].map(async (peer) => (await peer.status()).root));
  expect(roots[0]).toBe(roots[1]);
  expect(await eventsOf(left)).toEqual(await eventsOf(right));
  expect(await eventsOf(left)).toHaveLength(ATTEMPTS * EVENTS);
  for (const peer of [left, right]) {
    expect(await peer.audit()).toMatchObject({ ok: true, problems: [] });
    expect(await peer.forks()).toEqual([]);
    await peer.close();
  }
  await proxy.close();
  await vi.waitFor(() => expect(sockets()).toBe(before), { timeout: 20_000 });
});

function addressOf(invite: string): string {
  const bytes = Buffer.from(invite.slice("sinter1.".length), "base64url");
  return bytes.subarray(2, 2 + (bytes[1] as number)).toString();
}
