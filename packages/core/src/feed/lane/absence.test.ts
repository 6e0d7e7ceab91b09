import { expect, test } from "vitest";
import { blockBytesMax } from "../../bytes/limits.js";
import { isMalformed } from "../../bytes/malformed.js";
import { headKey, returnedKey, tableRange } from "../../store/keys.js";
import { encodeHeadRecord, encodeReturnedRecord, type HeadRecord } from "../../store/records.js";
import { encodeEpochOpened, encodeRedaction, systemKinds } from "../event/event.js";
import { entriesIn, fill, holds, offerWithout, redact, told } from "../rig/absent-lane.suite.js";
import { audited } from "../rig/audited-store.suite.js";
import { putLane } from "../rig/crafted-lane.suite.js";
import { laneIdOf, nonce, parts, Rig } from "../rig/feed-rig.suite.js";
import { naiveLane, naiveRoot } from "../rig/naive-lane.suite.js";
import { cutOffer, offerFrom, outcome, take, takeOffer, verified } from "../rig/offered-lane.suite.js";
import { plainEvent } from "../rig/sample-events.suite.js";

const secret = new TextEncoder().encode("the secret");

function writer(...texts: readonly string[]): Rig {
  const rig = new Rig();
  for (const text of texts) rig.append("s", parts(text, { key: Uint8Array.of(7) }));
  return rig;
}

function reader(): Rig {
  return new Rig({ author: 2, instance: 2 });
}

function ids(rig: Rig, lane = 0): string[] {
  const record = rig.view.lane(lane);
  if (record === undefined) throw new Error(`no lane ${lane}`);
  return naiveLane(rig.keys, lane, laneIdOf(record.author, "s", record.epoch)).map(({ id }) => Buffer.from(id).toString("hex"));
}

test("a redacted event keeps its id, its place and its key; what it said is gone from every record", () => {
  const rig = writer("one", "the secret", "three");
  const before = ids(rig);
  expect(redact(rig, "s", 2)).toMatchObject({ kind: "appended", seqs: { first: 4, count: 1 } });
  expect(told(rig, "s")).toEqual(["0/1 one", "0/2 (redacted)", "0/3 three"]);
  expect(ids(rig).slice(0, 3)).toEqual(before);
  expect(holds(rig, "the secret")).toBe(false);
  expect([audited(rig.keys).ok, entriesIn(rig, "absent").length, entriesIn(rig, "redaction").length]).toEqual([true, 1, 1]);
});

test("the range over a lane that lacks payloads is the range over its events", () => {
  const rig = writer(...Array.from({ length: 80 }, (_, at) => `event ${at}`));
  for (let seq = 1; seq < 80; seq += 3) redact(rig, "s", seq);
  const lane = naiveLane(rig.keys, 0, laneIdOf(rig.author, "s", { index: 0, nonce: nonce(1) }));
  expect(lane.filter(({ isAbsent }) => isAbsent).map(({ seq }) => seq)).toEqual(Array.from({ length: 27 }, (_, at) => 1 + 3 * at));
  expect(naiveRoot(lane)).toEqual(offerFrom(rig, "s").checkpoint.mmrRoot);
  expect(audited(rig.keys).problems).toEqual([]);
});

test("what is redacted in the turn that writes its block is not in that block", () => {
  const rig = writer("one", "the secret");
  const lane = rig.laneNumber("s");
  const more = (text: string) => rig.command("s", parts(text));
  rig.feed(more("before"), { kind: "redact", token: 1, lane, seq: 2 }, more("behind")).commit();
  rig.append("s", parts("later"));
  rig.start();
  rig.append("s", parts("after a restart"));
  expect(holds(rig, "the secret")).toBe(false);
  expect(told(rig, "s").map((line) => line.slice(4))).toEqual(["one", "(redacted)", "before", "behind", "later", "after a restart"]);
  expect(audited(rig.keys).problems).toEqual([]);
});

