import { expect, test } from "vitest";
import { hybridHeadsMax, hybridTakesMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import type { HybridKeys } from "../../identity/author-keys.js";
import type { FalconJob, FalconResult } from "../../identity/crypto.js";
import type { Effect, Outcome } from "../../protocol/protocol.js";
import { hybridKey } from "../../store/keys.js";
import { decodeHybridRecord, encodeHybridRecord, type SealedHead } from "../../store/records.js";
import { audited } from "../rig/audited-store.suite.js";
import { hasher, parts, Rig } from "../rig/feed-rig.suite.js";
import { jobIn, sealHybrid } from "../rig/hybrid-lane.suite.js";
import { offerFrom, takeOffer, verified } from "../rig/offered-lane.suite.js";
import { computeStandIn, standInFalconKey } from "../rig/stand-in-falcon.suite.js";
import { append, compared, copyOf, run } from "../rig/twins.suite.js";
import { hybridVerifyJob } from "../seal/hybrid-seal.js";
import type { HybridNotice, HybridVocabulary } from "./hybrid-core.js";

type Effects = readonly Effect<HybridVocabulary>[];

const hybridRig = () => new Rig({ signatures: "hybrid" });
const done = (job: FalconJob, author = 1): Outcome<FalconResult> => ({
  kind: "done",
  result: computeStandIn(standInFalconKey(author), job),
});
const sizes = (rig: Rig, lane = 0) => [rig.view.hybrid(lane)?.seal.size, rig.view.isUnsealed(lane)];

test("what a hybrid author appends is marked, and a second later sealed by its second key", () => {
  const rig = hybridRig();
  rig.append("s", parts("one"), parts("two"));
  expect(sizes(rig)).toEqual([undefined, true]);
  expect(rig.hybrid({ kind: "commanded", command: { kind: "grown" } }).effects).toEqual([
    { kind: "schedule", timer: "seal", delayMs: 1_000 },
  ]);
  sealHybrid(rig);
  expect(sizes(rig)).toEqual([2, false]);
  expect(audited(rig.keys).problems).toEqual([]);
});

test("a classical author's lanes are not marked", () => {
  const rig = new Rig();
  rig.append("s", parts("one"));
  expect(sizes(rig)).toEqual([undefined, false]);
  expect(rig.hybrid({ kind: "expired", timer: "seal" }).notices).toEqual([{ kind: "clean" }]);
});

test("many lanes go under one signature, and each can be checked by itself", () => {
  const rig = hybridRig();
  for (let lane = 0; lane < 7; lane++) rig.append(`s/${lane}`, parts("one"), parts("two"));
  sealHybrid(rig);
  const seals = Array.from({ length: 7 }, (_, lane) => rig.view.hybrid(lane) as SealedHead);
  expect(new Set(seals.map(({ seal }) => String(seal.signature))).size).toBe(1);
  expect(seals.map(({ seal }) => seal.leaves)).toEqual([7, 7, 7, 7, 7, 7, 7]);
  expect(audited(rig.keys).problems).toEqual([]);
});

test("what the second key signs is nothing that the first one ever signs", () => {
  const rig = hybridRig();
  rig.append("s", parts("one"));
  const job = jobIn(rig.hybrid({ kind: "expired", timer: "seal" }).effects as Effects) as FalconJob;
  const text = new TextDecoder().decode(job.message);
  expect(text.startsWith("sinter/1/hybrid seal\n")).toBe(true);
  expect(rig.signer.signed.map((message) => new TextDecoder().decode(message).startsWith("sinter/1/seal\n"))).toEqual([true]);
});

test("more lanes than go under one signature go under the next, at once", () => {
  const rig = hybridRig();
  for (let lane = 0; lane <= hybridHeadsMax; lane++) rig.append(`s/${lane}`, parts("x"));
  const first = rig.hybrid({ kind: "expired", timer: "seal" });
  first.commit();
  const job = jobIn(first.effects as Effects) as FalconJob;
  const sealed = rig.hybrid({ kind: "computed", job, outcome: done(job) });
  sealed.commit();
  expect(sealed.effects).toContainEqual({ kind: "schedule", timer: "seal", delayMs: 0 });
  expect(rig.view.unsealedLanes(9)).toEqual([hybridHeadsMax]);
  sealHybrid(rig);
  expect(rig.view.unsealedLanes(9)).toEqual([]);
});

test("what is appended while a signature is made stays marked, and goes under the next", () => {
  const rig = hybridRig();
  rig.append("s", parts("one"));
  const turn = rig.hybrid({ kind: "expired", timer: "seal" });
  turn.commit();
  rig.append("s", parts("two"));
  const job = jobIn(turn.effects as Effects) as FalconJob;
  rig.hybrid({ kind: "computed", job, outcome: done(job) }).commit();
  expect(sizes(rig)).toEqual([1, true]);
  expect(audited(rig.keys).problems).toEqual([]);
  sealHybrid(rig);
  expect(sizes(rig)).toEqual([2, false]);
});

test("what was on its way when the core began anew is asked for again; a result that nobody waits for is let be", () => {
  const rig = hybridRig();
  rig.append("s", parts("one"));
  const turn = rig.hybrid({ kind: "expired", timer: "seal" });
  turn.commit();
  rig.start();
  const job = jobIn(turn.effects as Effects) as FalconJob;
  expect(rig.hybrid({ kind: "computed", job, outcome: done(job) }).effects).toEqual([]);
  const started = rig.hybrid({ kind: "started" });
  expect(started.effects).toContainEqual({ kind: "schedule", timer: "seal", delayMs: 1_000 });
  sealHybrid(rig);
  expect(sizes(rig)).toEqual([1, false]);
});

test("a signature that failed is tried again, later each time, up to a minute", () => {
  const rig = hybridRig();
  rig.append("s", parts("one"));
  const delays = Array.from({ length: 8 }, () => {
    const turn = rig.hybrid({ kind: "expired", timer: "seal" });
    turn.commit();
    const failed = rig.hybrid({
      kind: "computed",
      job: jobIn(turn.effects as Effects) as FalconJob,
      outcome: { kind: "failed", reason: "the worker died" },
    });
    return failed.effects.find((effect) => effect.kind === "schedule")?.delayMs;
  });
  expect(delays).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  expect(sizes(rig)).toEqual([undefined, true]);
  expect(rig.describe("hybrid")["failures"]).toBe(8);
});

test("who closes a peer waits for the last seal, but not for ever, and not for a key that fails", () => {
  const finish = { kind: "commanded", command: { kind: "finish", token: 7 } } as const;
  const finished = { kind: "notify", notice: { kind: "finished", token: 7 } };
  const rig = hybridRig();
  expect(rig.hybrid(finish).effects).toContainEqual(finished);
  rig.append("s", parts("one"));
  const turn = rig.hybrid(finish);
  turn.commit();
  expect(turn.effects).not.toContainEqual(finished);
  expect(rig.hybrid({ kind: "expired", timer: "give up" }).effects).toContainEqual(finished);
  rig.hybrid(finish).commit();
  const job = jobIn(turn.effects as Effects) as FalconJob;
  expect(rig.hybrid({ kind: "computed", job, outcome: { kind: "failed", reason: "none" } }).effects).toContainEqual(finished);
  sealHybrid(rig);
  expect(rig.hybrid(finish).effects).toContainEqual(finished);
});

// --- what others sealed ---

function sealedBy(events: number): { readonly writer: Rig; readonly reader: Rig; readonly checkpoint: SealedHead & { place: never } } {
  const writer = hybridRig();
  writer.append("s", ...Array.from({ length: events }, (_, at) => parts(`${at}`)));
  sealHybrid(writer);
  const { place } = offerFrom(writer, "s").checkpoint;
  const checkpoint = { place: place as never, ...(writer.view.hybrid(0) as SealedHead) };
  return { writer, reader: new Rig({ author: 2, instance: 2 }), checkpoint };
}

/** The command, and its job if there is one. */
function take(rig: Rig, checkpoint: SealedHead & { place: never }): HybridNotice {
  const turn = rig.hybrid({ kind: "commanded", command: { kind: "take", token: 3, checkpoint } });
  turn.commit();
  const job = jobIn(turn.effects as Effects);
  if (job === undefined) return turn.notices[0] as HybridNotice;
  const verified = rig.hybrid({ kind: "computed", job, outcome: done(job) });
  verified.commit();
  return verified.notices.find(({ kind }) => kind !== "sealed") as HybridNotice;
}

const took = (taking: unknown) => ({ kind: "took", token: 3, taking });

test("another's hybrid seal is taken once the events are here, and said to be held from then on", () => {
  const { writer, reader, checkpoint } = sealedBy(5);
  expect(take(reader, checkpoint)).toEqual(took("ahead"));
  takeOffer(reader, offerFrom(writer, "s"));
  expect(take(reader, checkpoint)).toEqual(took("taken"));
  expect(reader.keys.get(hybridKey(0))).toEqual(writer.keys.get(hybridKey(0)));
  expect(take(reader, checkpoint)).toEqual(took("held"));
  expect(audited(reader.keys).problems).toEqual([]);
});

test("every bit of a hybrid seal is vouched for: with one flipped it is dropped, and nothing is written", () => {
  const { writer, reader, checkpoint } = sealedBy(5);
  takeOffer(reader, offerFrom(writer, "s"));
  const bytes = encodeHybridRecord(checkpoint);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
    const sealed = decodeHybridRecord(flipped);
    if (sealed instanceof Malformed) continue;
    const answer = take(reader, { place: checkpoint.place, ...sealed });
    const isRefused = answer.kind === "took" && (answer.taking instanceof Malformed || answer.taking === "ahead");
    expect(isRefused, `bit ${bit}: ${JSON.stringify(answer)}`).toBe(true);
  }
  expect(reader.view.hybrid(0)).toBeUndefined();
});

