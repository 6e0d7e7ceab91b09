import { linkKeepAliveMs, linkPiecesMax, linkSocketControlBytesMax, Malformed, silentLinkMsMax } from "@sinter/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HandClock } from "../../../core/src/protocol/hand-ports.suite.js";
import { SeededRandom } from "../../../simulator/src/seeded-random.js";
import { type Came, cameOf, type Piece, pieceBytes } from "./datagrams.js";
import { framesAtOnce, PieceLane } from "./piece-lane.js";
import { ReplayWindow } from "./replay-window.js";

interface Said {
  readonly number: number;
  readonly came: Came;
  readonly piece: Piece | undefined;
}

/** One end: what it says is carried by hand. */
class Side {
  readonly lane: PieceLane;
  readonly window = new ReplayWindow();
  readonly frames: number[] = [];
  stream = Buffer.alloc(0);
  ended = "no";
  lost = "no";
  fault: Malformed | undefined;
  said = 0;
  out: (said: Said) => void = () => undefined;

  constructor(clock: HandClock) {
    this.lane = new PieceLane({
      clock,
      say: (piece) => {
        const number = ++this.said;
        this.out({ number, came: cameOf(this.window), piece });
        return number;
      },
      part: (bytes) => {
        this.stream = Buffer.concat([this.stream, bytes]);
      },
      frame: (bytes) => void this.frames.push(bytes[0] as number),
      ended: () => {
        this.ended = "yes";
      },
      lost: () => {
        this.lost = "yes";
        this.lane.stop();
      },
    });
  }

  hear({ number, came, piece }: Said): void {
    if (this.window.has(number) !== "new") return;
    this.window.add(number);
    this.fault ??= this.lane.heard(came, piece);
  }
}

interface Weather {
  readonly lost: number;
  readonly late: number;
}

/** Two ends with a way between them, of which datagrams are lost and held up by chance. */
function pair({ lost, late }: Weather, seed = 1) {
  const clock = new HandClock();
  const random = new SeededRandom(seed);
  const [one, other] = [new Side(clock), new Side(clock)];
  const counts = { said: 0, most: 0, underWay: 0 };
  const carry = (to: Side) => (said: Said) => {
    counts.said++;
    if (random.below(100) < lost) return;
    const delayMs = 10 + (random.below(100) < late ? random.below(60) : 0);
    counts.underWay++;
    counts.most = Math.max(counts.most, counts.underWay);
    clock.after(delayMs, () => {
      counts.underWay--;
      to.hear(said);
    });
  };
  one.out = carry(other);
  other.out = carry(one);
  return { clock, one, other, counts };
}

const some = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

/** In steps, so that what falls due is heard. */
function until(clock: HandClock, condition: () => boolean): void {
  for (let step = 0; step < 60_000 && !condition(); step++) clock.advance(5);
  expect(condition()).toBe(true);
}

test("a stream arrives as it was said, both ways, whatever is lost and however it is mixed up, and ends", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 60 }), fc.nat(), fc.nat(40_000), (lost, late, seed, length) => {
      const { clock, one, other } = pair({ lost, late }, seed);
      const [forth, back] = [some(length), some(length >> 3)];
      let over = 0;
      one.lane.write([forth.subarray(0, length >> 1), forth.subarray(length >> 1)], () => one.lane.end(() => over++));
      other.lane.write([back], () => other.lane.end(() => over++));
      until(clock, () => over === 2);
      expect([one.ended, other.ended, one.fault, other.fault]).toEqual(["yes", "yes", undefined, undefined]);
      expect(other.stream.equals(forth) && one.stream.equals(back)).toBe(true);
      for (const side of [one, other]) side.lane.stop();
    }),
    { numRuns: 25 },
  );
});

test("frames come each once, though many are lost, and wait for no stream", () => {
  const { clock, one, other } = pair({ lost: 30, late: 30 });
  one.lane.write([some(400_000)], () => undefined);
  for (let number = 0; number < 200; number++) one.lane.frame(Uint8Array.of(number));
  until(clock, () => other.frames.length === 200);
  expect(other.stream.length).toBeLessThan(400_000);
  expect([...other.frames].sort((left, right) => left - right)).toEqual(Array.from({ length: 200 }, (_, index) => index));
  until(clock, () => other.stream.length === 400_000);
  expect(other.frames.length).toBe(200);
});

test("nothing is said twice where nothing is lost, and little besides", () => {
  const { clock, one, other, counts } = pair({ lost: 0, late: 0 });
  one.lane.write([some(1_000_000)], () => undefined);
  until(clock, () => other.stream.length === 1_000_000);
  const pieces = Math.ceil(1_000_000 / pieceBytes);
  expect(one.said).toBe(pieces);
  expect(counts.said).toBeLessThan(pieces * 1.2);
});

