import { expect, test } from "vitest";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { blockKey, headKey, mmrKey } from "../../store/keys.js";
import { encodeHeadRecord, type HeadRecord } from "../../store/records.js";
import { payloadAt } from "../event/event.js";
import { hasher, networkName, parts, Rig, standInVerifier } from "../rig/feed-rig.suite.js";
import { cutOffer, takeOffer } from "../rig/offered-lane.suite.js";
import { type ProvenEvent, verifyProof } from "../seal/event-proof.js";
import { DamagedStore } from "./feed-view.js";
import { LaneReader } from "./lane-reader.js";
import { type AskedProof, proveEvent } from "./prove-event.js";

const tools = { hasher, verifier: standInVerifier };

/** A lane of several blocks and several groups of proof nodes, sealed a few events at a time. */
function grown(count: number): Rig {
  const rig = new Rig();
  for (let at = 0; at < count; at += 5) {
    rig.append("s", ...Array.from({ length: Math.min(5, count - at) }, (_, index) => parts(`event ${at + index + 1} ${"x".repeat(200)}`)));
    rig.wallMs += 10;
  }
  return rig;
}

function prove(rig: Rig, seq: number, more: Partial<AskedProof> = {}) {
  return proveEvent(rig.view, tools, { lane: 0, seq, networkName, payload: "shown", ...more });
}

function proven(rig: Rig, seq: number, more: Partial<AskedProof> = {}): ProvenEvent {
  const proof = prove(rig, seq, more);
  const shown = proof === undefined ? new Malformed("there is none") : verifyProof(proof, tools);
  if (shown instanceof Malformed) throw new Error(shown.reason);
  return shown;
}

test("every event of a lane can be proven, as it was read", () => {
  const rig = grown(203);
  const reader = new LaneReader(rig.view, hasher, 0);
  for (let seq = 1; seq <= 203; seq++) {
    const { bytes, offset } = reader.event(seq) ?? { bytes: new Uint8Array(0), offset: 0 };
    const payload = payloadAt(bytes, offset).slice();
    const shown = proven(rig, seq);
    expect([shown.seq, shown.path, shown.sealed.size]).toEqual([seq, "s", 203]);
    expect(shown.payload).toEqual(payload);
    expect(proven(rig, seq, { payload: "hash" })).toEqual({ ...shown, payload: undefined });
  }
});

test("of a lane that is not all here, what is here can be proven, by the author's seal over more", () => {
  const [a, b] = [grown(203), new Rig({ author: 2, instance: 2 })];
  expect(takeOffer(b, cutOffer(a, "s", { from: 1, to: 150, perBlock: 30 }))).toBe("taken");
  for (const seq of [1, 2, 64, 65, 127, 128, 129, 149, 150]) expect(proven(b, seq)).toEqual(proven(a, seq));
  expect(prove(b, 151)).toBeUndefined();
});

test("an event that is none, and a lane that is none, have no proof", () => {
  const rig = grown(5);
  for (const seq of [0, -1, 6, 2 ** 50, 1.5]) expect(prove(rig, seq)).toBeUndefined();
  expect(prove(rig, 1, { lane: 9 })).toBeUndefined();
});

test("a head whose seal covers less than it holds is damage: every commit seals what it writes", () => {
  const rig = grown(10);
  const head = rig.view.head(0) as HeadRecord;
  rig.keys.put(headKey(0), encodeHeadRecord({ ...head, seal: { ...head.seal, size: 9 } }));
  expect(() => prove(rig, 3)).toThrow("its seal covers 9 events of 10");
});

/** What is asked of a store with one bit of it changed: its damage, or a proof of what was written. */
function outcome(rig: Rig, seq: number): "told" | "proven" | undefined {
  try {
    const proof = prove(rig, seq);
    return proof !== undefined && !isMalformed(verifyProof(proof, tools)) ? "proven" : undefined;
  } catch (error) {
    if (error instanceof DamagedStore) return "told";
    throw error;
  }
}

test("a store that lost a bit proves nothing wrong, and says that it is damaged", () => {
  const rig = grown(80);
  const honest = [3, 64, 70, 80].map((seq) => proven(rig, seq));
  const { lastBlockSeq } = rig.view.head(0) as HeadRecord;
  const keys = [headKey(0), mmrKey(0, 0), blockKey(0, 1), blockKey(0, lastBlockSeq)];
  let told = 0;
  for (const key of keys) {
    const bytes = rig.keys.get(key) as Uint8Array;
    for (let at = 0; at < bytes.length; at += bytes.length > 1000 ? 13 : 1) {
      rig.keys.put(
        key,
        bytes.map((byte, index) => (index === at ? byte ^ (1 << (at & 7)) : byte)),
      );
      for (const { seq, id } of honest) {
        const found = outcome(rig, seq);
        if (found === "told") told++;
        else expect([found, proven(rig, seq).id], `byte ${at} of ${key}, event ${seq}`).toEqual(["proven", id]);
      }
    }
    rig.keys.put(key, bytes);
  }
  expect(told).toBeGreaterThan(1000);
});
