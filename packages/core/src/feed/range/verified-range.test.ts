import fc from "fast-check";
import { expect, test } from "vitest";
import { blockBytesMax, rangeBytesMax } from "../../bytes/limits.js";
import { Malformed } from "../../bytes/malformed.js";
import { type BlockView, checkBlock } from "../event/block.js";
import { encodeEpochOpened, systemKinds } from "../event/event.js";
import { audited } from "../rig/audited-store.suite.js";
import { putLane } from "../rig/crafted-lane.suite.js";
import { hasher, nonce, parts, Rig } from "../rig/feed-rig.suite.js";
import {
  cutOffer,
  heldFor,
  laneBytes,
  malformedReason,
  offerFrom,
  rangeTools,
  resealed,
  take,
  takeOffer,
  verified,
  withBlocks,
  withCheckpoint,
} from "../rig/offered-lane.suite.js";
import { type RangeOffer, verifyRange } from "./verified-range.js";

function writer(...sizes: readonly number[]): Rig {
  const rig = new Rig();
  for (const size of sizes) rig.append("s", parts(size));
  return rig;
}

function reader(): Rig {
  return new Rig({ author: 2, instance: 2 });
}

/** Appends of so many events each; large events, full blocks and complete groups among them. */
function longWriter(): Rig {
  const rig = new Rig();
  for (let turn = 0; turn < 12; turn++)
    rig.append("s", ...Array.from({ length: 1 + ((turn * 7) % 29) }, (_, at) => parts((turn * 131 + at * 17) % 400)));
  rig.append("s", parts(2 * blockBytesMax), parts(5));
  rig.append("s", parts(blockBytesMax - 100), parts(90), parts(1));
  return rig;
}

const SIZE = longWriter().view.head(0)?.size ?? 0;

test("a lane taken in whole is the author's, byte for byte, and of one frontier", () => {
  const [a, b] = [longWriter(), reader()];
  expect(takeOffer(b, offerFrom(a, "s"))).toBe("taken");
  expect(laneBytes(b, 0)).toEqual(laneBytes(a, 0));
  expect(b.settle().root).toEqual(a.settle().root);
  expect(audited(b.keys)).toEqual({ problems: [], hurt: [], ok: true, events: SIZE, feeds: 1, views: 0 });
});

