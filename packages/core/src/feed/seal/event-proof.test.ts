import { generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { classicalKeys } from "../../identity/author-keys.js";
import type { Signer, Verifier } from "../../identity/crypto.js";
import type { EventParts } from "../event/event.js";
import { payloadHashOf } from "../event/event-id.js";
import { hasher, nonce, standInSigner, standInVerifier } from "../rig/feed-rig.suite.js";
import { plainEvent, events as sampleEvents } from "../rig/sample-events.suite.js";
import { type Statement, signedCheckpoint, splitEvent, statedProof } from "../rig/stated-proof.suite.js";
import { encodeCheckpoint } from "./checkpoint.js";
import {
  decodePortableProof,
  encodePortableProof,
  type PortableProof,
  type ProvenEvent,
  parseProofText,
  proofText,
  verifyProof,
} from "./event-proof.js";

const tools = { hasher, verifier: standInVerifier };
const signer = standInSigner(1);
const text = new TextEncoder();
const epoch = { index: 1, nonce: nonce(3) };
const five = [0, 1, 2, 3, 4].map((index) => plainEvent(index));
const statement: Statement = { networkName: "home", path: "team/notes", epoch, events: five, seq: 4, sealed: 3 };
const origin = { epoch: { index: 0, nonce: nonce(2) }, seq: 9, stamp: { wallMs: 5, counter: 6 }, id: new Uint8Array(32).fill(8) };

const withoutPayload = (proof: PortableProof): PortableProof => {
  if (proof.payload.kind !== "whole") throw new Error("there is none to leave out");
  return { ...proof, payload: { kind: "hash", hash: payloadHashOf(hasher, proof.payload.bytes) } };
};
const proven = (proof: PortableProof) => {
  const result = verifyProof(encodePortableProof(proof), tools);
  if (result instanceof Malformed) throw new Error(result.reason);
  return result;
};
const refusal = (proof: PortableProof) => (verifyProof(encodePortableProof(proof), tools) as Malformed).reason;

test("a proof shows who wrote what, where and when", () => {
  const parts: EventParts = { ...plainEvent(3), kind: 200, codec: 2, key: text.encode("k"), payload: text.encode("{}"), origin };
  const proof = statedProof({ ...statement, events: [...five.slice(0, 3), parts, five[4]] }, { signer });
  const shown = proven(proof);
  expect(shown).toMatchObject({
    networkName: "home",
    path: "team/notes",
    author: signer.publicKey,
    epoch,
    seq: 4,
    kind: 200,
    codec: 2,
    origin,
  });
  expect([shown.stamp, shown.sealed]).toEqual([parts.stamp, { size: 5, stamp: five[4].stamp }]);
  expect([shown.key, shown.payload, shown.payloadHash]).toEqual([parts.key, parts.payload, payloadHashOf(hasher, parts.payload)]);
  // The next event names this one, and this one the last.
  const next = proven(statedProof({ ...statement, events: [...five.slice(0, 3), parts, five[4]], seq: 5 }, { signer }));
  expect([next.previous, shown.previous]).toEqual([shown.id, proven(statedProof({ ...statement, seq: 3 }, { signer })).id]);
});

test("without its payload a proof shows all but that, and is as small as its hashes", () => {
  const large = [plainEvent(0, 100_000), plainEvent(1)];
  const whole = statedProof({ ...statement, events: large, seq: 1 }, { signer });
  const small = withoutPayload(whole);
  expect(proven(small)).toEqual({ ...proven(whole), payload: undefined });
  expect(encodePortableProof(small).length).toBeLessThan(600);
});

test("property: any event of any lane is proven, and its proof comes back as it was", () => {
  const lanes = fc
    .array(sampleEvents, { minLength: 1, maxLength: 20 })
    .map((lane) => lane.map((parts, index) => ({ ...parts, stamp: plainEvent(index).stamp })));
  fc.assert(
    fc.property(lanes, fc.nat(), fc.integer({ min: 1, max: 9 }), (events, at, sealed) => {
      const whole = statedProof({ ...statement, events, seq: 1 + (at % events.length), sealed }, { signer });
      for (const proof of [whole, withoutPayload(whole)]) {
        expect(decodePortableProof(encodePortableProof(proof))).toEqual(proof);
        expect(proven(proof).seq).toBe(proof.seq);
      }
    }),
    { numRuns: 40 },
  );
});

const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const keys = generateKeyPairSync("ed25519");
const ed25519: Signer & Verifier = {
  publicKey: new Uint8Array(keys.publicKey.export({ format: "der", type: "spki" }).subarray(SPKI.length)),
  sign: (message) => new Uint8Array(sign(null, message, keys.privateKey)),
  verify: (key, message, signature) => {
    try {
      return verify(null, message, { key: Buffer.concat([SPKI, key]), format: "der", type: "spki" }, signature);
    } catch {
      // Not a point of the curve.
      return false;
    }
  },
};

const flippable: [string, PortableProof, Verifier][] = [
  ["the first event of all", statedProof({ ...statement, events: five.slice(0, 1), seq: 1, sealed: 1 }, { signer }), standInVerifier],
  [
    "one with every section",
    statedProof(
      { ...statement, events: [...five.slice(0, 3), { ...five[3], key: text.encode("k"), origin, keyEpoch: 7 }], sealed: 5 },
      { signer },
    ),
    standInVerifier,
  ],
  ["one without its payload", withoutPayload(statedProof(statement, { signer })), standInVerifier],
  ["one that a real key signed", statedProof(statement, { signer: ed25519 }), ed25519],
];

test.each(flippable)("every bit of a proof is vouched for: %s", (_name, proof, verifier) => {
  const bytes = encodePortableProof(proof);
  expect(isMalformed(verifyProof(bytes, { hasher, verifier }))).toBe(false);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(verifyProof(flipped, { hasher, verifier }), `bit ${bit}`).toBeInstanceOf(Malformed);
  }
  for (let length = 0; length < bytes.length; length++) expect(isMalformed(verifyProof(bytes.subarray(0, length), tools))).toBe(true);
  expect(isMalformed(verifyProof(new Uint8Array([...bytes, 0]), { hasher, verifier }))).toBe(true);
});

