import { expect, test } from "vitest";
import { sendingRangeBytes, streamRangesMax } from "../bytes/limits.js";
import { offerWithout } from "../feed/rig/absent-lane.suite.js";
import { hasher, parts, Rig } from "../feed/rig/feed-rig.suite.js";
import { branches, forkBetween, freeze, meet } from "../feed/rig/forked-stores.suite.js";
import { offerFrom } from "../feed/rig/offered-lane.suite.js";
import type { PeerId } from "../protocol/protocol.js";
import { blockKey } from "../store/keys.js";
import type { LaneRecord } from "../store/records.js";
import type { Row } from "./messages.js";
import { rowOf } from "./rows.js";
import { link, SteppedPeer, talk } from "./stepped-peers.suite.js";
import { Wanting } from "./wanting.js";

test("of what is wanted the one that has had its turn comes behind all others", () => {
  const [a, b, c] = [new SteppedPeer(1), new SteppedPeer(2), new SteppedPeer(3)];
  a.append("team/long", "1");
  c.append("team/other", "1");
  link(a, b);
  talk([a, b]);
  const rowAt = ({ rig }: SteppedPeer, path: string) => rowOf(rig.view, hasher, rig.laneNumber(path)) as Row;
  const [long, other] = [{ ...rowAt(a, "team/long"), size: 5 }, rowAt(c, "team/other")];
  const wanting = new Wanting(hasher);
  for (const row of [long, other]) wanting.consider(a.id, row, b.rig.view);
  const first = wanting.next(a.id, b.rig.view);
  expect(first).toMatchObject({ row: long, from: 2 });
  a.append("team/long", "2");
  talk([a, b]);
  wanting.ended(a.id, first?.key ?? "", "whole", b.rig.view);
  expect(wanting.next(a.id, b.rig.view)).toMatchObject({ row: other, from: 1 });
  expect(wanting.next(a.id, b.rig.view)).toMatchObject({ row: long, from: 3 });
});

test("a stream has so many ranges and no more: the rest of a long lane is asked for again", () => {
  const [a, b] = [new SteppedPeer(1), new SteppedPeer(2)];
  const events = Array.from({ length: 10 }, () => "x".repeat(sendingRangeBytes / 2));
  for (let at = 0; at < streamRangesMax / 4; at++) a.append("team/long", ...events);
  link(a, b);
  const said = talk([a, b]);
  expect(b.root()).toBe(a.root());
  const wants = said.flatMap(({ message }) => (message.kind === "want" ? [message.from] : []));
  expect(wants.length).toBeGreaterThan(1);
  expect(wants.length).toBeLessThanOrEqual(3);
});

test("what one link has come upon that comes with its events alone stays, whatever others come upon", () => {
  const [one, other, here] = [1, 2, 3].map((author) => new Rig({ author, instance: author })) as [Rig, Rig, Rig];
  for (const text of ["first", "second"]) one.append("team/s", parts(text));
  other.append("team/t", parts("only"));
  for (const from of [one, other]) meet(here, offerWithout(from, 0, "any"));
  const { view } = here;
  const at = (lane: number, seq: number) => ({ of: view.lane(lane) as LaneRecord, lane, seq });
  const wanting = new Wanting(hasher);
  wanting.lack("a" as PeerId, [at(0, 2)], view);
  wanting.lack("b" as PeerId, [at(1, 1), at(0, 1)], view);
  // Of each lane the first, whoever came upon it.
  wanting.lack("c" as PeerId, [at(0, 2)], view);
  wanting.considerGaps("a" as PeerId, view);
  const asked = [wanting.next("a" as PeerId, view), wanting.next("a" as PeerId, view), wanting.next("a" as PeerId, view)];
  expect(asked.map((each) => each && [each.from, each.to]).sort()).toEqual([[1, 1], [1, 1], undefined]);
  wanting.left("b" as PeerId);
  wanting.lack("a" as PeerId, [], view);
  wanting.considerGaps("c" as PeerId, view);
  expect(wanting.next("c" as PeerId, view)).toBe(undefined);
});

