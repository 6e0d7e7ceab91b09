import { expect, test } from "vitest";
import { laneKey } from "../../store/keys.js";
import { encodeLaneRecord, type LaneRecord } from "../../store/records.js";
import { offerWithout, redact } from "../rig/absent-lane.suite.js";
import { hasher, parts, Rig } from "../rig/feed-rig.suite.js";
import { branches, meet, replica } from "../rig/forked-stores.suite.js";
import { DamagedStore } from "./feed-view.js";
import { absentPlaces, WantedReader } from "./wanted.js";

/** It holds two lanes of others, and of most of their events not what they say. */
function reader(): Rig {
  const [one, other, rig] = [1, 2, 3].map((author) => new Rig({ author, instance: author })) as [Rig, Rig, Rig];
  for (let at = 0; at < 4; at++) one.append("s", parts(`one ${at}`));
  redact(one, "s", 2);
  other.append("t", parts("other"));
  for (const [from, seqs] of [
    [one, [1, 2, 4]],
    [other, [1]],
  ] as const)
    meet(rig, offerWithout(from, 0, seqs));
  return rig;
}

const list = ({ view }: Rig, after?: { readonly lane: number; readonly seq: number }, lanes?: readonly number[]) =>
  absentPlaces(view, { lanes, after, limit: 2 }).map(({ lane, seq }) => `${lane}/${seq}`);

test("the list of absent payloads is read a piece at a time, of all lanes or of some", () => {
  const rig = reader();
  expect(list(rig)).toEqual(["0/1", "0/2"]);
  expect(list(rig, { lane: 0, seq: 2 })).toEqual(["0/4", "1/1"]);
  expect(list(rig, { lane: 1, seq: 1 })).toEqual([]);
  expect(list(rig, undefined, [1])).toEqual(["1/1"]);
  expect(list(rig, { lane: 0, seq: 2 }, [0])).toEqual(["0/4"]);
});

test("what is absent is wanted, by where it lies and how long it is, unless it was redacted", () => {
  const { view } = reader();
  const wanted = new WantedReader(view, hasher);
  const found = wanted.at({ lane: 0, seq: 1 });
  expect(found).toMatchObject({ lane: 0, seq: 1, bytes: 5 });
  expect(found?.of).toEqual(view.lane(0));
  expect(wanted.at({ lane: 0, seq: 2 })).toBe(undefined);
  expect(wanted.at({ lane: 0, seq: 4 })).toMatchObject({ bytes: 5 });
});

test("from where a lane is frozen on, what is absent of it is not wanted", () => {
  const [one, other] = branches(3, { from: 1, more: 2 }) as [Rig, Rig];
  const rig = replica();
  meet(rig, offerWithout(one, 0, [1, 3]));
  const wanted = new WantedReader(rig.view, hasher);
  expect([1, 3].map((seq) => wanted.at({ lane: 0, seq })?.seq)).toEqual([1, 3]);
  meet(rig, offerWithout(other, 0, []));
  expect(rig.view.head(0)?.freezeAt).toBe(2);
  expect([1, 3].map((seq) => wanted.at({ lane: 0, seq })?.seq)).toEqual([1, undefined]);
});

test("a list that says what is not so is damage", () => {
  const rig = reader();
  const wanted = new WantedReader(rig.view, hasher);
  expect(() => wanted.at({ lane: 0, seq: 3 })).toThrow(DamagedStore);
  expect(() => wanted.at({ lane: 0, seq: 99 })).toThrow(DamagedStore);
  expect(() => wanted.at({ lane: 9, seq: 1 })).toThrow(DamagedStore);
  const record = rig.view.lane(0) as LaneRecord;
  rig.keys.put(laneKey(0), encodeLaneRecord({ ...record, epoch: { ...record.epoch, nonce: new Uint8Array(16) } }));
  expect(() => wanted.at({ lane: 0, seq: 1 })).toThrow(DamagedStore);
});