test("a hybrid seal is of one lane, one author and one purpose", () => {
  const { writer, reader, checkpoint } = sealedBy(5);
  takeOffer(reader, offerFrom(writer, "s"));
  writer.append("t", ...Array.from({ length: 5 }, (_, at) => parts(`${at}`)));
  takeOffer(reader, offerFrom(writer, "t"));
  const other = { ...checkpoint, place: offerFrom(writer, "t").checkpoint.place as never };
  expect(take(reader, other)).toEqual(took(expect.any(Malformed)));
  const classical = new Rig({ author: 3, instance: 3 });
  classical.append("s", ...Array.from({ length: 5 }, (_, at) => parts(`${at}`)));
  takeOffer(reader, offerFrom(classical, "s"));
  const head = offerFrom(classical, "s").checkpoint;
  const forged = { ...checkpoint, place: head.place as never, mmrRoot: head.mmrRoot, headId: head.headId };
  expect(take(reader, forged)).toEqual(took(expect.objectContaining({ reason: expect.stringContaining("no Falcon key") })));
  const ed25519 = { ...checkpoint, seal: { ...checkpoint.seal, signature: new Uint8Array(666) } };
  expect(take(reader, ed25519)).toEqual(took(expect.objectContaining({ reason: "a seal that its author did not sign" })));
});

