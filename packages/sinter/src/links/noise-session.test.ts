import { isMalformed, type PeerId, toHex } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Ed25519Signer, nodeRandom } from "../node-crypto.js";
import { networkOf } from "./links.suite.js";
import { NoiseHandshake, noiseKeys } from "./noise.js";
import { identityIn, identityOf, type NoiseEnd, NoiseSession, type NoiseStep, noiseEnd } from "./noise-session.js";

const network = networkOf("tests");
const signer = (): Ed25519Signer => new Ed25519Signer(nodeRandom.bytes(32));
const idOf = (of: Ed25519Signer): PeerId => toHex(of.publicKey) as PeerId;
const endOf = (secrets: readonly string[] = ["a secret of the tests"], of = signer()): NoiseEnd => noiseEnd(of, network, secrets);

function step(session: NoiseSession, message: Uint8Array | undefined): NoiseStep {
  const heard = session.hear(message as Uint8Array);
  if ("refusal" in heard) throw new Error(`${heard.refusal}: ${heard.reason}`);
  return heard;
}

/** Until the initiator is done; the third message is what is left to be heard. */
function untilThird(near: NoiseEnd, far: NoiseEnd): { initiator: NoiseSession; responder: NoiseSession; done: NoiseStep } {
  const [initiator, responder] = [new NoiseSession("initiator", near), new NoiseSession("responder", far)];
  const second = step(responder, initiator.start());
  expect(second.far).toBeUndefined();
  return { initiator, responder, done: step(initiator, second.say) };
}

test("each side knows the other's key, and both the same binding, which is no other session's", () => {
  const [near, far] = [signer(), signer()];
  const bindings = new Set<string>();
  for (let round = 0; round < 3; round++) {
    const { initiator, responder, done } = untilThird(endOf(undefined, near), endOf(undefined, far));
    const heard = step(responder, done.say);
    expect([done.far?.peer, heard.far?.peer, heard.say]).toEqual([idOf(far), idOf(near), undefined]);
    expect(toHex(done.far?.binding as Uint8Array)).toBe(toHex(heard.far?.binding as Uint8Array));
    bindings.add(toHex(done.far?.binding as Uint8Array));
    const text = Buffer.from("said");
    expect(Buffer.from(responder.open(initiator.seal(text) as Uint8Array) as Uint8Array)).toEqual(text);
    expect(Buffer.from(initiator.open(responder.seal(text) as Uint8Array) as Uint8Array)).toEqual(text);
  }
  expect(bindings.size).toBe(3);
});

test("the first secret proves and any is accepted; another one, or the same of another network, is refused as such", () => {
  const { responder, done } = untilThird(endOf(["the old secret here"]), endOf(["the new secret here", "the old secret here"]));
  expect(step(responder, done.say).far).toBeDefined();
  const strangers = [endOf(["a secret of others"]), noiseEnd(signer(), networkOf("another"), ["a secret of the tests"])];
  for (const stranger of strangers) {
    const met = untilThird(stranger, endOf());
    expect(met.responder.hear(met.done.say as Uint8Array)).toMatchObject({ refusal: "wrong-secret" });
  }
});

test("whoever does not know the secret learns nothing of who asks", () => {
  const [asking, stranger] = [signer(), endOf(["a secret of others"])];
  const { done } = untilThird(endOf(undefined, asking), stranger);
  expect(Buffer.from(done.say as Uint8Array).includes(Buffer.from(asking.publicKey))).toBe(false);
});

