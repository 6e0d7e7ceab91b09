import type { PeerId, Ports } from "@sinter/core";
import { expect, test } from "vitest";
import type { Boot, BootSetup } from "./simulated-peer.js";
import { SimulationError, World, type WorldOptions } from "./world.js";

const COUNT = Uint8Array.of(1);

/** Counts, durably and aloud: writes its next number every few milliseconds, tells it when it is flushed, and has a
 * job done for each number that it hears. */
class Counter {
  readonly ports: Ports;
  readonly heard: number[] = [];
  readonly squares: number[] = [];
  readonly links = new Set<PeerId>();
  flushed: number;
  stopped = 0;

  constructor(ports: Ports, setup: BootSetup) {
    this.ports = ports;
    this.flushed = this.#stored();
    ports.transport.listen({
      opened: (peer) => this.links.add(peer),
      closed: (peer) => this.links.delete(peer),
      arrived: (_from, frame) => this.#hear(frame[0]),
    });
    ports.clock.after(setup.random.between(1, 5), () => this.#next());
  }

  stop(): void {
    this.stopped += 1;
  }

  #stored(): number {
    return this.ports.store.keys.get(COUNT)?.[0] ?? 0;
  }

  #hear(number: number): void {
    this.heard.push(number);
    this.ports.compute.run("square", number, (outcome) => {
      if (outcome.kind === "done") this.squares.push(outcome.result as number);
    });
  }

  #next(): void {
    const next = (this.#stored() + 1) % 256;
    this.ports.trace?.({ at: this.ports.clock.now(), turn: next, protocol: "counter", input: "next", effects: [COUNT] });
    this.ports.store.commit([[COUNT, Uint8Array.of(next)]], (failure) => {
      if (failure !== undefined) return;
      this.flushed = next;
      for (const peer of this.links) this.ports.transport.send(peer, Uint8Array.of(next), "control");
    });
    this.ports.clock.after(5 + this.ports.random.below(5), () => this.ports.scheduler.soon(() => this.#next()));
  }
}

const boot: Boot<Counter> = (ports, setup) => new Counter(ports, setup);
const execute = (_protocol: string, job: unknown): unknown => (job as number) ** 2;

function worldOf(seed: number | string, options: Partial<WorldOptions<Counter>> = {}): World<Counter> {
  return new World({ seed, peers: 3, boot, execute, weather: { lossRate: 0.01 }, skewMs: 1_000, ...options });
}

/** A run with everything in it: faults, cuts, crashes. */
function eventful(seed: number): World<Counter> {
  const world = worldOf(seed);
  const random = world.random("faults");
  world.peer(0).disk.plant({ kind: "power cut", atWrite: 3 + random.below(20) });
  world.peer(1).disk.plant({ kind: "no space", atWrite: 3 });
  for (let round = 0; round < 10; round++) {
    world.run({ forMs: random.between(1, 60) });
    const peer = random.pick(world.peers);
    if (peer.state === "up") peer.crash();
    world.split([0], [1, 2]);
    world.run({ forMs: random.between(1, 60) });
    world.heal();
    for (const down of world.peers.filter(({ state }) => state === "down")) down.start();
  }
  world.run({ forMs: 200 });
  return world;
}

test("one seed gives one trace to the last line, another seed another", () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 5; seed++) {
    const first = eventful(seed).trace;
    const second = eventful(seed).trace;
    expect(first?.lines).toBeGreaterThan(200);
    expect([second?.lines, second?.hash, second?.recent]).toEqual([first?.lines, first?.hash, first?.recent]);
    hashes.add(String(first?.hash));
  }
  expect(hashes.size).toBe(5);
});

test("tracing changes nothing of what happens", () => {
  const ends = ([{}, "off"] as const).map((trace) => {
    const world = worldOf(4, { trace });
    world.run({ forMs: 500 });
    return [world.timeline.happened, world.peers.map(({ booted }) => [booted.heard, booted.squares])];
  });
  expect(ends[0]).toEqual(ends[1]);
});

test("a sink is given every line", () => {
  const lines: string[] = [];
  const world = worldOf(1, { trace: { sink: (line) => lines.push(line), keptLines: 5 } });
  world.run({ forMs: 100 });
  expect(lines.length).toBe(world.trace?.lines);
  expect(world.trace?.recent).toEqual(lines.slice(-5));
});

test("peers hear each other over links that open by themselves", () => {
  const world = worldOf(2, { weather: {} });
  expect(world.run({ until: () => world.peers.every(({ booted }) => booted.heard.length > 10 && booted.squares.length > 3) })).toBe(
    "condition",
  );
  for (const { booted } of world.peers) {
    expect(booted.links.size).toBe(2);
    expect(booted.squares.every((square) => Number.isInteger(Math.sqrt(square)))).toBe(true);
  }
});

