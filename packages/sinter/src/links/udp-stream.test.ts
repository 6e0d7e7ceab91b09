import { linkDatagramBytesMax } from "@sinter/core";
import { expect, test } from "vitest";
import { HandClock } from "../../../core/src/protocol/hand-ports.suite.js";
import { Ed25519Signer, nodeRandom } from "../node-crypto.js";
import type { CarrierBroke, FarEnd, Refusal } from "./carrier.js";
import { closeCodes } from "./close-codes.js";
import { cookieBytes, type Datagram, decodeDatagram, encodeDatagram, linkIdBytes, sealedHead } from "./datagrams.js";
import { networkOf, secret } from "./links.suite.js";
import { NoiseSession, noiseEnd } from "./noise-session.js";
import { UdpStream } from "./udp-stream.js";

const link = new Uint8Array(linkIdBytes).fill(3);

/** One end, and all that it says and is told. */
class Side {
  readonly signer = new Ed25519Signer(nodeRandom.bytes(32));
  readonly session: NoiseSession;
  readonly stream: UdpStream;
  readonly said: Uint8Array[] = [];
  readonly frames: Uint8Array[] = [];
  far: FarEnd | Refusal | undefined;
  broke: Error | undefined;
  got = Buffer.alloc(0);

  constructor(role: "initiator" | "responder", clock: HandClock, secrets: readonly string[] = [secret]) {
    this.session = new NoiseSession(role, noiseEnd(this.signer, networkOf("tests"), secrets), "datagrams");
    this.stream = new UdpStream({ session: this.session, clock, link });
    this.stream.secured((far) => {
      this.far = far;
    });
    this.stream.on("error", (error) => {
      this.broke = error;
    });
    this.stream.on("data", (chunk: Buffer) => {
      this.got = Buffer.concat([this.got, chunk]);
    });
    this.stream.frames.heard((frame) => this.frames.push(frame));
  }

  readonly wire = (datagram: Uint8Array): void => void this.said.push(datagram);

  /** What it said last. */
  last(): Datagram {
    return decodeDatagram(this.said.at(-1) as Uint8Array) as Datagram;
  }
}

function pair(secrets?: readonly string[]) {
  const clock = new HandClock();
  const [one, other] = [new Side("initiator", clock), new Side("responder", clock, secrets)];
  one.stream.ask(one.wire);
  return { clock, one, other };
}

type Pair = ReturnType<typeof pair>;

/** The first message of the handshake comes, and is answered. */
function answered({ one, other }: Pair): void {
  const asked = one.last();
  if (asked.kind !== "ask") throw new Error(asked.kind);
  other.stream.answer(asked.message, other.wire);
}

/** All that both say, until they say no more. */
function carry({ one, other }: Pair): void {
  while (one.said.length + other.said.length > 0) {
    for (const datagram of one.said.splice(0)) other.stream.heard(datagram);
    for (const datagram of other.said.splice(0)) one.stream.heard(datagram);
  }
}

