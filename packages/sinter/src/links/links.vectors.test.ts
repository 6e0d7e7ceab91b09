import { readFileSync } from "node:fs";
import { asId, fromHex, isMalformed, Malformed, type NetworkId, type PeerId, toHex } from "@sinter/core";
import { expect, test } from "vitest";
import { Ed25519Signer } from "../node-crypto.js";
import { addressText } from "./address.js";
import { closeCodes, decodeClosing } from "./close-codes.js";
import { type Datagram, datagramKinds, decodeDatagram, decodeWords, encodeDatagram, encodeWords, type Words } from "./datagrams.js";
import { type FrameKind, FrameReader, frameHead, frameKinds, u32In } from "./frames.js";
import { decodeInvite, encodeInvite } from "./invite.js";
import { decodeHello, encodeHello, proofOf, type Speaker } from "./membership.js";
import { NoiseCipher, NoiseHandshake, noiseKeys } from "./noise.js";
import { identityOf, noiseEnd, prologues } from "./noise-session.js";

type Halves = Readonly<Record<Speaker, string>>;
interface Vector {
  readonly bytes: string;
  readonly says: Readonly<Record<string, unknown>> & { readonly kind: string };
}
interface Vectors {
  readonly secret: string;
  readonly network: string;
  readonly seeds: { readonly signing: Halves; readonly noiseStatic: Halves; readonly noiseEphemeral: Halves };
  readonly peers: Halves;
  readonly frames: readonly Vector[];
  readonly refusedFrames: readonly { readonly why: string; readonly bytes: string }[];
  readonly noise: Record<
    "ws" | "udp",
    { readonly messages: readonly string[]; readonly channel: string; readonly forth: string; readonly back: string }
  >;
  readonly datagramsLink: string;
  readonly datagrams: readonly Vector[];
  readonly refusedDatagrams: readonly { readonly why: string; readonly bytes: string }[];
  readonly invite: { readonly text: string; readonly says: Readonly<Record<string, unknown>> };
}

const vectors = JSON.parse(readFileSync(new URL("../../../../vectors/links.json", import.meta.url), "utf8")) as Vectors;
const bytesOf = (text: string) => fromHex(text, text.length / 2) as Uint8Array;
const network = asId<NetworkId>(bytesOf(vectors.network));
const signers = {
  dialling: new Ed25519Signer(bytesOf(vectors.seeds.signing.dialling)),
  listening: new Ed25519Signer(bytesOf(vectors.seeds.signing.listening)),
};
const kinds = Object.keys(frameKinds) as FrameKind[];

function frameIn(text: string): readonly [FrameKind, Uint8Array] | Malformed {
  const heard: [FrameKind, Uint8Array][] = [];
  const fault = new FrameReader(kinds).push(bytesOf(text), (kind, payload) => {
    heard.push([kind, payload]);
    return "more";
  });
  return fault ?? heard[0] ?? new Malformed("nothing whole");
}

/** What a frame says, in the words of the vectors. */
function saidBy(kind: FrameKind, payload: Uint8Array): Readonly<Record<string, unknown>> {
  switch (kind) {
    case "hello":
      return {};
    case "open":
    case "credit":
      return { value: u32In(payload) };
    case "close":
      return { code: payload[0], reason: Buffer.from(payload.subarray(1)).toString() };
    default:
      return { payload: toHex(payload) };
  }
}

test("the frames of links.json are read as what they say, and written the same", () => {
  for (const { bytes, says } of vectors.frames) {
    const frame = frameIn(bytes);
    if (isMalformed(frame)) throw new Error(`${says.kind}: ${frame.reason}`);
    const [kind, payload] = frame;
    expect({ ...says, kind, ...saidBy(kind, payload) }).toEqual(says);
    expect(toHex(frameHead(kind, payload.length)) + toHex(payload)).toBe(bytes);
  }
  expect(new Set(vectors.frames.map(({ says }) => says.kind))).toEqual(new Set(kinds));
});

test("a hello of links.json proves membership on its channel, with whatever a later version says in it", () => {
  for (const { bytes, says } of vectors.frames.filter((each) => each.says.kind === "hello")) {
    const [, payload] = frameIn(bytes) as [FrameKind, Uint8Array];
    const hello = decodeHello(payload);
    if (isMalformed(hello)) throw new Error(hello.reason);
    const { greeting, proof, said } = hello;
    const { least, most, instance, moment } = says as unknown as { least: number; most: number; instance: string; moment: number };
    expect(greeting).toMatchObject({ versions: { least, most }, moment });
    expect([toHex(greeting.instance), toHex(proof)]).toEqual([instance, says["proof"]]);
    const { dialling, listening } = vectors.peers as Readonly<Record<Speaker, PeerId>>;
    const channel = { binding: bytesOf(says["channel"] as string), network, dialling, listening };
    expect(toHex(proofOf(vectors.secret, channel, says["speaker"] as Speaker, said))).toBe(says["proof"]);
    expect(toHex(payload).startsWith(toHex(encodeHello(greeting, () => proof)))).toBe(true);
  }
});

