import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EventRecord, type FeedRow, type ForkRow, type Peer, toHex, type WantedPayload } from "@sinter/core";
import { keyFileName } from "./key-file.js";
import { createNodeHasher } from "./node-hasher.js";
import { dataFileName } from "./store-lock.js";

// Stores as earlier versions of this program left them, one of each format, and what they held then. scripts/make-golden.ts
// makes the next one when the format has a new version; those that exist are never made again.

const goldenRoot = fileURLToPath(new URL("../fixtures/golden", import.meta.url));
const expectedFileName = "expected.json";

/** Where what a store of this format left lies. */
export interface GoldenPlace {
  readonly format: number;
  /** Of the store. */
  readonly dir: string;
  readonly expectedFile: string;
  /** Subjects of the store as segments: a directory each. */
  readonly segmentsDir: string;
}

export function goldenPlace(format: number): GoldenPlace {
  const dir = join(goldenRoot, `v${format}`);
  return { format, dir, expectedFile: join(dir, expectedFileName), segmentsDir: join(dir, "segments") };
}

export interface GoldenSegments {
  readonly folder: string;
  readonly subject: string;
  readonly files: readonly string[];
}

interface GoldenEvent extends Omit<EventRecord, "payload" | "key"> {
  readonly key: string | null;
  readonly payloadLength: number | null;
  readonly payloadHash: string | null;
}

interface GoldenProof {
  readonly lane: string;
  readonly seq: number;
  readonly size: number;
  readonly id: string;
  readonly root: string;
  readonly path: readonly string[];
}

/** All that an application can learn of a store. Bytes are in hexadecimal. What an earlier version wrote down of it lacks what it
 * did not know of. */
export interface Contents {
  readonly author: string;
  readonly peer: string;
  readonly network: string;
  readonly root: string;
  readonly subjects: readonly { readonly path: string; readonly events: number }[];
  readonly feeds: readonly FeedRow[];
  readonly forks: readonly (Omit<ForkRow, "proof"> & { readonly proof: string })[];
  readonly wanted: readonly WantedPayload[];
  /** How many there are on disk. */
  readonly views: number;
  readonly events: Readonly<Record<string, readonly GoldenEvent[]>>;
  /** Of the first, the last and a few other events of every lane. */
  readonly proofs: readonly GoldenProof[];
}

export interface Golden extends GoldenPlace {
  readonly contents: Contents;
  /** None of format 1: it had no segments. */
  readonly segments: readonly GoldenSegments[];
}

/** What there is of every format, from the first on. */
export const goldens: readonly Golden[] = existing().map((place) => {
  const { contents, segments = [] } = JSON.parse(readFileSync(place.expectedFile, "utf8")) as Pick<Golden, "contents"> & Partial<Golden>;
  return { ...place, contents, segments };
});

function existing(): GoldenPlace[] {
  const names = readdirSync(goldenRoot).filter((name) => existsSync(join(goldenRoot, name, expectedFileName)));
  return names.map((name) => goldenPlace(Number(name.slice(1)))).sort((left, right) => left.format - right.format);
}

export async function contentsOf(peer: Peer): Promise<Contents> {
  const { peer: id, author, network, root, subjects } = await peer.status();
  const events: Record<string, GoldenEvent[]> = {};
  for (const { path } of subjects) {
    events[path] = [];
    for await (const event of peer.events(path, { system: true })) events[path].push(goldenEvent(event));
  }
  const forks = (await peer.forks()).map(({ proof, ...fork }) => ({ ...fork, proof: toHex(proof) }));
  const { wanted } = await peer.wanted();
  const { views } = await peer.audit();
  return {
    author,
    peer: id,
    network,
    root,
    subjects,
    feeds: await peer.feeds(),
    forks,
    wanted,
    views,
    events,
    proofs: [...proofsOf(peer)],
  };
}

const hasher = createNodeHasher();

function goldenEvent({ payload, key, ...rest }: EventRecord): GoldenEvent {
  const payloadHash = payload === undefined ? null : toHex(hasher.hash("sinter 1 payload", payload));
  return { ...rest, key: key === undefined ? null : toHex(key), payloadLength: payload?.length ?? null, payloadHash };
}

function* proofsOf(peer: Peer): Generator<GoldenProof> {
  for (const { id: subject } of peer.view.subjects()) {
    for (const { number } of peer.view.lanes(subject)) {
      const reader = peer.lane(number);
      for (const seq of new Set([1, 2, 65, reader.size])) {
        if (seq > reader.size) continue;
        const proof = reader.prove(seq);
        if (proof === undefined) throw new Error(`no proof of event ${seq} of lane ${number}`);
        const { id, lane, size, root, path } = proof;
        yield { lane: toHex(lane), seq, size, id: toHex(id), root: toHex(root), path: path.map(toHex) };
      }
    }
  }
}

/** Copies what makes a store. The copy's keys are readable by nobody else, which git does not keep. */
export function copyStore(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of [dataFileName, keyFileName]) {
    copyFileSync(join(from, name), join(to, name));
    chmodSync(join(to, name), 0o600);
  }
}
