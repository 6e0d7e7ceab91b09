import { expect, test } from "vitest";
import { lossyChunkBytesMax } from "../bytes/limits.js";
import type { LinkTraits } from "../protocol/protocol.js";
import { SteppedPeer, talk } from "./stepped-peers.suite.js";
import { defaultKnobs } from "./sync-vocabulary.js";

// What sync does otherwise on one link than on another, for what the link promises.

const TEXT = "x".repeat(200_000);

function linked(one: SteppedPeer, other: SteppedPeer, traits: LinkTraits): void {
  one.step({ kind: "connected", peer: other.id, traits });
  other.step({ kind: "connected", peer: one.id, traits });
}

/** Pieces of what one holds and the other asks for. */
function chunksOn(traits: LinkTraits, between: (one: SteppedPeer, other: SteppedPeer) => void = () => undefined) {
  const [one, other] = [new SteppedPeer(1), new SteppedPeer(2)];
  one.append("workspace/a/log", TEXT);
  linked(one, other, traits);
  between(one, other);
  other.exchange(one);
  const chunks = talk([one, other]).flatMap(({ message }) => (message.kind === "chunk" ? [message] : []));
  expect(other.root()).toBe(one.root());
  return { hashed: new Set(chunks.map(({ hash }) => hash !== undefined)), longest: Math.max(...chunks.map(({ bytes }) => bytes.length)) };
}

test("pieces carry a hash where the link does not vouch for them, and none where it does", () => {
  for (const delivery of ["lossless", "lossy"] as const) {
    expect(chunksOn({ delivery, integrity: "unchecked" }).hashed).toEqual(new Set([true]));
    expect(chunksOn({ delivery, integrity: "vouched" }).hashed).toEqual(new Set([false]));
  }
});

test("pieces are short where they may be lost", () => {
  for (const integrity of ["vouched", "unchecked"] as const) {
    expect(chunksOn({ delivery: "lossless", integrity }).longest).toBe(defaultKnobs.chunkBytes);
    expect(chunksOn({ delivery: "lossy", integrity }).longest).toBe(lossyChunkBytesMax);
  }
});

test("a peer that begins anew on a link does not change what the link promises", () => {
  const restarted = chunksOn({ delivery: "lossy", integrity: "vouched" }, (one, other) => {
    talk([one, other], () => "lose");
    other.anew();
    other.step({ kind: "connected", peer: one.id, traits: { delivery: "lossy", integrity: "vouched" } });
  });
  expect(restarted).toEqual({ hashed: new Set([false]), longest: lossyChunkBytesMax });
});

test("of two links, each has its own", () => {
  const [middle, left, right] = [new SteppedPeer(1), new SteppedPeer(2), new SteppedPeer(3)];
  middle.append("workspace/a/log", TEXT);
  linked(middle, left, { delivery: "lossless", integrity: "vouched" });
  linked(middle, right, { delivery: "lossy", integrity: "unchecked" });
  const said = talk([middle, left, right]);
  const chunksTo = (peer: SteppedPeer) => said.flatMap(({ to, message }) => (to === peer.id && message.kind === "chunk" ? [message] : []));
  expect(chunksTo(left).every(({ hash }) => hash === undefined)).toBe(true);
  expect(chunksTo(right).every(({ hash, bytes }) => hash !== undefined && bytes.length <= lossyChunkBytesMax)).toBe(true);
  expect(Math.min(chunksTo(left).length, chunksTo(right).length)).toBeGreaterThan(0);
});