test("not more is under way than the other side would keep, though nothing is heard of it", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  const pieces = new Set<number>();
  // The first piece never arrives: behind it all others wait.
  const { out } = one;
  one.out = (said) => {
    if (said.piece !== undefined) pieces.add(said.piece.seq);
    if (said.piece?.seq !== 0) out(said);
  };
  one.lane.write([some(2 * linkPiecesMax * pieceBytes)], () => undefined);
  for (let step = 0; step < 1_000; step++) clock.advance(20);
  expect(Math.max(...pieces)).toBe(linkPiecesMax - 1);
  expect([other.stream.length, other.fault, one.lost]).toEqual([0, undefined, "no"]);
  one.out = out;
  until(clock, () => other.stream.length === 2 * linkPiecesMax * pieceBytes);
});

test("a piece further ahead than any may be is malformed, and the last one that may be is not", () => {
  for (const [seq, expected] of [
    [linkPiecesMax - 1, undefined],
    [linkPiecesMax, expect.any(Malformed)],
  ] as const) {
    const side = new Side(new HandClock());
    side.hear({ number: 1, came: { highest: 0, before: new Uint8Array(8) }, piece: { kind: "part", seq, bytes: some(1) } });
    expect(side.fault).toEqual(expected);
  }
});

test("who says that something came that was never sent is malformed", () => {
  const side = new Side(new HandClock());
  side.hear({ number: 1, came: { highest: 1, before: new Uint8Array(8) }, piece: undefined });
  expect(side.fault).toBeInstanceOf(Malformed);
});

test("what follows the end of a stream is passed over", () => {
  const side = new Side(new HandClock());
  const came = { highest: 0, before: new Uint8Array(8) };
  side.hear({ number: 1, came, piece: { kind: "end", seq: 0, bytes: some(0) } });
  side.hear({ number: 2, came, piece: { kind: "part", seq: 1, bytes: some(9) } });
  side.hear({ number: 3, came, piece: { kind: "end", seq: 2, bytes: some(0) } });
  expect([side.ended, side.stream.length, side.fault]).toEqual(["yes", 0, undefined]);
});

test("frames that wait for somebody who hears nothing overflow", () => {
  const { one } = pair({ lost: 100, late: 0 });
  const most = framesAtOnce + Math.floor(linkSocketControlBytesMax / pieceBytes);
  for (let count = 0; count < most; count++) expect(one.lane.frame(some(1))).toBe("taken");
  expect(one.lane.frame(some(1))).toBe("overflow");
});

test("an idle lane asks now and then whether anybody is there, and is lost where nobody is for long", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  clock.advance(10 * linkKeepAliveMs);
  expect([one.lost, other.lost]).toEqual(["no", "no"]);
  expect(one.said + other.said).toBeLessThan(60);
  other.lane.stop();
  one.out = () => undefined;
  clock.advance(linkKeepAliveMs);
  expect(one.lost).toBe("no");
  clock.advance(silentLinkMsMax + 2_000);
  expect(one.lost).toBe("yes");
});

test("a lane that is stopped leaves no timer, and says nothing more", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  one.lane.write([some(5_000)], () => undefined);
  clock.advance(11);
  for (const side of [one, other]) side.lane.stop();
  const said = one.said + other.said;
  one.lane.frame(some(1));
  one.lane.tell();
  clock.advance(60_000);
  expect([clock.waiting, one.said + other.said]).toEqual([0, said]);
});

test("a way that holds pieces up is not filled with them, nor one that does so from some moment on", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  const bytes = { slower: 500_000, all: 1_500_000 };
  // One piece at a time goes through; what comes faster waits.
  let freeAt = 0;
  const { out } = one;
  one.out = (said) => {
    freeAt = Math.max(freeAt + (other.stream.length < bytes.slower ? 1 : 4), clock.ms);
    clock.after(freeAt - clock.ms, () => out(said));
  };
  // Once it is known how long a round takes.
  const longest = { before: 0, after: 0 };
  one.lane.write([some(bytes.all)], () => undefined);
  until(clock, () => {
    const [come, waitMs] = [other.stream.length, freeAt - clock.ms];
    if (come > bytes.slower / 3 && come < bytes.slower) longest.before = Math.max(longest.before, waitMs);
    if (come > (bytes.slower + bytes.all) / 2) longest.after = Math.max(longest.after, waitMs);
    return come === bytes.all;
  });
  expect(longest.before).toBeLessThan(150);
  expect(longest.after).toBeLessThan(250);
  expect(one.said).toBeLessThan(1.1 * Math.ceil(bytes.all / pieceBytes));
});