test("blocks are laid out as if nothing were absent", () => {
  const [whole, other] = [new Rig(), new Rig()];
  for (let at = 0; at < 60; at++) {
    for (const rig of [whole, other]) rig.append("s", parts(`${at}`.padEnd(blockBytesMax >> 4)));
    if (at > 1) redact(other, "s", 1 + 2 * (at - 2));
    if (at > 1) whole.append("s", parts(60));
  }
  const firsts = (rig: Rig) => naiveLane(rig.keys, 0, laneIdOf(rig.author, "s", { index: 0, nonce: nonce(1) })).map(({ block }) => block);
  expect(new Set(firsts(other)).size).toBeGreaterThan(4);
  expect(firsts(other)).toEqual(firsts(whole));
});

test("a turn that is lost takes nothing back", () => {
  const rig = writer("one", "two");
  const before = [...rig.keys.range(tableRange("block"))];
  const turn = rig.feed({ kind: "redact", token: 1, lane: 0, seq: 1 });
  expect(turn.notices).toHaveLength(1);
  rig.start();
  expect([...rig.keys.range(tableRange("block"))]).toEqual(before);
  expect(told(rig, "s")).toEqual(["0/1 one", "0/2 two"]);
});

test("who does not hold the event yet, or has it already, drops what it said when the redaction comes", () => {
  const a = writer("one", "the secret", "three");
  const early = offerFrom(a, "s");
  redact(a, "s", 2);
  const [one, other] = [reader(), reader()];
  expect([takeOffer(one, early), takeOffer(one, offerFrom(a, "s", 4))]).toEqual(["taken", "taken"]);
  expect(takeOffer(other, offerFrom(a, "s"))).toBe("taken");
  for (const rig of [one, other]) {
    expect(told(rig, "s")).toEqual(["0/1 one", "0/2 (redacted)", "0/3 three"]);
    expect([holds(rig, "the secret"), audited(rig.keys).problems]).toEqual([false, []]);
  }
});

test("a redaction that comes first, in another epoch, is kept for the event", () => {
  const before = writer("one", "the secret", "three");
  const early = offerFrom(before, "s");
  const after = new Rig({ keys: before.keys, instance: 9 });
  after.append("s", parts("in another epoch"));
  redact(after, "s", 2, 0);
  const rig = reader();
  expect([takeOffer(rig, offerFrom(after, "s")), takeOffer(rig, early)]).toEqual(["taken", "taken"]);
  expect(told(rig, "s").slice(0, 2)).toEqual(["0/1 one", "0/2 (redacted)"]);
  expect([holds(rig, "the secret"), audited(rig.keys).problems]).toEqual([false, []]);
});

test("an event that was appended again is redacted wherever it lies, whichever place is named", () => {
  for (const named of [0, 1]) {
    const rig = new Rig({ instance: 9 });
    const first = { index: 0, nonce: nonce(1) };
    const [id] = putLane(rig.keys, {
      lane: 0,
      author: 1,
      path: "s",
      epoch: first,
      events: [{ ...plainEvent(0), payload: secret }],
      perBlock: 9,
    });
    const opened = { ...plainEvent(1), kind: systemKinds.epochOpened, payload: encodeEpochOpened({ epoch: first, size: 1, headId: id }) };
    const again = { ...plainEvent(2), payload: secret, origin: { epoch: first, seq: 1, stamp: plainEvent(0).stamp, id } };
    putLane(rig.keys, { lane: 1, author: 1, path: "s", epoch: { index: 1, nonce: nonce(2) }, events: [opened, again], perBlock: 9 });
    rig.keys.put(returnedKey(id), encodeReturnedRecord({ lane: 1, seq: 2 }));
    rig.start();
    redact(rig, "s", named + 1, named);
    expect([told(rig, "s"), holds(rig, "the secret")]).toEqual([[expect.stringContaining("(redacted)")], false]);
  }
});

