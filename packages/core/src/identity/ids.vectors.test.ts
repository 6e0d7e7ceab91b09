import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../bytes/hex.js";
import { isMalformed } from "../bytes/malformed.js";
import { createHasher } from "./blake3-hasher.js";
import { falconPublicKeyBytes } from "./crypto.js";
import { type AuthorId, asId, feedId, hybridAuthor, laneId, networkId, parseNetworkName, spaceId, subjectId } from "./ids.js";
import { parseSubjectPath, type SubjectPath, spacePath } from "./subject-path.js";
import { instantiate } from "./web-assembly.suite.js";

interface Vectors {
  readonly networks: readonly { readonly name: string; readonly network: string }[];
  readonly subjects: readonly {
    readonly path: SubjectPath;
    readonly spacePath: string;
    readonly space: string;
    readonly subject: string;
  }[];
  readonly hybrids: readonly { readonly ed25519: string; readonly falcon: string; readonly author: string }[];
  readonly lanes: readonly {
    readonly author: string;
    readonly path: SubjectPath;
    readonly feed: string;
    readonly epoch: { readonly index: number; readonly nonce: string };
    readonly lane: string;
  }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../vectors/names.json", import.meta.url), "utf8")) as Vectors;
const hasher = createHasher(instantiate);
const demo = networkId(hasher, "demo");

test("networks, spaces and subjects have the ids of names.json", () => {
  expect(vectors.networks.map(({ name }) => ({ name: parseNetworkName(name), network: toHex(networkId(hasher, name)) }))).toEqual(
    vectors.networks,
  );
  const subjects = vectors.subjects.map(({ path }) => {
    if (isMalformed(parseSubjectPath(path))) throw new Error(`${path} is a path in names.json`);
    return { path, spacePath: spacePath(path), space: toHex(spaceId(hasher, demo, path)), subject: toHex(subjectId(hasher, demo, path)) };
  });
  expect(subjects).toEqual(vectors.subjects);
});

test("hybrid authors have the ids of names.json", () => {
  const authors = vectors.hybrids.map(({ ed25519, falcon }) =>
    toHex(hybridAuthor(hasher, fromHex(ed25519, 32) as Uint8Array, fromHex(falcon, falconPublicKeyBytes) as Uint8Array)),
  );
  expect(authors).toEqual(vectors.hybrids.map(({ author }) => author));
  expect(authors.length).toBe(2);
});

test("feeds and lanes have the ids of names.json", () => {
  for (const { author, path, feed, epoch, lane } of vectors.lanes) {
    const mine = feedId(hasher, asId<AuthorId>(fromHex(author, 32) as Uint8Array), subjectId(hasher, demo, path));
    expect(toHex(mine)).toBe(feed);
    expect(toHex(laneId(hasher, mine, { index: epoch.index, nonce: fromHex(epoch.nonce, 16) as Uint8Array }))).toBe(lane);
  }
  expect(new Set(vectors.lanes.map(({ lane }) => lane)).size).toBe(6);
});
