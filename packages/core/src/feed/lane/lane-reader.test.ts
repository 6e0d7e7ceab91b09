import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { blockBytesMax } from "../../bytes/limits.js";
import { compareStamps } from "../../clock/stamp.js";
import { proveConsistency, verifyConsistency, verifyInclusion } from "../../proof/mmr-proof.js";
import { blockKey, headKey, laneKey, mmrKey } from "../../store/keys.js";
import { blockCount, blockFirstSeq } from "../event/block.js";
import { payloadAt, stampAt } from "../event/event.js";
import { putLane } from "../rig/crafted-lane.suite.js";
import { hasher, laneIdOf, nonce, parts, Rig, SpoilingKeys } from "../rig/feed-rig.suite.js";
import { naiveLane } from "../rig/naive-lane.suite.js";
import { DamagedStore, FeedView } from "./feed-view.js";
import { type EventProof, LaneReader } from "./lane-reader.js";

const eventBytes = blockBytesMax / 10;

/** Lanes of several blocks, the largest event larger than any. */
function grown(count: number): Rig {
  const rig = new Rig();
  for (let at = 0; at < count; ) {
    const events = Array.from({ length: Math.min(7, count - at) }, (_, index) =>
      parts((at + index) % 50 === 49 ? blockBytesMax : Math.floor(eventBytes)),
    );
    rig.append("s", ...events);
    rig.wallMs += 10;
    at += events.length;
  }
  return rig;
}

const readerOf = (rig: Rig, lane = 0) => new LaneReader(rig.view, hasher, lane);
const eventsOf = (rig: Rig) => naiveLane(rig.keys, 0, laneIdOf(rig.author, "s", { index: 0, nonce: rig.instance }));

/** Looked at one by one: a block is good until the next is read. */
function firstSeqs(reader: LaneReader, from: number, to: number): number[] {
  const firsts: number[] = [];
  for (const block of reader.blocks(from, to)) firsts.push(blockFirstSeq(block));
  return firsts;
}

test("an event is found by its seq, in any order, as a scan has it", () => {
  const rig = grown(200);
  const events = eventsOf(rig);
  const reader = readerOf(rig);
  expect(reader.size).toBe(200);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 60 }), (seqs) => {
      for (const seq of seqs) {
        const found = reader.event(seq);
        if (found === undefined) throw new Error(`event ${seq}`);
        expect(toHex(payloadAt(found.bytes, found.offset))).toBe(toHex(events[seq - 1].payload));
        const { wallMs, counter } = stampAt(found.bytes, found.offset);
        expect([wallMs, counter]).toEqual(events[seq - 1].stamp);
      }
    }),
    { numRuns: 20 },
  );
});

test("there is no event before the first or behind the last, nor in a lane that is none", () => {
  const rig = grown(20);
  const reader = readerOf(rig);
  for (const seq of [0, -1, 21, 22, 2 ** 40]) expect(reader.event(seq)).toBeUndefined();
  expect([readerOf(rig, 9).size, readerOf(rig, 9).event(1), readerOf(rig, 9).prove(1)]).toEqual([0, undefined, undefined]);
});

test("a reader sees what is appended after it was made, in a block it knew and behind", () => {
  const rig = grown(5);
  const reader = readerOf(rig);
  expect(reader.event(5)).toBeDefined();
  for (let seq = 6; seq <= 30; seq++) {
    expect(reader.event(seq)).toBeUndefined();
    rig.append("s", parts(`${seq}`, { payload: new Uint8Array(Math.floor(eventBytes)) }));
    expect(reader.event(seq)).toBeDefined();
    expect(reader.size).toBe(seq);
  }
});

test("blocks go from the one that holds the first to the one that holds the last, each once", () => {
  const rig = grown(120);
  const bounds = new Map(eventsOf(rig).map(({ seq, block }) => [seq, block]));
  fc.assert(
    fc.property(fc.integer({ min: -1, max: 140 }), fc.integer({ min: -1, max: 140 }), (from, to) => {
      const wanted = new Set<number>();
      for (let seq = from; seq <= to; seq++) if (bounds.has(seq)) wanted.add(bounds.get(seq) as number);
      const firsts = firstSeqs(readerOf(rig), from, to);
      // From before the first event there is no block to begin with.
      expect(firsts).toEqual(from < 1 ? [] : [...wanted]);
    }),
    { numRuns: 300 },
  );
});

test("a whole lane comes in blocks without a gap", () => {
  const rig = grown(120);
  let next = 1;
  for (const block of readerOf(rig).blocks(1, Number.MAX_SAFE_INTEGER)) {
    expect(blockFirstSeq(block)).toBe(next);
    next += blockCount(block);
  }
  expect(next).toBe(121);
});

