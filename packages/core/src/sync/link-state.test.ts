import { expect, test } from "vitest";
import { knownRowsMax, roundTripMsMax, silentLinkMsMax, unheardLinkMsMax } from "../bytes/limits.js";
import { plainTraits } from "../protocol/hand-ports.suite.js";
import type { Instant, PeerId } from "../protocol/protocol.js";
import { SyncLink } from "./link-state.js";
import { later, link, type Said, SteppedPeer, talk } from "./stepped-peers.suite.js";
import { defaultKnobs } from "./sync-vocabulary.js";

const STEP_MS = 500;

/** Time passes, and what is said arrives so much later. */
function slowly(peers: readonly SteppedPeer[], { delayMs, forMs }: { readonly delayMs: number; readonly forMs: number }): Said[] {
  const all: Said[] = [];
  const underWay: { readonly at: number; readonly said: Said }[] = [];
  for (let now = 0; now < forMs; now += STEP_MS) {
    for (const peer of peers) {
      peer.now += STEP_MS;
      peer.step({ kind: "expired", timer: "beat" });
    }
    while (underWay[0] !== undefined && underWay[0].at <= now) {
      const { said } = underWay.shift() as (typeof underWay)[number];
      all.push(said);
      peers.find(({ id }) => id === said.to)?.hear(said.from.id, said.message);
    }
    for (const peer of peers) underWay.push(...peer.said.splice(0).map((said) => ({ at: now + delayMs, said })));
  }
  return all;
}

const bodies = (said: readonly Said[]) => said.filter(({ message: { kind } }) => kind === "chunk");

test.each([5_000, 60_000])("with %i ms each way two come to hold the same, and hardly anything is sent twice", (delayMs) => {
  const [a, b] = [new SteppedPeer(1), new SteppedPeer(2)];
  a.append("team/log", "1", "2", "3");
  b.append("team/other", "4");
  link(a, b);
  const said = slowly([a, b], { delayMs, forMs: 16 * delayMs });
  expect(a.root()).toBe(b.root());
  expect(bodies(said)).toHaveLength(2);
  expect([...a.cut, ...b.cut]).toEqual([]);
  expect(a.describe()).toMatchObject({ links: [{ standing: "healthy", last: { converged: "yes" } }] });
});

test("a piece that is lost on a quick link is sent again after the retransmission timeout", () => {
  const [a, b] = [new SteppedPeer(1), new SteppedPeer(2)];
  a.append("team/log", "1");
  link(a, b);
  talk([a, b], ({ message }) => (message.kind === "chunk" ? "lose" : "hand on"));
  const again = later([a, b], defaultKnobs.retransMs);
  expect(bodies(again)).toHaveLength(1);
  expect(a.root()).toBe(b.root());
});

test("a pong of the future, or of an age ago, makes nobody wait", () => {
  const [a, b] = [new SteppedPeer(1), new SteppedPeer(2)];
  a.append("team/log", "1");
  link(a, b);
  a.now = b.now = roundTripMsMax + 2;
  talk([a, b], ({ message }) => (message.kind === "chunk" ? "lose" : "hand on"));
  a.hear(b.id, { kind: "pong", number: 1 });
  a.hear(b.id, { kind: "pong", number: a.now + 1 });
  // Of a ping that was never sent, long ago, but not so long that it could not be.
  a.hear(b.id, { kind: "pong", number: Math.floor(a.now) - roundTripMsMax / 2 });
  expect(bodies(later([a, b], defaultKnobs.retransMs))).toHaveLength(1);
});

test("a link falls silent, and is closed: later where nothing was ever heard on it", () => {
  const until = (peer: SteppedPeer) => {
    const begun = peer.now;
    for (; peer.cut.length === 0 && peer.now - begun <= unheardLinkMsMax; peer.now += STEP_MS)
      peer.step({ kind: "expired", timer: "beat" });
    return peer.now - STEP_MS - begun;
  };
  const [a, b, c] = [new SteppedPeer(1), new SteppedPeer(2), new SteppedPeer(3)];
  link(a, b);
  later([a, b], defaultKnobs.heartbeatMs);
  expect(until(a)).toBe(silentLinkMsMax);
  c.step({ kind: "connected", peer: a.id, traits: plainTraits });
  expect(until(c)).toBe(unheardLinkMsMax);
});

test("of so many lanes it is kept in mind what the other holds, whoever told of it", () => {
  const random = { below: () => 0, bytes: (length: number) => new Uint8Array(length) };
  const greeting = { nonce: new Uint8Array(16), number: 0 };
  const traits = { delivery: "lossless", integrity: "vouched" } as const;
  const state = new SyncLink({ peer: "aa" as PeerId, traits }, greeting, { random, now: 0 as Instant });
  const frame = new Uint8Array(1_000);
  for (let lane = 0; lane <= knownRowsMax; lane++) state.sent(`${lane}`, { size: 1, headId: frame.subarray(0, 32) });
  expect(state.known("0")).toBeUndefined();
  expect(state.known("1")?.size).toBe(1);
  expect(state.known("1")?.headId.buffer.byteLength).toBe(32);
});
