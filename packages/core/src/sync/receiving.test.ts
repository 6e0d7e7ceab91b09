import { expect, test } from "vitest";
import {
  rangeBytesMax,
  rangeEnvelopeBytesMax,
  receivingBytesMax,
  receivingStreamsMax,
  syncPieceBytesMax,
  syncTriesMax,
  unfinishedBytesMax,
} from "../bytes/limits.js";
import { link, type Said, SteppedPeer, talk } from "./stepped-peers.suite.js";
import { defaultKnobs } from "./sync-vocabulary.js";

// A peer that is asked for ranges, and sends what it likes.

const longest = rangeBytesMax + rangeEnvelopeBytesMax;

function asked(lanes: number) {
  const [a, b] = [new SteppedPeer(1), new SteppedPeer(2)];
  for (let lane = 0; lane < lanes; lane++) a.append(`team/log${lane}`, "1");
  link(a, b);
  const said = talk([a, b], ({ message }) => (message.kind === "want" ? "lose" : "hand on"));
  const streams = said.flatMap(({ message }) => (message.kind === "want" ? [message.stream] : []));
  expect(streams).toHaveLength(lanes);
  return { a, b, streams };
}

/** The beginning of a range that is said to be so long. */
function beginning(length: number): Uint8Array {
  const bytes = new Uint8Array(syncPieceBytesMax);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

const enough = (said: readonly Said[]) => said.flatMap(({ message }) => (message.kind === "enough" ? [message.stream] : []));

test("the longest range there may be comes through, and one byte more is refused at once", () => {
  const { a, b, streams } = asked(2);
  const [first = 0, second = 0] = streams;
  const pieces = Math.ceil((4 + longest) / syncPieceBytesMax);
  for (let seq = 0; seq < pieces; seq++) {
    expect(b.cut).toEqual([]);
    const bytes = seq === 0 ? beginning(longest) : new Uint8Array(Math.min(syncPieceBytesMax, 4 + longest - seq * syncPieceBytesMax));
    b.hear(a.id, { kind: "chunk", stream: first, seq, position: "within", bytes, hash: undefined });
  }
  expect(b.cut).toEqual([[a.id, expect.stringMatching(/^a range that is none/)]]);
  expect(enough(b.said)).toEqual([]);
  b.hear(a.id, { kind: "chunk", stream: second, seq: 0, position: "within", bytes: beginning(longest + 1), hash: undefined });
  expect(b.cut.at(-1)).toEqual([a.id, `a range of ${longest + 1} bytes`]);
});

test("what comes at once and is not whole stays within its bound: a stream that goes beyond is given up, the others go on", () => {
  const { a, b, streams } = asked(4);
  let bytes = 0;
  for (let seq = 0; enough(b.said).length === 0; seq++)
    for (const stream of streams) {
      if (enough(b.said).length > 0) break;
      const piece = seq === 0 ? beginning(longest) : new Uint8Array(syncPieceBytesMax);
      b.hear(a.id, { kind: "chunk", stream, seq, position: "within", bytes: piece, hash: undefined });
      bytes += piece.length;
    }
  expect(bytes).toBeGreaterThan(unfinishedBytesMax - syncPieceBytesMax);
  expect(bytes - syncPieceBytesMax).toBeLessThanOrEqual(unfinishedBytesMax);
  expect(enough(b.said)).toHaveLength(1);
  expect(b.describe()).toMatchObject({ links: [{ receiving: { streams: 3 } }] });
  expect(b.cut).toEqual([]);
});

test("pieces that come before their turn count, and are let go beyond the bound", () => {
  const { a, b, streams } = asked(4);
  let kept = 0;
  for (const stream of streams)
    for (let seq = 1; seq < 16; seq++) {
      b.hear(a.id, { kind: "chunk", stream, seq, position: "within", bytes: new Uint8Array(syncPieceBytesMax), hash: undefined });
      kept += syncPieceBytesMax;
    }
  expect(kept).toBeLessThan(unfinishedBytesMax);
  expect(b.describe()).toMatchObject({ links: [{ receiving: { streams: 4, unfinished: kept } }] });
  const [first = 0] = streams;
  const piece = new Uint8Array(syncPieceBytesMax);
  b.hear(a.id, { kind: "chunk", stream: first, seq: 0, position: "within", bytes: beginning(longest), hash: undefined });
  for (let seq = 17; seq < 32; seq++)
    b.hear(a.id, { kind: "chunk", stream: first, seq, position: "within", bytes: piece, hash: undefined });
  const { links } = b.describe() as { readonly links: readonly { readonly receiving: { readonly unfinished: number } }[] };
  expect(links[0]?.receiving.unfinished).toBeGreaterThan(unfinishedBytesMax - syncPieceBytesMax);
  expect(links[0]?.receiving.unfinished).toBeLessThanOrEqual(unfinishedBytesMax);
});

test("what is sent beyond the window while nothing is acknowledged is let go", () => {
  const [a, b] = [new SteppedPeer(1), new SteppedPeer(2)];
  const events = Array.from({ length: 90 }, () => "x".repeat(100_000));
  for (let at = 0; at < events.length; at += 10) a.append("team/log", ...events.slice(at, at + 10));
  b.taking = () => "later";
  link(a, b);
  let most = 0;
  talk([a, b], ({ message }) => {
    const [{ receiving } = { receiving: { bytes: 0 } }] = (b.describe() as { links: { receiving: { bytes: number } }[] }).links;
    most = Math.max(most, receiving.bytes);
    // It goes on as if all had been acknowledged.
    if (message.kind === "chunk") a.hear(b.id, { kind: "ack", stream: message.stream, seq: message.seq + 1, window: 16 });
    return "hand on";
  });
  expect(most).toBeGreaterThan(receivingBytesMax);
  expect(most).toBeLessThan(receivingBytesMax + defaultKnobs.windowChunks * defaultKnobs.chunkBytes + 1_000_000);
});

test("short pieces count as what they take in memory", () => {
  const { a, b, streams } = asked(1);
  const [stream = 0] = streams;
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, longest);
  let seq = 0;
  const bytes = Uint8Array.of(1);
  b.hear(a.id, { kind: "chunk", stream, seq: seq++, position: "within", bytes: head, hash: undefined });
  while (enough(b.said.splice(0)).length === 0)
    b.hear(a.id, { kind: "chunk", stream, seq: seq++, position: "within", bytes, hash: undefined });
  expect(seq).toBeLessThan(unfinishedBytesMax / 256);
});