test("only the author redacts, in its own subject, what it names rightly", () => {
  const a = writer("one", "two");
  const epoch = { index: 0, nonce: nonce(1) };
  const [id1, id2] = naiveLane(a.keys, 0, laneIdOf(a.author, "s", epoch)).map(({ id }) => id);
  const redactions = [
    { epoch, seq: 1, id: id2 },
    { epoch, seq: 2, id: new Uint8Array(32) },
    { epoch: { index: 1, nonce: nonce(1) }, seq: 2, id: id2 },
  ];
  const event = (redaction: Parameters<typeof encodeRedaction>[0], index: number) => ({
    ...plainEvent(index),
    kind: systemKinds.redacted,
    payload: encodeRedaction(redaction),
  });
  const [wrong, stranger, elsewhere] = [new Rig({ keys: a.keys, instance: 8 }), new Rig({ author: 3 }), new Rig()];
  const right = [event({ epoch, seq: 1, id: id1 }, 0)];
  putLane(stranger.keys, { lane: 0, author: 3, path: "s", epoch, events: right, perBlock: 9 });
  putLane(elsewhere.keys, { lane: 0, author: 1, path: "t", epoch, events: right, perBlock: 9 });
  putLane(wrong.keys, { lane: 1, author: 1, path: "s", epoch: { index: 0, nonce: nonce(3) }, events: redactions.map(event), perBlock: 9 });
  const rig = reader();
  for (const offer of [offerWithout(a, 0, []), offerFrom(stranger, "s"), offerFrom(elsewhere, "t"), offerWithout(wrong, 1, [])])
    expect(takeOffer(rig, offer)).toBe("taken");
  expect(told(rig, "s")).toEqual(["0/1 one", "0/2 two"]);
  expect(audited(rig.keys).problems).toEqual([]);
});

test("what cannot be redacted is refused, and says why", () => {
  const rig = writer("one");
  const b = writer();
  const other = new Rig({ author: 2, keys: rig.keys, instance: 2 });
  other.append("s", parts("of another"));
  expect(redact(rig, "s", 2)).toMatchObject({ code: "not-found", reason: "there is no event 2" });
  expect(redact(rig, "s", 0)).toMatchObject({ code: "not-found" });
  expect(redact(rig, "s", 1, other.laneNumber("s"))).toMatchObject({ code: "usage", reason: expect.stringContaining("another author") });
  expect(redact(rig, "s", 1)).toMatchObject({ kind: "appended" });
  expect(redact(rig, "s", 2)).toMatchObject({ code: "usage", reason: "event 2 is the system's own" });
  expect(redact(rig, "s", 1)).toMatchObject({ code: "usage", reason: "event 1 is redacted already" });
  expect(redact(b, "s", 1, 5)).toMatchObject({ code: "not-found" });
  rig.disk = "full";
  expect(redact(rig, "s", 1)).toMatchObject({ code: "usage" });
});

test("what comes without its payload is wanted, and is as whole as ever once it is filled", () => {
  const a = writer("one", "two", "three");
  const [whole, rig] = [reader(), reader()];
  takeOffer(whole, offerFrom(a, "s"));
  expect(takeOffer(rig, offerWithout(a, 0, [1, 3]))).toBe("taken");
  expect(told(rig, "s")).toEqual(["0/1 (wanted)", "0/2 two", "0/3 (wanted)"]);
  expect([ids(rig), audited(rig.keys).problems, entriesIn(rig, "absent").length]).toEqual([ids(whole), [], 2]);
  expect([fill(rig, 0, 3, "three").kind, fill(rig, 0, 1, "one").kind]).toEqual(["passed", "passed"]);
  expect([...rig.keys.range(tableRange("block"))]).toEqual([...whole.keys.range(tableRange("block"))]);
  expect([told(rig, "s"), entriesIn(rig, "absent")]).toEqual([told(whole, "s"), []]);
});

