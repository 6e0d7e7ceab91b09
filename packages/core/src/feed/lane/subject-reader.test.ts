import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { compareStamps, type Stamp } from "../../clock/stamp.js";
import { subjectId } from "../../identity/ids.js";
import { blockKey, laneRange, tableRange } from "../../store/keys.js";
import { MemoryKeys } from "../../store/memory-keys.js";
import { blockFirstSeq, blockHeaderBytes } from "../event/block.js";
import { type EventParts, type Origin, systemKindMax } from "../event/event.js";
import { redact } from "../rig/absent-lane.suite.js";
import { putLane } from "../rig/crafted-lane.suite.js";
import { hasher, network, nonce, parts, pathOf, Rig, SpoilingKeys, standInSigner } from "../rig/feed-rig.suite.js";
import { append, run } from "../rig/twins.suite.js";
import { DamagedStore, FeedView } from "./feed-view.js";
import { comparePlaces, isSameEvent, type Place } from "./order.js";
import { eventsInOrder, type LaneSpan, type StoredEvent, spanBetween } from "./subject-reader.js";

const START = 1_800_000_000_000;
const subject = subjectId(hasher, network, pathOf("s"));

interface Sketch {
  readonly author: number;
  readonly index: number;
  readonly instance: number;
  /** Milliseconds and counter an event. */
  readonly stamps: readonly (readonly [number, number])[];
  /** Of some of the events, by their index: where each first stood. */
  readonly origins?: ReadonlyMap<
    number,
    {
      readonly index: number;
      readonly instance: number;
      readonly seq: number;
      readonly at: readonly [number, number];
      readonly named?: number;
    }
  >;
}

const stampOf = ([ms, counter]: readonly [number, number]): Stamp => ({ wallMs: START + ms, counter });

function eventsOfSketch({ stamps, origins }: Sketch): EventParts[] {
  return stamps.map((stamp, at): EventParts => {
    const moved = origins?.get(at);
    const origin: Origin | undefined = moved && {
      epoch: { index: moved.index, nonce: nonce(moved.instance) },
      seq: moved.seq,
      stamp: stampOf(moved.at),
      id: new Uint8Array(32).fill(moved.named ?? at),
    };
    return {
      kind: 128 + (at % 3),
      codec: at % 4,
      stamp: stampOf(stamp),
      payload: Uint8Array.of(at),
      key: at % 2 === 0 ? undefined : Uint8Array.of(at, at),
      origin,
    };
  });
}

/** The store, and the ids of all its events in the order that the definition gives. */
function storeOf(
  sketches: readonly Sketch[],
  perBlock = 3,
): { readonly keys: MemoryKeys; readonly view: FeedView; readonly order: string[] } {
  const keys = new MemoryKeys();
  const placed: Place[] = [];
  sketches.forEach((sketch, lane) => {
    const epoch = { index: sketch.index, nonce: nonce(sketch.instance) };
    const author = standInSigner(sketch.author).publicKey as Place["author"];
    const events = eventsOfSketch(sketch);
    const ids = putLane(keys, { lane, author: sketch.author, path: "s", epoch, events, perBlock });
    events.forEach(({ stamp, origin }, at) => {
      const moved = sketch.index === 0 ? undefined : origin;
      const own = { ...stamp, author, epoch, seq: at + 1, id: ids[at] };
      const place = { ...own, lies: own };
      placed.push(moved === undefined ? place : { ...place, ...moved.stamp, epoch: moved.epoch, seq: moved.seq, id: moved.id });
    });
  });
  const first = placed.sort(comparePlaces).filter((place, at) => at === 0 || !isSameEvent(placed[at - 1], place));
  return { keys, view: new FeedView(new SpoilingKeys(keys)), order: first.map(({ lies }) => toHex((lies as Place).id)) };
}

