import { createHash } from "node:crypto";
import { asId, type LinkEvents, type NetworkId, type PeerId } from "@sinter/core";
import { vi } from "vitest";
import { Ed25519Signer, nodeRandom } from "../node-crypto.js";
import { SystemClock } from "../system-clock.js";
import type { Address, WayName } from "./address.js";
import { Links, type LinksOptions, type LinksReport } from "./links.js";

// Ends of links on loopback, and what they were told.

export const secret = "a secret of the tests";
export const networkOf = (name: string): NetworkId => asId<NetworkId>(createHash("sha256").update(name).digest());

/** An end that dials again only when it is told to. */
export const patient = { retryFirstMs: 600_000, retryMsMax: 600_000 };
export const eager = { retryFirstMs: 10, retryMsMax: 40 };

/** Knows how many timers wait. */
export class CountingClock extends SystemClock {
  waiting = 0;

  override after(delayMs: number, run: () => void): () => void {
    let held = 1;
    this.waiting++;
    const over = (): void => {
      if (held-- === 1) this.waiting--;
    };
    const cancel = super.after(delayMs, () => {
      over();
      run();
    });
    return () => {
      over();
      cancel();
    };
  }
}

export interface End {
  readonly links: Links;
  readonly signer: Ed25519Signer;
  readonly opened: PeerId[];
  readonly closed: PeerId[];
  readonly frames: { readonly from: PeerId; readonly bytes: Uint8Array; readonly messageClass: string }[];
}

export function end(options: Partial<LinksOptions> = {}, heard: Partial<LinkEvents> = {}): End {
  const signer = options.signer ?? new Ed25519Signer(nodeRandom.bytes(32));
  const links = new Links({ network: networkOf("tests"), secrets: [secret], limits: patient, ...options, signer });
  const made: End = { links, signer, opened: [], closed: [], frames: [] };
  links.listen({
    opened: (peer, traits) => {
      made.opened.push(peer);
      heard.opened?.(peer, traits);
    },
    closed: (peer) => {
      made.closed.push(peer);
      heard.closed?.(peer);
    },
    arrived: (from, bytes, messageClass) => {
      made.frames.push({ from, bytes, messageClass });
      heard.arrived?.(from, bytes, messageClass);
    },
  });
  return made;
}

/** On TCP: what breaks there shows. */
export const tcpWays: readonly WayName[] = ["tls", "ws"];
export const ways: readonly WayName[] = [...tcpWays, "udp"];
export const listenAny = (of: End, way: WayName = "tls"): Promise<Address> => of.links.listenOn({ way, host: "127.0.0.1", port: 0 });

/** Two keys, the one with the smaller id first. */
export function twoSigners(): [Ed25519Signer, Ed25519Signer] {
  const pair = [new Ed25519Signer(nodeRandom.bytes(32)), new Ed25519Signer(nodeRandom.bytes(32))] as const;
  return Buffer.compare(pair[0].publicKey, pair[1].publicKey) < 0 ? [pair[0], pair[1]] : [pair[1], pair[0]];
}

export const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error("not yet");
    },
    { timeout: 20_000, interval: 5 },
  );

export const described = (of: End): LinksReport => of.links.describe();
/** The channels of links that are open. */
export const channels = (of: End): (string | null)[] =>
  described(of)
    .links.filter(({ state }) => state === "open")
    .map(({ channel }) => channel);
