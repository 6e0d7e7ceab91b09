import { type Decoded, isMalformed, noiseMessageBytesMax, noiseNoncesMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeRandom } from "../node-crypto.js";
import { NoiseCipher, NoiseHandshake, type NoiseParts, type NoiseRole, noiseKeys } from "./noise.js";
import { noiseVector } from "./noise-vectors.suite.js";

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const hex = (of: Uint8Array): string => Buffer.from(of).toString("hex");
const good = <T extends object>(value: Decoded<T> | "unknown psk"): T => {
  if (value === "unknown psk") throw new Error(value);
  if (isMalformed(value)) throw new Error(value.reason);
  return value as T;
};

function side(role: NoiseRole, parts: Partial<NoiseParts> = {}): NoiseHandshake {
  const keys = () => noiseKeys(nodeRandom.bytes(32));
  return new NoiseHandshake({
    role,
    prologue: new Uint8Array(0),
    ownStatic: keys(),
    ownEphemeral: keys(),
    psks: [new Uint8Array(32)],
    ...parts,
  });
}

const say = (from: NoiseHandshake, text = ""): Uint8Array => good(from.write(() => Buffer.from(text)));

/** As far as before the third message. */
function twoSaid(initiator: NoiseHandshake, responder: NoiseHandshake): void {
  good(responder.read(say(initiator)));
  good(initiator.read(say(responder)));
}

test("what it says is what the published vector says, on both sides", () => {
  const psks = [bytes(noiseVector.psk)];
  const [initiator, responder] = (["initiator", "responder"] as const).map((role) =>
    side(role, {
      prologue: bytes(noiseVector.prologue),
      ownStatic: noiseKeys(bytes(noiseVector[role].static)),
      ownEphemeral: noiseKeys(bytes(noiseVector[role].ephemeral)),
      psks,
    }),
  ) as [NoiseHandshake, NoiseHandshake];
  for (const [index, { payload, sealed }] of noiseVector.messages.slice(0, 3).entries()) {
    const [from, to] = index === 1 ? [responder, initiator] : [initiator, responder];
    let before = "";
    const said = good(
      from.write((hash) => {
        before = hex(hash);
        return bytes(payload);
      }),
    );
    expect(hex(said)).toBe(sealed);
    const heard = good(to.read(said));
    expect([hex(heard.payload), hex(heard.before)]).toEqual([payload, before]);
  }
  const [near, far] = [initiator.channel(), responder.channel()];
  expect(hex(near.hash)).toBe(hex(far.hash));
  for (const [index, { payload, sealed }] of noiseVector.messages.slice(3).entries()) {
    // The vector goes on where the handshake ended: the responder is next.
    const [from, to] = index % 2 === 0 ? [far, near] : [near, far];
    expect(hex(good(from.sending.seal(bytes(payload))))).toBe(sealed);
    expect(hex(good(to.receiving.open(bytes(sealed))))).toBe(payload);
  }
});

test("the third message is understood with any of several secrets, and with none that is missing", () => {
  const [first, second, third] = [1, 2, 3].map((value) => new Uint8Array(32).fill(value)) as [Uint8Array, Uint8Array, Uint8Array];
  for (const [ours, theirs] of [
    [[first], [first, second, third]],
    [
      [second, third],
      [first, second],
    ],
    [[third], [first, second, third]],
  ]) {
    const [initiator, responder] = [side("initiator", { psks: ours as Uint8Array[] }), side("responder", { psks: theirs as Uint8Array[] })];
    twoSaid(initiator, responder);
    good(responder.read(say(initiator, "it is me")));
    const [near, far] = [initiator.channel(), responder.channel()];
    expect(hex(near.hash)).toBe(hex(far.hash));
    expect(hex(good(near.receiving.open(good(far.sending.seal(first)))))).toBe(hex(first));
  }
  // Only the first proves, whatever else is accepted.
  const [initiator, responder] = [side("initiator", { psks: [first, second] }), side("responder", { psks: [second, third] })];
  twoSaid(initiator, responder);
  expect(responder.read(say(initiator))).toBe("unknown psk");
  expect(responder.state).toBe("broken");
  expect(() => responder.channel()).toThrow(RangeError);
});

