import fc from "fast-check";
import { expect, test } from "vitest";
import { blockBytesMax, buildWallMs, clockReserveMs, stampWallMsMax } from "../../bytes/limits.js";
import { compareStamps } from "../../clock/stamp.js";
import { blockKey, headKey, laneKey, laneNumberKey, metaKey, pathKey, subjectKey } from "../../store/keys.js";
import { encodeClockRecord, encodeHeadRecord, encodeLaneNumber, type HeadRecord } from "../../store/records.js";
import { audited } from "../rig/audited-store.suite.js";
import { appended, laneIdOf, parts, Rig } from "../rig/feed-rig.suite.js";
import { type NaiveEvent, naiveLane } from "../rig/naive-lane.suite.js";
import type { FeedNotice } from "./feed-vocabulary.js";

function eventsOf(rig: Rig, path: string): NaiveEvent[] {
  return naiveLane(rig.keys, rig.laneNumber(path), laneIdOf(rig.author, path, { index: 0, nonce: rig.instance }));
}

function stampsOf(rig: Rig, path: string) {
  return eventsOf(rig, path).map(({ stamp: [wallMs, counter] }) => ({ wallMs, counter }));
}

test("after a restart the chain goes on without a gap", () => {
  const rig = new Rig();
  rig.append("s", parts("1"), parts("2"));
  rig.start();
  expect(rig.append("s", parts("3")).seqs.first).toBe(3);
  const again = new Rig({ keys: rig.keys });
  expect(again.append("s", parts("4")).seqs.first).toBe(4);
  expect(again.append("t", parts("1")).seqs.first).toBe(1);
  expect(again.laneNumber("t")).toBe(1);
  expect(eventsOf(again, "s").length).toBe(4);
});

test("runs that end in order do not carry the clock ahead of the time", () => {
  const rig = new Rig();
  for (let run = 0; run < 50; run++) {
    rig.start();
    rig.feed(rig.command("a", parts("x"))).commit();
    const rest = rig.feed({ kind: "rest", token: 1 });
    expect(rest.effects.at(-1)).toEqual({ kind: "notify", notice: { kind: "passed", token: 1 } });
    rest.commit();
    rig.wallMs += 1;
  }
  expect(stampsOf(rig, "a").at(-1)?.wallMs).toBe(rig.wallMs - 1);
});

test("stamps rise over restarts and whatever the wall clock does, and none reaches the reserve unraised", () => {
  const anyStep = fc.record({
    wall: fc.integer({ min: -5_000_000, max: 5_000 }),
    path: fc.constantFrom("a", "b"),
    restart: fc.boolean(),
    count: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
      const rig = new Rig();
      let last = { wallMs: 0, counter: 0 };
      for (const { wall, path, restart, count } of steps) {
        if (restart) rig.start();
        rig.wallMs += wall;
        const reserved = rig.view.clock() ?? { wallMs: 0, counter: 0 };
        const turn = rig.feed(rig.command(path, ...Array.from({ length: count }, () => parts("x"))));
        turn.commit();
        const stamps = stampsOf(rig, path).slice(-count);
        for (const stamp of stamps) {
          expect(compareStamps(last, stamp)).toBeLessThan(0);
          if (restart) expect(compareStamps(reserved, stamp)).toBeLessThan(0);
          last = stamp;
        }
        const reserve = rig.view.clock() as typeof last;
        expect(compareStamps(last, reserve)).toBeLessThan(0);
        expect(reserve.wallMs).toBeLessThanOrEqual(last.wallMs + clockReserveMs);
        if (compareStamps(last, reserved) < 0) expect(turn.writes.some(({ kind }) => kind === "clock")).toBe(false);
      }
    }),
  );
});

test("stamps given out in a turn that was lost may come again, and nothing else may", () => {
  const rig = new Rig();
  rig.append("s", parts("1"));
  rig.feed(rig.command("s", parts("lost")));
  rig.start();
  rig.wallMs -= 60_000;
  rig.append("s", parts("2"));
  const [first, second] = stampsOf(rig, "s");
  expect(compareStamps(first, second)).toBeLessThan(0);
  expect(second.wallMs).toBe(first.wallMs + clockReserveMs);
});

