import { createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { SinterError } from "@sinter/core";
import { type Address, addressText } from "./address.js";
import type { Carrier } from "./carrier.js";

/** A host and a port. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** A way of connecting. */
export interface Way {
  dial(address: Address): Carrier;
  /** Port 0 takes any that is free. */
  listen(place: Place, doors: Doors): Promise<Listener>;
}

/** Somebody who wants to come in. */
export interface Arrival {
  readonly from: Place;
  /** What the carrier will be on, where there is something already. */
  readonly below?: Duplex;
  /** Called where there is a place for it. */
  carrier(): Carrier;
}

export interface Doors {
  /** Whoever is turned away is told nothing, and nothing is kept of it. */
  arrived(arrival: Arrival): "let in" | "turned away";
  /** Somebody could not even be asked in. */
  troubled(): void;
}

export interface Listener {
  /** Where it listens: the port is one. */
  readonly at: Place;
  /** Datagrams that were none of anybody who was let in. */
  readonly dropped: number;
  /** Lets nobody in any more; settles once all who came are gone. */
  close(): Promise<void>;
}

/** For the ways that go over TCP. */
export async function listenTcp({ host, port }: Place, doors: Doors, carrierOf: (raw: Socket) => Carrier): Promise<Listener> {
  const server = createServer((raw) => {
    const from = { host: raw.remoteAddress ?? "", port: raw.remotePort ?? 0 };
    if (doors.arrived({ from, below: raw, carrier: () => carrierOf(raw) }) === "turned away") raw.destroy();
  });
  await listening({ host, port }, server, () => server.listen({ host, port }));
  // No more files, for one: who could not be accepted is turned away.
  server.on("error", () => doors.troubled());
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP server has an address and a port");
  return {
    at: { host: bound.address, port: bound.port },
    dropped: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface Listening {
  once(event: "error" | "listening", run: (error: Error) => void): unknown;
  off(event: "error", run: (error: Error) => void): unknown;
}

/** Settles once it listens; where it cannot, says what to do. */
export async function listening(place: Place, server: Listening, begin: () => void): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.once("listening", () => {
        server.off("error", reject);
        resolve();
      });
      begin();
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const where = addressText(place);
    if (code === "EADDRINUSE") throw new SinterError("in-use", `another process listens on ${where}`, "Choose another port, or 0 for any.");
    throw new SinterError(
      "permission",
      `cannot listen on ${where} (${code})`,
      "Choose an address of this machine and a port that is yours.",
    );
  }
}