test("property: in ranges of any cut, in any repetition, it comes to the same bytes", () => {
  const a = longWriter();
  const cuts = fc.array(
    fc.record({ length: fc.integer({ min: 1, max: 80 }), back: fc.nat(90), perBlock: fc.integer({ min: 1, max: 40 }) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(cuts, (pieces) => {
      const b = reader();
      for (const { length, back, perBlock } of pieces) {
        const size = b.view.head(0)?.size ?? 0;
        const from = Math.max(1, Math.min(size + 1, SIZE) - back);
        const to = Math.min(SIZE, from + length - 1);
        expect(takeOffer(b, cutOffer(a, "s", { from, to, perBlock }))).toBe(to <= size ? "held" : "taken");
        expect(audited(b.keys).problems).toEqual([]);
      }
      expect(["taken", "held"]).toContain(takeOffer(b, offerFrom(a, "s", b.view.head(0)?.size ?? 1)));
      expect(laneBytes(b, 0)).toEqual(laneBytes(a, 0));
    }),
    { numRuns: 25 },
  );
});

test("what grows block by block is taken as it is stored, and never copied", () => {
  const [a, b] = [longWriter(), reader()];
  let from = 1;
  for (let pieces = 0; from <= SIZE; pieces++) {
    const offer = offerFrom(a, "s", from, 1);
    const range = verified(b, offer);
    expect(range.blocks.map(({ bytes }) => offer.blocks.includes(bytes))).toEqual(offer.blocks.map(() => true));
    take(b, range);
    a.append("t", parts(pieces));
    from = (b.view.head(0)?.size ?? 0) + 1;
  }
  expect(laneBytes(b, 0)).toEqual(laneBytes(a, 0));
});

test("a half-received lane is handed on with what covers it, and the next replica verifies that alike", () => {
  const [a, b, c] = [longWriter(), reader(), new Rig({ author: 3, instance: 3 })];
  expect(takeOffer(b, cutOffer(a, "s", { from: 1, to: 100, perBlock: 30 }))).toBe("taken");
  expect(b.view.head(0)?.cover).toBeDefined();
  for (let from = 1; from <= 100; from = (c.view.head(0)?.size ?? 0) + 1)
    expect(takeOffer(c, offerFrom(asSeen(b, a), "s", from, 1))).toBe("taken");
  expect(laneBytes(c, 0)).toEqual(laneBytes(b, 0));
  expect(audited(c.keys).problems).toEqual([]);
  expect(takeOffer(c, offerFrom(a, "s", 90))).toBe("taken");
  expect(laneBytes(c, 0)).toEqual(laneBytes(a, 0));
});

/** One store, looked at as another's author would look for its own lanes. */
function asSeen(store: Rig, author: Rig): Rig {
  return new Proxy(store, {
    get: (rig, name) => (name === "laneNumber" ? (path: string) => rig.laneNumber(path, author.author) : Reflect.get(rig, name, rig)),
  });
}

test("an open lane's newer ranges follow on as its last block grows", () => {
  const [a, b] = [new Rig(), reader()];
  for (let turn = 0; turn < 80; turn++) {
    a.append("s", parts(turn * 5), parts(3));
    expect(takeOffer(b, offerFrom(a, "s", 1 + 2 * turn))).toBe("taken");
    expect(laneBytes(b, 0)).toEqual(laneBytes(a, 0));
  }
});

test("a range that follows an older state is stale by what has come since", () => {
  const [a, b] = [writer(10, 20), reader()];
  const range = verified(b, offerFrom(a, "s"));
  expect(take(b, range).kind).toBe("taken");
  const before = laneBytes(b, 0);
  expect(take(b, range)).toEqual({ kind: "stale", token: 1 });
  expect(laneBytes(b, 0)).toEqual(before);
  const other = reader();
  a.append("s", parts(5));
  expect(take(other, verified(b, offerFrom(a, "s", 3))).kind).toBe("stale");
});

test("while one range is being written the next is verified on what will be there", () => {
  const [a, b] = [longWriter(), reader()];
  const first = verified(b, cutOffer(a, "s", { from: 1, to: 50, perBlock: 9 }));
  const second = verifyRange(rangeTools, first.after(), cutOffer(a, "s", { from: 45, to: 130, perBlock: 9 }));
  const range = second instanceof Malformed || second.kind !== "verified" ? undefined : second.range;
  if (range === undefined) throw new Error("not verified");
  expect([take(b, first).kind, take(b, range).kind]).toEqual(["taken", "taken"]);
  expect(takeOffer(b, offerFrom(a, "s", 120))).toBe("taken");
  expect(laneBytes(b, 0)).toEqual(laneBytes(a, 0));
});

// --- what is refused, and why ---

test("a gap before it, within it, and blocks in the wrong order", () => {
  const [a, b] = [longWriter(), reader()];
  expect(malformedReason(b, cutOffer(a, "s", { from: 2, to: 9, perBlock: 4 }))).toBe("a range from seq 2, where 0 events are held");
  const offer = cutOffer(a, "s", { from: 1, to: 9, perBlock: 3 });
  expect(
    malformedReason(
      b,
      withBlocks(offer, ([one, , three]) => [one, three]),
    ),
  ).toBe("a block from seq 7 behind one that ends at 3");
  expect(
    malformedReason(
      b,
      withBlocks(offer, ([one, two, three]) => [one, three, two]),
    ),
  ).toBe("a block from seq 7 behind one that ends at 3");
  expect(
    malformedReason(
      b,
      withBlocks(offer, () => []),
    ),
  ).toBe("a range of no blocks");
});

test("a block that follows another event than the one before it", () => {
  const [a, b] = [longWriter(), reader()];
  const offer = withBlocks(cutOffer(a, "s", { from: 1, to: 9, perBlock: 3 }), (blocks) => {
    blocks[1]?.set([1, 2, 3], 16);
    return blocks;
  });
  expect(malformedReason(b, offer)).toBe("the block from seq 4 does not follow the one before it");
});

test("more bytes than a range may have", () => {
  const a = writer(10);
  const offer = offerFrom(a, "s");
  const blocks = Array.from({ length: 3 }, () => new Uint8Array(rangeBytesMax / 2));
  expect(malformedReason(reader(), { ...offer, blocks })).toMatch(/a range of 50331648 bytes; 33554432 are allowed/);
});

test("events beyond the checkpoint, and a proof too many", () => {
  const [a, b] = [writer(10, 20), reader()];
  const early = offerFrom(a, "s");
  a.append("s", parts(30));
  const late = offerFrom(a, "s");
  expect(malformedReason(b, { ...late, checkpoint: early.checkpoint })).toBe("event 3 lies beyond the 2 that its checkpoint covers");
  expect(malformedReason(b, { ...late, proof: [hasher.hash("sinter 1 head", Uint8Array.of(1))] })).toBe(
    "a proof where there is nothing to prove",
  );
  expect(malformedReason(b, { ...early, checkpoint: late.checkpoint })).toMatch(
    /^its events are not those that its checkpoint begins with/,
  );
});

test("a seal that was not signed, and one of other events", () => {
  const [a, b] = [writer(10, 20), reader()];
  const offer = offerFrom(a, "s");
  const { seal } = offer.checkpoint;
  expect(malformedReason(b, withCheckpoint(offer, { seal: { ...seal, signature: new Uint8Array(64) } }))).toMatch(
    /^its checkpoint does not hold/,
  );
  const other = writer(10, 21);
  expect(malformedReason(b, { ...offer, blocks: offerFrom(other, "s").blocks })).toBe(
    "its events are not those that its checkpoint covers",
  );
});

/** Lanes that the feed core does not write: each event one millisecond behind the one before, but for what is changed. */
function crafted(index: number, kinds: readonly number[], change: Partial<{ stamps: readonly number[]; branch: number }> = {}): RangeOffer {
  const rig = new Rig();
  const opened = encodeEpochOpened({ epoch: { index: change.branch ?? index - 1, nonce: nonce(9) }, size: 1, headId: new Uint8Array(32) });
  const events = kinds.map((kind, at) => ({
    kind,
    stamp: { wallMs: 1_795_000_000_000 + (change.stamps?.[at] ?? at), counter: 0 },
    payload: kind === systemKinds.epochOpened ? opened : Uint8Array.of(at),
  }));
  putLane(rig.keys, { lane: 0, author: 1, path: "s", epoch: { index, nonce: nonce(1) }, events, perBlock: 2 });
  return offerFrom(rig, "s");
}

const OPENED = systemKinds.epochOpened;

test.each([
  ["a feed's first epoch, which opens like a later one", crafted(0, [OPENED, 128], { branch: 0 }), "event 1 opens an epoch that is open"],
  ["a later epoch that does not say what it branched from", crafted(1, [128, 128]), "an epoch that does not say what it branched from"],
  ["an epoch opened twice", crafted(1, [OPENED, 128, OPENED]), "event 3 opens an epoch that is open"],
  ["an epoch that branched from one after it", crafted(1, [OPENED, 128], { branch: 1 }), "an epoch that branched from none before it"],
  [
    "a stamp that does not rise from block to block",
    crafted(0, [128, 128, 128], { stamps: [0, 5, 5] }),
    "the stamp of event 3 does not rise",
  ],
])("%s", (_name, offer, expected) => {
  expect(malformedReason(reader(), offer)).toBe(expected);
});

test("an epoch that says what it branched from is taken, whether or not that is here", () => {
  const b = reader();
  expect(takeOffer(b, crafted(3, [OPENED, 128, 128]))).toBe("taken");
  expect(b.view.head(0)?.size).toBe(3);
});

test("a stamp that does not rise over what is held", () => {
  const b = reader();
  const offer = crafted(0, [128, 128, 128, 128], { stamps: [0, 5, 4, 6] });
  const whole = { ...offer, checkpoint: offer.checkpoint };
  const rest = withBlocks(whole, ([, two]) => [two as Uint8Array]);
  const held = { ...heldFor(b, whole), size: 2, stamp: { wallMs: 1_795_000_000_005, counter: 0 } };
  const headId = (checkBlock(rest.blocks[0] as Uint8Array) as BlockView).previous;
  expect(verifyRange(rangeTools, { ...held, headId }, rest)).toEqual(new Malformed("the stamp of event 3 does not rise"));
  // Behind another event than ours it may well be the earlier one: that is another history.
  expect(verifyRange(rangeTools, held, rest)).toMatchObject({ kind: "differs", seq: 2 });
});

test("an event stamped later than the seal over it", () => {
  const [a, b] = [writer(10), reader()];
  const offer = offerFrom(a, "s");
  expect(malformedReason(b, resealed(offer, a.signer, -1))).toBe("its last event is stamped later than the seal over it");
  expect(takeOffer(b, resealed(offer, a.signer, 0))).toBe("taken");
});
