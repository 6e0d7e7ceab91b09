import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../bytes/hex.js";
import { Malformed } from "../../bytes/malformed.js";
import { signatureTags, tags } from "../../identity/tags.js";
import { segmentId } from "../range/segment.js";
import { segmentFileName, segmentOffer } from "../range/segment-index.js";
import { type Claim, type Context, type Craft, confused, kinds, type Stated, stated } from "./contexts.suite.js";
import { hasher, nonce } from "./feed-rig.suite.js";
import { smallSegments } from "./ingress.suite.js";
import { shortLanes, type VariedLane } from "./varied-lanes.suite.js";

// What is signed or proven in one network, subject, feed, epoch or for one purpose is nothing in any other: all pairs, in one place.

const authors: readonly Context["author"][] = [
  { ed25519: 1 },
  { ed25519: 1, falcon: 1 },
  { ed25519: 1, falcon: 2 },
  { ed25519: 2, falcon: 1 },
];

/** Any two differ in one of these or in several: 64 places. */
const contexts: readonly Context[] = ["home", "work"].flatMap((networkName) =>
  ["notes", "votes"].flatMap((path) =>
    authors.flatMap((author) =>
      [1, 2].flatMap((index) => [3, 4].map((number) => ({ networkName, path, author, epoch: { index, nonce: nonce(number) } }))),
    ),
  ),
);

const all = contexts.map((context) => stated(context));
const claims = (one: Stated) => kinds.map((kind) => kind.claim(one)).filter((claim): claim is Claim => claim !== undefined);

test("the events are the same bytes everywhere, and each place says and signs something else of them", () => {
  expect(new Set(all.map(({ range: { blocks } }) => blocks.map(toHex).join())).size).toBe(1);
  expect(new Set(all.flatMap(claims).map(({ text }) => text)).size).toBe(64 * 5 + 48);
  expect(new Set(all.map(({ range }) => toHex(range.checkpoint.seal.signature))).size).toBe(64);
  expect(new Set(all.flatMap(({ hybrid }) => (hybrid === undefined ? [] : [toHex(hybrid.seal.signature)]))).size).toBe(48);
  expect(all.flatMap(claims).filter((claim) => !claim.holds())).toEqual([]);
});

/** Of network, path, keys, epoch index and nonce. */
function differences(one: Context, other: Context): number {
  const said = ({ networkName, path, author, epoch }: Context) => [
    networkName,
    path,
    Object.values(author).join(),
    epoch.index,
    toHex(epoch.nonce),
  ];
  const others = said(other);
  return said(one).filter((each, at) => each !== others[at]).length;
}

test.each(kinds.map((kind) => [kind.name, kind] as const))("all pairs of places, %s: nothing of one holds in another", (_name, kind) => {
  const honest = new Set(all.map((one) => kind.claim(one)?.text));
  const [seen, refused] = [new Set<string>(), new Set<string>()];
  for (const [at, mine] of all.entries())
    for (const [beside, theirs] of all.entries()) {
      const mixes = kind.mixed(mine, theirs);
      // Where two places differ in one thing, each part is tried; of all other pairs a signature, a seal or more of one in the other.
      const isNear = differences(contexts[at], contexts[beside]) <= 1;
      for (const made of isNear ? mixes : mixes.slice((at + beside) % 3).slice(0, 1)) {
        const mix = made();
        if (seen.has(mix.text)) continue;
        seen.add(mix.text);
        // A mix of two that comes to what one of them was is that one.
        const isHonest = honest.has(mix.text);
        if (mix.holds() !== isHonest) throw new Error(`of ${at} and ${beside}, which ${isHonest ? "does not hold" : "holds"}: ${mix.text}`);
        if (!isHonest) refused.add(mix.text);
      }
    }
  expect([...honest].filter((text) => text !== undefined && !seen.has(text))).toEqual([]);
  // Pairs of two places, of authors of two keys alone where the second key signs.
  const places = [...honest].filter((text) => text !== undefined).length;
  expect(refused.size).toBeGreaterThanOrEqual(places * (places - 1));
});

const place: Context = { networkName: "home", path: "notes", author: { ed25519: 1, falcon: 1 }, epoch: { index: 1, nonce: nonce(3) } };

function held(craft: Craft): string[] {
  const one = stated(place, craft);
  return kinds.filter((kind) => kind.claim(one)?.holds()).map(({ name }) => name);
}

test("all pairs of purposes: what a key signs for one is a signature for no other", () => {
  const { seal, hybridSeal } = signatureTags;
  const purposes = [...Object.values(signatureTags), ...tags, "", "sinter/2/seal\n", "sinter/1/seal", "sinter/1/fork\n"];
  const made = purposes.flatMap((purpose) => [
    { ed25519: purpose, falcon: hybridSeal },
    { ed25519: seal, falcon: purpose },
    { ed25519: purpose, falcon: purpose },
  ]);
  for (const { ed25519, falcon } of made) {
    const byFirst = ["range", "beginning of a range", "fork proof", "segment"];
    const expected = [...(ed25519 === seal ? byFirst : []), ...(falcon === hybridSeal ? ["hybrid seal"] : [])];
    if (ed25519 === seal && falcon === hybridSeal) expected.push("event proof");
    expect(held({ tags: { ed25519, falcon } }).sort(), `${ed25519} and ${falcon}`).toEqual(expected.sort());
  }
});

test("all pairs of tags: what was hashed for one purpose is nothing for another", () => {
  const here = stated(place);
  const honest = kinds.map((kind) => kind.claim(here)?.text);
  const used = new Set<string>();
  for (const tag of tags)
    for (const instead of tags) {
      const one = stated(place, { hasher: confused(tag, instead) });
      for (const [at, kind] of kinds.entries()) {
        const claim = kind.claim(one, here) as Claim;
        const isSame = claim.text === honest[at];
        if (!isSame) used.add(tag);
        // That its author signed two histories of these ids is all that a fork proof says of events.
        const isAbove = kind.name === "fork proof" && (tag === "sinter 1 event" || tag === "sinter 1 payload");
        expect(claim.holds(), `${kind.name}: ${instead} for ${tag}`).toBe(isSame || isAbove);
      }
    }
  // The others name spaces, rows and segments, types, views and what tables come to, and what is said on links: nothing that is
  // signed for rests on those.
  const others = tags.filter((tag) => !used.has(tag));
  const feeds = ["space", "row", "trie leaf", "trie branch", "segment"];
  const views = ["type", "view", "view item", "table key", "table row"];
  const links = ["chunk", "interest key", "interest", "scope", "sketch salt"];
  expect(others).toEqual([...feeds, ...views, ...links].map((purpose) => `sinter 1 ${purpose}`));
});

test("a segment is named by the hash for segments, and by none for another purpose", () => {
  const { index, files } = smallSegments(shortLanes(4)[3] as VariedLane, 9);
  const [[name, bytes]] = [...files] as [[string, Uint8Array]];
  for (const instead of tags) {
    const id = segmentId(confused("sinter 1 segment", instead), bytes);
    const lane = { ...index.lanes[0], segments: [{ ...index.lanes[0].segments[0], id }] };
    const isIt = !(segmentOffer(hasher, index.path, { lane, at: 0 }, bytes) instanceof Malformed);
    expect([isIt, segmentFileName(id) === name]).toEqual(Array(2).fill(instead === "sinter 1 segment"));
  }
});

test("property: no two tags make one hash of the same bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(new Set(tags.map((tag) => toHex(hasher.hash(tag, bytes)))).size).toBe(tags.length);
    }),
    { numRuns: 50 },
  );
});