test("a clock before the day of the build, or beyond the last stamp, stamps nothing", () => {
  const rig = new Rig();
  const refusal = () => rig.feed(rig.command("s", parts("x"))).notices[0] as FeedNotice & { readonly kind: "refused" };
  for (const wallMs of [buildWallMs - 1, 0, stampWallMsMax]) {
    rig.wallMs = wallMs;
    expect([refusal().kind, refusal().code]).toEqual(["refused", "clock"]);
  }
  rig.wallMs = buildWallMs;
  expect(rig.append("s", parts("1")).seqs.first).toBe(1);
  rig.wallMs = 0;
  expect(rig.append("s", parts("2")).seqs.first).toBe(2);
});

function expectCorrupt(rig: Rig, path: string, words: RegExp): void {
  rig.start();
  const turn = rig.feed(rig.command(path, parts("x")));
  const [notice] = turn.notices as [FeedNotice & { readonly kind: "refused" }];
  expect([notice.kind, notice.code]).toEqual(["refused", "corrupt"]);
  expect(notice.reason).toMatch(words);
  expect(turn.batch).toEqual([]);
  expect(rig.feed(rig.command(path, parts("y"))).notices[0].kind).toBe("refused");
}

/** Two lanes; the first has several blocks. */
function grown(): Rig {
  const rig = new Rig();
  rig.append("s", ...Array.from({ length: 40 }, () => parts(700)));
  rig.append("s", parts("tail"));
  rig.append("t", parts("other"));
  return rig;
}

test("no byte of a lane's head, but what it says of freezing, can change unseen before the lane is written on", () => {
  const rig = grown();
  const before = rig.keys.snapshot();
  const head = rig.keys.get(headKey(0)) as Uint8Array;
  // freezeAt: eight bytes behind version, flags, size, head id and stamp.
  const [from, to] = [1 + 1 + 8 + 32 + 8, 1 + 1 + 8 + 32 + 8 + 8];
  for (let byte = 0; byte < head.length; byte++) {
    if (byte >= from && byte < to) continue;
    const bent = head.slice();
    bent[byte] ^= 1 << ((byte * 5) % 8);
    rig.keys.restore(before);
    rig.keys.put(headKey(0), bent);
    expectCorrupt(rig, "s", /lane 0|the clock/);
  }
});

test("no bit of a lane's last block can change unseen before the lane is written on", () => {
  const rig = grown();
  const before = rig.keys.snapshot();
  const key = blockKey(0, rig.view.head(0)?.lastBlockSeq as number);
  const block = rig.keys.get(key) as Uint8Array;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: block.length * 8 - 1 }), (bit) => {
      const bent = block.slice();
      bent[bit >> 3] ^= 1 << (bit & 7);
      rig.keys.restore(before);
      rig.keys.put(key, bent);
      expectCorrupt(rig, "s", /lane 0/);
    }),
    { numRuns: 200 },
  );
});

