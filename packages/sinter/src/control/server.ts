import { chmod } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { controlConnectionsMax, type PeerApi } from "@sinter/core";
import { endSoon } from "../end-soon.js";
import { Connection } from "./connection.js";
import type { HolderKind, ServerLine } from "./messages.js";
import { claimSocketPath, releaseSocketPath } from "./socket-place.js";

export interface ServeControlOptions {
  /** The store's directory. Whoever serves its socket must hold the store. */
  readonly dir: string;
  readonly peer: PeerApi;
  readonly holder: HolderKind;
}

export interface ControlServer {
  readonly path: string;
  /** Answers what is under way, refuses what is new, and takes the socket away. The peer is left open. */
  close(): Promise<void>;
}

export async function serveControl(options: ServeControlOptions): Promise<ControlServer> {
  const path = await claimSocketPath(options.dir);
  const connections = new Map<Socket, Connection>();
  const server = createServer((socket) => {
    if (connections.size >= controlConnectionsMax) return turnAway(socket);
    connections.set(socket, new Connection(socket, options.peer, options.holder));
    socket.once("close", () => connections.delete(socket));
  });
  await listen(server, path);
  return { path, close: () => shut(options.dir, server, connections) };
}

function turnAway(socket: Socket): void {
  const line: ServerLine = { say: "refused", code: "busy", reason: `${controlConnectionsMax} commands speak to this holder already` };
  socket.on("error", () => socket.destroy());
  endSoon(socket, `${JSON.stringify(line)}\n`);
}

async function listen(server: Server, path: string): Promise<void> {
  // The socket comes into being inside listen(), so that nobody else can connect before its mode is set below.
  const before = process.umask(0o077);
  try {
    const listening = new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    process.umask(before);
    await listening;
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o600);
}

async function shut(dir: string, server: Server, connections: ReadonlyMap<Socket, Connection>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await Promise.all([...connections.values()].map((connection) => connection.leave()));
  await closed;
  await releaseSocketPath(dir);
}
