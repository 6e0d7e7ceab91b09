import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EventRecord, type FeedRow, type Peer, toHex } from "@sinter/core";
import { keyFileName } from "./key-file.js";
import { createNodeHasher } from "./node-hasher.js";
import { dataFileName } from "./store-lock.js";

// A store as an earlier version of this program left it, and what it held then. scripts/make-golden.ts makes the next one
// when the format has a new version; those that exist are never made again.

export const goldenDir = fileURLToPath(new URL("../fixtures/golden/v1/", import.meta.url));
export const expectedFileName = "expected.json";

interface GoldenEvent extends Omit<EventRecord, "payload" | "key"> {
  readonly key: string | null;
  readonly payloadLength: number;
  readonly payloadHash: string;
}

interface GoldenProof {
  readonly lane: string;
  readonly seq: number;
  readonly size: number;
  readonly id: string;
  readonly root: string;
  readonly path: readonly string[];
}

/** All that an application can learn of a store. Bytes are in hexadecimal. */
export interface Contents {
  readonly author: string;
  readonly peer: string;
  readonly network: string;
  readonly root: string;
  readonly subjects: readonly { readonly path: string; readonly events: number }[];
  readonly feeds: readonly FeedRow[];
  readonly events: Readonly<Record<string, readonly GoldenEvent[]>>;
  /** Of the first, the last and a few other events of every lane. */
  readonly proofs: readonly GoldenProof[];
}

export async function contentsOf(peer: Peer): Promise<Contents> {
  const { peer: id, author, network, root, subjects } = await peer.status();
  const events: Record<string, GoldenEvent[]> = {};
  for (const { path } of subjects) {
    events[path] = [];
    for await (const event of peer.events(path, { system: true })) events[path].push(goldenEvent(event));
  }
  return { author, peer: id, network, root, subjects, feeds: await peer.feeds(), events, proofs: [...proofsOf(peer)] };
}

const hasher = createNodeHasher();

function goldenEvent({ payload, key, ...rest }: EventRecord): GoldenEvent {
  const payloadHash = toHex(hasher.hash("sinter 1 payload", payload));
  return { ...rest, key: key === undefined ? null : toHex(key), payloadLength: payload.length, payloadHash };
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
