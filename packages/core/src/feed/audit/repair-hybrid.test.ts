import { expect, test } from "vitest";
import { hybridKey, unsealedKey } from "../../store/keys.js";
import { applyBatch } from "../../store/memory-store.js";
import { encodeHybridRecord, type SealedHead } from "../../store/records.js";
import { FeedView } from "../lane/feed-view.js";
import { audited, auditParts } from "../rig/audited-store.suite.js";
import { parts, Rig, SpoilingKeys } from "../rig/feed-rig.suite.js";
import { sealHybrid } from "../rig/hybrid-lane.suite.js";
import { repairStore } from "./repair.js";

// Damage to second signatures and to the marks of those that are due: an audit tells of it, and a repair has them made again.

function sealedRig(): Rig {
  const rig = new Rig({ signatures: "hybrid" });
  for (const path of ["s", "t"]) rig.append(path, parts("one"), parts("two"));
  return sealHybrid(rig);
}

function mended(rig: Rig): readonly string[] {
  const steps = repairStore(new FeedView(new SpoilingKeys(rig.keys)), auditParts);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value.mended.map(({ what, where }) => `${what} at ${where}`);
    applyBatch(rig.keys, step.value);
  }
}

const problems = (rig: Rig) => audited(rig.keys).problems.map(({ detail }) => detail);

test("sound second signatures are left as they are", () => {
  const rig = sealedRig();
  expect([problems(rig), mended(rig), problems(rig)]).toEqual([[], [], []]);
});

test("a hybrid seal can be damaged anywhere, and it is told; repaired, the lane is signed again", () => {
  const rig = sealedRig();
  const before = rig.keys.snapshot();
  const bytes = encodeHybridRecord(rig.view.hybrid(0) as SealedHead);
  // Of every part some, with a step that meets each bit of a byte.
  for (let at = 0; at < bytes.length; at += 13) {
    rig.keys.restore(before);
    rig.keys.put(hybridKey(0), bytes.with(at, (bytes[at] as number) ^ (1 << (at % 8))));
    rig.start();
    expect(problems(rig).length, `byte ${at}`).toBeGreaterThan(0);
    expect(mended(rig), `byte ${at}`).toEqual(["hybrid at lane 0", "unsealed at lane 0"]);
    rig.start();
    expect(problems(sealHybrid(rig)), `byte ${at}`).toEqual([]);
  }
});

test("a mark for a second key that its author does not have is told, and goes", () => {
  const rig = new Rig();
  rig.append("s", parts("one"));
  rig.keys.put(unsealedKey(0), new Uint8Array(0));
  expect(problems(rig)).toEqual(["a mark for a second key that its author does not have"]);
  mended(rig);
  expect([problems(rig), rig.view.isUnsealed(0)]).toEqual([[], false]);
});

test("a mark that was lost is told and put back; one of no lane, or one that holds something, goes", () => {
  const rig = sealedRig();
  rig.append("s", parts("three"));
  rig.keys.remove(unsealedKey(0));
  rig.keys.put(unsealedKey(1), new Uint8Array(1));
  rig.keys.put(unsealedKey(77), new Uint8Array(0));
  expect(problems(rig)).toEqual([
    "events that the author's second key is not asked to sign",
    "a mark that holds something",
    "a mark of no lane",
  ]);
  mended(rig);
  expect([problems(rig), rig.view.unsealedLanes(9)]).toEqual([[], [0]]);
});
