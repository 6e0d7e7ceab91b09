import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import { networkId } from "../../identity/ids.js";
import { decodeMmrProof, encodeMmrProof, type MmrProof } from "../../proof/mmr-proof.js";
import { heldLane, nothingHeld } from "../lane/held-lane.js";
import { hasher, parts, pathOf, Rig } from "../rig/feed-rig.suite.js";
import { cutOffer, heldFor, laneBytes, offerFrom, outcome, rangeTools, takeOffer, verified } from "../rig/offered-lane.suite.js";
import { decodeCheckpoint, encodeCheckpoint } from "../seal/checkpoint.js";
import { offeredEnd, type RangeOffer, type RangeOutcome, verifyRange } from "./verified-range.js";

// What a stranger may try. Nothing but the author's own events is ever verified, whatever is offered.

function writer(text = ""): Rig {
  const rig = new Rig();
  for (const each of ["one", "two", "three", "four", "five"]) rig.append("s", parts(`${each}${text}`));
  return rig;
}

function reader(): Rig {
  return new Rig({ author: 2, instance: 2 });
}

/** As bytes of one offer, one behind the other, and back. */
interface Sent {
  readonly parts: readonly Uint8Array[];
  offer(parts: readonly Uint8Array[]): RangeOffer | Malformed;
}

function sent(offer: RangeOffer): Sent {
  return {
    parts: [encodeCheckpoint(offer.checkpoint), encodeMmrProof(offer.proof), ...offer.blocks],
    offer: ([checkpointBytes, proofBytes, ...blocks]) => {
      const checkpoint = decodeCheckpoint(checkpointBytes as Uint8Array);
      const proof = decodeMmrProof(proofBytes as Uint8Array);
      if (checkpoint instanceof Malformed) return checkpoint;
      return proof instanceof Malformed ? proof : { path: offer.path, keys: offer.keys, checkpoint, blocks, proof: proof as MmrProof };
    },
  };
}

function* flipped(bytes: readonly Uint8Array[]): Generator<Uint8Array[]> {
  for (const [index, part] of bytes.entries()) {
    for (let bit = 0; bit < part.length * 8; bit++) {
      const changed = bytes.map((each) => each.slice());
      (changed[index] as Uint8Array)[bit >> 3] = (part[bit >> 3] as number) ^ (1 << (bit & 7));
      yield changed;
    }
  }
}

function kindOf(rig: Rig, offer: RangeOffer | Malformed): string {
  const answer: RangeOutcome | Malformed =
    offer instanceof Malformed
      ? offer
      : verifyRange(rangeTools, heldLane(rig.view, hasher, offer.checkpoint.place, offeredEnd(offer)), offer);
  return answer instanceof Malformed ? "malformed" : answer.kind;
}

test("every bit of a range is vouched for: with one flipped, nothing of it is verified", () => {
  const a = writer();
  const [whole, part] = [reader(), reader()];
  takeOffer(part, cutOffer(a, "s", { from: 1, to: 2, perBlock: 2 }));
  const offers: [Rig, RangeOffer][] = [
    [whole, offerFrom(a, "s")],
    [whole, cutOffer(a, "s", { from: 1, to: 3, perBlock: 2 })],
    [part, cutOffer(a, "s", { from: 3, to: 4, perBlock: 1 })],
    [part, cutOffer(a, "s", { from: 2, to: 5, perBlock: 2 })],
  ];
  for (const [rig, offer] of offers) {
    const { parts: bytes, offer: offerOf } = sent(offer);
    expect(kindOf(rig, offerOf(bytes))).toBe("verified");
    for (const changed of flipped(bytes)) expect(kindOf(rig, offerOf(changed))).not.toBe("verified");
  }
}, 120_000);

test("a range of one network or path is none of another's", () => {
  const offer = offerFrom(writer(), "s");
  const elsewhere = { ...rangeTools, network: networkId(hasher, "another") };
  const refused = new Malformed("its checkpoint is of another subject or network than s");
  expect(verifyRange(elsewhere, nothingHeld, offer)).toEqual(refused);
  expect(verifyRange(rangeTools, nothingHeld, { ...offer, path: pathOf("t") })).toEqual({ reason: refused.reason.replace(/s$/, "t") });
});

test("another history over what is held says that it differs, and writes nothing", () => {
  const [a, b] = [writer(), reader()];
  takeOffer(b, offerFrom(a, "s"));
  const before = laneBytes(b, 0);
  const fork = writer("!");
  fork.append("s", parts("six"));
  for (const from of [1, 2, 3, 5]) {
    for (const to of [5, 6]) expect(outcome(b, cutOffer(fork, "s", { from, to, perBlock: 2 }))).toMatchObject({ kind: "differs", seq: 5 });
  }
  expect(outcome(b, cutOffer(fork, "s", { from: 2, to: 3, perBlock: 2 }))).toMatchObject({ kind: "differs", seq: 3 });
  expect(outcome(b, cutOffer(fork, "s", { from: 6, to: 6, perBlock: 2 }))).toMatchObject({ kind: "differs", seq: 5 });
  expect(laneBytes(b, 0)).toEqual(before);
});

test("a second seal over as many events as are here differs by its root alone, though what is offered under it is equal", () => {
  const [a, b, fork] = [writer(), reader(), new Rig()];
  for (const each of ["one", "two", "three", "four"]) fork.append("s", parts(each));
  fork.append("s", parts("FIVE"));
  takeOffer(b, offerFrom(a, "s"));
  expect(outcome(b, cutOffer(fork, "s", { from: 1, to: 4, perBlock: 9 }))).toMatchObject({ kind: "differs", seq: 4 });
  expect(outcome(b, cutOffer(a, "s", { from: 1, to: 4, perBlock: 9 })).constructor).not.toBe(Malformed);
});

test("what is here already is held, from wherever it begins", () => {
  const [a, b] = [writer(), reader()];
  takeOffer(b, offerFrom(a, "s"));
  for (const [from, to] of [
    [1, 5],
    [2, 3],
    [5, 5],
    [1, 1],
  ] as const)
    expect(outcome(b, cutOffer(a, "s", { from, to, perBlock: 2 }))).toEqual({ kind: "held" });
});

test("of a frozen lane no more is taken than lies before the fork", () => {
  const [a, b] = [writer(), reader()];
  takeOffer(b, cutOffer(a, "s", { from: 1, to: 2, perBlock: 2 }));
  const frozen = (to: number) => {
    const offer = cutOffer(a, "s", { from: 3, to, perBlock: 2 });
    return verifyRange(rangeTools, { ...heldFor(b, offer), freezeAt: 5 }, offer);
  };
  for (const to of [4, 5])
    expect(frozen(to)).toMatchObject({ kind: "verified", range: { head: { size: 4, freezeAt: 5, seal: { size: 5 } } } });
  takeOffer(b, cutOffer(a, "s", { from: 1, to: 4, perBlock: 2 }));
  expect(frozen(5)).toEqual({ kind: "frozen" });
  expect(frozen(4)).toEqual({ kind: "held" });
});

test("what is verified against a lane's end says nothing of another end", () => {
  const [a, b] = [writer(), reader()];
  const offer = cutOffer(a, "s", { from: 4, to: 5, perBlock: 2 });
  takeOffer(b, cutOffer(a, "s", { from: 1, to: 3, perBlock: 2 }));
  const range = verified(b, offer);
  expect([range.held.size, range.firstSeq, range.head.size, range.ids.length]).toEqual([3, 4, 5, 64]);
  expect(outcome(reader(), offer)).toEqual(new Malformed("a range from seq 4, where 0 events are held"));
});