test("another prologue, or a bit changed anywhere in any message, ends it", () => {
  const [initiator, elsewhere] = [side("initiator"), side("responder", { prologue: Uint8Array.of(1) })];
  expect(isMalformed(elsewhere.read(say(initiator)))).toBe(true);
  const anyBit = fc.record({ message: fc.nat({ max: 2 }), at: fc.nat(), bit: fc.nat({ max: 7 }) });
  fc.assert(
    fc.property(anyBit, ({ message, at, bit }) => {
      const [near, far] = [side("initiator"), side("responder")];
      for (let index = 0; index <= message; index++) {
        const [from, to] = index === 1 ? [far, near] : [near, far];
        const said = Uint8Array.from(say(from, "a payload"));
        if (index < message) {
          good(to.read(said));
          continue;
        }
        const changed = at % said.length;
        said[changed] = (said[changed] as number) ^ (1 << bit);
        const heard = to.read(said);
        expect(heard === "unknown psk" ? message === 2 : isMalformed(heard)).toBe(true);
        expect(to.state).toBe("broken");
      }
    }),
    { numRuns: 100 },
  );
});

test("whatever comes is answered with a value, never with a throw", () => {
  fc.assert(
    fc.property(fc.nat({ max: 1 }), fc.uint8Array({ maxLength: 300 }), (said, message) => {
      const [initiator, responder] = [side("initiator"), side("responder")];
      const to = said === 0 ? responder : initiator;
      if (said === 1) say(initiator);
      expect(isMalformed(to.read(message))).toBe(true);
      expect(to.state).toBe("broken");
      expect(() => to.read(message)).toThrow("out of turn");
    }),
  );
  expect(isMalformed(side("responder").read(new Uint8Array(noiseMessageBytesMax + 1)))).toBe(true);
});

test("a key that agrees with every key on the same is refused", () => {
  const [initiator, responder] = [
    side("initiator", { ownEphemeral: { ...noiseKeys(new Uint8Array(32)), publicKey: new Uint8Array(32) } }),
    side("responder"),
  ];
  good(responder.read(say(initiator)));
  expect(isMalformed(responder.write(() => new Uint8Array(0)))).toBe(true);
  expect(responder.state).toBe("broken");
});

test("a message opens once and in its turn, with what it was sealed beside", () => {
  const key = nodeRandom.bytes(32);
  const [sealing, opening] = [new NoiseCipher(key), new NoiseCipher(key)];
  const [first, second] = [good(sealing.seal(Uint8Array.of(1))), good(sealing.seal(Uint8Array.of(2), Uint8Array.of(9)))];
  expect(isMalformed(new NoiseCipher(key).open(second))).toBe(true);
  expect([...good(opening.open(first))]).toEqual([1]);
  expect(isMalformed(opening.open(first))).toBe(true);
  expect([...good(new NoiseCipher(key, 1).open(second, Uint8Array.of(9)))]).toEqual([2]);
  expect(isMalformed(new NoiseCipher(key, 1).open(second, Uint8Array.of(8)))).toBe(true);
  for (let length = 0; length < 16; length++) expect(isMalformed(opening.open(new Uint8Array(length)))).toBe(true);
});

test("a key seals and opens as many messages as can be counted, and none more", () => {
  const key = nodeRandom.bytes(32);
  const [sealing, opening] = [new NoiseCipher(key, noiseNoncesMax - 1), new NoiseCipher(key, noiseNoncesMax - 1)];
  const last = good(sealing.seal(Uint8Array.of(7)));
  expect(isMalformed(sealing.seal(Uint8Array.of(7)))).toBe(true);
  expect([...good(opening.open(last))]).toEqual([7]);
  expect(isMalformed(opening.open(last))).toBe(true);
});
