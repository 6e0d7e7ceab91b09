import { expect, test } from "vitest";
import { Malformed } from "../../bytes/malformed.js";
import { asId, type LaneId } from "../../identity/ids.js";
import { absentKey, blockKey, headKey, laneKey, redactionKey, tableRange } from "../../store/keys.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import { applyBatch } from "../../store/memory-store.js";
import { encodeRedactionRecord } from "../../store/records.js";
import { repairStore } from "../audit/repair.js";
import { fill, offerWithout, redact, told } from "../rig/absent-lane.suite.js";
import { audited, auditParts } from "../rig/audited-store.suite.js";
import { hasher, networkName, parts, Rig, SpoilingKeys, standInVerifier } from "../rig/feed-rig.suite.js";
import { takeOffer } from "../rig/offered-lane.suite.js";
import { verifyProof } from "../seal/event-proof.js";
import { FeedView } from "./feed-view.js";
import { proveEvent } from "./prove-event.js";

// A store whose lane 0 lacks what event 2 says, which is redacted, and event 4, which is wanted.

function store(): Rig {
  const a = new Rig();
  for (const text of ["one", "the secret", "three", "four"]) a.append("s", parts(text));
  redact(a, "s", 2);
  const rig = new Rig({ author: 2, instance: 2 });
  takeOffer(rig, offerWithout(a, 0, [4]));
  rig.settle();
  return rig;
}

function problems(rig: Rig): string[] {
  return audited(rig.keys).problems.map(({ what, detail }) => `${what}: ${detail}`);
}

function repaired(rig: Rig): string[] {
  const steps = repairStore(new FeedView(new SpoilingKeys(rig.keys)), auditParts);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value.mended.map(({ what }) => what);
    applyBatch(rig.keys, step.value);
  }
}

function entries(rig: Rig): string[] {
  return [...rig.keys.range({ from: new Uint8Array(0), to: new Uint8Array(99).fill(0xff) })].map(([key, value]) =>
    Buffer.concat([key, value]).toString("hex"),
  );
}

const block = (rig: Rig) => rig.keys.get(blockKey(0, 1)) as Uint8Array;
const redactionOf = (rig: Rig) => [...rig.keys.range(tableRange("redaction"))][0];

test("a store that lacks payloads is sound, and nothing in it is to be mended", () => {
  const rig = store();
  const before = entries(rig);
  expect([problems(rig), repaired(rig), entries(rig)]).toEqual([[], [], before]);
});

test("every bit of a block that lacks payloads is vouched for", () => {
  const rig = store();
  const whole = block(rig).slice();
  for (let bit = 0; bit < whole.length * 8; bit++) {
    rig.keys.put(blockKey(0, 1), whole.with(bit >> 3, whole[bit >> 3] ^ (1 << (bit & 7))));
    if (problems(rig).length === 0) throw new Error(`bit ${bit} of the block is not seen`);
  }
});

test.each([
  ["an absent payload that is not listed", (rig: Rig) => rig.keys.remove(absentKey(0, 4)), "the absent payload of event 4 is not listed"],
  ["a payload listed that is here", (rig: Rig) => rig.keys.put(absentKey(0, 3), new Uint8Array(0)), "event 3, whose payload is here"],
  ["an event listed that is none", (rig: Rig) => rig.keys.put(absentKey(0, 9), new Uint8Array(0)), "event 9, which is not there"],
  ["a lane listed that is none", (rig: Rig) => rig.keys.put(absentKey(7, 1), new Uint8Array(0)), "event 1, which is not there"],
  ["an entry that holds something", (rig: Rig) => rig.keys.put(absentKey(0, 4), new Uint8Array(1)), "holds something"],
  ["a redaction that is not entered", (rig: Rig) => rig.keys.remove(redactionOf(rig)[0]), "the redactions do not have it"],
  [
    "a redaction entered for an event that says none",
    (rig: Rig) => rig.keys.put(redactionOf(rig)[0], encodeRedactionRecord(1)),
    "event 1 of lane 0 does not redact it",
  ],
  [
    "a redaction of another event",
    (rig: Rig) =>
      rig.keys.put(redactionKey({ lane: asId<LaneId>(new Uint8Array(32)), seq: 2, id: new Uint8Array(32) }, 0), encodeRedactionRecord(5)),
    "event 5 of lane 0 does not redact it",
  ],
])("%s is found, and put right", (_name, hurt, words) => {
  const rig = store();
  const before = entries(rig);
  hurt(rig);
  expect(problems(rig).join("\n")).toContain(words);
  expect(repaired(rig).length).toBeGreaterThan(0);
  expect([problems(rig), entries(rig)]).toEqual([[], before]);
});

