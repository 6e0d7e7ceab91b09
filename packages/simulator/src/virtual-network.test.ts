import { frameBytesMax, linkHeldBytesMax, type MessageClass, type PeerId, type Transport } from "@sinter/core";
import { expect, test } from "vitest";
import { type TransportUnderTest, transportCases } from "../../core/src/protocol/transport.suite.js";
import { SeededRandom } from "./seeded-random.js";
import { Timeline } from "./timeline.js";
import type { LinkWeather } from "./virtual-link.js";
import { VirtualNetwork } from "./virtual-network.js";

const A = "aa".repeat(32) as PeerId;
const B = "bb".repeat(32) as PeerId;

type Attached = Transport & { detach(): void };

interface Pair {
  readonly timeline: Timeline;
  readonly network: VirtualNetwork;
  readonly ends: readonly [Attached, Attached];
  /** What the two were told: [who, what, when]. */
  readonly heard: (readonly [who: string, what: string, atMs: number])[];
}

function listen(pair: Pair, transport: Transport, who: string): void {
  const told = (what: string): void => void pair.heard.push([who, what, pair.timeline.now]);
  transport.listen({
    opened: () => told("opened"),
    closed: () => told("closed"),
    arrived: (_from, frame, messageClass) => told(`${messageClass} ${frame[0]}`),
  });
}

function pairOf(weather: Partial<LinkWeather> = {}, seed = 1): Pair {
  const timeline = new Timeline();
  const network = new VirtualNetwork({ timeline, random: new SeededRandom(seed), weather });
  const pair: Pair = { timeline, network, ends: [network.attach(A), network.attach(B)], heard: [] };
  listen(pair, pair.ends[0], "a");
  listen(pair, pair.ends[1], "b");
  return pair;
}

const told = (pair: Pair, who: string): string[] => pair.heard.filter(([hearer]) => hearer === who).map(([, what]) => what);
const send = (from: Transport, to: PeerId, number: number, messageClass: MessageClass = "control"): void =>
  from.send(to, Uint8Array.of(number), messageClass);

const make = (weather: Partial<LinkWeather>) => async (): Promise<TransportUnderTest> => {
  const timeline = new Timeline();
  const network = new VirtualNetwork({ timeline, random: new SeededRandom(3), weather });
  return {
    left: { id: A, transport: network.attach(A) },
    right: { id: B, transport: network.attach(B) },
    link: () => network.link(A, B),
    until: async (until) => expect(timeline.run({ until, forMs: 600_000 })).toBe("condition"),
    close: async () => {},
  };
};

for (const { name, run } of transportCases) {
  test(`virtual network, fast: ${name}`, () => run(make({ delayMs: 0, jitterMs: 0 })));
  test(`virtual network, jittery: ${name}`, () => run(make({ delayMs: 5, jitterMs: 100 })));
}

test("a frame takes the delay and at most the jitter", () => {
  const pair = pairOf({ delayMs: 30, jitterMs: 10 });
  pair.network.link(A, B);
  pair.timeline.run();
  for (let number = 0; number < 50; number++) {
    const sentAt = pair.timeline.now;
    send(pair.ends[0], B, number);
    pair.timeline.run();
    const arrivedAt = pair.heard.at(-1)?.[2] as number;
    expect(arrivedAt - sentAt).toBeGreaterThanOrEqual(30);
    expect(arrivedAt - sentAt).toBeLessThanOrEqual(40.001);
  }
});

