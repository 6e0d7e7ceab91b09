import fc from "fast-check";
import { expect, test } from "vitest";
import { isMalformed, Malformed } from "../../bytes/malformed.js";
import { Reader } from "../../bytes/reader.js";
import { classicalKeys } from "../../identity/author-keys.js";
import { asId, authorOfKey, type SubjectId } from "../../identity/ids.js";
import { hasher, laneIdOf, networkName, nonce, standInSigner, standInVerifier } from "../rig/feed-rig.suite.js";
import { plainEvent } from "../rig/sample-events.suite.js";
import { statedProof } from "../rig/stated-proof.suite.js";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, readCheckpoint, VerifiedCheckpoint } from "./checkpoint.js";

const tools = { hasher, verifier: standInVerifier };
const epoch = { index: 2, nonce: nonce(7) };
const signer = standInSigner(1);

function checkpointOf(size: number, sealed: number): Checkpoint {
  const events = Array.from({ length: size }, (_, index) => plainEvent(index));
  return statedProof({ networkName, path: "team/notes", epoch, events, seq: 1, sealed }, { signer }).checkpoint;
}

const sizes = fc.integer({ min: 1, max: 20 });

test("property: a checkpoint comes back as it was, alone and among other bytes", () => {
  fc.assert(
    fc.property(sizes, sizes, (size, sealed) => {
      const checkpoint = checkpointOf(size, sealed);
      const bytes = encodeCheckpoint(checkpoint);
      expect(decodeCheckpoint(bytes)).toEqual(checkpoint);
      const reader = new Reader(new Uint8Array([...bytes, 1, 2]));
      expect([readCheckpoint(reader), reader.left, reader.failed]).toEqual([checkpoint, 2, false]);
    }),
    { numRuns: 30 },
  );
});

test("a checkpoint that its author signed says which lane it is of, and how large that was", () => {
  const checkpoint = checkpointOf(5, 3);
  const verified = VerifiedCheckpoint.verify(tools, checkpoint, classicalKeys(checkpoint.place.author)) as VerifiedCheckpoint;
  expect(isMalformed(verified)).toBe(false);
  expect([verified.checkpoint, verified.size]).toEqual([checkpoint, 5]);
  expect(verified.lane).toEqual(laneIdOf(checkpoint.place.author, "team/notes", epoch));
});

test("every bit of a checkpoint is vouched for: with one flipped it is malformed, or its author did not sign it", () => {
  const bytes = encodeCheckpoint(checkpointOf(5, 3));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const read = decodeCheckpoint(flipped);
    const verified = read instanceof Malformed ? read : VerifiedCheckpoint.verify(tools, read, classicalKeys(read.place.author));
    expect(verified, `bit ${bit}`).toBeInstanceOf(Malformed);
  }
});

test("a checkpoint cut short, too long, of another version or of no events is malformed", () => {
  const checkpoint = checkpointOf(1, 1);
  const bytes = encodeCheckpoint(checkpoint);
  for (let length = 0; length < bytes.length; length++) expect(isMalformed(decodeCheckpoint(bytes.subarray(0, length)))).toBe(true);
  const faults: [Uint8Array, RegExp][] = [
    [new Uint8Array([...bytes, 0]), /1 bytes too many/],
    [new Uint8Array([2, ...bytes.subarray(1)]), /version 2/],
    [encodeCheckpoint({ ...checkpoint, seal: { ...checkpoint.seal, size: 0 } }), /no events/],
    [encodeCheckpoint({ ...checkpoint, seal: { ...checkpoint.seal, index: 1 } }), /index/],
  ];
  for (const [wrong, reason] of faults) expect((decodeCheckpoint(wrong) as Malformed).reason).toMatch(reason);
});

test("a checkpoint of one place is none of another", () => {
  const one = checkpointOf(5, 3);
  const { place } = one;
  const others: Checkpoint["place"][] = [
    { ...place, subject: asId<SubjectId>(new Uint8Array(32).fill(1)) },
    { ...place, author: authorOfKey(standInSigner(2).publicKey) },
    { ...place, epoch: { ...epoch, index: 3 } },
    { ...place, epoch: { ...epoch, nonce: nonce(8) } },
  ];
  for (const other of others)
    expect((VerifiedCheckpoint.verify(tools, { ...one, place: other }, classicalKeys(other.author)) as Malformed).reason).toBe(
      "a seal that its author did not sign",
    );
});