test("topologies link whom they say", () => {
  const linksIn = (topology: "ring" | "line" | "none" | "full"): number[] => {
    const world = worldOf(3, { peers: 4, topology, weather: {} });
    world.run({ forMs: 100 });
    return world.peers.map(({ booted }) => booted.links.size);
  };
  expect([linksIn("ring"), linksIn("line"), linksIn("none"), linksIn("full")]).toEqual([
    [2, 2, 2, 2],
    [1, 2, 2, 1],
    [0, 0, 0, 0],
    [3, 3, 3, 3],
  ]);
});

test("a crashed peer is silent, keeps what was flushed, and comes back with new ports", () => {
  for (let seed = 0; seed < 50; seed++) {
    const world = worldOf(seed);
    const peer = world.peer(0);
    world.run({ forMs: 30 + seed });
    const { booted } = peer;
    const flushed = booted.flushed;
    peer.crash();
    expect([peer.state, booted.stopped]).toEqual(["down", 0]);
    expect(() => peer.booted).toThrow("down");
    const before = booted.heard.length;
    world.run({ forMs: 100 });
    expect([booted.flushed, booted.heard.length]).toEqual([flushed, before]);
    expect(world.peer(1).booted.links.has(peer.id)).toBe(false);
    peer.start();
    expect(peer.booted.flushed, `seed ${seed}`).toBeGreaterThanOrEqual(flushed);
    expect([peer.boots, peer.booted === booted]).toEqual([2, false]);
    expect(world.run({ forMs: 5_000, until: () => peer.booted.links.size === 2 })).toBe("condition");
    expect(() => peer.start()).toThrow("up");
  }
});

test("a killed process loses nothing that it had written", () => {
  const world = worldOf(1, { disk: { timing: { syncLeastMs: 1_000, syncMostMs: 2_000 } } });
  const peer = world.peer(0);
  world.run({ forMs: 100 });
  const written = peer.store.keys.get(COUNT)?.[0];
  expect([peer.booted.flushed, Number(written) > 1]).toEqual([0, true]);
  peer.kill();
  peer.start();
  expect(peer.store.keys.get(COUNT)?.[0]).toBe(written);
});

test("a planted power cut takes the peer down at its write", () => {
  const world = worldOf(1);
  const peer = world.peer(0);
  peer.disk.plant({ kind: "power cut", atWrite: 4 });
  expect(world.run({ forMs: 10_000, until: () => peer.state === "down" })).toBe("condition");
  expect(peer.disk.writes).toBe(4);
  peer.start();
  expect(peer.booted.flushed).toBeLessThan(4);
  world.run({ forMs: 100 });
  expect(peer.booted.flushed).toBeGreaterThan(4);
});

test("stopping is in good order, once", () => {
  const world = worldOf(1);
  const peer = world.peer(0);
  world.run({ forMs: 50 });
  const { booted, ports } = peer;
  peer.stop();
  expect([booted.stopped, peer.state]).toEqual([1, "down"]);
  ports.transport.close(world.peer(1).id, "too late");
  expect(() => peer.stop()).toThrow("down");
});

test("a split keeps its sides apart until it is healed", () => {
  const world = worldOf(5, { weather: {} });
  world.run({ forMs: 100 });
  world.split([0], [1, 2]);
  world.run({ forMs: 100 });
  expect(world.peers.map(({ booted }) => booted.links.size)).toEqual([0, 1, 1]);
  world.heal();
  expect(world.run({ forMs: 5_000, until: () => world.peers.every(({ booted }) => booted.links.size === 2) })).toBe("condition");
});

test("wall clocks differ by at most the skew, ids by themselves or as asked", () => {
  const world = worldOf(6, { peers: 8, wallMs: 2_000_000_000_000 });
  const walls = world.peers.map(({ wall }) => wall.nowMs() - 2_000_000_000_000);
  expect(walls.every((off) => Math.abs(off) <= 1_000)).toBe(true);
  expect(new Set(walls).size).toBeGreaterThan(4);
  expect(new Set(world.peers.map(({ id }) => id)).size).toBe(8);
  const named = worldOf(6, { idOf: (index) => `${index}`.repeat(64) as PeerId });
  expect(named.peer(2).id).toBe("2".repeat(64));
});

test("an error in a run names the seed and the moment that repeat it", () => {
  const world = worldOf("nine", { execute: () => 0 });
  world.timeline.after(12, () => {
    throw new Error("broken invariant");
  });
  expect(() => world.run()).toThrow(SimulationError);
  const other = worldOf("nine");
  const words: unknown = "plain words";
  other.timeline.after(12, () => {
    throw words;
  });
  expect(() => other.run()).toThrow("seed nine, at 12 ms: plain words");
});

test("without somebody to do jobs every job fails, and no peer is found where none is", () => {
  const world = new World({ seed: 1, peers: 2, boot });
  world.run({ forMs: 200 });
  expect(world.peer(0).booted.heard.length).toBeGreaterThan(0);
  expect(world.peer(0).booted.squares).toEqual([]);
  expect(() => world.peer(2)).toThrow(RangeError);
});