test("only what an event says fills it, and nothing that was redacted", () => {
  const a = writer("one", "two");
  const rig = reader();
  takeOffer(rig, offerWithout(a, 0, "any"));
  expect(fill(rig, 0, 1, "two")).toMatchObject({ kind: "refused", reason: "these bytes are not what event 1 says" });
  expect(fill(rig, 0, 1, "")).toMatchObject({ kind: "refused" });
  expect(fill(rig, 0, 3, "one")).toMatchObject({ kind: "refused", code: "not-found" });
  expect(fill(rig, 0, 1, "one")).toMatchObject({ kind: "passed" });
  expect(fill(rig, 0, 1, "one")).toMatchObject({ kind: "passed" });
  redact(a, "s", 2);
  takeOffer(rig, offerFrom(a, "s"));
  expect(fill(rig, 0, 2, "two")).toMatchObject({ kind: "refused", reason: "event 2 is redacted by its author" });
  expect(told(rig, "s")).toEqual(["0/1 one", "0/2 (redacted)"]);
});

test("every bit of a range that lacks payloads is vouched for", () => {
  const a = writer("one", "two");
  const offer = offerWithout(a, 0, [2]);
  const [block] = offer.blocks;
  const rig = reader();
  for (let bit = 0; bit < block.length * 8; bit++) {
    const flipped = block.with(bit >> 3, block[bit >> 3] ^ (1 << (bit & 7)));
    const answer = outcome(rig, { ...offer, blocks: [flipped] });
    if (!isMalformed(answer)) throw new Error(`bit ${bit} flipped, and it is ${answer.kind}`);
  }
  expect(outcome(rig, offer)).toMatchObject({ kind: "verified" });
});

test("what is here of an event stays, whatever an offer lacks or brings of it", () => {
  const a = writer("one", "two", "three");
  const early = cutOffer(a, "s", { from: 1, to: 2, perBlock: 9 });
  const [whole, without] = [reader(), reader()];
  takeOffer(whole, early);
  takeOffer(without, cutOffer(a, "s", { from: 1, to: 1, perBlock: 9 }));
  expect(takeOffer(whole, offerWithout(a, 0, "any"))).toBe("taken");
  expect(told(whole, "s")).toEqual(["0/1 one", "0/2 two", "0/3 (wanted)"]);
  expect(takeOffer(without, offerWithout(a, 0, [2]))).toBe("taken");
  a.append("s", parts("four"));
  expect(takeOffer(without, offerFrom(a, "s"))).toBe("taken");
  expect(told(without, "s")).toEqual(["0/1 one", "0/2 (wanted)", "0/3 three", "0/4 four"]);
  for (const rig of [whole, without]) expect(audited(rig.keys).problems).toEqual([]);
});

test("a range verified before a payload of its last block went is verified anew", () => {
  const a = writer("one", "the secret");
  const early = offerFrom(a, "s");
  const redacting = new Rig({ keys: a.keys, instance: 9 });
  redact(redacting, "s", 2, 0);
  const rig = reader();
  takeOffer(rig, early);
  a.append("s", parts("three"));
  const range = verified(rig, offerWithout(a, 0, []));
  takeOffer(rig, offerFrom(redacting, "s"));
  expect(take(rig, range).kind).toBe("stale");
  expect(takeOffer(rig, offerWithout(a, 0, []))).toBe("taken");
  expect(holds(rig, "the secret")).toBe(false);
  expect(audited(rig.keys).problems).toEqual([]);
});

test("a redaction that a fork leaves uncounted takes nothing back: the payload is wanted", () => {
  const a = writer("one", "two");
  redact(a, "s", 1);
  const lane = a.laneNumber("s");
  const head = a.view.head(lane) as HeadRecord;
  expect(told(a, "s")[0]).toBe("0/1 (redacted)");
  a.keys.put(headKey(lane), encodeHeadRecord({ ...head, freezeAt: 3 }));
  expect(told(a, "s")[0]).toBe("0/1 (wanted)");
  expect(fill(a, lane, 1, "one")).toMatchObject({ kind: "passed" });
  expect(told(a, "s")[0]).toBe("0/1 one");
});