test("what brings nothing new keeps no stream alive", () => {
  const { a, b, streams } = asked(1);
  const [stream = 0] = streams;
  const piece = { kind: "chunk", stream, seq: 0, position: "within", bytes: beginning(longest), hash: undefined } as const;
  b.hear(a.id, piece);
  const until = b.now + (syncTriesMax + 2) * defaultKnobs.retransMs;
  while (b.now < until && enough(b.said.splice(0)).length === 0) {
    b.now += 500;
    b.step({ kind: "expired", timer: "beat" });
    b.hear(a.id, piece);
  }
  expect(b.now).toBeLessThan(until);
});

test("beside something large nothing else is begun", () => {
  const { a, b, streams } = asked(receivingStreamsMax);
  const [first = 0, second = 0] = streams;
  const wants = () => b.said.filter(({ message }) => message.kind === "want").length;
  b.said.splice(0);
  for (let seq = 0; seq * syncPieceBytesMax <= receivingBytesMax; seq++) {
    const bytes = seq === 0 ? beginning(longest) : new Uint8Array(syncPieceBytesMax);
    b.hear(a.id, { kind: "chunk", stream: first, seq, position: "within", bytes, hash: undefined });
  }
  a.append("team/more", "1");
  a.append("team/still more", "1");
  talk([a, b], ({ message }) => (message.kind === "held" ? "hand on" : "lose"));
  b.hear(a.id, { kind: "gone", stream: second, reason: "unknown" });
  expect(wants()).toBe(0);
  b.hear(a.id, { kind: "gone", stream: first, reason: "unknown" });
  expect(wants()).toBeGreaterThan(0);
});

test("what was told and could not be kept keeps the two from being in sync", () => {
  const [a, b] = [new SteppedPeer(1), new SteppedPeer(2)];
  link(a, b);
  talk([a, b]);
  const agreed = () => (b.describe() as { links: { agreed: string }[] }).links[0]?.agreed;
  expect(agreed()).toBe("yes");
  b.taking = () => ({ kind: "failed", code: "disk-full", reason: "no room" });
  a.append("team/log", "1");
  talk([a, b]);
  expect(agreed()).toBe("no");
});
