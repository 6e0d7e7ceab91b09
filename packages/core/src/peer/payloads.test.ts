import { expect, test } from "vitest";
import { wantedPerReadMax } from "../bytes/limits.js";
import { fill, holds, offerWithout, redact } from "../feed/rig/absent-lane.suite.js";
import { parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { cutOffer, offerFrom } from "../feed/rig/offered-lane.suite.js";
import { absentKey, blockKey, laneKey } from "../store/keys.js";
import { encodeLaneRecord, type LaneRecord } from "../store/records.js";
import { codeOf, events, PeerRig, watch } from "./peer-rig.suite.js";

const author = (rig: Rig) => Buffer.from(rig.author).toString("hex");

function writer(...texts: readonly string[]): Rig {
  const rig = new Rig();
  rig.append("s", ...texts.map((text) => parts(text)));
  return rig;
}

function reader(): PeerRig {
  return new PeerRig({ author: 2, instance: 2 });
}

test("an event of ours is redacted once that is on disk, and is read as redacted", async () => {
  const rig = new PeerRig();
  await rig.append("s", "one", "the secret", "three");
  const redacting = watch(rig.peer.redact("s", { seq: 2 }));
  await rig.step();
  expect(redacting.state).toBe("waiting");
  await rig.rest();
  expect([redacting.value?.seq(0), redacting.value?.count, redacting.value?.author]).toEqual([4, 1, rig.peer.author]);
  expect(await rig.texts("s")).toEqual(["one", "(redacted)", "three"]);
  const [, redacted] = await rig.records("s");
  expect(redacted).toMatchObject({ seq: 2, payload: undefined, absent: "redacted", kind: 128 });
  expect((await rig.records("s", { system: true })).map(({ kind }) => kind)).toEqual([128, 128, 128, 3]);
  expect((await rig.of(rig.peer.audit())).problems).toEqual([]);
});

test("what cannot be redacted is refused", async () => {
  const [a, rig] = [writer("of another"), reader()];
  await rig.of(rig.peer.take(offerFrom(a, "s")));
  expect(await rig.of(codeOf(rig.peer.redact("s", { seq: 1 })))).toBe("not-found");
  await rig.append("s", "ours");
  for (const [seq, epoch, code] of [
    [2, 0, "not-found"],
    [1, 1, "not-found"],
    [0, 0, "not-found"],
  ] as const)
    expect(await rig.of(codeOf(rig.peer.redact("s", { seq, epoch })))).toBe(code);
  await rig.of(rig.peer.redact("s", { seq: 1 }));
  expect(await rig.of(codeOf(rig.peer.redact("s", { seq: 1 })))).toBe("usage");
});

test("an append that waits for a commit and a redaction of what is in its block go together", async () => {
  const rig = new PeerRig();
  await rig.append("s", "the secret");
  const before = rig.peer.append("s", events("before"));
  const redacting = rig.peer.redact("s", { seq: 1 });
  const behind = rig.peer.append("s", events("behind"));
  await rig.of(Promise.all([before, redacting, behind]));
  expect(await rig.texts("s")).toEqual(["(redacted)", "before", "behind"]);
  expect(holds({ keys: rig.keys } as Rig, "the secret")).toBe(false);
});

test("what is wanted is listed, is taken in only as it is, and is then read", async () => {
  const [a, rig] = [writer("one", "two", "three"), reader()];
  await rig.of(rig.peer.take(offerWithout(a, 0, [1, 3])));
  expect(await rig.texts("s")).toEqual(["(wanted)", "two", "(wanted)"]);
  const { wanted, next } = await rig.of(rig.peer.wanted());
  expect([wanted.map(({ seq }) => seq), next]).toEqual([[1, 3], undefined]);
  expect(wanted[0]).toMatchObject({ subject: "s", author: author(a), epoch: 0, bytes: 3 });
  expect(await rig.of(rig.peer.wanted("s"))).toEqual({ wanted });
  expect(await rig.of(rig.peer.wanted("t"))).toEqual({ wanted: [] });
  const bytes = (text: string) => new TextEncoder().encode(text);
  const event = { author: author(a), seq: 3 };
  expect(await rig.of(codeOf(rig.peer.fill("s", event, bytes("other"))))).toBe("usage");
  await rig.of(rig.peer.fill("s", event, bytes("three")));
  expect(await rig.texts("s")).toEqual(["(wanted)", "two", "three"]);
  expect((await rig.of(rig.peer.wanted())).wanted.map(({ seq }) => seq)).toEqual([1]);
  expect((await rig.of(rig.peer.audit())).problems).toEqual([]);
});

test("a want-list that cannot say whose payloads it lacks is damage", async () => {
  const [a, rig] = [writer("one", "two"), reader()];
  await rig.of(rig.peer.take(offerWithout(a, 0, [1])));
  const record = rig.peer.view.lane(0) as LaneRecord;
  rig.keys.put(laneKey(0), encodeLaneRecord({ ...record, epoch: { ...record.epoch, nonce: new Uint8Array(16) } }));
  expect(await rig.of(codeOf(rig.peer.wanted()))).toBe("corrupt");
});

test("a long want-list is told in pieces, and leaves out what was redacted", async () => {
  const count = wantedPerReadMax + 10;
  const a = writer(...Array.from({ length: count }, (_, at) => `${at}`));
  redact(a, "s", 1);
  redact(a, "s", count);
  const other = new Rig({ author: 3 });
  other.append("t", parts("x"));
  const rig = reader();
  await rig.of(rig.peer.take(offerWithout(a, 0, "any")));
  await rig.of(rig.peer.take(offerWithout(other, 0, "any")));
  const first = await rig.of(rig.peer.wanted());
  const second = await rig.of(rig.peer.wanted(undefined, { after: first.next ?? "" }));
  const places = [...first.wanted, ...second.wanted].map(({ subject, seq }) => `${subject}${seq}`);
  expect([first.wanted.length, second.next]).toEqual([wantedPerReadMax - 1, undefined]);
  expect(places).toEqual([...Array.from({ length: count - 2 }, (_, at) => `s${at + 2}`), "t1"]);
  expect((await rig.of(rig.peer.wanted("s", { after: first.next ?? "" }))).wanted).toHaveLength(9);
  expect(await rig.of(codeOf(rig.peer.wanted("s", { after: "x" })))).toBe("usage");
});

test("ranges offered all at once are taken though they redact what is in their own last blocks", async () => {
  const a = new Rig();
  for (let at = 0; at < 12; at++) {
    a.append("s", parts(`the secret ${at}`));
    redact(a, "s", 1 + 2 * at);
  }
  const rig = reader();
  const offers = Array.from({ length: 8 }, (_, at) => cutOffer(a, "s", { from: 1 + 3 * at, to: 3 + 3 * at, perBlock: 2 }));
  const outcomes = await rig.of(Promise.all(offers.map((offer) => rig.peer.take(offer))));
  expect(outcomes).toEqual(offers.map((_, at) => ({ kind: "taken", size: 3 + 3 * at })));
  expect((await rig.of(rig.peer.audit())).problems).toEqual([]);
});

test("of a range with very many redactions all is taken, a part at a time, and what was offered behind it too", async () => {
  const a = new Rig();
  a.append("s", ...Array.from({ length: 600 }, (_, at) => parts(`the secret ${at}`)));
  const early = offerFrom(a, "s");
  for (let seq = 1; seq <= 600; seq++) redact(a, "s", seq);
  a.append("s", parts("behind"));
  const rig = reader();
  await rig.of(rig.peer.take(early));
  const many = cutOffer(a, "s", { from: 601, to: 1200, perBlock: 50 });
  const outcomes = rig.of(Promise.all([rig.peer.take(many), rig.peer.take(cutOffer(a, "s", { from: 1201, to: 1201, perBlock: 1 }))]));
  expect(await outcomes).toEqual([
    { kind: "taken", size: 1200 },
    { kind: "taken", size: 1201 },
  ]);
  expect(holds({ keys: rig.keys } as Rig, "the secret")).toBe(false);
  expect((await rig.of(rig.peer.audit())).problems).toEqual([]);
});

test("a payload that comes while its lane is written is not written over", async () => {
  const rig = new PeerRig();
  await rig.append("s", "one", "two");
  await rig.of(rig.peer.close());
  const before = new Rig({ keys: rig.keys });
  rig.keys.put(blockKey(0, 1), offerWithout(before, 0, "any").blocks[0]);
  for (const seq of [1, 2]) rig.keys.put(absentKey(0, seq), new Uint8Array(0));
  const again = new Rig({ keys: rig.keys });
  const turn = again.feed(
    again.command("s", parts("three")),
    { kind: "fill", token: 9, lane: 0, seq: 2, payload: new TextEncoder().encode("two") },
    again.command("s", parts("four")),
  );
  turn.commit();
  again.append("s", parts("five"));
  expect(fill(again, 0, 1, "one")).toMatchObject({ kind: "passed" });
  again.append("s", parts("six"));
  const last = new PeerRig({ keys: rig.keys });
  expect(await last.texts("s")).toEqual(["one", "two", "three", "four", "five", "six"]);
  expect((await last.of(last.peer.audit())).problems).toEqual([]);
});