test("seqAt is the first whose stamp is not below", () => {
  const rig = grown(60);
  const stamps = eventsOf(rig).map(({ stamp: [wallMs, counter] }) => ({ wallMs, counter }));
  const reader = readerOf(rig);
  const { wallMs } = stamps[0];
  const bound = fc.record({ wallMs: fc.integer({ min: wallMs - 5, max: wallMs + 100 }), counter: fc.integer({ min: 0, max: 8 }) });
  fc.assert(
    fc.property(bound, (stamp) => {
      const index = stamps.findIndex((each) => compareStamps(each, stamp) >= 0);
      expect(reader.seqAt(stamp)).toBe(index === -1 ? 61 : index + 1);
    }),
    { numRuns: 300 },
  );
  expect(readerOf(rig, 9).seqAt(stamps[0])).toBe(1);
});

function isIncluded({ id, seq, size, root, path }: EventProof): boolean {
  return verifyInclusion(hasher, { leaf: id, leafIndex: seq - 1, size, root, proof: path });
}

test("each event is shown to be in its lane, and by no other's proof", () => {
  const rig = grown(150);
  const events = eventsOf(rig);
  const reader = readerOf(rig);
  for (let seq = 1; seq <= 150; seq += 7) {
    const proof = reader.prove(seq) as EventProof;
    expect(toHex(proof.id)).toBe(toHex(events[seq - 1].id));
    expect([toHex(proof.lane), proof.seq, proof.size]).toEqual([toHex(laneIdOf(rig.author, "s", { index: 0, nonce: nonce(1) })), seq, 150]);
    expect(isIncluded(proof)).toBe(true);
    expect(isIncluded({ ...proof, seq: seq === 1 ? 2 : seq - 1 })).toBe(false);
    expect(isIncluded({ ...proof, id: events[seq % 150].id })).toBe(false);
  }
  expect([reader.prove(0), reader.prove(151)]).toEqual([undefined, undefined]);
});

test("a proof holds on after its lane has grown, and the old range is the beginning of the new", () => {
  const rig = grown(90);
  const old = readerOf(rig).prove(40) as EventProof;
  for (let at = 0; at < 60; at++) rig.append("s", parts("more"));
  expect(isIncluded(old)).toBe(true);
  const reader = readerOf(rig);
  const current = reader.prove(40) as EventProof;
  expect([current.size, toHex(current.id)]).toEqual([150, toHex(old.id)]);
  const proof = proveConsistency(hasher, reader.nodes(reader.laneId()), 90, 150);
  if (proof === undefined) throw new Error("no proof");
  expect(verifyConsistency(hasher, { oldSize: 90, oldRoot: old.root, newSize: 150, newRoot: current.root, proof })).toBe(true);
});

test("where a piece is missing there is damage, not an answer", () => {
  const rig = grown(150);
  const whole = rig.keys.snapshot();
  const blocks = firstSeqs(readerOf(rig), 1, 150);
  const hurt = (key: Uint8Array) => {
    rig.keys.restore(whole);
    rig.keys.remove(key);
    return readerOf(rig);
  };
  expect(hurt(blockKey(0, blocks[3])).event(blocks[3])).toBeUndefined();
  expect(() => hurt(blockKey(0, blocks[1])).prove(3)).toThrow(DamagedStore);
  expect(() => hurt(mmrKey(0, 0)).prove(100)).toThrow(DamagedStore);
  expect(() => hurt(mmrKey(0, 1)).prove(3)).toThrow(DamagedStore);
  expect(() => hurt(laneKey(0)).prove(3)).toThrow(DamagedStore);
  const middle = blocks.findLast((first) => first <= 76) as number;
  expect(() => hurt(blockKey(0, middle)).seqAt({ wallMs: rig.wallMs, counter: 0 })).toThrow(DamagedStore);
  rig.keys.restore(whole);
  rig.keys.put(headKey(0), Uint8Array.of(1));
  expect(() => readerOf(rig).size).toThrow(DamagedStore);
});

test("a lane of many small blocks is read as one", () => {
  const { keys } = new Rig();
  const events = Array.from({ length: 200 }, (_, at) => ({
    kind: 128,
    stamp: { wallMs: 1_800_000_000_000 + at, counter: 0 },
    payload: Uint8Array.of(at),
  }));
  const ids = putLane(keys, { lane: 4, author: 3, path: "s", epoch: { index: 0, nonce: nonce(1) }, events, perBlock: 1 });
  const reader = new LaneReader(new FeedView(new SpoilingKeys(keys)), hasher, 4);
  for (const seq of [200, 1, 100, 99, 101, 150, 149]) {
    const found = reader.event(seq);
    expect(found && payloadAt(found.bytes, found.offset)[0]).toBe(seq - 1);
  }
  expect([...reader.blocks(70, 90)].length).toBe(21);
  const proof = reader.prove(77) as EventProof;
  expect(toHex(proof.id)).toBe(toHex(ids[76]));
  expect(isIncluded(proof)).toBe(true);
});
