import { once } from "node:events";
import { request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { linkUpgradeBytesMax, noiseMessageBytesMax, type PeerId } from "@sinter/core";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Address } from "./address.js";
import { closeCodes } from "./close-codes.js";
import { channels, described, type End, eager, end, listenAny, networkOf, patient, secret, until } from "./links.suite.js";
import { plainly } from "./stranger.suite.js";
import { WebSocketStranger } from "./websocket-stranger.suite.js";

async function shutDown(...ends: readonly End[]): Promise<void> {
  await Promise.all(ends.map(({ links }) => links.shutDown()));
  for (const each of ends) expect(described(each)).toMatchObject({ sockets: 0, handshakes: 0, links: [] });
}

/** A way to an address on which everything that goes by is kept. */
async function listened(to: Address) {
  const [forth, back]: [Buffer[], Buffer[]] = [[], []];
  const ends: [near: Socket, far: Socket][] = [];
  const server = createServer((near) => {
    const far = connect(to);
    ends.push([near, far]);
    near.on("data", (chunk) => forth.push(chunk as Buffer));
    far.on("data", (chunk) => back.push(chunk as Buffer));
    near.pipe(far).pipe(near);
    for (const each of [near, far]) each.on("error", () => each.destroy());
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  return { address: { ...to, port: (server.address() as { port: number }).port }, forth, back, ends, close: () => server.close() };
}

test("a wrong secret is refused whichever side has it, and both are told", async () => {
  for (const [ours, theirs] of [
    [["a secret of others"], [secret]],
    [[secret], ["a secret of others"]],
  ] as const) {
    const [left, right] = [end({ secrets: ours }), end({ secrets: theirs })];
    left.links.join(await listenAny(right, "ws"));
    await until(() => described(left).targets[0]?.state === "refused");
    expect(described(left).targets[0]).toMatchObject({ code: "wrong-secret", by: "them" });
    await until(() => described(right).handshakes === 0);
    expect([left.opened, right.opened]).toEqual([[], []]);
    await shutDown(left, right);
  }
});

test("a network of another name is another, though its secret is the same", async () => {
  const [left, right] = [end({ network: networkOf("others") }), end()];
  left.links.join(await listenAny(right, "ws"));
  await until(() => described(left).targets[0]?.state === "refused");
  expect(described(left).targets[0]).toMatchObject({ code: "wrong-secret" });
  await shutDown(left, right);
});

test("while secrets are changed, whoever knows one of them is let in", async () => {
  const [old, next] = ["the old secret of it", "the new secret of it"];
  for (const [ours, theirs] of [
    [[old], [old, next]],
    [
      [next, old],
      [old, next],
    ],
    [
      [old, next],
      [next, old],
    ],
  ] as const) {
    const [left, right] = [end({ secrets: ours }), end({ secrets: theirs })];
    left.links.join(await listenAny(right, "ws"));
    await until(() => left.opened.length === 1 && right.opened.length === 1);
    await shutDown(left, right);
  }
});

test("another key than the expected one is refused", async () => {
  const [left, right] = [end(), end()];
  left.links.join({ ...(await listenAny(right, "ws")), peer: "00".repeat(32) as PeerId });
  await until(() => described(left).targets[0]?.state === "refused");
  expect(described(left).targets[0]).toMatchObject({ code: "wrong-peer", by: "us" });
  await shutDown(left, right);
});

test("a stranger learns a key and a refusal, and nothing before he has spoken", async () => {
  const right = end();
  const address = await listenAny(right, "ws");
  const [silent, wrong] = [await WebSocketStranger.at(address), await WebSocketStranger.at(address, ["a secret of others"])];
  const step = await wrong.shakeHands();
  expect(step.far?.peer).toBe(right.links.self);
  expect(await wrong.closing()).toBe(4_000 + closeCodes["wrong-secret"].number);
  expect([silent.heard.length, wrong.heard.length]).toEqual([0, 1]);
  silent.socket.terminate();
  await until(() => described(right).sockets === 0);
  expect(right.opened).toEqual([]);
  await shutDown(right);
});

test("what is no handshake is refused: texts, too little, too much, another's words", async () => {
  const right = end();
  const address = await listenAny(right, "ws");
  const malformed = 4_000 + closeCodes.malformed.number;
  const wrong: readonly (readonly [Uint8Array | string, number])[] = [
    ["a text", 1_006],
    [new Uint8Array(0), malformed],
    [new Uint8Array(47), malformed],
    [new Uint8Array(500), malformed],
    [new Uint8Array(linkUpgradeBytesMax + 1), malformed],
    [new Uint8Array(noiseMessageBytesMax + 1), 1_006],
  ];
  for (const [message, code] of wrong) {
    const stranger = await WebSocketStranger.at(address);
    stranger.socket.send(message);
    expect([message.length, await stranger.closing()]).toEqual([message.length, code]);
  }
  await until(() => described(right).sockets === 0);
  await shutDown(right);
});

test("little is taken before the keys are proven, however it is cut", async () => {
  const right = end();
  const stranger = await WebSocketStranger.at(await listenAny(right, "ws"));
  // Parts of a message that never ends.
  const part = new Uint8Array(256);
  for (let sent = 0; sent <= 4 * linkUpgradeBytesMax; sent += part.length) {
    if (stranger.socket.readyState === WebSocket.OPEN) stranger.socket.send(part, { fin: false });
  }
  await stranger.closing();
  await until(() => described(right).sockets === 0);
  await shutDown(right);
});

test("what is malformed on a link closes that link, and no other", async () => {
  const [left, right] = [end(), end()];
  const address = await listenAny(right, "ws");
  left.links.join(address);
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  for (const wrong of [new Uint8Array(40), new Uint8Array(3), "a text"]) {
    const member = await WebSocketStranger.at(address);
    await member.shakeHands();
    member.socket.send(wrong);
    await member.closing();
  }
  // A frame that is none, well sealed.
  const member = await WebSocketStranger.at(address);
  await member.shakeHands();
  member.socket.send(member.session.seal(Uint8Array.of(99, 0, 0, 0, 0)) as Uint8Array);
  await member.closing();
  await until(() => described(right).handshakes === 0 && described(right).links.length === 1);
  expect([channels(left).length, channels(right).length, left.closed.length]).toEqual([1, 1, 0]);
  await shutDown(left, right);
});

test("whoever does not finish in time is cut: without HTTP, without Noise, without a hello", async () => {
  const right = end({ limits: { ...patient, handshakeMs: 300 } });
  const address = await listenAny(right, "ws");
  const plain = await plainly(address);
  const silent = await WebSocketStranger.at(address);
  const half = await WebSocketStranger.at(address);
  await half.shakeHands();
  plain.resume();
  await until(() => plain.closed);
  await Promise.all([silent.closing(), half.closing()]);
  await until(() => described(right).sockets === 0 && described(right).handshakes === 0);
  await shutDown(right);
});

test("a plain request, a long one, one that is no HTTP and TLS are turned away", async () => {
  const right = end();
  const address = await listenAny(right, "ws");
  const asked = request({ host: address.host, port: address.port, agent: false }).end();
  const [response] = (await once(asked, "response")) as [{ statusCode: number; resume(): void }];
  response.resume();
  expect(response.statusCode).toBe(426);
  for (const [text, status] of [
    [`GET / HTTP/1.1\r\nhost: x\r\nlong: ${"x".repeat(linkUpgradeBytesMax)}\r\n\r\n`, "431"],
    ["\u0016\u0003\u0001 hello\r\n\r\n", "400"],
    ["GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", "400"],
  ] as const) {
    const socket = await plainly(address);
    const said: Buffer[] = [];
    socket.on("data", (chunk) => said.push(chunk as Buffer));
    socket.write(text);
    await until(() => socket.closed);
    expect(Buffer.concat(said).toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
  const left = end({ limits: eager });
  left.links.join({ host: address.host, port: address.port });
  await until(() => described(left).targets[0]?.code === "unreachable");
  await until(() => described(right).links.length === 0);
  await shutDown(left, right);
});

test("after the handshake nothing can be read on the way, nor the keys in it; what was said before is no good again", async () => {
  const [left, right] = [end(), end()];
  const way = await listened(await listenAny(right, "ws"));
  left.links.join(way.address);
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  const said = Buffer.from("what only the two should know");
  left.links.send(right.links.self, said, "control");
  right.links.send(left.links.self, said, "bulk");
  await until(() => left.frames.length === 1 && right.frames.length === 1);
  // What this side says is masked, so that it shows nothing by itself: the mask is taken off.
  const seen = [...unmasked(Buffer.concat(way.forth)), ...unmasked(Buffer.concat(way.back))];
  const bytes = Buffer.concat(seen);
  expect(seen.map(({ length }) => length).slice(0, 2)).toEqual([48, 160]);
  expect(bytes.length).toBeGreaterThan(500);
  for (const text of ["sinter", secret, "what only"]) expect(bytes.includes(text)).toBe(false);
  for (const { signer } of [left, right]) expect(bytes.includes(Buffer.from(signer.publicKey))).toBe(false);
  // Everything that was said to the listening side, said once more.
  const again = connect({
    host: way.address.host,
    port: described(right).listening.map((each) => Number(/:(\d+)\/$/.exec(each)?.[1]))[0] as number,
  });
  again.on("error", () => again.destroy());
  again.resume();
  again.write(Buffer.concat(way.forth));
  await until(() => again.closed);
  expect([right.opened.length, right.closed.length, right.frames.length]).toEqual([1, 0, 1]);
  way.close();
  await shutDown(left, right);
});

/** The messages in what goes by after the HTTP head. */
function unmasked(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let at = bytes.indexOf("\r\n\r\n") + 4;
  while (at < bytes.length) {
    const [isMasked, short] = [(bytes[at + 1] as number) >= 0x80, (bytes[at + 1] as number) & 0x7f];
    expect(bytes[at]).toBe(0x82);
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const head = at + (short === 126 ? 4 : 2);
    const mask = isMasked ? bytes.subarray(head, head + 4) : Buffer.alloc(4);
    const start = head + (isMasked ? 4 : 0);
    messages.push(Buffer.from(bytes.subarray(start, start + length).map((byte, index) => byte ^ (mask[index % 4] as number))));
    at = start + length;
  }
  return messages;
}

test("a code with which somebody on the way closes a link that is open is no reason to anybody, and the link is made again", async () => {
  for (const code of [closeCodes["wrong-secret"], closeCodes["wrong-peer"], closeCodes.self]) {
    const [left, right] = [end({ limits: eager }), end()];
    const way = await listened(await listenAny(right, "ws"));
    left.links.join(way.address);
    await until(() => left.opened.length === 1 && right.opened.length === 1);
    const told: unknown[] = [];
    const [near, far] = way.ends[0] as [Socket, Socket];
    const forged = Buffer.alloc(2);
    forged.writeUInt16BE(4_000 + code.number);
    near.write(Buffer.concat([Uint8Array.of(0x88, 2), forged]));
    // With a mask of zeros, as one that comes from the side that dialled.
    far.write(Buffer.concat([Uint8Array.of(0x88, 0x82, 0, 0, 0, 0), forged]));
    await until(() => {
      told.push(described(left).targets[0]?.code);
      return left.opened.length === 2 && right.opened.length === 2;
    });
    expect(told.filter((each) => each !== undefined && each !== "lost")).toEqual([]);
    expect([left.closed.length, right.closed.length]).toEqual([1, 1]);
    way.close();
    await shutDown(left, right);
  }
});

test("who is linked by one way is not linked by another as well", async () => {
  const [left, right] = [end({ limits: eager }), end({ limits: eager })];
  const [tls, ws] = [await listenAny(right, "tls"), await listenAny(right, "ws")];
  left.links.join(tls);
  left.links.join(ws);
  right.links.join(await listenAny(left, "ws"));
  const all = [left, right];
  await until(() => all.every((each) => described(each).targets.every(({ state }) => state === "linked")));
  await until(() => all.every((each) => described(each).links.length === 1 && channels(each).length === 1));
  expect(channels(left)).toEqual(channels(right));
  expect(described(right).listening.map((each) => each.startsWith("ws://"))).toEqual([false, true]);
  await shutDown(left, right);
});
