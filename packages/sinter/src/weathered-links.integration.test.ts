import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LinkEvents, LinkTraits, Peer, PeerId, Transport } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SeededRandom } from "../../simulator/src/seeded-random.js";
import { type Chaos, ChaosTransport, noChaos } from "../../simulator/src/sync/chaos-transport.js";
import { type OpenOptions, open } from "./open.js";
import { SystemClock } from "./system-clock.js";

// Peers as applications open them, on real sockets of each kind, in all weathers.

const addresses = { tls: "127.0.0.1:0", ws: "ws://127.0.0.1:0/", udp: "udp://127.0.0.1:0" } as const;
const ways = Object.keys(addresses) as (keyof typeof addresses)[];
const storm: Chaos = { loss: 0.2, duplication: 0.1, reordering: 0.2, delayMs: 2, jitterMs: 6 };
/** What is lost is said again soon. */
const quick = { retransMs: 60, heartbeatMs: 100, suspectMs: 2_000, intervalMs: 300 } as const;

let dir: string;
const open_: Peer[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "weather-"));
});

afterEach(async () => {
  for (const peer of open_.splice(0)) await peer.close();
  rmSync(dir, { recursive: true });
});

async function peer(name: string, options: Omit<OpenOptions, "dir">): Promise<Peer> {
  const opened = await open({ dir: join(dir, name), control: "none", signatures: "ed25519", sync: quick, ...options });
  open_.push(opened);
  return opened;
}

/** What a peer's links are, as it sees them. */
class Weather {
  chaos = storm;
  transport: ChaosTransport | undefined;
  readonly linked = new Map<PeerId, LinkTraits>();
  opened = 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  readonly through = (links: Transport): Transport => {
    const clock = new SystemClock();
    const random = new SeededRandom(this.#seed);
    this.transport = new ChaosTransport({ transport: this.#seen(links), clock, random, chaos: () => this.chaos });
    return this.transport;
  };

  #seen(links: Transport): Transport {
    const { linked } = this;
    return {
      listen: (events: LinkEvents) =>
        links.listen({
          opened: (to, traits) => {
            this.opened++;
            linked.set(to, traits);
            events.opened(to, traits);
          },
          closed: (to) => {
            linked.delete(to);
            events.closed(to);
          },
          arrived: (from, frame, messageClass) => events.arrived(from, frame, messageClass),
        }),
      send: (to, frame, messageClass) => links.send(to, frame, messageClass),
      credit: (from, bytes) => links.credit(from, bytes),
      close: (to, reason) => links.close(to, reason),
    };
  }

  /** The links go down; they come up again by themselves. */
  down(): void {
    for (const to of this.linked.keys()) this.transport?.close(to, "the weather");
  }
}

async function append(to: Peer, subject: string, count: number, bytes = 200): Promise<void> {
  for (let at = 0; at < count; at++) await to.append(subject, [{ payload: new Uint8Array(bytes).fill(at) }]);
}

async function sameRoot(...peers: readonly Peer[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const roots = await Promise.all(peers.map(async (each) => (await each.status()).root));
      expect(new Set(roots).size).toBe(1);
    },
    { timeout: 60_000, interval: 20 },
  );
}

async function holds(held: Peer, subject: string): Promise<number> {
  return (await held.feeds(subject)).reduce((sum, { size }) => sum + size, 0);
}

test.each(ways)("%s: two peers come to hold the same, and write on to each other", async (way) => {
  const one = await peer("one", { invite: "new", listen: [addresses[way]] });
  await append(one, "team/log", 40);
  const other = await peer("other", { invite: await one.invite() });
  await append(one, "team/log", 1);
  await append(other, "team/log", 5);
  await other.append("team/large", [{ payload: new Uint8Array(300_000).fill(7) }]);
  await sameRoot(one, other);
  expect([await holds(other, "team/log"), await holds(one, "team/large")]).toEqual([46, 1]);
  const [link] = (await one.status()).links;
  expect([link?.peer, link?.address.startsWith(way === "tls" ? "127" : `${way}://`)]).toEqual([other.id, true]);
});

test.each(ways)("%s: what a link promises is told to whoever is on it", async (way) => {
  const seen = new Weather(1);
  seen.chaos = noChaos;
  const one = await peer("one", { invite: "new", listen: [addresses[way]], through: seen.through });
  const other = await peer("other", { invite: await one.invite() });
  await vi.waitFor(() => expect(seen.linked.size).toBe(1), { timeout: 20_000 });
  expect(seen.linked.get(other.id as PeerId)).toEqual({ delivery: way === "udp" ? "lossy" : "lossless", integrity: "vouched" });
});

test.each(ways)("%s: in bad weather, on both sides, two come to hold the same", async (way) => {
  const [here, there] = [new Weather(2), new Weather(3)];
  const one = await peer("one", { invite: "new", listen: [addresses[way]], through: here.through });
  await append(one, "team/log", 60);
  const other = await peer("other", { invite: await one.invite(), through: there.through });
  await append(other, "team/notes", 60);
  await one.append("team/large", [{ payload: new Uint8Array(200_000) }]);
  await append(one, "team/log", 10);
  await sameRoot(one, other);
  expect([await holds(other, "team/log"), await holds(one, "team/notes")]).toEqual([70, 60]);
  for (const { transport } of [here, there]) {
    const { lost, repeated, held } = (transport as ChaosTransport).counts;
    expect([lost, repeated, held].every((count) => count > 0)).toBe(true);
  }
});

test.each(ways)("%s: links that go down and come up again in bad weather lose nothing", async (way) => {
  const [here, there] = [new Weather(4), new Weather(5)];
  const one = await peer("one", { invite: "new", listen: [addresses[way]], through: here.through });
  const other = await peer("other", { invite: await one.invite(), through: there.through });
  for (let round = 1; round <= 4; round++) {
    const isUp = (side: Weather) => side.opened >= round && side.linked.size === 1;
    await vi.waitFor(() => expect(isUp(here) && isUp(there)).toBe(true), { timeout: 20_000 });
    await append(round % 2 === 0 ? one : other, `team/round-${round}`, 10, 2_000);
    (round % 2 === 0 ? there : here).down();
  }
  await sameRoot(one, other);
  expect(await holds(other, "team/round-4")).toBe(10);
  expect(here.opened).toBeGreaterThan(3);
});