/** Each differs from the first in one thing, or in several. */
function statements(): PortableProof[] {
  const more = [...five, plainEvent(5)];
  const proofs: PortableProof[] = [];
  for (const networkName of ["home", "work"])
    for (const path of ["team/notes", "team/votes"])
      for (const author of [1, 2])
        for (const lane of [epoch, { ...epoch, index: 2 }, { ...epoch, nonce: nonce(4) }])
          for (const [seq, events] of [
            [4, five],
            [5, five],
            [4, more],
          ] as const)
            proofs.push(statedProof({ ...statement, networkName, path, epoch: lane, seq, events }, { signer: standInSigner(author) }));
  return proofs;
}

const partNames = ["networkName", "path", "seq", "previous", "head", "inclusion"] as const;
const placeNames = ["author", "subject", "epoch"] as const;
const checkpointNames = ["mmrRoot", "headId", "seal"] as const;

/** `proof` with those parts of the other that `taken` names. */
function mixed(proof: PortableProof, other: PortableProof, taken: (name: string) => boolean): PortableProof {
  const from = (name: string) => (taken(name) ? other : proof);
  const pick = <T extends object>(names: readonly string[], of: (of: PortableProof) => T) =>
    Object.fromEntries(names.map((name) => [name, of(from(name))[name as keyof T]]));
  const place = pick(placeNames, ({ checkpoint }) => checkpoint.place);
  const checkpoint = { ...pick(checkpointNames, (each) => each.checkpoint), place };
  const keys = classicalKeys(from("author").checkpoint.place.author);
  return { ...pick(partNames, (each) => each), keys, payload: from("payload").payload, checkpoint } as unknown as PortableProof;
}

const allNames = [...partNames, "payload", ...placeNames, ...checkpointNames];

/** A mix that comes to what one of the two was is that one. */
function expectOnlyItself(mix: PortableProof, honest: readonly Buffer[], what: string): void {
  const bytes = Buffer.from(encodePortableProof(mix));
  const isOne = honest.some((each) => bytes.equals(each));
  if (isMalformed(verifyProof(bytes, tools)) === isOne) throw new Error(what);
}

test("all pairs: no part of a proof of one network, subject, author, epoch, seq or size serves in another", () => {
  const all = statements();
  const bytes = all.map((proof) => Buffer.from(encodePortableProof(proof)));
  for (const [at, proof] of all.entries())
    for (const [beside, other] of all.entries())
      for (const name of at === beside ? [] : allNames) {
        const mix = mixed(proof, other, (each) => each === name);
        // Where the two say the same in this part there is nothing to try.
        if (bytes[at].equals(encodePortableProof(mix))) continue;
        expectOnlyItself(mix, [bytes[at], bytes[beside]], `${name} of ${beside} in ${at} holds, or does not where it should`);
      }
});

test("property: nor do several parts at once", () => {
  const all = statements();
  const bytes = all.map((proof) => Buffer.from(encodePortableProof(proof)));
  const one = fc.nat(all.length - 1);
  fc.assert(
    fc.property(one, one, fc.subarray(allNames), (at, beside, names) => {
      const mix = mixed(all[at], all[beside], (name) => names.includes(name));
      expectOnlyItself(mix, [bytes[at], bytes[beside]], `${names} of ${beside} in ${at} hold, or do not where they should`);
    }),
    { numRuns: 2000 },
  );
});