test("a signature over anything but this very handshake, by this side of it, is refused", () => {
  const of = signer();
  const said: Uint8Array[] = [];
  // Signs whatever it is asked to, and keeps it.
  const honest = {
    publicKey: of.publicKey,
    sign: (message: Uint8Array) => said.push(message) && of.sign(message),
  } as unknown as Ed25519Signer;
  for (const role of ["initiator", "responder"] as const) {
    said.length = 0;
    const met = untilThird(endOf(undefined, honest), endOf());
    step(met.responder, met.done.say);
    const other = untilThird(endOf(), endOf(undefined, honest));
    step(other.responder, other.done.say);
    const [asInitiator, asResponder] = said as [Uint8Array, Uint8Array];
    expect(toHex(asInitiator)).not.toBe(toHex(asResponder));
    for (const old of [asInitiator, asResponder, new Uint8Array(0)]) {
      const thief = { publicKey: of.publicKey, sign: () => of.sign(old) } as unknown as Ed25519Signer;
      const [near, far] = role === "initiator" ? [endOf(undefined, thief), endOf()] : [endOf(), endOf(undefined, thief)];
      const [initiator, responder] = [new NoiseSession("initiator", near), new NoiseSession("responder", far)];
      const second = step(responder, initiator.start()).say as Uint8Array;
      const heard = role === "responder" ? initiator.hear(second) : responder.hear(step(initiator, second).say as Uint8Array);
      expect(heard).toMatchObject({ refusal: "malformed", reason: expect.stringContaining("did not sign") });
    }
  }
  const hash = nodeRandom.bytes(32);
  expect(identityIn(identityOf(of, "initiator", hash), "initiator", hash)).toBe(idOf(of));
  expect(isMalformed(identityIn(identityOf(of, "initiator", hash), "responder", hash))).toBe(true);
});

test("what a secret becomes, and how a key is signed for, are these bytes, for ever", () => {
  // Made by other programs.
  expect(toHex(endOf().psks[0] as Uint8Array)).toBe("e691c49a63c008e1b326c024a8ddae4185fa343d297bf6bcacfc32eab658bb3d");
  const made = {
    initiator:
      "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c62509f3dd61c247748f5d0dedc2628737336e28a3ce8f4fa8ba0dcdf98a7779a9a4609cbbb48cb73ce5dc5a67b482b901340fc05256f33e5edd81d58b63ac509",
    responder:
      "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22ce721b905027542b8c5999d8e66e1caab98f3a5147e07395b266315f48c1947ac20fe2999787fabc2e3bdf004b4863cc95593a5330ea6ba45e7341e63c2863008",
  };
  const of = new Ed25519Signer(new Uint8Array(32).fill(7));
  for (const role of ["initiator", "responder"] as const) expect(toHex(identityOf(of, role, new Uint8Array(32).fill(9)))).toBe(made[role]);
});

test("the first message is under a prologue of its own, and says no more than a key", () => {
  const first = (prologue: string, payload: string): Uint8Array => {
    const { ownStatic, psks } = endOf();
    const ownEphemeral = noiseKeys(nodeRandom.bytes(32));
    const handshake = new NoiseHandshake({ role: "initiator", prologue: Buffer.from(prologue), ownStatic, ownEphemeral, psks });
    return handshake.write(() => Buffer.from(payload)) as Uint8Array;
  };
  const heard = (message: Uint8Array) => new NoiseSession("responder", endOf()).hear(message);
  expect(heard(first("sinter/1/noise link\n", ""))).toHaveProperty("say");
  expect(heard(first("sinter/1/noise link\n", "more"))).toMatchObject({ refusal: "malformed" });
  expect(heard(first("another", ""))).toMatchObject({ refusal: "malformed" });
});

test("messages of one handshake are nothing in another", () => {
  const [near, far] = [endOf(), endOf()];
  const first = new NoiseSession("initiator", near);
  const opening = first.start();
  const third = step(first, step(new NoiseSession("responder", far), opening).say).say as Uint8Array;
  const again = new NoiseSession("responder", far);
  step(again, opening);
  expect(again.hear(third)).toMatchObject({ refusal: "malformed" });
});

test("whatever comes first is answered with a step or a refusal", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
      expect(new NoiseSession("responder", endOf()).hear(message)).toMatchObject({ refusal: "malformed" });
      const initiator = new NoiseSession("initiator", endOf());
      initiator.start();
      expect(initiator.hear(message)).toMatchObject({ refusal: "malformed" });
    }),
    { numRuns: 30 },
  );
  expect(isMalformed(new NoiseSession("responder", endOf()).hear(new Uint8Array(48)))).toBe(false);
});