function spansOf(view: FeedView, bounds: { readonly from?: Stamp; readonly to?: Stamp } = {}): LaneSpan[] {
  return [...view.lanes(subject)].map((entry) => spanBetween(view, hasher, entry, view.head(entry.number)?.size ?? 0, bounds));
}

function read(view: FeedView, spans = spansOf(view)): StoredEvent[] {
  return [...eventsInOrder(view, hasher, subject, spans)];
}

const idsOf = (events: readonly StoredEvent[]) => events.map(({ id }) => toHex(id));

const anyStamps = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 })), {
  selector: (stamp) => stamp.join(),
  minLength: 1,
  maxLength: 12,
});
const anySketch: fc.Arbitrary<Sketch> = fc
  .record({
    author: fc.integer({ min: 1, max: 3 }),
    index: fc.integer({ min: 0, max: 2 }),
    instance: fc.integer({ min: 1, max: 2 }),
    stamps: anyStamps,
  })
  .map((sketch) => ({ ...sketch, stamps: sketch.stamps.sort((left, right) => left[0] - right[0] || left[1] - right[1]) }))
  .chain((sketch) => {
    const at = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }));
    const origin = fc.record({
      index: fc.integer({ min: 0, max: 2 }),
      instance: fc.integer({ min: 1, max: 2 }),
      seq: fc.integer({ min: 1, max: 9 }),
      at,
      named: fc.integer({ min: 0, max: 2 }),
    });
    const origins = fc.array(origin, { maxLength: sketch.stamps.length });
    // None is later than the event itself: that is malformed.
    const earlier = (one: readonly [number, number], other: readonly [number, number]) =>
      (one[0] - other[0] || one[1] - other[1]) < 0 ? one : other;
    const valid = (one: Readonly<{ at: [number, number] }>, index: number) => ({ ...one, at: earlier(one.at, sketch.stamps[index]) });
    return origins.map((each) => ({ ...sketch, origins: new Map(each.map((one, index) => [index, { ...one, ...valid(one, index) }])) }));
  });
const anySketches = fc.uniqueArray(anySketch, {
  selector: ({ author, index, instance }) => `${author} ${index} ${instance}`,
  maxLength: 6,
});

test("all lanes of a subject are read in the one total order, each event once, wherever origins put it", () => {
  fc.assert(
    fc.property(anySketches, fc.integer({ min: 1, max: 5 }), (sketches, perBlock) => {
      const { view, order } = storeOf(sketches, perBlock);
      expect(idsOf(read(view))).toEqual(order);
    }),
    { numRuns: 300 },
  );
});

test("equal stamps are ordered by author, then epoch", () => {
  const stamps = [[1, 0] as const, [1, 1] as const];
  const { view, order } = storeOf([
    { author: 2, index: 0, instance: 1, stamps },
    { author: 1, index: 1, instance: 2, stamps },
    { author: 1, index: 0, instance: 1, stamps },
    { author: 1, index: 1, instance: 1, stamps },
  ]);
  const events = read(view);
  expect(idsOf(events)).toEqual(order);
  expect(events.slice(0, 4).map(({ stamp: { counter } }) => counter)).toEqual([0, 0, 0, 0]);
  const own = events.filter(({ author }) => toHex(author) === toHex(standInSigner(1).publicKey));
  expect(own.slice(0, 3).map(({ epoch }) => [epoch.index, epoch.nonce[0]])).toEqual([
    [0, 1],
    [1, 1],
    [1, 2],
  ]);
});

