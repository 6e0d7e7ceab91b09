import { expect, test } from "vitest";
import { lensEventsMax, typeNameBytesMax } from "../../bytes/limits.js";
import { subjectId } from "../../identity/ids.js";
import { blockKey, tableRange } from "../../store/keys.js";
import { type EventParts, eventCodecs, systemKinds } from "../event/event.js";
import { encodeLens, type Lens } from "../event/lens-payload.js";
import { audited } from "../rig/audited-store.suite.js";
import { putLane } from "../rig/crafted-lane.suite.js";
import { appended, hasher, network, nonce, parts, pathOf, Rig } from "../rig/feed-rig.suite.js";
import { branches, forkBetween, freeze } from "../rig/forked-stores.suite.js";
import { cutOffer, offerFrom, takeOffer } from "../rig/offered-lane.suite.js";
import { plainEvent } from "../rig/sample-events.suite.js";
import { run } from "../rig/twins.suite.js";
import { DamagedStore } from "./feed-view.js";
import { lensOf, type NamedLens } from "./lens.js";

const subject = subjectId(hasher, network, pathOf("s"));
const lens = (name: string): Lens => ({ name, version: 1, digest: new Uint8Array(32).fill(name.length) });
const lensIn = (rig: Rig): NamedLens | undefined => lensOf(rig.view, hasher, subject);

/** A turn of one append that would name a lens, committed. */
function appendWith(rig: Rig, named: Lens, count = 1) {
  const events = Array.from({ length: count }, (_, at) => parts(`${at}`));
  const turn = rig.feed({ ...rig.command("s", ...events), lens: named });
  turn.commit();
  return appended(turn.notices[0]);
}

function kinds(rig: Rig): number[] {
  return [...rig.view.lanes(subject, rig.author)].flatMap(({ number }) =>
    [...rig.keys.range(tableRange("block"))]
      .filter(([key]) => new DataView(key.buffer, key.byteOffset).getUint32(1) === number)
      .flatMap(([, block]) => kindsIn(block)),
  );
}

function kindsIn(block: Uint8Array): number[] {
  const view = new DataView(block.buffer, block.byteOffset);
  const found: number[] = [];
  for (let at = 48; at < block.length; ) {
    found.push(block[at + 1] as number);
    at += (block[at + 2] === 0 ? 16 : 18 + view.getUint16(at + 16)) + view.getUint32(at + 12);
  }
  return found;
}

test("the author's first append in a subject names its lens, in an event of its own in front of those asked for", () => {
  const rig = new Rig();
  const { seqs, ids } = appendWith(rig, lens("counter"), 2);
  expect([seqs, ids.length]).toEqual([{ first: 2, count: 2, each: undefined }, 64]);
  expect(lensIn(rig)).toEqual({
    ...lens("counter"),
    author: rig.author,
    epoch: { index: 0, nonce: rig.instance },
    seq: 1,
    stamp: { wallMs: rig.wallMs, counter: 0 },
  });
  expect(appendWith(rig, lens("set")).seqs.first).toBe(4);
  rig.start();
  expect(appendWith(rig, lens("set")).seqs.first).toBe(5);
  expect(kinds(rig)).toEqual([systemKinds.lens, 128, 128, 128, 128]);
  expect(audited(rig.keys).problems).toEqual([]);
});

test("a lens is named once, also by who has written in the subject before, and by nobody who knows of one", () => {
  const [writer, other] = [new Rig(), new Rig({ author: 2, instance: 2 })];
  writer.append("s", parts("before"));
  appendWith(writer, lens("set"));
  appendWith(writer, lens("counter"));
  expect([kinds(writer), lensIn(writer)]).toMatchObject([[128, 4, 128, 128], { name: "set", seq: 2 }]);
  const named = new Rig({ author: 3, instance: 3 });
  appendWith(named, lens("counter"));
  takeOffer(other, offerFrom(named, "s"));
  appendWith(other, lens("set"));
  expect(kinds(other)).toEqual([128]);
  expect(lensIn(other)).toMatchObject({ name: "counter", author: named.author });
  // In one turn, too.
  const fresh = new Rig({ author: 4, instance: 4 });
  fresh.feed(fresh.command("s", parts("x")), { ...fresh.command("s", parts("y")), lens: lens("set") }).commit();
  expect(kinds(fresh)).toEqual([128, 4, 128]);
  // Nor is one named twice.
  const twice = new Rig({ author: 5, instance: 5 });
  const writing = (text: string) => ({ ...twice.command("s", parts(text)), lens: lens("set") });
  twice.feed(writing("x"), writing("y")).commit();
  expect(kinds(twice)).toEqual([4, 128, 128]);
});

test("where nobody would look for it no lens is named", () => {
  for (const [count, last] of [
    [lensEventsMax - 1, 4],
    [lensEventsMax, 128],
  ] as const) {
    const rig = new Rig();
    for (let at = 0; at < count; at++) rig.append("s", parts("before"));
    appendWith(rig, lens("set"));
    expect([kinds(rig).length, kinds(rig)[count]]).toEqual([count + (last === 4 ? 2 : 1), last]);
  }
});