test("parts are said however many frames are under way, and of frames only so many are said at once", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  const { out } = one;
  const said = { frame: new Set<number>(), part: new Set<number>(), end: new Set<number>() };
  one.out = ({ piece }) => void (piece && said[piece.kind].add(piece.seq));
  for (let count = 0; count < 3 * framesAtOnce; count++) one.lane.frame(Uint8Array.of(count & 0xff));
  one.lane.write([some(10 * pieceBytes)], () => undefined);
  clock.advance(100);
  expect([said.frame.size, said.part.size]).toEqual([framesAtOnce, 10]);
  one.out = out;
  until(clock, () => other.frames.length === 3 * framesAtOnce && other.stream.length === 10 * pieceBytes);
});

test("a part that was lost is said again while frames follow one another", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  const { out } = one;
  let lost = 0;
  one.out = (said) => {
    if (said.piece?.seq === 0 && lost++ === 0) return;
    out(said);
  };
  one.lane.write([some(1)], () => undefined);
  // As many as are never all heard of.
  for (let ms = 0; ms < 100; ms++) {
    one.lane.frame(Uint8Array.of(ms));
    clock.advance(1);
  }
  expect([lost, other.stream.length]).toEqual([2, 1]);
});

test("what is said anew does not put off what nothing was heard of", () => {
  const { clock, one } = pair({ lost: 100, late: 0 });
  const seqs: number[] = [];
  one.out = ({ piece }) => void seqs.push(piece?.seq ?? -1);
  for (let ms = 0; ms < 1_000; ms += 10) {
    one.lane.frame(some(1));
    clock.advance(10);
  }
  expect(seqs.filter((seq) => seq === 0).length).toBeGreaterThan(1);
});

test("after quiet times it is as fast again as at first", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  const bytes = 1_000_000;
  const tookMs = (length: number): number => {
    const [began, before] = [clock.ms, other.stream.length];
    one.lane.write([some(length)], () => undefined);
    until(clock, () => other.stream.length === before + length);
    return clock.ms - began;
  };
  const first = tookMs(bytes);
  for (let time = 0; time < 3; time++) {
    clock.advance(11_000);
    tookMs(1);
  }
  clock.advance(11_000);
  expect(tookMs(bytes)).toBeLessThan(2 * first);
});

test("an idle lane asks once at a time", () => {
  const clock = new HandClock();
  const side = new Side(clock);
  clock.advance(linkKeepAliveMs);
  expect(side.said).toBe(1);
  side.lane.stop();
});

test("what comes after all, though it was overtaken, is not said once more", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  const { out } = one;
  let first = 0;
  one.out = (said) => {
    if (said.piece?.seq !== 0) return out(said);
    // Held up, and what is said again instead of it is lost.
    if (first++ === 0) clock.after(30, () => out(said));
  };
  one.lane.write([some(12 * pieceBytes)], () => undefined);
  clock.advance(2_000);
  expect([other.stream.length, first]).toEqual([12 * pieceBytes, 2]);
});

test("a frame that was lost is said again at once, though there is no room for parts", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  const { out } = one;
  let first = 0;
  one.out = (said) => {
    if (said.piece?.kind === "part" || (said.piece?.seq === 0 && first++ === 0)) return;
    out(said);
  };
  for (let number = 0; number < 5; number++) one.lane.frame(Uint8Array.of(number));
  one.lane.write([some(100 * pieceBytes)], () => undefined);
  clock.advance(31);
  expect(other.frames).toEqual([1, 2, 3, 4, 0]);
});

test("what is said after a quiet time is said once", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  clock.advance(linkKeepAliveMs / 2);
  one.lane.write([some(1)], () => undefined);
  clock.advance(1_000);
  expect([other.stream.length, one.said]).toEqual([1, 1]);
});

test("what was overtaken, and waits for room to be said again, is not when it has come", () => {
  const { clock, one, other } = pair({ lost: 0, late: 0 });
  one.lane.write([some(60 * pieceBytes)], () => undefined);
  clock.advance(1_000);
  const before = one.said;
  // The first six come last, and between is heard of one of the others alone.
  const held: Said[] = [];
  const { out } = one;
  one.out = (said) => void (held.length < 6 ? held.push(said) : out(said));
  const told = other.out;
  let tells = 0;
  other.out = (said) => void ((tells++ === 0 || held.length === 0) && told(said));
  one.lane.write([some(55 * pieceBytes)], () => undefined);
  clock.advance(15);
  one.out = out;
  for (const said of held.splice(0)) other.hear(said);
  other.lane.tell();
  clock.advance(1_000);
  expect([other.stream.length, one.said - before]).toEqual([115 * pieceBytes, 55]);
});
