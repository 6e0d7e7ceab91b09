import { createCipheriv, createHash, createHmac } from "node:crypto";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { blake2s } from "@noble/hashes/blake2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { type Bytes, filled, hex, joined, number, prefixed, utf8, write } from "./bytes.js";

// What is said on links before and beside sync, as docs/wire.md lays it out: frames, proofs, Noise and datagrams.

const secret = "a secret of the vectors";
const network = filled(32, 0x4e);
const signing = { dialling: filled(32, 1), listening: filled(32, 2) };
const peer = { dialling: ed25519.getPublicKey(signing.dialling), listening: ed25519.getPublicKey(signing.listening) };
type Speaker = keyof typeof peer;

const u8 = (value: number): Bytes => number(1, value);
const u32 = (value: number): Bytes => number(4, value);
const frame = (kind: number, bytes: Bytes): Bytes => joined(u8(kind), u32(bytes.length), bytes);
const mac = (key: string, ...parts: readonly Bytes[]): Bytes =>
  new Uint8Array(
    createHmac("sha256", key)
      .update(joined(...parts))
      .digest(),
  );

// --- frames ---

interface Said {
  readonly says: Record<string, unknown>;
  readonly bytes: Bytes;
}

/** What a later version adds is in the proof. */
function hello(speaker: Speaker, later: Bytes): Said {
  const channel = filled(32, 0xc4);
  const instance = filled(8, speaker === "dialling" ? 5 : 6);
  const rest = joined(u8(1), u8(3), instance, u32(70_000), later);
  const who = u8(speaker === "dialling" ? 1 : 2);
  const proof = mac(secret, utf8("sinter/1/link proof\n"), who, channel, network, peer.dialling, peer.listening, rest);
  return {
    says: { kind: "hello", speaker, channel: hex(channel), proof: hex(proof), least: 1, most: 3, instance: hex(instance), moment: 70_000 },
    bytes: frame(1, joined(proof, rest)),
  };
}

const closing = (code: number, reason: string): Said => ({
  says: { kind: "close", code, reason },
  bytes: frame(6, joined(u8(code), utf8(reason))),
});

function frames(): readonly Said[] {
  return [
    hello("dialling", filled(0, 0)),
    hello("listening", filled(7, 9)),
    { says: { kind: "open", value: 70_001 }, bytes: frame(2, u32(70_001)) },
    { says: { kind: "control", payload: "01020304" }, bytes: frame(3, Uint8Array.of(1, 2, 3, 4)) },
    { says: { kind: "control", payload: "" }, bytes: frame(3, filled(0, 0)) },
    { says: { kind: "bulk", payload: hex(filled(300, 8)) }, bytes: frame(4, filled(300, 8)) },
    { says: { kind: "credit", value: 0xffff_ffff }, bytes: frame(5, u32(0xffff_ffff)) },
    ...Array.from({ length: 12 }, (_, code) => closing(code, "")),
    closing(11, "so ist es: 日本"),
    closing(200, ""),
  ];
}

const refusedFrames: readonly (readonly [string, Bytes])[] = [
  ["a kind that is not assigned", joined(u8(0), u32(0))],
  ["a kind beyond the last", joined(u8(7), u32(0))],
  ["a hello of nothing", joined(u8(1), u32(0))],
  ["a hello too long", joined(u8(1), u32(257))],
  ["an open too short", joined(u8(2), u32(3))],
  ["an open too long", joined(u8(2), u32(5))],
  ["control beyond a frame", joined(u8(3), u32(2 ** 20 + 1))],
  ["bulk beyond a frame", joined(u8(4), u32(2 ** 32 - 1))],
  ["a credit too short", joined(u8(5), u32(0))],
  ["a close without a code", joined(u8(6), u32(0))],
  ["a close that says too much", joined(u8(6), u32(202))],
];

// --- Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s ---

const hash = (...parts: readonly Bytes[]): Bytes => blake2s(joined(...parts));
const keyed = (key: Bytes, ...parts: readonly Bytes[]): Bytes => hmac(blake2s, key, joined(...parts));
const nonce = (at: number): Bytes => joined(filled(4, 0), Uint8Array.from(number(8, at)).reverse());

