import { connect, createServer } from "node:net";
import { frameBytesMax, linkBulkBytesMax, linkGreetingBytesMax, linkReasonBytesMax, type PeerId, toHex } from "@sinter/core";
import { expect, test } from "vitest";
import { frameHeadBytes, frameKinds, u32Payload } from "./frames.js";
import { channels, described, type End, end, listenAny, patient, secret, twoSigners, until } from "./links.suite.js";
import { plainly, Stranger } from "./stranger.suite.js";

async function shutDown(...ends: readonly End[]): Promise<void> {
  await Promise.all(ends.map(({ links }) => links.shutDown()));
  for (const each of ends) expect(described(each)).toMatchObject({ sockets: 0, handshakes: 0, links: [] });
}

const head = (kind: number, length: number): Uint8Array => {
  const bytes = Buffer.alloc(frameHeadBytes);
  bytes[0] = kind;
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

test("a stranger learns a key and a refusal, and nothing before he has spoken", async () => {
  const right = end();
  const address = await listenAny(right);
  const silent = await Stranger.at(address);
  const wrong = await Stranger.at(address);
  wrong.hello(right.links.self, (channel) => ({ ...channel, binding: new Uint8Array(32) }));
  expect(await wrong.closing()).toMatchObject({ code: "wrong-secret" });
  expect(wrong.heard.map(([kind, payload]) => [kind, payload.length])).toEqual([["close", 1]]);
  expect(silent.heard).toEqual([]);
  const nameless = await Stranger.nameless(address);
  expect(await nameless.closing()).toMatchObject({ code: "malformed" });
  silent.gone();
  await shutDown(right);
  expect(right.opened).toEqual([]);
});

test("a proof of the listening side, of another peer's connection or in another direction lets nobody in", async () => {
  const right = end();
  const address = await listenAny(right);
  const to = right.links.self;
  for (const change of ["listening", "dialling"] as const) {
    const stranger = await Stranger.at(address);
    stranger.hello(to, (channel) => ({ ...channel, [change]: "00".repeat(32) as PeerId }));
    expect(await stranger.closing()).toMatchObject({ code: "wrong-secret" });
  }
  await shutDown(right);
});

test("SEC-TLS-01 somebody in the middle is found out: what each side proves is good on its own connection alone", async () => {
  const right = end();
  const address = await listenAny(right);
  const [near, far] = [await Stranger.at(address), await Stranger.at(address)];
  // A good proof, made for one connection and said on another, by the same key or another.
  const channel = near.socket.exportKeyingMaterial(32, "EXPORTER-sinter-1-link", Buffer.alloc(0));
  far.hello(right.links.self, (own) => ({ ...own, binding: channel }));
  expect(await far.closing()).toMatchObject({ code: "wrong-secret" });
  near.hello(right.links.self);
  await until(() => near.heard.some(([kind]) => kind === "hello"));
  near.gone();
  await shutDown(right);
});

test("before membership is proven only a hello may come, within its bounds", async () => {
  const right = end();
  const address = await listenAny(right);
  const wrong: readonly (readonly [string, Uint8Array])[] = [
    ["no kind", head(0, 0)],
    ["bulk", head(frameKinds.bulk, 1)],
    ["control", head(frameKinds.control, frameBytesMax)],
    ["open", head(frameKinds.open, 4)],
    ["credit", head(frameKinds.credit, 4)],
    ["a hello too long", head(frameKinds.hello, linkGreetingBytesMax + 1)],
    ["an empty hello", head(frameKinds.hello, 0)],
    ["a reason too long", head(frameKinds.close, linkReasonBytesMax + 2)],
    ["a hello that is none", Buffer.concat([head(frameKinds.hello, 3), Uint8Array.of(1, 2, 3)])],
  ];
  for (const [name, bytes] of wrong) {
    const stranger = await Stranger.at(address);
    stranger.bytes(bytes);
    expect([name, (await stranger.closing())?.code]).toEqual([name, "malformed"]);
  }
  const twice = await Stranger.at(address);
  twice.hello(right.links.self);
  twice.hello(right.links.self);
  expect(await twice.closing()).toMatchObject({ code: "malformed" });
  await shutDown(right);
  expect(right.opened).toEqual([]);
});

test("T19 what is malformed on a link closes that link, and no other", async () => {
  const [left, right] = [end(), end()];
  const address = await listenAny(right);
  left.links.join(address);
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  const wrong: readonly Uint8Array[] = [
    head(99, 0),
    head(frameKinds.hello, 50),
    head(frameKinds.bulk, frameBytesMax + 1),
    head(frameKinds.control, frameBytesMax + 1),
    head(frameKinds.credit, 5),
    Buffer.concat([head(frameKinds.open, 4), u32Payload(3)]),
  ];
  for (const [index, bytes] of wrong.entries()) {
    const member = await Stranger.at(address);
    await member.link(right.links.self);
    await until(() => right.opened.length === 2 + index);
    member.bytes(bytes);
    expect(await member.closing()).toMatchObject({ code: "malformed" });
    await until(() => right.closed.length === 1 + index);
  }
  expect(channels(left)).toHaveLength(1);
  expect(left.closed).toEqual([]);
  await shutDown(left, right);
});

test("bulk at the bound of the credit is taken, and a byte more closes the link", async () => {
  const right = end();
  const member = await Stranger.at(await listenAny(right));
  await member.link(right.links.self);
  for (let sent = 0; sent < linkBulkBytesMax; sent += frameBytesMax / 4) member.write("bulk", new Uint8Array(frameBytesMax / 4));
  await until(() => right.frames.length === (4 * linkBulkBytesMax) / frameBytesMax);
  expect(right.closed).toEqual([]);
  member.write("bulk", new Uint8Array(1));
  expect(await member.closing()).toMatchObject({ code: "malformed", reason: expect.stringContaining("credit") });
  await shutDown(right);
});

test("whoever does not finish in time is cut: without TLS, without a hello, without an answer to open", async () => {
  const [small, large] = twoSigners();
  const right = end({ signer: small, limits: { ...patient, handshakeMs: 300 } });
  const address = await listenAny(right);
  const plain = await plainly(address);
  const silent = await Stranger.at(address);
  const undecided = await Stranger.at(address, large);
  undecided.hello(right.links.self);
  const dripping = await Stranger.at(address);
  dripping.bytes(head(frameKinds.hello, 80).subarray(0, 3));
  plain.resume();
  await until(() => plain.closed);
  for (const each of [silent, undecided, dripping]) expect(await each.closing()).toMatchObject({ code: "timeout" });
  await until(() => described(right).sockets === 0);
  expect(right.opened).toEqual([]);
  await shutDown(right);
});

test("a listener that never answers is given up, and dialled again later", async () => {
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const left = end({ limits: { ...patient, handshakeMs: 100 } });
  left.links.join({ host: "127.0.0.1", port: (mute.address() as { port: number }).port });
  await until(() => described(left).targets[0]?.code === "timeout");
  expect(described(left).targets[0]).toMatchObject({ state: "waiting", by: "us" });
  await until(() => described(left).sockets === 0);
  mute.close();
  await shutDown(left);
});

test("connections that come to nothing are bounded for each address, and a link takes none of their places", async () => {
  const right = end({ limits: { ...patient, handshakesPerAddress: 3 } });
  const address = await listenAny(right);
  const members: Stranger[] = [];
  for (let index = 0; index < 5; index++) {
    const member = await Stranger.at(address);
    await member.link(right.links.self);
    await until(() => right.opened.length === index + 1);
    members.push(member);
  }
  const idle = [await Stranger.at(address), await Stranger.at(address), await Stranger.at(address)];
  const fourth = await plainly(address);
  fourth.resume();
  await until(() => fourth.closed);
  expect(described(right)).toMatchObject({ handshakes: 3, turnedAway: 1 });
  idle[0]?.gone();
  await until(() => described(right).handshakes === 2);
  for (const each of [...idle, ...members]) each.gone();
  await until(() => right.closed.length === 5);
  await shutDown(right);
});

test("links are bounded, together and for each address, and who is one too many is told so", async () => {
  for (const limits of [{ links: 2 }, { linksPerAddress: 2 }]) {
    const right = end({ limits: { ...patient, ...limits } });
    const address = await listenAny(right);
    for (let index = 0; index < 2; index++) {
      await (await Stranger.at(address)).link(right.links.self);
      await until(() => right.opened.length === index + 1);
    }
    const third = await Stranger.at(address);
    third.hello(right.links.self);
    await until(() => third.heard.some(([kind]) => kind === "hello"));
    if (toHex(third.signer.publicKey) < right.links.self) third.write("open", u32Payload(2));
    expect(await third.closing()).toMatchObject({ code: "too-many-links" });
    expect(right.opened).toHaveLength(2);
    await shutDown(right);
  }
});

test("nothing of a network, a secret or what is said can be read on the way, nor the keys", async () => {
  const [left, right] = [end(), end()];
  const seen: Uint8Array[] = [];
  const to = await listenAny(right);
  const server = createServer((near) => {
    const far = connect(to);
    near.on("data", (chunk) => seen.push(chunk as Uint8Array));
    far.on("data", (chunk) => seen.push(chunk as Uint8Array));
    near.pipe(far).pipe(near);
    for (const each of [near, far]) each.on("error", () => each.destroy());
  });
  await new Promise<void>((resolve) => server.listen({ host: "localhost", port: 0 }, resolve));
  left.links.join({ host: "localhost", port: (server.address() as { port: number }).port });
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  const said = Buffer.from("what only the two should know");
  left.links.send(right.links.self, said, "control");
  right.links.send(left.links.self, said, "bulk");
  await until(() => left.frames.length === 1 && right.frames.length === 1);
  left.links.close(right.links.self, "said all of it");
  await until(() => left.closed.length === 1 && right.closed.length === 1);
  const bytes = Buffer.concat(seen);
  expect(bytes.length).toBeGreaterThan(1_000);
  for (const text of ["sinter", secret, "what only", "said all", "localhost"]) expect(bytes.includes(text)).toBe(false);
  for (const { signer } of [left, right]) expect(bytes.includes(Buffer.from(signer.publicKey))).toBe(false);
  server.close();
  await shutDown(left, right);
});