test("a payload that is redacted and still here is found, and goes", () => {
  const rig = store();
  const before = entries(rig);
  const redaction = redactionOf(rig);
  rig.keys.remove(redaction[0]);
  expect(fill(rig, 0, 2, "the secret")).toMatchObject({ kind: "passed" });
  rig.keys.put(...redaction);
  expect(problems(rig)).toEqual(["absence: the payload of event 2 is redacted, and still here"]);
  repaired(rig);
  expect([problems(rig), entries(rig)]).toEqual([[], before]);
});

test("a redaction whose event cannot be read any more is not forgotten: what it took back is not taken in again", () => {
  const rig = new Rig();
  rig.append("s", parts("the secret"));
  for (let at = 0; at < 6; at++) rig.append("s", parts(4_000));
  redact(rig, "s", 1);
  for (let at = 0; at < 4; at++) rig.append("s", parts(4_000));
  rig.settle();
  const blocks = [...rig.keys.range(tableRange("block"))].map(([key, value]) => [key.slice(), value.slice()] as const);
  const redacting = blocks.find(([, value]) => Buffer.from(value).includes(Buffer.from(redactionOf(rig)[0].subarray(41, 73))));
  if (redacting === undefined || blocks.indexOf(redacting) < 2 || redacting === blocks.at(-1)) throw new Error("a block between others");
  const [key, value] = redacting;
  const entry = redactionOf(rig);
  const damages = [undefined, value.with(0, value[0] ^ 4), value.with(value.length - 1, value[value.length - 1] ^ 1)];
  for (const damage of [...damages, value.with(value.length - 4_100, value[value.length - 4_100] ^ 1)]) {
    if (damage === undefined) rig.keys.remove(key);
    else rig.keys.put(key, damage);
    repaired(rig);
    expect(redactionOf(rig)).toEqual(entry);
    expect(fill(rig, 0, 1, "the secret")).toMatchObject({ code: "usage", reason: "event 1 is redacted by its author" });
    expect(problems(rig).length).toBeGreaterThan(0);
    rig.keys.put(key, value);
    expect([problems(rig), repaired(rig)]).toEqual([[], []]);
  }
  for (const record of [headKey(0), laneKey(0)]) {
    const value = rig.keys.get(record) as Uint8Array;
    rig.keys.remove(record);
    repaired(rig);
    expect(redactionOf(rig)).toEqual(entry);
    rig.keys.put(record, value);
  }
});

test("an event without its payload is proven by the hash of it, whatever is asked for", () => {
  const rig = store();
  const tools = { hasher, verifier: standInVerifier };
  for (const seq of [1, 2, 3, 4, 5]) {
    const proof = proveEvent(rig.view, tools, { lane: 0, seq, networkName, payload: "shown" });
    const shown = proof === undefined ? new Malformed("there is none") : verifyProof(proof, tools);
    if (shown instanceof Malformed) throw new Error(shown.reason);
    expect([shown.seq, shown.payload === undefined]).toEqual([seq, seq === 2 || seq === 4]);
  }
});

test("audits while payloads come and go find nothing wrong", () => {
  const keys = new MemoryKeys();
  const rig = new Rig({ keys });
  for (let at = 0; at < 30; at++) rig.append("s", parts(`event ${at}`.repeat(200)));
  let seq = 1;
  const result = audited(keys, (step) => {
    if (step % 3 === 0 && seq < 30) redact(rig, "s", seq++);
  });
  expect(seq).toBeGreaterThan(5);
  expect(result.problems).toEqual([]);
  expect(told(rig, "s").filter((line) => line.includes("(redacted)"))).toHaveLength(seq - 1);
});