function sealedAt(key: Bytes, at: number, associated: Bytes, plain: Bytes): Bytes {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce(at), { authTagLength: 16 });
  cipher.setAAD(associated, { plaintextLength: plain.length });
  const sealed = joined(cipher.update(plain), cipher.final());
  return joined(sealed, cipher.getAuthTag());
}

function hkdf(chaining: Bytes, input: Bytes): readonly [Bytes, Bytes, Bytes] {
  const key = keyed(chaining, input);
  const first = keyed(key, u8(1));
  const second = keyed(key, first, u8(2));
  return [first, second, keyed(key, second, u8(3))];
}

const noiseKeys = {
  static: { dialling: filled(32, 0x51), listening: filled(32, 0x52) },
  own: { dialling: filled(32, 0x61), listening: filled(32, 0x62) },
};

interface Shaken {
  readonly messages: readonly Bytes[];
  readonly channel: Bytes;
  readonly forth: Bytes;
  readonly back: Bytes;
}

/** Both sides at once: what the one says the other knows. */
function handshake(prologue: string): Shaken {
  const psk = mac(secret, utf8("sinter/1/noise psk\n"), network);
  let chaining = hash(utf8("Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s"));
  let transcript = hash(chaining, utf8(prologue));
  let key = filled(32, 0);
  let at = 0;
  const take = (bytes: Bytes): Bytes => {
    transcript = hash(transcript, bytes);
    return bytes;
  };
  const mix = (input: Bytes): void => {
    [chaining, key] = hkdf(chaining, input);
    at = 0;
  };
  const open = (secretKey: Bytes): Bytes => {
    const bytes = take(x25519.getPublicKey(secretKey));
    mix(bytes);
    return bytes;
  };
  const seal = (plain: Bytes): Bytes => take(sealedAt(key, at++, transcript, plain));
  const agree = (ours: Bytes, theirs: Bytes): void => mix(x25519.getSharedSecret(ours, x25519.getPublicKey(theirs)));
  const identity = (who: Speaker): Bytes => {
    const role = u8(who === "dialling" ? 1 : 2);
    const signature = ed25519.sign(joined(utf8("sinter/1/noise identity\n"), role, transcript), signing[who]);
    return joined(peer[who], signature);
  };
  const { static: lasting, own } = noiseKeys;
  const first = joined(open(own.dialling), seal(filled(0, 0)));
  const second = [open(own.listening)];
  agree(own.dialling, own.listening);
  second.push(seal(x25519.getPublicKey(lasting.listening)));
  agree(own.dialling, lasting.listening);
  second.push(seal(identity("listening")));
  const third = [seal(x25519.getPublicKey(lasting.dialling))];
  agree(lasting.dialling, own.listening);
  const [next, mixed, last] = hkdf(chaining, psk);
  chaining = next;
  take(mixed);
  key = last;
  at = 0;
  third.push(seal(identity("dialling")));
  const [forth, back] = hkdf(chaining, filled(0, 0));
  return { messages: [first, joined(...second), joined(...third)], channel: transcript, forth, back };
}

// --- datagrams ---

const link = filled(8, 0x1d);
const datagram = (kind: number, ...rest: readonly Bytes[]): Bytes => joined(u8(kind), link, ...rest);

interface Piece {
  readonly kind: "part" | "end" | "frame";
  readonly seq: number;
  readonly bytes: string;
}

function sealedDatagram(key: Bytes, at: number, came: { readonly highest: number; readonly before: string }, piece?: Piece): Said {
  const kinds = { part: 1, end: 2, frame: 3 };
  const before = new Uint8Array(Buffer.from(came.before, "hex"));
  const pieceBytes = piece && joined(number(6, piece.seq), new Uint8Array(Buffer.from(piece.bytes, "hex")));
  const plain = joined(u8(piece ? kinds[piece.kind] : 0), number(8, came.highest), before, pieceBytes ?? filled(0, 0));
  const head = datagram(6, number(8, at));
  return {
    says: { kind: "sealed", number: at, came, ...(piece && { piece }) },
    bytes: joined(head, sealedAt(key, at, head, plain)),
  };
}

