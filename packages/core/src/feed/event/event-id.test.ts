import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../../bytes/hex.js";
import { asId, type LaneId } from "../../identity/ids.js";
import { hasher } from "../rig/feed-rig.suite.js";
import { eventIdOf, payloadHashOf } from "./event-id.js";

interface Vectors {
  readonly lane: string;
  readonly events: readonly {
    readonly seq: number;
    readonly headLength: number;
    readonly bytes: string;
    readonly previous: string;
    readonly payloadHash: string;
    readonly id: string;
  }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../../vectors/events.json", import.meta.url), "utf8")) as Vectors;
const bytesOf = (hex: string) => fromHex(hex, hex.length / 2) as Uint8Array;

test("CORE-HASH-01 ids are those of events.json, the payload being known by its hash alone", () => {
  const lane = asId<LaneId>(bytesOf(vectors.lane));
  for (const { seq, headLength, bytes, previous, payloadHash, id } of vectors.events) {
    const [head, payload] = [bytesOf(bytes).subarray(0, headLength), bytesOf(bytes).subarray(headLength)];
    expect(toHex(payloadHashOf(hasher, payload))).toBe(payloadHash);
    const found = eventIdOf(hasher, { lane, previous: bytesOf(previous), seq, head, payloadHash: bytesOf(payloadHash) });
    expect(toHex(found)).toBe(id);
  }
  expect(vectors.events.length).toBeGreaterThan(0);
});