test("of lenses named at the same time the first in the order is the subject's, whatever came when", () => {
  const [early, late] = [new Rig({ author: 2, instance: 2 }), new Rig({ author: 3, instance: 3 })];
  late.wallMs += 1_000;
  appendWith(early, lens("early"));
  appendWith(late, lens("the late one"));
  const both = [
    [early, late],
    [late, early],
  ] as const;
  for (const [first, second] of both) {
    const reader = new Rig({ author: 9, instance: 9 });
    takeOffer(reader, offerFrom(first, "s"));
    expect(lensIn(reader)?.author).toEqual(first.author);
    takeOffer(reader, offerFrom(second, "s"));
    expect(lensIn(reader)).toEqual(lensIn(early));
  }
});

function named(at: number, name: string): EventParts {
  return { ...plainEvent(at), kind: systemKinds.lens, payload: encodeLens(lens(name)) };
}

function crafted(events: readonly EventParts[]): Rig {
  const rig = new Rig({ author: 5, instance: 5 });
  putLane(rig.keys, { lane: 0, author: 5, path: "s", epoch: { index: 0, nonce: nonce(5) }, events, perBlock: 4 });
  return rig;
}

test("a lens is looked for among the first events of a lane, and no further", () => {
  const before = (count: number) => Array.from({ length: count }, (_, at) => plainEvent(at));
  expect(lensIn(crafted([...before(lensEventsMax - 1), named(99, "last")]))).toMatchObject({ name: "last", seq: lensEventsMax });
  expect(lensIn(crafted([...before(lensEventsMax), named(99, "behind")]))).toBeUndefined();
  expect(lensIn(crafted([plainEvent(0), named(1, "first"), named(2, "second")]))).toMatchObject({ name: "first", seq: 2 });
});

test("a lens behind the place where its lane is frozen names nothing", () => {
  const [x, y] = branches(3, { from: 1, more: 2 }) as [Rig, Rig];
  const reader = new Rig({ author: 2, instance: 2 });
  const author = new Rig({ author: 7, instance: 7 });
  appendWith(author, lens("counter"));
  takeOffer(reader, offerFrom(author, "s"));
  takeOffer(reader, offerFrom(x, "s"));
  freeze(reader, forkBetween(x, y, 2));
  expect(lensIn(reader)?.name).toBe("counter");
  const [one, other] = [new Rig({ author: 8, instance: 8 }), new Rig({ author: 8, instance: 8 })];
  for (const [rig, name] of [
    [one, "one"],
    [other, "the other"],
  ] as const)
    appendWith(rig, lens(name));
  const third = new Rig({ author: 2, instance: 2 });
  takeOffer(third, offerFrom(one, "s"));
  expect(lensIn(third)?.name).toBe("one");
  freeze(third, forkBetween(one, other, 1));
  expect(lensIn(third)).toBeUndefined();
});

test("a lens that was appended again stands where it first stood", () => {
  const rig = new Rig();
  appendWith(rig, lens("counter"));
  const [first] = [...rig.view.lanes(subject)];
  const place = rig.view.lane(first?.number as number);
  if (place === undefined) throw new Error("no lane");
  run(rig, { kind: "giveUp", token: 1, place, from: 1 });
  const other = new Rig({ author: 2, instance: 2 });
  other.wallMs += 5_000;
  appendWith(other, lens("the late one"));
  takeOffer(rig, offerFrom(other, "s"));
  expect(lensIn(rig)).toMatchObject({ name: "counter", author: rig.author });
  // A reader of what was appended again alone.
  const reader = new Rig({ author: 3, instance: 3 });
  takeOffer(reader, offerFrom(other, "s"));
  takeOffer(reader, offerFrom(rig, "s"));
  expect(lensIn(reader)).toMatchObject({ name: "counter", seq: 2, epoch: { index: 1 } });
});

test("what a disk lost of the first events is damage, and names no other lens; nothing is written on top of it", () => {
  const [author, rig] = [new Rig(), new Rig({ author: 2, instance: 2 })];
  appendWith(author, lens("counter"), 3);
  takeOffer(rig, cutOffer(author, "s", { from: 1, to: 4, perBlock: 9 }));
  const key = blockKey(rig.laneNumber("s", author.author), 1);
  const block = rig.keys.get(key) as Uint8Array;
  const payload = block.length - 3 * 18;
  for (const at of [49, payload - 1, block.length - 1]) {
    rig.keys.put(key, block.with(at, (block[at] as number) ^ 1));
    expect(() => lensIn(rig)).toThrow(DamagedStore);
    const turn = rig.feed({ ...rig.command("s", parts("x")), lens: lens("set") });
    expect([turn.notices, turn.writes]).toEqual([[expect.objectContaining({ kind: "refused", code: "corrupt" })], []]);
  }
  rig.keys.put(key, block);
  rig.append("t", parts("elsewhere"));
  expect(appendWith(rig, lens("set")).seqs.first).toBe(1);
  expect([rig.laneNumber("t"), rig.laneNumber("s")]).toEqual([1, 2]);
});

test("a lens that nobody would read is refused, and so is one that an append brings itself", () => {
  const rig = new Rig();
  const long = { ...lens("x"), name: "n".repeat(typeNameBytesMax + 1) };
  const refused = rig.feed({ ...rig.command("s", parts("x")), lens: long });
  expect([refused.notices, refused.writes]).toEqual([[expect.objectContaining({ kind: "refused", code: "usage" })], []]);
  const event = { kind: systemKinds.lens, codec: eventCodecs.raw, payload: encodeLens(lens("x")), key: undefined };
  expect(rig.feed(rig.command("s", event)).notices[0]).toMatchObject({ kind: "refused", code: "usage" });
});
