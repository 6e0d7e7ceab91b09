import { connect, createServer, type Server, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { Address, WayName } from "./address.js";
import { channels, described, type End, eager, end, listenAny, patient, tcpWays, twoSigners, until, ways } from "./links.suite.js";

const anyWay = (number: number): WayName => ways[number % ways.length] as WayName;

async function shutDown(...ends: readonly End[]): Promise<void> {
  await Promise.all(ends.map(({ links }) => links.shutDown()));
  for (const each of ends) expect(described(each)).toMatchObject({ sockets: 0, handshakes: 0, links: [] });
}

test("two that dial each other at once have one link, the same on both sides", async () => {
  for (let round = 0; round < 40; round++) {
    const [small, large] = twoSigners();
    const [left, right] = [end({ signer: small, limits: eager }), end({ signer: large, limits: eager })];
    const [toLeft, toRight] = [await listenAny(left, anyWay(round >> 1)), await listenAny(right, anyWay(round >> 2))];
    // Either may be a little earlier.
    if (round % 2 === 0) left.links.join(toRight);
    right.links.join(toLeft);
    if (round % 2 === 1) left.links.join(toRight);
    const isSettled = (): boolean =>
      [left, right].every((each) => described(each).links.length === 1 && described(each).targets[0]?.state === "linked");
    await until(() => isSettled() && channels(left).length === 1 && channels(right).length === 1);
    expect(channels(left)).toEqual(channels(right));
    expect([left.opened.length, right.opened.length, left.closed, right.closed]).toEqual([1, 1, [], []]);
    await shutDown(left, right);
  }
});

test("several addresses of one peer come to one link, whichever side chooses", async () => {
  for (const [dialling, listening] of [twoSigners(), twoSigners().reverse()]) {
    const [left, right] = [end({ signer: dialling, limits: eager }), end({ signer: listening, limits: eager })];
    const addresses = await Promise.all(Array.from({ length: 6 }, (_, index) => listenAny(right, anyWay(index))));
    for (const address of addresses) left.links.join(address);
    await until(() => described(left).targets.every(({ state }) => state === "linked"));
    await until(() => [left, right].every((each) => described(each).links.length === 1 && channels(each).length === 1));
    expect(channels(left)).toEqual(channels(right));
    expect([left.opened.length, right.opened.length]).toEqual([1, 1]);
    await shutDown(left, right);
  }
});

test.each(ways)("%s: an address is dialled until somebody is there, and again whenever the link is lost", async (way) => {
  const left = end({ limits: eager });
  const first = end();
  const address = await listenAny(first, way);
  await shutDown(first);
  left.links.join(address);
  await until(() => described(left).targets[0]?.code === "unreachable");
  expect(described(left).targets[0]).toMatchObject({ reason: "nobody answers there (ECONNREFUSED)", by: "us" });
  for (let round = 1; round <= 3; round++) {
    const right = end();
    await right.links.listenOn(address);
    await until(() => right.opened.length === 1 && left.opened.length === round);
    await shutDown(right);
    await until(() => left.closed.length === round);
    expect(described(left).targets[0]).toMatchObject({ state: expect.stringMatching(/waiting|connecting/) });
  }
  await shutDown(left);
});

test.each(ways)("%s: the other side sees why a link ends", async (way) => {
  const [left, right] = [end(), end()];
  left.links.join(await listenAny(right, way));
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  right.links.close(left.links.self, "its disk is full");
  await until(() => left.closed.length === 1);
  expect(described(left).targets[0]).toMatchObject({ state: "waiting", code: "ended", reason: "its disk is full", by: "them" });
  await shutDown(left, right);
});

test("shutting down while an address is about to be listened on leaves nobody listening", async () => {
  const left = end();
  const listening = listenAny(left);
  await left.links.shutDown();
  await expect(listening).rejects.toMatchObject({ code: "stopped" });
  expect(described(left)).toMatchObject({ listening: [], sockets: 0 });
});

test.each(ways)("%s: who shuts down says so", async (way) => {
  const [left, right] = [end(), end()];
  left.links.join(await listenAny(right, way));
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  await right.links.shutDown();
  await until(() => left.closed.length === 1);
  expect(described(left).targets[0]).toMatchObject({ code: "shutting-down", by: "them" });
  expect(() => right.links.join({ host: "127.0.0.1", port: 1 })).toThrow("shut down");
  await shutDown(left, right);
});

/** A way to an address that can be stopped without either side being told. */
async function stretch(to: Address): Promise<{ server: Server; address: Address; pairs: [Socket, Socket][]; freeze(): void }> {
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connect(to);
    pairs.push([near, far]);
    near.pipe(far).pipe(near);
    for (const each of [near, far]) each.on("error", () => each.destroy());
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const bound = server.address() as { port: number };
  const freeze = (): void => {
    for (const [near, far] of pairs) {
      near.unpipe(far);
      far.unpipe(near);
    }
  };
  return { server, address: { ...to, port: bound.port }, pairs, freeze };
}

test.each(tcpWays)("%s: a link that only one side knows to be dead gives way to the next, whichever side chooses", async (way) => {
  for (const [dialling, listening] of [twoSigners(), twoSigners().reverse()]) {
    const [left, right] = [end({ signer: dialling, limits: patient }), end({ signer: listening, limits: patient })];
    const between = await stretch(await listenAny(right, way));
    left.links.join(between.address);
    await until(() => left.opened.length === 1 && right.opened.length === 1);
    // The side that dialled loses its connection; the other hears nothing of it.
    between.freeze();
    between.pairs[0]?.[0].destroy();
    await until(() => left.closed.length === 1);
    expect(right.closed).toEqual([]);
    left.links.leave(between.address);
    left.links.join(between.address);
    await until(() => left.opened.length === 2 && right.opened.length === 2);
    expect([right.closed.length, left.closed.length]).toEqual([1, 1]);
    await until(() => channels(left).length === 1 && channels(right).length === 1);
    expect(channels(left)).toEqual(channels(right));
    for (const [near, far] of between.pairs) {
      near.destroy();
      far.destroy();
    }
    between.server.close();
    await shutDown(left, right);
  }
});

test.each(tcpWays)("%s: a peer that was started anew takes the place of what is left of it", async (way) => {
  const [small, large] = twoSigners();
  for (const [again, listening] of [
    [small, large],
    [large, small],
  ] as const) {
    const [first, right] = [end({ signer: again }), end({ signer: listening })];
    const between = await stretch(await listenAny(right, way));
    first.links.join(between.address);
    await until(() => right.opened.length === 1 && first.opened.length === 1);
    between.freeze();
    const second = end({ signer: again });
    second.links.join(between.address);
    await until(() => second.opened.length === 1 && right.opened.length === 2);
    expect(right.closed).toEqual([first.links.self]);
    between.pairs[0]?.[0].destroy();
    between.pairs[0]?.[1].destroy();
    between.server.close();
    await shutDown(first, second, right);
  }
});

test.each(ways)("%s: an address that is left is dialled no more, and its link ends", async (way) => {
  const [left, right] = [end({ limits: eager }), end()];
  const address = await listenAny(right, way);
  left.links.join(address);
  left.links.join(address);
  expect(described(left).targets).toHaveLength(1);
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  left.links.leave(address);
  await until(() => left.closed.length === 1 && right.closed.length === 1);
  expect(described(left).targets).toEqual([]);
  await shutDown(left, right);
});

test("an address that is taken, or not of this machine, is an error that says what to do", async () => {
  const left = end();
  const address = await listenAny(left);
  await expect(left.links.listenOn(address)).rejects.toMatchObject({ code: "in-use", fix: expect.stringContaining("port") });
  await expect(left.links.listenOn({ host: "192.0.2.1", port: 0 })).rejects.toMatchObject({ code: "permission" });
  await shutDown(left);
});