test("an event appended again in a later epoch stands where it first stood, under its new seq and id", () => {
  const { view } = storeOf([
    {
      author: 1,
      index: 0,
      instance: 1,
      stamps: [
        [1, 0],
        [3, 0],
      ],
    },
    {
      author: 2,
      index: 0,
      instance: 5,
      stamps: [
        [2, 0],
        [4, 0],
        [9, 0],
      ],
    },
    {
      author: 1,
      index: 1,
      instance: 2,
      stamps: [
        [7, 0],
        [7, 1],
        [8, 0],
      ],
      origins: new Map([[1, { index: 0, instance: 9, seq: 3, at: [2, 5] }]]),
    },
  ]);
  expect(read(view).map(({ stamp: { wallMs, counter }, epoch, seq }) => [wallMs - START, counter, epoch.index, seq])).toEqual([
    [1, 0, 0, 1],
    [2, 0, 0, 1],
    [7, 1, 1, 2],
    [3, 0, 0, 2],
    [4, 0, 0, 2],
    [7, 0, 1, 1],
    [8, 0, 1, 3],
    [9, 0, 0, 3],
  ]);
});

test("an origin of the same index and seq but another instance is a place of its own", () => {
  const origins = new Map([[0, { index: 1, instance: 9, seq: 1, at: [0, 0] as const }]]);
  const { view, order } = storeOf([
    {
      author: 1,
      index: 1,
      instance: 2,
      stamps: [
        [5, 0],
        [6, 0],
      ],
      origins,
    },
    {
      author: 2,
      index: 0,
      instance: 1,
      stamps: [
        [1, 0],
        [5, 5],
      ],
    },
  ]);
  expect(idsOf(read(view))).toEqual(order);
});

