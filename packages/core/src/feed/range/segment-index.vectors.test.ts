import { verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../../bytes/hex.js";
import { Malformed } from "../../bytes/malformed.js";
import { Writer } from "../../bytes/writer.js";
import type { Verifier } from "../../identity/crypto.js";
import { networkId } from "../../identity/ids.js";
import { writeSealedHead } from "../../store/records.js";
import { nothingHeld } from "../lane/held-lane.js";
import { hasher } from "../rig/feed-rig.suite.js";
import { offersOf } from "../rig/segments.suite.js";
import { hybridFits, hybridVerifyJob } from "../seal/hybrid-seal.js";
import { decodeSegment, SegmentBuilder, segmentId } from "./segment.js";
import { decodeSegmentIndex, encodeSegmentIndex, type IndexedLane, type SegmentIndex, segmentFileName } from "./segment-index.js";
import { verifyRange } from "./verified-range.js";

interface Vectors {
  readonly hybrid: { readonly author: string; readonly sealed: string; readonly message: string };
  readonly index: string;
  readonly files: readonly { readonly name: string; readonly bytes: string }[];
  readonly shows: readonly { readonly author: string; readonly epoch: number; readonly ids: readonly string[] }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../../vectors/segment.json", import.meta.url), "utf8")) as Vectors;
const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const verifier: Verifier = {
  verify: (key, message, signature) => verify(null, message, { key: Buffer.concat([SPKI, key]), format: "der", type: "spki" }, signature),
};
const bytesOf = (text: string) => fromHex(text, text.length / 2) as Uint8Array;
const index = decodeSegmentIndex(bytesOf(vectors.index)) as SegmentIndex;
const files = new Map(vectors.files.map(({ name, bytes }) => [name, bytesOf(bytes)]));

test("the index of segment.json is read, and written the same", () => {
  expect([index.networkName, index.lanes.length]).toEqual(["demo", 3]);
  expect(toHex(encodeSegmentIndex(index))).toBe(vectors.index);
});

test("its segments have the names they are under, and are written the same from their blocks", () => {
  for (const [name, bytes] of files) {
    expect(segmentFileName(segmentId(hasher, bytes))).toBe(name);
    const segment = decodeSegment(bytes);
    if (segment instanceof Malformed) throw new Error(segment.reason);
    const builder = new SegmentBuilder(segment.place);
    for (const block of segment.blocks) builder.add(block);
    expect(toHex(builder.finish().bytes)).toBe(toHex(bytes));
  }
});

test("its lanes hold, segment for segment, and have the ids they should", () => {
  const tools = { hasher, verifier, network: networkId(hasher, "demo") };
  const shown = index.lanes.map((lane) => {
    let held = nothingHeld;
    const ids = offersOf({ index, files }, lane).map((offer) => {
      const outcome = verifyRange(tools, held, offer);
      if (outcome instanceof Malformed || outcome.kind !== "verified") throw new Error("a segment that does not hold");
      held = outcome.range.after();
      return toHex(outcome.range.ids);
    });
    const { author, epoch } = lane.checkpoint.place;
    return { author: toHex(author), epoch: epoch.index, ids: ids.join("").match(/.{64}/g) };
  });
  expect(shown).toEqual(vectors.shows);
});

test("what a second key signed is over events of its lane, and of none of the others", () => {
  const lanes = index.lanes.filter(({ hybrid }) => hybrid !== undefined);
  const [{ keys, checkpoint, hybrid }] = lanes as [IndexedLane];
  if (hybrid === undefined || keys.suite !== 2) throw new Error("no second signature");
  expect([lanes.length, toHex(checkpoint.place.author)]).toEqual([1, vectors.hybrid.author]);
  expect(toHex(writeSealedHead(new Writer(), hybrid).finish())).toBe(vectors.hybrid.sealed);
  const fits = vectors.shows.map(({ ids }) => {
    const leaves = (from: number, count: number) => bytesOf(ids.slice(from, from + count).join(""));
    return hybridFits({ hasher, source: { leaves, node: () => undefined }, size: ids.length }, hybrid);
  });
  expect(fits).toEqual(
    vectors.shows.map(({ author, ids }) => (ids.length < 6 ? "ahead" : author === vectors.hybrid.author ? "fits" : "another")),
  );
  const job = hybridVerifyJob(hasher, keys, { place: checkpoint.place, ...hybrid });
  expect(job instanceof Malformed ? job : toHex(job.message)).toBe(vectors.hybrid.message);
});