function linked(): Pair {
  const both = pair();
  answered(both);
  carry(both);
  both.one.stream.frames.send(Uint8Array.of(1));
  carry(both);
  both.clock.advance(10);
  carry(both);
  return both;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("both sides come to know each other's key, and one binding", () => {
  const { one, other } = linked();
  const [ofOne, ofOther] = [one.far as FarEnd, other.far as FarEnd];
  expect(ofOne.peer).toBe(Buffer.from(other.signer.publicKey).toString("hex"));
  expect(ofOther.peer).toBe(Buffer.from(one.signer.publicKey).toString("hex"));
  expect(ofOne.binding).toEqual(ofOther.binding);
  expect(other.frames).toEqual([Uint8Array.of(1)]);
});

test("who dials asks again, more and more rarely, until it is answered, and then finishes until it hears something sealed", () => {
  const { clock, one, other } = pair();
  const times: number[] = [];
  for (; clock.ms < 3_000; clock.advance(10)) if (one.said.splice(0).length > 0) times.push(clock.ms);
  expect(times).toEqual([0, 100, 300, 700, 1_100, 1_500, 1_900, 2_300, 2_700]);
  clock.advance(400);
  answered({ clock, one, other });
  one.stream.heard(other.said.splice(0)[0] as Uint8Array);
  one.said.splice(0);
  clock.advance(1_000);
  expect(one.said.map((said) => (decodeDatagram(said) as Datagram).kind)).toContain("finish");
  carry({ clock, one, other });
  clock.advance(200);
  carry({ clock, one, other });
  other.stream.frames.send(Uint8Array.of(9));
  carry({ clock, one, other });
  clock.advance(20);
  one.said.splice(0);
  clock.advance(5_000);
  expect(one.said).toEqual([]);
});

test("a cookie is answered at once, and once: whoever sends many makes nobody say much", () => {
  const { clock, one } = pair();
  one.said.splice(0);
  for (let count = 1; count <= 50; count++) {
    one.stream.heard(encodeDatagram({ kind: "cookie", link, cookie: new Uint8Array(cookieBytes).fill(count) }));
  }
  expect(one.said.length).toBe(1);
  expect(one.last()).toMatchObject({ kind: "ask", cookie: new Uint8Array(cookieBytes).fill(1) });
  clock.advance(100);
  expect(one.last()).toMatchObject({ kind: "ask", cookie: new Uint8Array(cookieBytes).fill(50) });
});

test("a message that is forged leaves the handshake where it was, on both sides", () => {
  const both = pair();
  const { one, other } = both;
  answered(both);
  for (const length of [0, 32, 192, 500]) {
    const message = nodeRandom.bytes(length);
    one.stream.heard(encodeDatagram({ kind: "answer", link, message }));
    other.stream.heard(encodeDatagram({ kind: "finish", link, message }));
  }
  expect([one.stream.frames.dropped(), other.stream.frames.dropped()]).toEqual([4, 4]);
  carry(both);
  expect([one.far, other.far]).toEqual([expect.objectContaining({ binding: expect.anything() }), expect.anything()]);
  expect([one.broke, other.broke]).toEqual([undefined, undefined]);
});

test("a secret that is not known is refused, as often as it is said", async () => {
  const both = pair(["a secret of others"]);
  const { one, other } = both;
  answered(both);
  one.stream.heard(other.said.splice(0)[0] as Uint8Array);
  const finish = one.said.at(-1) as Uint8Array;
  other.stream.heard(finish);
  expect(other.far).toMatchObject({ refusal: "wrong-secret" });
  other.stream.end();
  other.stream.heard(finish);
  other.stream.heard(finish);
  await turn();
  expect(other.said.map((said) => decodeDatagram(said))).toEqual(
    Array(3).fill({ kind: "refused", link, code: closeCodes["wrong-secret"].number }),
  );
  one.stream.heard(other.said[0] as Uint8Array);
  await turn();
  expect((one.broke as CarrierBroke).closing).toMatchObject({ code: "wrong-secret", by: "them" });
});

test("a socket that fails ends a handshake, and no link", async () => {
  const young = pair();
  young.one.stream.failed(new Error("nobody there"));
  const { one, other } = linked();
  one.stream.frames.send(Uint8Array.of(1));
  other.stream.heard(one.said.at(-1) as Uint8Array);
  for (const side of [one, other]) {
    side.stream.heard(encodeDatagram({ kind: "refused", link, code: 3 }));
    if (side === other) side.stream.failed(new Error("forged"));
  }
  await turn();
  expect([young.one.stream.destroyed, other.stream.destroyed, other.broke]).toEqual([true, false, undefined]);
});

test("what does not open, comes twice or is of another link is dropped; what opens and is malformed breaks the link", async () => {
  const { one, other } = linked();
  one.stream.frames.send(Uint8Array.of(2));
  const good = one.said.splice(0).at(-1) as Uint8Array;
  const before = other.stream.frames.dropped();
  const spoilt = Uint8Array.from(good);
  spoilt[spoilt.length - 1] = (spoilt.at(-1) as number) ^ 1;
  const elsewhere = Uint8Array.from(good);
  elsewhere[1] = 99;
  for (const datagram of [spoilt, elsewhere, new Uint8Array(0), new Uint8Array(linkDatagramBytesMax + 1)]) other.stream.heard(datagram);
  expect([other.stream.frames.dropped() - before, other.frames.length]).toEqual([4, 1]);
  other.stream.heard(good);
  other.stream.heard(good);
  expect([other.stream.frames.dropped() - before, other.frames.length]).toEqual([5, 2]);
  const head = sealedHead(link, 1_000);
  other.stream.heard(Buffer.concat([head, one.session.sealAt(1_000, Uint8Array.of(77), head) as Uint8Array]));
  await turn();
  expect((other.broke as CarrierBroke).closing).toMatchObject({ code: "malformed", by: "us" });
});

test("after all is said on both sides, the streams are gone, and no timer is left", async () => {
  const both = linked();
  const { clock, one, other } = both;
  one.stream.end(Buffer.from("the last word"));
  for (let round = 0; round < 10; round++) {
    await turn();
    carry(both);
    clock.advance(10);
  }
  expect(other.got.toString()).toBe("the last word");
  expect([one.stream.closed, other.stream.closed, clock.waiting]).toEqual([true, true, 0]);
});

test("a finish that is forged is answered by nobody, and the true one only while nothing sealed has come", () => {
  const both = pair();
  const { one, other, clock } = both;
  answered(both);
  one.stream.heard(other.said.splice(0)[0] as Uint8Array);
  const finish = one.said.splice(0).at(-1) as Uint8Array;
  const forged = [new Uint8Array(0), new Uint8Array(64)].map((message) => encodeDatagram({ kind: "finish", link, message }));
  const saidTo = (side: Side, datagrams: readonly Uint8Array[]): number => {
    side.said.splice(0);
    for (const datagram of datagrams) side.stream.heard(datagram);
    return side.said.length;
  };
  other.stream.heard(finish);
  expect([saidTo(other, forged), saidTo(other, [finish])]).toEqual([0, 1]);
  // Nor does who dialled answer any.
  expect(saidTo(one, [...forged, finish])).toBe(0);
  one.stream.frames.send(Uint8Array.of(1));
  carry(both);
  clock.advance(10);
  carry(both);
  const before = [one, other].map(({ stream }) => stream.frames.dropped());
  for (const side of [one, other]) expect(saidTo(side, [...forged, finish])).toBe(0);
  expect([one, other].map(({ stream }) => stream.frames.dropped())).toEqual(before.map((dropped) => dropped + 3));
});

test("who is dialled hears no refusal, as it is the one who refuses", async () => {
  const both = pair();
  const { one, other } = both;
  answered(both);
  one.stream.heard(other.said.splice(0)[0] as Uint8Array);
  other.stream.heard(one.said.splice(0).at(-1) as Uint8Array);
  for (const side of [one, other]) side.stream.heard(encodeDatagram({ kind: "refused", link, code: closeCodes.refused.number }));
  await turn();
  expect([other.broke, other.stream.frames.dropped()]).toEqual([undefined, 1]);
  expect((one.broke as CarrierBroke).closing).toMatchObject({ code: "refused", by: "them" });
});