function datagrams({ messages, forth }: Shaken): readonly Said[] {
  const [first, second, third] = messages as [Bytes, Bytes, Bytes];
  const cookie = filled(16, 0x0c);
  const ask = (with_: Bytes): Bytes => {
    const said = datagram(1, with_, first);
    return joined(said, filled(1_200 - said.length, 0));
  };
  const none = { highest: 0, before: "0000000000000000" };
  const some = { highest: 70, before: "0500000000000080" };
  return [
    { says: { kind: "ask", cookie: hex(filled(16, 0)), message: hex(first) }, bytes: ask(filled(16, 0)) },
    { says: { kind: "cookie", cookie: hex(cookie) }, bytes: datagram(2, cookie) },
    { says: { kind: "ask", cookie: hex(cookie), message: hex(first) }, bytes: ask(cookie) },
    { says: { kind: "answer", message: hex(second) }, bytes: datagram(3, second) },
    { says: { kind: "finish", message: hex(third) }, bytes: datagram(4, third) },
    { says: { kind: "refused", code: 3 }, bytes: datagram(5, u8(3)) },
    sealedDatagram(forth, 1, none),
    sealedDatagram(forth, 2, some, { kind: "part", seq: 0, bytes: hex(frame(3, Uint8Array.of(1, 2))) }),
    sealedDatagram(forth, 3, some, { kind: "part", seq: 2 ** 40, bytes: "" }),
    sealedDatagram(forth, 2 ** 40, some, { kind: "frame", seq: 2, bytes: hex(filled(1_144, 7)) }),
    sealedDatagram(forth, 4, some, { kind: "end", seq: 3, bytes: "" }),
  ];
}

const refusedDatagrams: readonly (readonly [string, Bytes])[] = [
  ["nothing", filled(0, 0)],
  ["a kind that is not assigned", datagram(0, filled(40, 1))],
  ["a kind beyond the last", datagram(7, filled(40, 1))],
  ["no link", u8(2)],
  ["an ask that is too short", datagram(1, filled(1_190, 0))],
  ["an ask that is too long", datagram(1, filled(1_192, 0))],
  ["a cookie too short", datagram(2, filled(15, 1))],
  ["a cookie too long", datagram(2, filled(17, 1))],
  ["a refusal of two codes", datagram(5, filled(2, 1))],
  ["a refusal of none", datagram(5)],
  ["number 0", datagram(6, number(8, 0), filled(40, 1))],
  ["a number beyond 2^53", datagram(6, number(8, 2n ** 53n), filled(40, 1))],
  ["longer than any", datagram(6, number(8, 1), filled(1_184, 1))],
];

// --- all of it ---

function invite(): Record<string, unknown> {
  const addresses = ["example.org:7400", "[::1]:1", "ws://example.org:80/", "udp://192.0.2.1:7400"];
  const said = joined(prefixed(utf8("team")), prefixed(utf8(secret)), peer.listening);
  const body = joined(u8(addresses.length), ...addresses.map((each) => prefixed(utf8(each))), said);
  const check = createHash("sha256").update("sinter/1/invite\n").update(body).digest().subarray(0, 4);
  const text = `sinter1.${Buffer.from(joined(body, check)).toString("base64url")}`;
  return { text, says: { addresses, network: "team", secret, peer: hex(peer.listening) } };
}

export function links(): void {
  const plain = ({ says, bytes }: Said) => ({ bytes: hex(bytes), says });
  const listed = (refused: readonly (readonly [string, Bytes])[]) => refused.map(([why, bytes]) => ({ why, bytes: hex(bytes) }));
  const shaken = { ws: handshake("sinter/1/noise link\n"), udp: handshake("sinter/1/noise datagrams\n") };
  const told = ({ messages, channel, forth, back }: Shaken) => ({
    ...{ messages: messages.map(hex), channel: hex(channel), forth: hex(forth), back: hex(back) },
  });
  const halves = (keys: Record<Speaker, Bytes>) => ({ dialling: hex(keys.dialling), listening: hex(keys.listening) });
  write("links", "Links: frames, with proofs of membership; handshakes of Noise on WebSockets and over UDP; datagrams; an invite.", {
    secret,
    network: hex(network),
    seeds: { signing: halves(signing), noiseStatic: halves(noiseKeys.static), noiseEphemeral: halves(noiseKeys.own) },
    peers: halves(peer),
    frames: frames().map(plain),
    refusedFrames: listed(refusedFrames),
    noise: { ws: told(shaken.ws), udp: told(shaken.udp) },
    datagramsLink: hex(link),
    datagrams: datagrams(shaken.udp).map(plain),
    refusedDatagrams: listed(refusedDatagrams),
    invite: invite(),
  });
}