test("an author who signs what cannot be is not believed either", () => {
  const proof = statedProof(statement, { signer });
  const { place, mmrRoot, headId, seal } = proof.checkpoint;
  const signed = { place, size: 5, mmrRoot, headId, stamp: seal.stamp, sealed: 2 };
  const last = statedProof({ ...statement, seq: 5 }, { signer });
  const genesis = (honest: Uint8Array, seq: number) => (seq === 1 ? honest.map(() => 1) : honest);
  const forgetful = (honest: Uint8Array, seq: number) => (seq === 4 ? honest.map(() => 0) : honest);
  const refused: [PortableProof, string][] = [
    [
      { ...proof, checkpoint: signedCheckpoint({ signer }, { ...signed, size: 3 }) },
      "event 4 lies beyond the 3 that its checkpoint covers",
    ],
    [
      { ...proof, checkpoint: signedCheckpoint({ signer }, { ...signed, size: 6 }) },
      "the event is not the one that its checkpoint covers: it, its place or the path to the root is another",
    ],
    [
      { ...last, checkpoint: signedCheckpoint({ signer }, { ...signed, headId: last.previous }) },
      "its checkpoint names another last event",
    ],
    [
      { ...proof, checkpoint: signedCheckpoint({ signer }, { ...signed, stamp: five[2].stamp }) },
      "its event is stamped later than the seal over it",
    ],
    [statedProof({ ...statement, seq: 1 }, { signer, previous: genesis }), "event 1 names an event before it"],
    [statedProof(statement, { signer, previous: forgetful }), "event 4 names no event before it"],
  ];
  for (const [wrong, reason] of refused) expect(refusal(wrong)).toBe(reason);
});

test("each link that does not hold is named", () => {
  const proof = statedProof(statement, { signer });
  const other = splitEvent(plainEvent(9));
  const link = "the event is not the one that its checkpoint covers: it, its place or the path to the root is another";
  const { checkpoint } = proof;
  const refused: [Partial<PortableProof>, string][] = [
    [{ networkName: "work" }, "its checkpoint is of another network or subject than it says"],
    [{ path: "team/other" as PortableProof["path"] }, "its checkpoint is of another network or subject than it says"],
    [{ payload: { kind: "whole", bytes: new Uint8Array(20).fill(9) } }, link],
    [{ head: other.head }, link],
    [{ seq: 3 }, link],
    [{ previous: new Uint8Array(32).fill(1) }, link],
    [{ inclusion: proof.inclusion.slice(1) }, link],
    [{ inclusion: [...proof.inclusion, new Uint8Array(32)] }, link],
    [{ checkpoint: { ...checkpoint, mmrRoot: checkpoint.headId } }, "its checkpoint does not hold: a seal that its author did not sign"],
  ];
  for (const [change, reason] of refused) expect(refusal({ ...proof, ...change })).toBe(reason);
});

test("what is no proof is told from one that does not hold", () => {
  const proof = statedProof(statement, { signer });
  const bytes = encodePortableProof(proof);
  const altered = (at: number, value: number) => Object.assign(bytes.slice(), { [at]: value });
  const suiteAt = 3 + "home".length + 1 + "team/notes".length;
  const unreadable: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /^it cannot be read: 1 bytes expected/],
    [altered(0, 2), /an event proof of version 2; this program reads 1/],
    [altered(1, 4), /form 4/],
    [altered(3, 0), /network name must not hold control characters/],
    [altered(suiteAt, 3), /an author of suite 3; this program knows 1 and 2/],
    [encodePortableProof({ ...proof, seq: 0 }), /a proof of event 0/],
    [encodePortableProof({ ...proof, head: proof.head.subarray(1) }), /event of version/],
    [encodePortableProof({ ...withoutPayload(proof), head: proof.head.subarray(0, 15) }), /header has 16 bytes; 15 are there/],
    [encodePortableProof({ ...withoutPayload(proof), head: new Uint8Array([...proof.head, 0]) }), /not as long as it says/],
    [encodePortableProof({ ...proof, payload: { kind: "whole", bytes: new Uint8Array(21) } }), /1 bytes behind the event/],
    [encodeCheckpoint(proof.checkpoint), /form/],
  ];
  for (const [wrong, reason] of unreadable) expect((verifyProof(wrong, tools) as Malformed).reason).toMatch(reason);
});

test("as text, a proof outlives what mail does to a line", () => {
  const bytes = encodePortableProof(statedProof(statement, { signer }));
  const line = proofText(bytes);
  expect(line).toMatch(/^sinter-proof:[A-Za-z0-9_-]+$/);
  expect(parseProofText(` ${line.replace(/(.{76})/g, "$1\r\n")}\n`)).toEqual(bytes);
  expect((verifyProof(parseProofText(line) as Uint8Array, tools) as ProvenEvent).seq).toBe(4);
  for (const wrong of ["", "AQAE", line.replace("proof:", "proof"), `${line}=`, `${line}ä`])
    expect(isMalformed(parseProofText(wrong))).toBe(true);
});