test("an origin in a feed's first epoch puts nothing elsewhere, and loses nothing", () => {
  const origins = new Map([[1, { index: 0, instance: 9, seq: 1, at: [0, 0] as const }]]);
  const { view } = storeOf([
    {
      author: 1,
      index: 0,
      instance: 1,
      stamps: [
        [1, 0],
        [2, 0],
        [3, 0],
      ],
      origins,
    },
  ]);
  expect(read(view).map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test("an event is handed out with all it has, as a copy", () => {
  const { keys, view } = storeOf([
    {
      author: 1,
      index: 0,
      instance: 1,
      stamps: [
        [1, 0],
        [2, 7],
      ],
    },
  ]);
  const [first, second] = read(view);
  expect([first.key, second.key]).toEqual([undefined, Uint8Array.of(1, 1)]);
  expect([second.kind, second.codec, second.payload, second.stamp, second.seq]).toEqual([
    129,
    1,
    Uint8Array.of(1),
    { wallMs: START + 2, counter: 7 },
    2,
  ]);
  const block = keys.get(blockKey(0, 1)) as Uint8Array;
  const before = toHex(block);
  (second.payload as Uint8Array).fill(9);
  second.key?.fill(9);
  expect(toHex(block)).toBe(before);
});

test("bounds are by the stamps at which events stand: from the first that is not below, to the last that is below", () => {
  fc.assert(
    fc.property(
      anySketches,
      fc.integer({ min: -1, max: 7 }),
      fc.integer({ min: -1, max: 8 }),
      fc.integer({ min: 0, max: 3 }),
      (sketches, from, to, counter) => {
        const { view } = storeOf(sketches, 2);
        const bounds = { from: stampOf([from, counter]), to: stampOf([to, counter]) };
        const within = ({ stamp, epoch, origin }: StoredEvent) => {
          const { wallMs, counter: own } = epoch.index > 0 && origin !== undefined ? origin.stamp : stamp;
          const at = [wallMs - START, own] as const;
          return (at[0] - from || at[1] - counter) >= 0 && (at[0] - to || at[1] - counter) < 0;
        };
        const chosen = idsOf(read(view, spansOf(view, bounds)));
        expect(chosen).toEqual(idsOf(read(view).filter(within)));
      },
    ),
    { numRuns: 150 },
  );
});

test("windows one behind the other have every event, each in one of them", () => {
  const cut = fc.tuple(fc.integer({ min: -1, max: 8 }), fc.integer({ min: 0, max: 3 })).map(stampOf);
  fc.assert(
    fc.property(anySketches, fc.array(cut, { minLength: 1, maxLength: 4 }), (sketches, cuts) => {
      const { view, order } = storeOf(sketches, 2);
      const bounds = [undefined, ...cuts.sort(compareStamps), undefined];
      const windows = bounds.slice(1).map((to, at) => ({ ...(bounds[at] && { from: bounds[at] }), ...(to && { to }) }));
      expect(windows.flatMap((window) => idsOf(read(view, spansOf(view, window))))).toEqual(order);
    }),
    { numRuns: 150 },
  );
});

test("a bound left out is none", () => {
  const { view } = storeOf([
    {
      author: 1,
      index: 0,
      instance: 1,
      stamps: [
        [1, 0],
        [2, 0],
        [3, 0],
      ],
    },
  ]);
  const seqs = (bounds: Parameters<typeof spansOf>[1]) => read(view, spansOf(view, bounds)).map(({ seq }) => seq);
  expect([seqs({}), seqs({ from: stampOf([2, 0]) }), seqs({ to: stampOf([2, 0]) })]).toEqual([[1, 2, 3], [2, 3], [1]]);
});

test("a span may begin and end within a block", () => {
  const stamps = Array.from({ length: 10 }, (_, at) => [at, 0] as const);
  const { view } = storeOf([{ author: 1, index: 1, instance: 1, stamps }], 4);
  const [span] = spansOf(view);
  for (const [next, end] of [
    [1, 1],
    [2, 3],
    [3, 8],
    [4, 5],
    [5, 11],
    [10, 11],
  ]) {
    expect(read(view, [{ ...span, next, end }]).map(({ seq }) => seq)).toEqual(Array.from({ length: end - next }, (_, at) => next + at));
  }
  expect(read(view, [])).toEqual([]);
});

test("what is appended between two events is not lost, and not read beyond the span's end", () => {
  const rig = new Rig();
  rig.append("s", parts("1"), parts("2"));
  const [span] = spansOf(rig.view);
  const events = eventsInOrder(rig.view, hasher, subject, [{ ...span, end: 4 }])[Symbol.iterator]();
  const seqs = [events.next().value?.seq];
  rig.append("s", parts("3"), parts("4"));
  for (let next = events.next(); !next.done; next = events.next()) seqs.push(next.value.seq);
  expect(seqs).toEqual([1, 2, 3]);
});

test("a missing or broken block is damage", () => {
  const stamps = Array.from({ length: 9 }, (_, at) => [at, 0] as const);
  for (const index of [0, 1]) {
    const { keys, view } = storeOf([{ author: 1, index, instance: 1, stamps }], 3);
    const whole = keys.snapshot();
    const [span] = spansOf(view);
    const block = keys.get(blockKey(0, 4)) as Uint8Array;
    keys.remove(blockKey(0, 4));
    expect(() => read(view, [span])).toThrow(DamagedStore);
    keys.restore(whole);
    keys.put(blockKey(0, 4), block.subarray(0, block.length - 1));
    expect(() => read(view, [span])).toThrow(/event 4 of lane 0/);
    keys.restore(whole);
    expect(() => read(view, [{ ...span, end: 11 }])).toThrow(/event 10 of lane 0/);
    expect(read(view, [span]).length).toBe(9);
  }
});

test("no event of a block with an altered byte is handed on, wherever in the lane it lies", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (anyBlock, anyByte, mask) => {
      const rig = new Rig();
      rig.feed(rig.command("s", ...Array.from({ length: 90 }, (_, at) => parts("x".repeat(190) + at)))).commit();
      const [entry] = [...rig.view.lanes(subject)];
      const blocks = [...rig.keys.range(tableRange("block"))];
      expect(blocks.length).toBeGreaterThan(2);
      const [key, block] = blocks[anyBlock % blocks.length];
      const bent = block.slice();
      bent[blockHeaderBytes + (anyByte % (bent.length - blockHeaderBytes))] ^= mask;
      rig.keys.put(key, bent);
      const span = spanBetween(rig.view, hasher, entry, 90, {});
      const read: StoredEvent[] = [];
      expect(() => {
        for (const event of eventsInOrder(rig.view, hasher, subject, [span])) read.push(event);
      }).toThrow(DamagedStore);
      expect(read.length).toBeLessThan(blockFirstSeq(bent));
    }),
    { numRuns: 60 },
  );
});

