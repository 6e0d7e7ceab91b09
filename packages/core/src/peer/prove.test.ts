import { expect, test } from "vitest";
import { toHex } from "../bytes/hex.js";
import { Malformed } from "../bytes/malformed.js";
import { putLane } from "../feed/rig/crafted-lane.suite.js";
import { hasher, nonce, parts, Rig, standInVerifier } from "../feed/rig/feed-rig.suite.js";
import { plainEvent } from "../feed/rig/sample-events.suite.js";
import { type ProvenEvent, verifyProof } from "../feed/seal/event-proof.js";
import { blockKey } from "../store/keys.js";
import type { ProofOf } from "./peer-api.js";
import { codeOf, events, keysWithAuthors, notWritten, PeerRig, textOf, watch } from "./peer-rig.suite.js";

const subject = "team/notes";
const tools = { hasher, verifier: standInVerifier };

function shownBy(proof: Uint8Array): ProvenEvent {
  const shown = verifyProof(proof, tools);
  if (shown instanceof Malformed) throw new Error(shown.reason);
  return shown;
}

const proven = async (rig: PeerRig, what: ProofOf) => shownBy(await rig.of(rig.peer.prove(subject, what)));
const refusal = async (rig: PeerRig, what: ProofOf) => {
  const code = codeOf(rig.peer.prove(subject, what));
  const told = watch(rig.peer.prove(subject, what));
  await rig.rest();
  return [await code, (told.error as Error).message];
};

test("a proof shows without a store what a read of the store shows", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "a", "b", "c");
  for (const event of await rig.records(subject)) {
    const shown = await proven(rig, { author: event.author, seq: event.seq });
    expect([toHex(shown.author), shown.networkName, shown.path]).toEqual([event.author, "rig", subject]);
    expect([shown.epoch.index, shown.seq, toHex(shown.id), textOf({ payload: shown.payload as Uint8Array })]).toEqual([
      event.epoch,
      event.seq,
      event.id,
      textOf(event),
    ]);
  }
  expect((await proven(rig, { author: rig.peer.author, seq: 2, payload: "hash" })).payload).toBeUndefined();
});

test("nothing is proven that a crash could take back", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "on disk");
  const written = codeOf(rig.peer.append(subject, events("maybe")));
  await rig.step();
  const proof = watch(rig.peer.prove(subject, { author: rig.peer.author, seq: 2 }));
  await rig.step();
  expect(proof.state).toBe("waiting");
  rig.store.fail(notWritten);
  await rig.rest();
  expect([await written, proof.state, (proof.error as Error).message]).toEqual([
    "internal",
    "rejected",
    expect.stringContaining("there is no event 2 in team/notes by"),
  ]);
});

test("an author is known by the beginning of the id, as long as it is one author's", async () => {
  const rig = new PeerRig({ keys: keysWithAuthors(subject, 40), author: 1 });
  const authors = [...new Set((await rig.of(rig.peer.feeds(subject))).map(({ author }) => author))];
  const first = authors[0];
  expect(toHex((await proven(rig, { author: first.slice(0, 16).toUpperCase(), seq: 1 })).author)).toBe(first);
  const twice = authors.find((author, at) => authors.some((other, beside) => at !== beside && other[0] === author[0])) as string;
  expect(await refusal(rig, { author: twice.slice(0, 1), seq: 1 })).toEqual([
    "usage",
    expect.stringMatching(`^more than one author of team/notes begins with ${twice[0]}: .*${twice}`),
  ]);
  const [code, message] = await refusal(rig, { author: "", seq: 1 });
  expect([code, message]).toEqual(["not-found", expect.stringMatching(/^no author without a name in team\/notes: .* and 24 more$/)]);
});

/** Three stores that were one: two of them copies of the first. */
function withEpochs(): PeerRig {
  const first = new Rig({ instance: 1 });
  first.append(subject, parts("first"));
  const second = new Rig({ keys: first.keys, instance: 2 });
  second.append(subject, parts("second"), parts("third"));
  return new PeerRig({ keys: second.keys, instance: 2 });
}

test("an epoch that was not said is never guessed: the choices are named", async () => {
  const rig = withEpochs();
  const { author } = rig.peer;
  const which = `author ${author.slice(0, 8)} in team/notes: 0/01010101 (1 event), 1/02020202 (3 events)`;
  expect(await refusal(rig, { author, seq: 1 })).toEqual(["usage", `more than one epoch of ${which}`]);
  expect(await refusal(rig, { author, seq: 1, epoch: 2 })).toEqual(["not-found", `no such epoch of ${which}`]);
  expect(await refusal(rig, { author, seq: 1, epoch: 0, nonce: "02" })).toEqual(["not-found", `no such epoch of ${which}`]);
  expect(await refusal(rig, { author, seq: 2, epoch: 0 })).toEqual([
    "not-found",
    `there is no event 2 in team/notes by ${author.slice(0, 8)}, epoch 0/01010101 (1 event)`,
  ]);
  expect((await proven(rig, { author, seq: 1, epoch: 0 })).epoch.nonce[0]).toBe(1);
  expect((await proven(rig, { author, seq: 3, nonce: "0202" })).epoch.index).toBe(1);
});

test("epochs of one index are told by their nonces", async () => {
  const { keys } = new Rig();
  const lanes = [0x20, 0x21].map((first, lane) => ({ lane, epoch: { index: 1, nonce: nonce(first) } }));
  for (const place of lanes) putLane(keys, { ...place, author: 1, path: subject, events: [plainEvent(0)], perBlock: 1 });
  const rig = new PeerRig({ keys });
  const { author } = rig.peer;
  const which = `author ${author.slice(0, 8)} in team/notes: 1/20202020 (1 event), 1/21212121 (1 event)`;
  expect(await refusal(rig, { author, seq: 1, epoch: 1 })).toEqual(["usage", `more than one epoch of ${which}`]);
  expect(await refusal(rig, { author, seq: 1, epoch: 1, nonce: "2" })).toEqual(["usage", `more than one epoch of ${which}`]);
  expect((await proven(rig, { author, seq: 1, epoch: 1, nonce: "21" })).epoch).toEqual(lanes[1]?.epoch);
});

test("a subject that nobody wrote to, and one that is none", async () => {
  const rig = new PeerRig();
  const { author } = rig.peer;
  expect(await refusal(rig, { author, seq: 1 })).toEqual(["not-found", `no author ${author} in team/notes: nobody has written to it`]);
  expect(await codeOf(rig.peer.prove("../..", { author, seq: 1 }))).toBe("invalid-path");
});

test("a store that is damaged where the proof is made says so", async () => {
  const rig = new PeerRig();
  await rig.append(subject, "a", "b");
  const bytes = rig.keys.get(blockKey(0, 1)) as Uint8Array;
  rig.keys.put(
    blockKey(0, 1),
    bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
  );
  const { author } = rig.peer;
  expect(await refusal(rig, { author, seq: 1 })).toEqual(["corrupt", expect.stringContaining("event 1 cannot be proven")]);
});
