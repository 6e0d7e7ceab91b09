import { createSocket } from "node:dgram";
import { once } from "node:events";
import { linkDatagramBytesMax, linkReplayDatagramsMax, type PeerId } from "@sinter/core";
import { expect, test } from "vitest";
import { Ed25519Signer, nodeRandom } from "../node-crypto.js";
import { type Address, parseAddress } from "./address.js";
import { closeCodes } from "./close-codes.js";
import { cookieBytes, type Datagram, decodeDatagram, encodeDatagram, encodeWords, linkIdBytes, sealedHead } from "./datagrams.js";
import {
  CountingClock,
  channels,
  described,
  type End,
  eager,
  end,
  listenAny,
  networkOf,
  patient,
  secret,
  twoSigners,
  until,
} from "./links.suite.js";
import { NoiseSession, noiseEnd } from "./noise-session.js";
import { bad, nothing, UdpWire, whole } from "./udp-wire.suite.js";

async function shutDown(...ends: readonly End[]): Promise<void> {
  await Promise.all(ends.map(({ links }) => links.shutDown()));
  for (const each of ends) expect(described(each)).toMatchObject({ sockets: 0, handshakes: 0, links: [] });
}

/** Two that are linked over a wire. */
async function linked(options: Parameters<typeof end>[0] = {}) {
  const [left, right] = [end(options), end()];
  const wire = await UdpWire.to(await listenAny(right, "udp"));
  left.links.join(wire.address);
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  const over = async () => {
    await shutDown(left, right);
    wire.close();
  };
  return { left, right, wire, over };
}

const addressOf = (text: string): Address => parseAddress(text, { for: "dialling" }) as Address;
const received = (of: End) => described(of).links[0]?.received as { frames: number; bytes: number; dropped: number };

/** Somebody with a socket. */
class Stranger {
  readonly heard: Buffer[] = [];
  readonly link = nodeRandom.bytes(linkIdBytes);
  readonly session: NoiseSession;
  readonly #socket = createSocket("udp4");
  readonly #to: Address;
  readonly #message: Uint8Array;

  private constructor(to: Address, secrets: readonly string[]) {
    this.#to = to;
    this.session = new NoiseSession(
      "initiator",
      noiseEnd(new Ed25519Signer(nodeRandom.bytes(32)), networkOf("tests"), secrets),
      "datagrams",
    );
    this.#message = this.session.start() as Uint8Array;
    this.#socket.on("message", (datagram) => this.heard.push(datagram));
  }