test("of a frozen lane of which the last event that counts is lost, that is wanted and nothing else, of whoever agrees; and once it is here, nothing", () => {
  const [one, other] = branches(9, { from: 5, more: 3 }) as [Rig, Rig];
  const here = new Rig({ author: 7, instance: 7 });
  meet(here, offerFrom(one, "s"));
  freeze(here, forkBetween(one, other, 6));
  const [view, peer] = [here.view, "a" as PeerId];
  const row = rowOf(view, hasher, 0) as Row;
  const whole = here.keys.get(blockKey(0, 1))?.slice() as Uint8Array;
  here.keys.put(
    blockKey(0, 1),
    whole.map((byte, at) => (at === whole.length >> 1 ? byte ^ 4 : byte)),
  );
  const wanting = new Wanting(hasher);
  // Before an audit has found it nobody knows what to ask for.
  expect(wanting.lacks(view, row)).toBe(false);
  const { author, subject, epoch } = row;
  const span = { lane: 0, place: { author, subject, epoch }, from: 1, to: 5, previous: new Uint8Array(32), last: undefined };
  expect([...wanting.lose([span])]).toEqual([0]);
  wanting.considerGaps(peer, view);
  const asked = wanting.next(peer, view);
  expect(asked).toMatchObject({ from: 1, to: 5, row: { size: 5, freezeAt: 6 } });
  here.keys.put(blockKey(0, 1), whole);
  expect([...wanting.lose([])]).toEqual([0]);
  expect(wanting.lacks(view, asked?.row as Row)).toBe(false);
});

test("who tells of lanes without end keeps nobody else's from being asked for, and holds no more than the bound", () => {
  const view = new Rig({ author: 1, instance: 1 }).view;
  const madeUp = (number: number): Row => {
    const bytes = new Uint8Array(32).fill(number >> 8, 0, 16).fill(number & 255, 16);
    const [author, subject] = [bytes as Row["author"], bytes as unknown as Row["subject"]];
    return { author, subject, epoch: { index: 0, nonce: bytes.slice(0, 16) }, size: 9, headId: bytes, freezeAt: 0, hybridSize: 0 };
  };
  const wanting = new Wanting(hasher, { lanesMax: 100 });
  const [much, more, little] = ["much", "more", "little"] as PeerId[] as [PeerId, PeerId, PeerId];
  for (let number = 0; number < 300; number++)
    for (const by of [much, more]) wanting.consider(by, madeUp(number * 2 + (by === much ? 0 : 1)), view);
  const asked = wanting.next(much, view);
  wanting.consider(little, madeUp(1_000), view);
  expect(wanting.next(little, view)?.row).toMatchObject({ size: 9 });
  expect(wanting.describe().lanes).toBe(100);
  // What is being asked for stays.
  expect(asked && wanting.next(much, view)?.key).not.toBe(asked?.key);
  for (const by of [much, more]) wanting.consider(by, madeUp(2_000), view);
  expect(wanting.describe().lanes).toBe(100);
  expect([wanting.count(much), wanting.count(more), wanting.count(little)].sort()).toEqual([1, 49, 50]);
});

test("what is kept of a row keeps nothing of the message that it came in", () => {
  const view = new Rig({ author: 1, instance: 1 }).view;
  const frame = new Uint8Array(100_000).fill(3);
  const [author, subject, headId] = [frame.subarray(0, 32), frame.subarray(32, 64), frame.subarray(64, 96)];
  const place = {
    author: author as Row["author"],
    subject: subject as Row["subject"],
    epoch: { index: 0, nonce: frame.subarray(96, 112) },
  };
  const wanting = new Wanting(hasher);
  wanting.consider("a" as PeerId, { ...place, size: 1, headId, freezeAt: 0, hybridSize: 0 }, view);
  const row = wanting.next("a" as PeerId, view)?.row as Row;
  for (const bytes of [row.author, row.subject, row.epoch.nonce, row.headId]) expect(bytes.buffer.byteLength).toBeLessThan(100);
});

test("who tells of what it never sends keeps nobody waiting for it twice", () => {
  const view = new Rig({ author: 1, instance: 1 }).view;
  const bytes = new Uint8Array(32).fill(3);
  const place = {
    author: bytes as Row["author"],
    subject: bytes as unknown as Row["subject"],
    epoch: { index: 0, nonce: bytes.slice(16) },
  };
  const row: Row = { ...place, size: 5, headId: bytes, freezeAt: 0, hybridSize: 0 };
  const [liar, honest] = ["liar", "honest"] as [PeerId, PeerId];
  const wanting = new Wanting(hasher);
  const tell = () => {
    wanting.consider(liar, { ...row, size: 900 }, view);
    wanting.consider(honest, row, view);
  };
  tell();
  const { key } = wanting.next(liar, view) ?? { key: "" };
  // For the first time it is believed: what is asked of one is asked of nobody else.
  expect(wanting.next(honest, view)).toBeUndefined();
  wanting.doubt(liar, key);
  wanting.ended(liar, key, "failed", view);
  tell();
  expect(wanting.next(liar, view)).toBeUndefined();
  expect(wanting.next(honest, view)).toMatchObject({ row: { size: 5 } });
  wanting.ended(honest, key, "whole", view);
  // Where nobody else has it, it is asked all the same; but whoever comes to have it comes before.
  wanting.consider(liar, { ...row, size: 900 }, view);
  expect(wanting.next(liar, view)).toMatchObject({ row: { size: 900 } });
  expect(wanting.next(liar, view)).toBeUndefined();
  wanting.consider(honest, row, view);
  expect(wanting.next(honest, view)).toMatchObject({ row: { size: 5 } });
  // The stream that was there before tells nothing of this one.
  wanting.ended(liar, key, "failed", view);
  expect(wanting.next(liar, view)).toBeUndefined();
  expect(wanting.next(honest, view)).toBeUndefined();
  wanting.left(liar);
  wanting.left(honest);
  wanting.consider(liar, row, view);
  expect(wanting.next(liar, view)).toMatchObject({ row: { size: 5 } });
});

