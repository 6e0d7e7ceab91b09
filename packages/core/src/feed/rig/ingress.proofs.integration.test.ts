import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { proveEvent } from "../lane/prove-event.js";
import { offeredHybrid } from "../range/offered-range.js";
import type { RangeOffer } from "../range/verified-range.js";
import type { HybridCheckpoint } from "../seal/hybrid-seal.js";
import { networkName, Rig } from "./feed-rig.suite.js";
import { bent, bentCheckpoints, bentHybrids, expectRefused, proven, quickTools, sealed, sealedByBoth } from "./ingress.suite.js";
import { takeOffer } from "./offered-lane.suite.js";
import { piecesOf, shortLanes, type VariedLane, variedLanes } from "./varied-lanes.suite.js";

// What takes too long for ingress.test.ts: 200 proofs and 200 seals, each bit of each.

const short = shortLanes(200);
const lanes = variedLanes().map((lane) => [lane.name, lane] as const);
const twoKeys = lanes.filter(([, { rig, number }]) => rig.view.hybrid(number) !== undefined);

const proofOf = ({ rig, number }: VariedLane, seq: number, payload: "shown" | "hash") =>
  proveEvent(rig.view, quickTools, { lane: number, seq, networkName, payload }) as Uint8Array;

test.each([0, 50, 100, 150])("every bit of the proof of an event is vouched for: of 50 lanes, from number %i on", (from) => {
  let bits = 0;
  for (const [at, lane] of short.slice(from, from + 50).entries()) {
    const proof = proofOf(lane, 1 + (at % lane.size), at % 3 === 0 ? "hash" : "shown");
    expect(proven(proof)).toBe("proven, classical");
    bits += expectRefused(`proof ${from + at}`, bent(proof), proven);
  }
  expect(bits).toBeGreaterThan(50 * 8 * 300);
});

test.each(lanes)("every bit of the proof of an event is vouched for: of a lane %s", (name, lane) => {
  const proof = proofOf(lane, Math.ceil(lane.size / 2), "shown");
  expect(proven(proof)).toBe(twoKeys.some(([each]) => each === name) ? "proven, hybrid" : "proven, classical");
  expectRefused(name, bent(proof), proven);
});

test("every bit of 200 seals is vouched for", () => {
  const seals = new Map(shortLanes(480).map((lane) => [toHex(sealOf(lane).checkpoint.seal.signature), lane]));
  expect(seals.size).toBeGreaterThanOrEqual(200);
  for (const [at, lane] of [...seals.values()].slice(0, 200).entries()) {
    const { checkpoint, keys } = sealOf(lane);
    expect(sealed(keys)(checkpoint)).toBe("sealed");
    expectRefused(`seal ${at}`, bentCheckpoints(checkpoint), sealed(keys));
  }
});

function sealOf(lane: VariedLane): RangeOffer {
  return piecesOf(lane, 3)[0] as RangeOffer;
}

test.each(twoKeys)("every bit of a second seal is vouched for: of a lane %s", (name, lane) => {
  const rig = new Rig({ author: 90, instance: 90 });
  for (const piece of piecesOf(lane, 50)) takeOffer(rig, piece);
  const second = offeredHybrid(lane.rig.view, lane.number) as HybridCheckpoint;
  expectRefused(name, bentHybrids(second), sealedByBoth(rig));
  expect(sealedByBoth(rig)(second)).toBe("written");
});