/** A store that was put back and wrote so much that it takes several blocks, all of which it has appended again in a later epoch. */
function broughtBack(): { readonly rig: Rig; readonly lane: number; readonly texts: readonly string[] } {
  const rig = new Rig();
  const texts = Array.from({ length: 200 }, (_, at) => `again ${at} ${"x".repeat(90)}`);
  append(rig, "1");
  append(rig, ...texts);
  run(rig, { kind: "giveUp", token: 1, place: { author: rig.author, subject, epoch: { index: 0, nonce: nonce(1) } }, from: 2 });
  return { rig, lane: rig.laneNumber("s"), texts };
}

/** Of the lane alone. */
function spanOf({ view }: Rig, lane: number, to?: Stamp): LaneSpan {
  const entry = [...view.lanes(subject)].find(({ number }) => number === lane);
  if (entry === undefined) throw new Error(`no lane ${lane}`);
  return spanBetween(view, hasher, entry, view.head(lane)?.size ?? 0, { to });
}

test("nor is any of a block of events appended again, whichever byte is another", () => {
  const { rig, lane, texts } = broughtBack();
  const blocks = [...rig.keys.range(laneRange("block", lane))];
  expect(blocks.length).toBeGreaterThan(3);
  const whole = rig.keys.snapshot();
  const stamps = read(rig.view, [spanOf(rig, lane)]).flatMap(({ origin }) => origin?.stamp ?? []);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(stamps.length), (anyBlock, anyByte, mask, until) => {
      rig.keys.restore(whole);
      const [key, block] = blocks[anyBlock % blocks.length];
      const bent = block.slice();
      bent[blockHeaderBytes + (anyByte % (bent.length - blockHeaderBytes))] ^= mask;
      rig.keys.put(key, bent);
      const read: StoredEvent[] = [];
      // What lies behind what is stamped so may stand before it, and where it stands is as little believed.
      expect(() => {
        for (const event of eventsInOrder(rig.view, hasher, subject, [spanOf(rig, lane, stamps[until])])) read.push(event);
      }).toThrow(DamagedStore);
      for (const { kind, payload } of read)
        if (kind > systemKindMax) expect(texts).toContain(new TextDecoder().decode(payload as Uint8Array));
    }),
    { numRuns: 60 },
  );
});

test("of events appended again only their places are held: what each says is read when its turn comes, from whatever is there then", () => {
  const { rig, lane, texts } = broughtBack();
  const reading = () => eventsInOrder(rig.view, hasher, subject, [spanOf(rig, lane)])[Symbol.iterator]();
  const said = (events: Iterator<StoredEvent>) => new TextDecoder().decode(events.next().value.payload);
  const events = reading();
  expect(said(events)).toBe(texts[0]);
  redact(rig, "s", 190, lane);
  expect([...texts.keys()].slice(1, 188).map(() => said(events))).toEqual(texts.slice(1, 188));
  expect(events.next().value.payload).toBe("redacted");

  const before = reading();
  expect(said(before)).toBe(texts[0]);
  // What came in its place in the meantime is another event.
  const other = new Rig();
  append(other, "1");
  append(other, ...texts.map((text) => text.replace("again", "other")));
  run(other, { kind: "giveUp", token: 1, place: { author: rig.author, subject, epoch: { index: 0, nonce: nonce(1) } }, from: 2 });
  for (const [key] of [...rig.keys.range(laneRange("block", lane))]) rig.keys.remove(key);
  for (const [key, value] of other.keys.range(laneRange("block", other.laneNumber("s")))) rig.keys.put(key, value);
  const rest = () => texts.map(() => said(before));
  expect(rest).toThrow(DamagedStore);
});