test("a lane of which a piece is missing, or is another lane's, is not written on", () => {
  const rig = grown();
  const before = rig.keys.snapshot();
  const head = rig.view.head(0) as HeadRecord;
  const lane = rig.view.lane(0);
  if (lane === undefined) throw new Error("no lane 0");
  const number = laneNumberKey(lane.subject, lane.author, lane.epoch);
  const damage: readonly (readonly [words: RegExp, hurt: () => void])[] = [
    [/head is missing/, () => rig.keys.remove(headKey(0))],
    [/last block is missing/, () => rig.keys.remove(blockKey(0, head.lastBlockSeq))],
    [/another lane's/, () => rig.keys.remove(laneKey(0))],
    [/another lane's/, () => rig.keys.put(number, encodeLaneNumber(1))],
    [/lanes of a subject/, () => rig.keys.put(number, Uint8Array.of(1))],
    [/lane 0/, () => rig.keys.put(laneKey(0), Uint8Array.of(1))],
    [
      /did not sign/,
      () => rig.keys.put(headKey(0), encodeHeadRecord({ ...head, seal: { ...head.seal, stamp: { wallMs: 7, counter: 7 } } })),
    ],
    [/the one its head tells of/, () => rig.keys.put(headKey(0), encodeHeadRecord({ ...head, lastBlockSeq: 1 }))],
    [/stamp in its head/, () => rig.keys.put(headKey(0), encodeHeadRecord({ ...head, stamp: { wallMs: 7, counter: 7 } }))],
    [/seal of size/, () => rig.keys.put(headKey(0), encodeHeadRecord({ ...head, seal: { ...head.seal, size: 1 } }))],
  ];
  for (const [words, hurt] of damage) {
    rig.keys.restore(before);
    hurt();
    expectCorrupt(rig, "s", words);
    expect(rig.append("t", parts("goes on")).seqs.first).toBe(2);
  }
});

test("a clock that lost what it had is not stamped by", () => {
  const rig = grown();
  rig.wallMs -= 10_000_000;
  rig.keys.put(metaKey("clock"), encodeClockRecord({ wallMs: rig.wallMs, counter: 0 }));
  expectCorrupt(rig, "s", /the clock/);
  rig.keys.remove(metaKey("clock"));
  expectCorrupt(rig, "s", /the clock/);
});

test("a subject whose path is lost or leads elsewhere is still the one its name says", () => {
  const rig = grown();
  const subject = rig.view.lane(0)?.subject;
  if (subject === undefined) throw new Error("no lane 0");
  rig.keys.put(pathKey(rig.command("s").path), rig.view.lane(1)?.subject as Uint8Array);
  rig.keys.remove(subjectKey(subject));
  rig.start();
  expect(rig.append("s", parts("x")).seqs.first).toBe(42);
});

test("a number that something in the store goes by is not given to a new lane", () => {
  const rig = grown();
  rig.keys.remove(laneKey(1));
  rig.start();
  rig.append("u", parts("x"));
  expect(rig.laneNumber("u")).toBe(2);
  rig.keys.remove(laneKey(2));
  rig.keys.remove(headKey(2));
  rig.start();
  expect(rig.view.nextLaneNumber()).toBe(3);
});

test("a tail of a single large event is gone on behind after a restart", () => {
  const rig = new Rig();
  rig.append("s", parts(2 * blockBytesMax));
  rig.start();
  const turn = rig.feed(rig.command("s", parts("small")));
  turn.commit();
  expect(appended(turn.notices[0]).seqs.first).toBe(2);
  expect(turn.writes.map((write) => (write.kind === "appended" ? write.tail.blocks.length : 0))).toEqual([1, 0]);
  expect(eventsOf(rig, "s").map(({ block }) => block)).toEqual([1, 2]);
});

test("a core at rest brings the reserve down to just above its last stamp, and stamps rise from there", () => {
  const rig = new Rig();
  const rest = () => rig.feed({ kind: "rest", token: 1 });
  expect(rest().writes).toEqual([]);
  rig.append("s", parts("1"), parts("2"));
  const turn = rest();
  turn.commit();
  expect(turn.notices).toEqual([{ kind: "passed", token: 1 }]);
  expect(rig.view.clock()).toEqual({ wallMs: rig.wallMs, counter: 2 });
  expect(audited(rig.keys).problems).toEqual([]);
  expect(rest().writes).toEqual([]);
  rig.append("s", parts("3"));
  expect(audited(rig.keys).problems).toEqual([]);
  rest().commit();
  rig.start();
  rig.wallMs -= 5_000;
  rig.append("s", parts("4"));
  const counters = stampsOf(rig, "s").map(({ wallMs, counter }) => [wallMs - rig.wallMs, counter]);
  expect(counters).toEqual([
    [5_000, 0],
    [5_000, 1],
    [5_000, 2],
    [5_000, 4],
  ]);
  expect(audited(rig.keys).problems).toEqual([]);
});
