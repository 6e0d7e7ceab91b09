import { expect, test } from "vitest";
import { link, type Said, SteppedPeer } from "./stepped-peers.suite.js";

// Goodput by the size of pieces and of the window, in virtual time: the link delays, and is as broad as one likes.

const DELAY_MS = 50;
const EVENTS = 40;
const EVENT_BYTES = 4_096;

/** How long it takes until the other holds all, and the most pieces that were under way at a time. */
function transferred(knobs: { readonly chunkBytes: number; readonly windowChunks: number }) {
  const [a, b] = [new SteppedPeer(1, { knobs }), new SteppedPeer(2, { knobs })];
  a.append("team/log", ...Array(EVENTS).fill("x".repeat(EVENT_BYTES)));
  link(a, b);
  const underWay: { readonly at: number; readonly said: Said }[] = [];
  let [now, most, first] = [0, 0, undefined as number | undefined];
  const leave = () => {
    for (const peer of [a, b]) for (const said of peer.said.splice(0)) underWay.push({ at: now + DELAY_MS, said });
    const pieces = underWay.filter(({ said }) => said.message.kind === "chunk").length;
    if (pieces > 0) first ??= now;
    most = Math.max(most, pieces);
  };
  const isThere = () => a.root() === b.root();
  for (leave(); !isThere() && underWay.length > 0; leave()) {
    const { at, said } = underWay.shift() as (typeof underWay)[number];
    now = at;
    a.now = b.now = now;
    (said.to === a.id ? a : b).hear(said.from.id, said.message);
  }
  expect(isThere()).toBe(true);
  return { ms: now - (first as number), most };
}

test.each([
  { chunkBytes: 4_096, windowChunks: 1 },
  { chunkBytes: 4_096, windowChunks: 4 },
  { chunkBytes: 16_384, windowChunks: 1 },
  { chunkBytes: 16_384, windowChunks: 4 },
  { chunkBytes: 65_536, windowChunks: 16 },
])("PERF-WIND-01 a window of $windowChunks pieces of $chunkBytes bytes goes over in each round trip", ({ chunkBytes, windowChunks }) => {
  const { ms, most } = transferred({ chunkBytes, windowChunks });
  const pieces = Math.ceil((EVENTS * EVENT_BYTES) / chunkBytes);
  const roundTrips = Math.ceil(pieces / windowChunks);
  expect(most).toBeLessThanOrEqual(windowChunks);
  // One round trip more: what stands beside the events may take a piece of its own.
  expect(ms).toBeGreaterThanOrEqual((roundTrips - 1) * 2 * DELAY_MS + DELAY_MS);
  expect(ms).toBeLessThanOrEqual(roundTrips * 2 * DELAY_MS + DELAY_MS);
});