test("a hybrid seal over other events than those held is dropped, though its author signed it", () => {
  const { writer, reader, checkpoint } = sealedBy(5);
  takeOffer(reader, offerFrom(writer, "s"));
  const other = new Uint8Array(32).fill(7);
  const early = { ...checkpoint.seal, stamp: { wallMs: 5, counter: 0 } };
  for (const change of [{ mmrRoot: other }, { headId: other }, { mmrRoot: other, headId: other }, { seal: early }, {}]) {
    const changed = { ...checkpoint, ...change };
    const job = hybridVerifyJob(hasher, writer.authorKeys as HybridKeys, changed) as FalconJob;
    const signed = computeStandIn(standInFalconKey(1), { kind: "falcon sign", message: job.message });
    const { signature } = signed as Extract<typeof signed, { kind: "signed" }>;
    const answer = take(reader, { ...changed, seal: { ...changed.seal, signature } });
    const fits = Object.keys(change).length === 0;
    expect(answer).toEqual(took(fits ? "taken" : expect.objectContaining({ reason: "it is over other events than those held" })));
  }
});

test("a signature that comes late is not written over one that reaches further", () => {
  const first = hybridRig();
  append(first, "1");
  const copy = new Rig({ keys: copyOf(first), instance: 2, signatures: "hybrid" });
  const signing = copy.hybrid({ kind: "expired", timer: "seal" });
  signing.commit();
  const job = jobIn(signing.effects as Effects) as FalconJob;
  append(first, "2", "3");
  sealHybrid(first);
  const coming = compared(copy, offerFrom(first, "s"));
  if (coming.kind !== "comes") throw new Error(coming.kind);
  run(copy, { kind: "take", token: 1, range: coming.range });
  const place = offerFrom(first, "s").checkpoint.place as never;
  expect(take(copy, { place, ...(first.view.hybrid(0) as SealedHead) })).toEqual(took("taken"));
  copy.hybrid({ kind: "computed", job, outcome: done(job) }).commit();
  expect(copy.view.hybrid(0)?.seal.size).toBe(3);
  expect(audited(copy.keys).problems).toEqual([]);
});

test("no more seals are verified at a time than a bound allows", () => {
  const { writer, reader, checkpoint } = sealedBy(5);
  takeOffer(reader, offerFrom(writer, "s"));
  const command = { kind: "take", token: 3, checkpoint } as const;
  for (let count = 0; count < hybridTakesMax; count++)
    expect(jobIn(reader.hybrid({ kind: "commanded", command }).effects as Effects)).toBeDefined();
  expect(reader.hybrid({ kind: "commanded", command }).notices).toMatchObject([{ kind: "refused", code: "busy" }]);
});

test("a peer that could not compute is no proof against a seal, and takes it the next time", () => {
  const { writer, reader, checkpoint } = sealedBy(2);
  takeOffer(reader, offerFrom(writer, "s"));
  const turn = reader.hybrid({ kind: "commanded", command: { kind: "take", token: 3, checkpoint } });
  const job = jobIn(turn.effects as Effects) as FalconJob;
  const failed = reader.hybrid({ kind: "computed", job, outcome: { kind: "failed", reason: "no worker" } });
  expect(failed.notices).toMatchObject([{ kind: "refused", code: "busy" }]);
  expect(take(reader, checkpoint)).toEqual(took("taken"));
});

test("ranges of a hybrid author are taken by keys that make its id, and by no others", () => {
  const { writer, reader } = sealedBy(3);
  const offer = offerFrom(writer, "s");
  expect(offer.keys).toEqual(writer.authorKeys);
  const classical = { ...offer, keys: { suite: 1, ed25519: offer.keys.ed25519 } as const };
  expect(() => verified(reader, classical)).toThrow("keys that are another author's");
  const otherFalcon = { ...offer, keys: { suite: 2, ed25519: offer.keys.ed25519, falcon: standInFalconKey(9) } as const };
  expect(() => verified(reader, otherFalcon)).toThrow("keys that are another author's");
  takeOffer(reader, offer);
  expect(reader.view.keysOf(writer.author)).toEqual(writer.authorKeys);
});