  static async at(to: Address, secrets: readonly string[] = [secret]): Promise<Stranger> {
    const stranger = new Stranger(to, secrets);
    stranger.#socket.bind(0, "127.0.0.1");
    await once(stranger.#socket, "listening");
    return stranger;
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram, this.#to.port, this.#to.host);
  }

  ask(cookie: Uint8Array = new Uint8Array(cookieBytes), link = this.link): void {
    this.send(encodeDatagram({ kind: "ask", link, cookie, message: this.#message }));
  }

  async next<K extends Datagram["kind"]>(kind: K): Promise<Extract<Datagram, { readonly kind: K }>> {
    await until(() => this.heard.length > 0);
    const datagram = decodeDatagram(this.heard.shift() as Buffer) as Datagram;
    if (datagram.kind !== kind) throw new Error(`${datagram.kind}, not ${kind}`);
    return datagram as Extract<Datagram, { readonly kind: K }>;
  }

  async cookie(): Promise<Uint8Array> {
    this.ask();
    return (await this.next("cookie")).cookie;
  }

  gone(): void {
    this.#socket.close();
  }
}

test("a handshake comes about although its datagrams are lost, come twice or too late, and leaves no timer", async () => {
  for (let seed = 0; seed < 3; seed++) {
    const clock = new CountingClock();
    const [left, right] = [end({ limits: eager, clock }), end({ clock })];
    const wire = await UdpWire.to(await listenAny(right, "udp"));
    wire.fate = bad(seed, { lost: 33, twice: 30, late: 30 });
    left.links.join(wire.address);
    await until(() => left.opened.length > 0 && right.opened.length > 0);
    expect(channels(left)).toEqual(channels(right));
    wire.fate = whole;
    await shutDown(left, right);
    await until(() => clock.waiting === 0);
    wire.close();
  }
});

test("frames of any size come whole, each once, where a fifth of the datagrams is lost", async () => {
  const { left, right, wire, over } = await linked();
  wire.fate = bad(1, { lost: 20, twice: 10, late: 20 });
  const sizes = [0, 1, 1_000, 1_100, 1_200, 64 * 1024, 100_000, 300_000];
  for (const messageClass of ["bulk", "control"] as const) {
    for (const [index, size] of sizes.entries()) left.links.send(right.links.self, new Uint8Array(size).fill(index + 1), messageClass);
  }
  await until(() => right.frames.length === 2 * sizes.length);
  const bulk = right.frames.filter(({ messageClass }) => messageClass === "bulk");
  expect(bulk.map(({ bytes }) => bytes.length)).toEqual(sizes);
  const control = right.frames.filter(({ messageClass }) => messageClass === "control").map(({ bytes }) => bytes.length);
  expect(control.sort((one, other) => one - other)).toEqual(sizes);
  for (const { bytes } of right.frames) expect(bytes.every((byte) => byte === sizes.indexOf(bytes.length) + 1)).toBe(true);
  expect([left.closed, right.closed]).toEqual([[], []]);
  wire.fate = whole;
  await over();
});

test("a short control frame waits for no bulk, though that is lost again and again", async () => {
  const { left, right, wire, over } = await linked();
  // What is long does not get through.
  wire.fate = (datagram) => ({ copies: datagram.length > 1_000 ? 0 : 1, delayMs: 0 });
  left.links.send(right.links.self, new Uint8Array(200_000), "bulk");
  left.links.send(right.links.self, Uint8Array.of(7), "control");
  await until(() => right.frames.length === 1);
  expect(right.frames[0]).toMatchObject({ messageClass: "control", bytes: Uint8Array.of(7) });
  wire.fate = whole;
  await until(() => right.frames.length === 2);
  await over();
});

test("a wrong secret is refused whichever side has it, and both are told, though a third of the datagrams is lost", async () => {
  for (const [ours, theirs] of [
    [["a secret of others"], [secret]],
    [[secret], ["a secret of others"]],
  ] as const) {
    const [left, right] = [end({ secrets: ours }), end({ secrets: theirs })];
    const wire = await UdpWire.to(await listenAny(right, "udp"));
    wire.fate = bad(3, { lost: 33, twice: 0, late: 0 });
    left.links.join(wire.address);
    await until(() => described(left).targets[0]?.state === "refused");
    expect(described(left).targets[0]).toMatchObject({ code: "wrong-secret", by: "them" });
    await until(() => described(right).handshakes === 0);
    expect([left.opened, right.opened]).toEqual([[], []]);
    await shutDown(left, right);
    wire.close();
  }
});

test("another key than the expected one is refused, and so is oneself", async () => {
  const [left, right] = [end(), end()];
  left.links.join({ ...(await listenAny(right, "udp")), peer: "00".repeat(32) as PeerId });
  await until(() => described(left).targets[0]?.state === "refused");
  expect(described(left).targets[0]).toMatchObject({ code: "wrong-peer", by: "us" });
  right.links.join(await listenAny(right, "udp"));
  await until(() => described(right).targets[0]?.code === "self");
  await shutDown(left, right);
});

test("a stranger learns a key and a refusal, and nothing before he has shown that he hears", async () => {
  const right = end();
  const stranger = await Stranger.at(await listenAny(right, "udp"), ["a secret of others"]);
  const cookie = await stranger.cookie();
  // Nothing is kept of who has only asked.
  expect(described(right)).toMatchObject({ handshakes: 0, sockets: 0, links: [] });
  stranger.ask(cookie);
  const step = stranger.session.hear((await stranger.next("answer")).message);
  if ("refusal" in step) throw new Error(step.reason);
  expect(step.far?.peer).toBe(right.links.self);
  stranger.send(encodeDatagram({ kind: "finish", link: stranger.link, message: step.say as Uint8Array }));
  expect((await stranger.next("refused")).code).toBe(closeCodes["wrong-secret"].number);
  await until(() => described(right).sockets === 0);
  expect(right.opened).toEqual([]);
  stranger.gone();
  await shutDown(right);
});

test("nobody is sent more than they sent before they are known: not for any word of the handshake, nor for many", async () => {
  const right = end();
  const stranger = await Stranger.at(await listenAny(right, "udp"));
  const cookie = await stranger.cookie();
  stranger.ask(cookie);
  const { message } = await stranger.next("answer");
  // Whoever asks again is answered again, in no more than he said.
  for (let again = 0; again < 5; again++) stranger.ask(cookie);
  await until(() => stranger.heard.length === 5);
  for (const { length } of stranger.heard.splice(0)) expect(length).toBeLessThanOrEqual(linkDatagramBytesMax / 4);
  const step = stranger.session.hear(message);
  if ("refusal" in step) throw new Error(step.reason);
  const finish = encodeDatagram({ kind: "finish", link: stranger.link, message: step.say as Uint8Array });
  // The first is answered by whatever comes of it.
  for (let again = 0; again < 6; again++) stranger.send(finish);
  await until(() => stranger.heard.length === 5);
  for (const { length } of stranger.heard) expect(length).toBeLessThanOrEqual(finish.length);
  stranger.gone();
  await shutDown(right);
});

test("what asks for nothing is answered with nothing: short, long, of others' links, with cookies of others", async () => {
  const right = end();
  const address = await listenAny(right, "udp");
  const [stranger, other] = [await Stranger.at(address), await Stranger.at(address)];
  const cookie = await stranger.cookie();
  const ask = encodeDatagram({ kind: "ask", link: stranger.link, cookie, message: new Uint8Array(48) });
  for (const length of [0, 1, 8, 9, 100, linkDatagramBytesMax - 1]) stranger.send(ask.subarray(0, length));
  stranger.send(new Uint8Array(linkDatagramBytesMax + 1).fill(1));
  for (const kind of [0, 2, 3, 4, 5, 6, 7, 255]) stranger.send(Uint8Array.of(kind, ...new Uint8Array(300)));
  stranger.send(sealedHead(stranger.link, 1));
  await until(() => described(right).dropped === 16);
  // A cookie is for an address and a link: to any other it is none, and another one is said.
  other.ask(cookie, stranger.link);
  expect((await other.next("cookie")).cookie).not.toEqual(cookie);
  stranger.ask(cookie, other.link);
  expect((await stranger.next("cookie")).cookie).not.toEqual(cookie);
  expect(described(right)).toMatchObject({ handshakes: 0, links: [], turnedAway: 0 });
  expect([stranger.heard, other.heard]).toEqual([[], []]);
  for (const each of [stranger, other]) each.gone();
  await shutDown(right);
});

test("places for handshakes are bounded, for one address and in all, and are free again in time", async () => {
  const right = end({ limits: { ...patient, handshakeMs: 400, handshakes: 8, handshakesPerAddress: 3 } });
  const address = await listenAny(right, "udp");
  const strangers = await Promise.all(Array.from({ length: 5 }, () => Stranger.at(address)));
  for (const each of strangers) each.ask(await each.cookie());
  await until(() => described(right).turnedAway === 2);
  expect(described(right)).toMatchObject({ handshakes: 3, sockets: 3 });
  await until(() => described(right).handshakes === 0 && described(right).sockets === 0);
  strangers[4]?.ask(await (strangers[4] as Stranger).cookie());
  await until(() => described(right).handshakes === 1);
  for (const each of strangers) each.gone();
  await shutDown(right);
});

test("what is forged, changed, cut or said once more is dropped, and the link goes on", async () => {
  const { left, right, wire, over } = await linked();
  const said = () => left.links.send(right.links.self, Uint8Array.of(1), "control");
  said();
  await until(() => right.frames.length === 1);
  const { forth, back } = { forth: [...wire.seen.forth], back: [...wire.seen.back] };
  const sealed = forth.at(-1) as Buffer;
  // All that was ever said, once more, to both; then each kind of damage to a datagram that was good.
  for (const each of forth) wire.forge("forth", each);
  for (const each of back) wire.forge("back", each);
  for (let at = 0; at < sealed.length; at++) {
    const damaged = Buffer.from(sealed);
    damaged[at] = (damaged[at] as number) ^ 1;
    wire.forge("forth", damaged);
    wire.forge("forth", sealed.subarray(0, at));
  }
  const link = sealed.subarray(1, 1 + linkIdBytes);
  for (const direction of ["forth", "back"] as const) {
    wire.forge(direction, encodeDatagram({ kind: "refused", link, code: closeCodes.refused.number }));
    wire.forge(direction, encodeDatagram({ kind: "cookie", link, cookie: new Uint8Array(cookieBytes) }));
    wire.forge(direction, encodeDatagram({ kind: "answer", link, message: new Uint8Array(192) }));
    wire.forge(direction, Buffer.concat([sealedHead(link, 2 ** 52), new Uint8Array(100)]));
    wire.forge(direction, nodeRandom.bytes(linkDatagramBytesMax));
  }
  await until(() => received(right).dropped > sealed.length && received(left).dropped >= 4);
  said();
  right.links.send(left.links.self, Uint8Array.of(2), "bulk");
  await until(() => right.frames.length === 2 && left.frames.length === 1);
  expect([left.closed, right.closed, left.opened.length, right.opened.length]).toEqual([[], [], 1, 1]);
  await over();
});

test("a datagram that was held back is good until too many have gone by, and then it is not", async () => {
  const { left, right, wire, over } = await linked();
  const said = (byte: number) => left.links.send(right.links.self, Uint8Array.of(byte, ...new Uint8Array(200)), "control");
  wire.fate = nothing;
  const before = wire.seen.forth.length;
  said(1);
  await until(() => wire.seen.forth.length > before);
  const held = wire.seen.forth[before] as Buffer;
  wire.fate = whole;
  await until(() => right.frames.length === 1);
  const dropped = received(right).dropped;
  // Its number is new, what is in it is not.
  wire.forge("forth", held);
  for (let count = 0; count < linkReplayDatagramsMax; count += 100) {
    for (let each = 0; each < 100; each++) said(2);
    await until(() => right.frames.length === 1 + count + 100);
  }
  expect(received(right).dropped).toBe(dropped);
  wire.forge("forth", held);
  await until(() => received(right).dropped === dropped + 1);
  await over();
});

test("what is malformed in a datagram that opens closes that link, and no other", async () => {
  const { left, right, over } = await linked();
  const member = await Stranger.at(right.links.describe().listening.map(addressOf)[0] as Address);
  member.ask(await member.cookie());
  const step = member.session.hear((await member.next("answer")).message);
  if ("refusal" in step) throw new Error(step.reason);
  member.send(encodeDatagram({ kind: "finish", link: member.link, message: step.say as Uint8Array }));
  await until(() => described(right).links.some(({ state }) => state === "greeting"));
  const came = { highest: 0, before: new Uint8Array(8) };
  const early = encodeWords({ came, piece: { kind: "frame", seq: 0, bytes: Uint8Array.of(1) } });
  for (const [at, words] of [early, Uint8Array.of(99)].entries()) {
    const head = sealedHead(member.link, 1 + at);
    member.send(Buffer.concat([head, member.session.sealAt(1 + at, words, head) as Uint8Array]));
  }
  await until(() => described(right).handshakes === 0 && described(right).links.length === 1);
  expect([channels(left).length, channels(right).length, left.closed.length]).toEqual([1, 1, 0]);
  // Nor is what it said before it was a link of any account.
  expect(right.frames).toEqual([]);
  member.gone();
  await over();
});

test("a forged refusal ends a handshake that is under way, and the next is begun", async () => {
  const [left, right] = [end({ limits: eager }), end()];
  const wire = await UdpWire.to(await listenAny(right, "udp"));
  wire.fate = (_datagram, direction) => ({ copies: direction === "forth" ? 1 : 0, delayMs: 0 });
  left.links.join(wire.address);
  await until(() => wire.seen.forth.length > 0);
  const link = (wire.seen.forth[0] as Buffer).subarray(1, 1 + linkIdBytes);
  wire.forge("back", encodeDatagram({ kind: "refused", link: nodeRandom.bytes(linkIdBytes), code: closeCodes.overflow.number }));
  wire.forge("back", encodeDatagram({ kind: "refused", link, code: closeCodes.overflow.number }));
  await until(() => described(left).targets[0]?.code === "overflow");
  wire.fate = whole;
  await until(() => left.opened.length === 1 && right.opened.length === 1);
  await shutDown(left, right);
  wire.close();
});

test("a link of which nothing is heard any more gives way to a peer that was started anew", async () => {
  for (const [again, listening] of [twoSigners(), twoSigners().reverse()] as [Ed25519Signer, Ed25519Signer][]) {
    const [first, right] = [end({ signer: again }), end({ signer: listening })];
    const to = await listenAny(right, "udp");
    const wire = await UdpWire.to(to);
    first.links.join(wire.address);
    await until(() => right.opened.length === 1 && first.opened.length === 1);
    wire.fate = nothing;
    const second = end({ signer: again });
    second.links.join(to);
    await until(() => second.opened.length === 1 && right.opened.length === 2);
    expect(right.closed).toEqual([first.links.self]);
    await shutDown(first, second, right);
    wire.close();
  }
});

test("nobody at an address is known at once, where the system tells", async () => {
  const left = end();
  left.links.join({ way: "udp", host: "127.0.0.1", port: 9 });
  await until(() => described(left).targets[0]?.code === "unreachable");
  left.links.join({ way: "udp", host: "no-such-host.invalid", port: 9 });
  await until(() => described(left).targets.every(({ code }) => code === "unreachable"));
  await shutDown(left);
});

test("who is linked over UDP is not linked by another way as well, nor the other way about", async () => {
  const [left, right] = [end({ limits: eager }), end({ limits: eager })];
  for (const way of ["udp", "ws", "tls"] as const) left.links.join(await listenAny(right, way));
  right.links.join(await listenAny(left, "udp"));
  const all = [left, right];
  await until(() => all.every((each) => described(each).targets.every(({ state }) => state === "linked")));
  await until(() => all.every((each) => described(each).links.length === 1 && channels(each).length === 1));
  expect(channels(left)).toEqual(channels(right));
  await shutDown(left, right);
});