test("control and bulk overtake each other", () => {
  const pair = pairOf({ delayMs: 1, jitterMs: 50 });
  pair.network.link(A, B);
  pair.timeline.run();
  for (let number = 0; number < 20; number++) send(pair.ends[0], B, number, number % 2 === 0 ? "control" : "bulk");
  pair.timeline.run();
  const order = told(pair, "b")
    .slice(1)
    .map((what) => Number(what.split(" ")[1]));
  expect(order).not.toEqual([...order].sort((left, right) => left - right));
  expect(order.filter((number) => number % 2 === 0)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
});

test("a lost frame closes the link on both sides, and a kept link opens again", () => {
  const pair = pairOf({ lossRate: 0.05, reconnectMs: 20 });
  pair.network.keepLinked(A, B);
  pair.timeline.run();
  for (let number = 0; number < 200; number++) {
    send(pair.ends[0], B, number);
    pair.timeline.run();
  }
  const closed = told(pair, "b").filter((what) => what === "closed").length;
  expect(closed).toBeGreaterThan(2);
  expect(told(pair, "a").filter((what) => what === "closed").length).toBe(closed);
  expect(told(pair, "b").filter((what) => what === "opened").length).toBe(closed + 1);
  expect(told(pair, "b").filter((what) => what.startsWith("control")).length).toBe(200 - closed);
});

test("a cut closes the link, and only healing lets it open again", () => {
  const pair = pairOf();
  pair.network.keepLinked(A, B);
  pair.timeline.run();
  send(pair.ends[0], B, 1);
  pair.network.cut(A, B);
  pair.timeline.run();
  pair.network.link(A, B);
  pair.timeline.run();
  expect([told(pair, "a"), told(pair, "b")]).toEqual([
    ["opened", "closed"],
    ["opened", "closed"],
  ]);
  pair.network.heal(A, B);
  pair.timeline.run();
  send(pair.ends[0], B, 2);
  pair.timeline.run();
  expect(told(pair, "b")).toEqual(["opened", "closed", "opened", "control 2"]);
});

test("the other side learns that a peer is gone, and links to its next boot", () => {
  const pair = pairOf();
  pair.network.keepLinked(A, B);
  pair.timeline.run();
  send(pair.ends[1], A, 1);
  pair.ends[0].detach();
  pair.ends[0].detach();
  send(pair.ends[0], B, 9);
  pair.timeline.run();
  expect([told(pair, "a"), told(pair, "b")]).toEqual([["opened"], ["opened", "closed"]]);
  const next = pair.network.attach(A);
  listen(pair, next, "a again");
  pair.timeline.run();
  send(pair.ends[0], B, 9);
  send(next, B, 2);
  pair.timeline.run();
  expect(told(pair, "a again")).toEqual(["opened"]);
  expect(told(pair, "b")).toEqual(["opened", "closed", "opened", "control 2"]);
});

test("weather changes for one pair from the next frame on", () => {
  const pair = pairOf({ delayMs: 1, jitterMs: 0 });
  pair.network.link(A, B);
  pair.timeline.run();
  pair.network.setWeather(A, B, { delayMs: 500 });
  const before = pair.timeline.now;
  send(pair.ends[0], B, 1);
  pair.timeline.run();
  expect(pair.timeline.now - before).toBe(500);
  pair.network.setWeather(A, B, { lossRate: 1 });
  send(pair.ends[0], B, 2);
  pair.timeline.run();
  expect(told(pair, "b")).toEqual(["opened", "control 1", "closed"]);
});

test("a link broken on purpose is closed on both sides", () => {
  const pair = pairOf();
  pair.network.link(A, B);
  pair.timeline.run();
  pair.network.break(A, B);
  pair.timeline.run();
  expect([told(pair, "a"), told(pair, "b")]).toEqual([
    ["opened", "closed"],
    ["opened", "closed"],
  ]);
  expect(pair.network.pairs()).toEqual([[A, B]]);
});

test("too much bulk waiting for credit closes the link", () => {
  const pair = pairOf();
  pair.network.link(A, B);
  pair.timeline.run();
  const frame = new Uint8Array(frameBytesMax);
  for (let sent = 0; sent <= linkHeldBytesMax + frameBytesMax; sent += frameBytesMax) pair.ends[0].send(B, frame, "bulk");
  pair.timeline.run();
  expect(told(pair, "a")).toEqual(["opened", "closed"]);
});

test("a frame larger than any may be is the sender's mistake", () => {
  const pair = pairOf();
  expect(() => pair.ends[0].send(B, new Uint8Array(frameBytesMax + 1), "bulk")).toThrow(RangeError);
});

test("a frame belongs to whoever received it", () => {
  const pair = pairOf();
  const frame = Uint8Array.of(1);
  pair.ends[1].listen({ opened: () => {}, closed: () => {}, arrived: (_from, bytes) => bytes.fill(9) });
  pair.network.link(A, B);
  pair.timeline.run();
  pair.ends[0].send(B, frame, "control");
  pair.timeline.run();
  expect(frame).toEqual(Uint8Array.of(1));
});