test("each code with which a link closes is in links.json, and one that is not known is a refusal", () => {
  const codes = vectors.frames.filter(({ says }) => says.kind === "close").map(({ says }) => says["code"] as number);
  const said = Object.entries(closeCodes).filter(([name]) => name !== "unreachable" && name !== "lost");
  for (const [name, { number }] of said) {
    expect(codes).toContain(number);
    expect(decodeClosing(Uint8Array.of(number)).code).toBe(name);
  }
  for (const code of codes.filter((each) => each > 11)) expect(decodeClosing(Uint8Array.of(code)).code).toBe("refused");
});

test("what links.json says is no frame is none, as soon as its head is there", () => {
  for (const { why, bytes } of vectors.refusedFrames) expect([why, frameIn(bytes)]).toEqual([why, expect.any(Malformed)]);
  expect(vectors.refusedFrames.every(({ bytes }) => bytes.length === 10)).toBe(true);
});

test.each(["ws", "udp"] as const)("the handshake of links.json on %s is said the same, word by word, and comes to the same keys", (way) => {
  const { noiseStatic, noiseEphemeral } = vectors.seeds;
  const { psks } = noiseEnd(signers.dialling, network, [vectors.secret]);
  const prologue = prologues[way === "ws" ? "messages" : "datagrams"];
  const sideOf = (speaker: Speaker, role: "initiator" | "responder") => {
    const [ownStatic, ownEphemeral] = [noiseStatic, noiseEphemeral].map((each) => noiseKeys(bytesOf(each[speaker])));
    if (ownStatic === undefined || ownEphemeral === undefined) throw new Error("no keys");
    return new NoiseHandshake({ role, prologue, ownStatic, ownEphemeral, psks });
  };
  const [dialling, listening] = [sideOf("dialling", "initiator"), sideOf("listening", "responder")];
  const { messages, channel, forth, back } = vectors.noise[way];
  const said = [
    () => dialling.write(() => new Uint8Array(0)),
    () => listening.write((before) => identityOf(signers.listening, "responder", before)),
    () => dialling.write((before) => identityOf(signers.dialling, "initiator", before)),
  ];
  for (const [index, say] of said.entries()) {
    const message = say() as Uint8Array;
    expect(toHex(message)).toBe(messages[index]);
    expect((index === 1 ? dialling : listening).read(message)).toHaveProperty("payload");
  }
  expect(toHex(dialling.channel().hash)).toBe(channel);
  const plain = Buffer.from("said");
  expect(dialling.channel().sending.seal(plain)).toEqual(new NoiseCipher(bytesOf(forth)).seal(plain));
  expect(listening.channel().sending.seal(plain)).toEqual(new NoiseCipher(bytesOf(back)).seal(plain));
});

const plainText = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_name, each: unknown) => (each instanceof Uint8Array ? toHex(each) : each)));

test("the datagrams of links.json are read as what they say, and written the same", () => {
  const cipher = new NoiseCipher(bytesOf(vectors.noise.udp.forth));
  for (const { bytes, says } of vectors.datagrams) {
    const datagram = decodeDatagram(bytesOf(bytes));
    if (isMalformed(datagram)) throw new Error(`${says.kind}: ${datagram.reason}`);
    expect(toHex(datagram.link)).toBe(vectors.datagramsLink);
    if (datagram.kind === "sealed") {
      const plain = cipher.openAt(datagram.number, datagram.sealed, datagram.head) as Uint8Array;
      const words = decodeWords(new Uint8Array(plain)) as Words;
      expect(plainText({ kind: "sealed", number: datagram.number, ...words })).toEqual(says);
      expect(cipher.sealAt(datagram.number, encodeWords(words), datagram.head)).toEqual(Buffer.from(datagram.sealed));
      continue;
    }
    const { link: _, ...said } = datagram;
    expect(plainText(said)).toEqual(says);
    expect(toHex(encodeDatagram(datagram))).toBe(bytes);
  }
  expect(new Set(vectors.datagrams.map(({ says }) => says.kind))).toEqual(
    new Set<Datagram["kind"]>(Object.keys(datagramKinds) as Datagram["kind"][]),
  );
});

test("what links.json says is no datagram is none", () => {
  for (const { why, bytes } of vectors.refusedDatagrams)
    expect([why, decodeDatagram(bytesOf(bytes))]).toEqual([why, expect.any(Malformed)]);
});

test("the invite of links.json is read as what it says, and written the same", () => {
  const { text, says } = vectors.invite;
  const invite = decodeInvite(text);
  if (isMalformed(invite)) throw new Error(invite.reason);
  expect({ ...invite, addresses: invite.addresses.map(addressText) }).toEqual(says);
  expect(encodeInvite(invite)).toBe(text);
});