/** Rows of lanes that are not here, as somebody may make them up. */
function rowOfLane(number: number, size = 5): Row {
  const bytes = new Uint8Array(32).fill(number >> 8, 0, 16).fill(number & 255, 16);
  const [author, subject] = [bytes as Row["author"], bytes as unknown as Row["subject"]];
  return { author, subject, epoch: { index: 0, nonce: bytes.slice(0, 16) }, size, headId: bytes, freezeAt: 0, hybridSize: 0 };
}

test("of those who all brought nothing whoever was asked the longest ago comes next, and takes over from who does not deliver", () => {
  const view = new Rig({ author: 1, instance: 1 }).view;
  const [liar, honest] = ["liar", "honest"] as [PeerId, PeerId];
  const wanting = new Wanting(hasher);
  for (const peer of [liar, honest]) wanting.consider(peer, rowOfLane(1), view);
  const { key } = wanting.next(honest, view) ?? { key: "" };
  // Of the honest one nothing came, for once: its link was slow.
  wanting.doubt(honest, key);
  expect(wanting.next(liar, view)).toMatchObject({ key });
  expect(wanting.next(honest, view)).toBeUndefined();
  wanting.doubt(liar, key);
  expect(wanting.next(honest, view)).toMatchObject({ key });
  // What went wrong here is nobody's fault.
  wanting.ended(honest, key, "failed", view);
  wanting.consider(honest, rowOfLane(1), view);
  expect(wanting.next(honest, view)).toMatchObject({ key });
});

test("of a lane that a stream of a peer brings already it is not asked again, whoever was asked meanwhile", () => {
  const view = new Rig({ author: 1, instance: 1 }).view;
  const [one, other] = ["one", "other"] as [PeerId, PeerId];
  const wanting = new Wanting(hasher);
  for (const peer of [one, other]) wanting.consider(peer, rowOfLane(1), view);
  const { key } = wanting.next(one, view) ?? { key: "" };
  wanting.doubt(one, key);
  wanting.next(other, view);
  wanting.ended(other, key, "nothing", view);
  expect(wanting.next(one, view, new Set([key]))).toBeUndefined();
  expect(wanting.next(one, view)).toMatchObject({ key });
});

test("where one peer's history parts is looked for with that peer alone", () => {
  const here = new SteppedPeer(1);
  for (const text of ["1", "2", "3", "4"]) here.append("team/log", text);
  const { view } = here.rig;
  const row = { ...(rowOf(view, hasher, here.rig.laneNumber("team/log")) as Row), size: 9 };
  const [liar, honest] = ["liar", "honest"] as [PeerId, PeerId];
  const wanting = new Wanting(hasher);
  for (const peer of [liar, honest]) wanting.consider(peer, row, view);
  const { key } = wanting.next(liar, view) ?? { key: "" };
  wanting.ended(liar, key, "another history", view);
  expect(wanting.next(honest, view)).toMatchObject({ from: 5 });
  wanting.ended(honest, key, "failed", view);
  wanting.consider(liar, row, view);
  expect(wanting.next(liar, view)).toMatchObject({ from: 4 });
});

test("what is kept of what many tell of is bounded by all that they tell, and not by lanes", () => {
  const view = new Rig({ author: 1, instance: 1 }).view;
  const peers = Array.from({ length: 20 }, (_, index) => `peer ${index}` as PeerId);
  const wanting = new Wanting(hasher, { lanesMax: 100 });
  for (const peer of peers) for (let lane = 0; lane < 100; lane++) wanting.consider(peer, rowOfLane(lane), view);
  const kept = peers.map((peer) => wanting.count(peer));
  expect(kept.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(100);
  expect(Math.min(...kept)).toBeGreaterThan(0);
  for (const peer of peers) wanting.left(peer);
  expect(wanting.describe().lanes).toBe(0);
  for (let lane = 0; lane < 100; lane++) wanting.consider("last" as PeerId, rowOfLane(lane), view);
  expect(wanting.count("last" as PeerId)).toBe(100);
});
