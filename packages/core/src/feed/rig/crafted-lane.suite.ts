import { encodeAuthorKeys } from "../../identity/author-keys.js";
import { hashBytes } from "../../identity/crypto.js";
import { authorOfKey, type Epoch, subjectId } from "../../identity/ids.js";
import { appendLeaves, emptyMmr, mmrRoot } from "../../proof/mmr-append.js";
import type { KeySpace } from "../../protocol/key-space.js";
import { authorKey, blockKey, headKey, mmrKey } from "../../store/keys.js";
import { encodeHeadRecord } from "../../store/records.js";
import { BlockBuilder, type BlockView, blockRun, checkBlock } from "../event/block.js";
import type { EventParts } from "../event/event.js";
import { sealLeaf, sealMessage } from "../seal/seal.js";
import { applyFeedWrite } from "../write/feed-vocabulary.js";
import { hasher, laneIdOf, network, pathOf, standInSigner } from "./feed-rig.suite.js";

// A lane written straight into a store: stamps, origins and blocks as the test wants them, which the feed core does not do.

export interface CraftedLane {
  readonly lane: number;
  readonly author: number;
  readonly path: string;
  readonly epoch: Epoch;
  readonly events: readonly EventParts[];
  /** Events a block. */
  readonly perBlock: number;
}

/** Answers the ids of its events. */
export function putLane(keys: KeySpace, crafted: CraftedLane): Uint8Array[] {
  const { lane, path, epoch, events, perBlock } = crafted;
  const signer = standInSigner(crafted.author);
  const author = authorOfKey(signer.publicKey);
  const id = laneIdOf(author, path, epoch);
  const ids = new Uint8Array(events.length * hashBytes);
  let previous: Uint8Array = new Uint8Array(hashBytes);
  let lastBlockSeq = 1;
  for (let from = 0; from < events.length; from += perBlock) {
    const builder = new BlockBuilder(from + 1, previous);
    for (const event of events.slice(from, from + perBlock)) builder.add(event);
    const block = builder.finish();
    hasher.eventIds(blockRun(id, checkBlock(block) as BlockView), ids, from * hashBytes);
    previous = ids.slice((from + builder.count - 1) * hashBytes, (from + builder.count) * hashBytes);
    lastBlockSeq = from + 1;
    keys.put(blockKey(lane, from + 1), block);
  }
  const mmr = appendLeaves(hasher, emptyMmr, ids, events.length, (group, bytes) => keys.put(mmrKey(lane, group), bytes));
  const { stamp } = events[events.length - 1];
  const root = sealLeaf(hasher, { lane: id, size: events.length, mmrRoot: mmrRoot(hasher, mmr), headId: previous });
  const signature = signer.sign(sealMessage({ author, stamp, leaves: 1, root }));
  const seal = { size: events.length, stamp, leaves: 1, index: 0, path: [], signature };
  const head = { size: events.length, headId: previous, stamp, freezeAt: 0, lastBlockSeq, peaks: mmr.peaks, seal };
  keys.put(authorKey(author), encodeAuthorKeys({ suite: 1, ed25519: author }));
  applyFeedWrite(keys, { kind: "lane", lane, subject: subjectId(hasher, network, pathOf(path)), path: pathOf(path), author, epoch });
  keys.put(headKey(lane), encodeHeadRecord(head));
  applyFeedWrite(keys, { kind: "changed", lane });
  return Array.from({ length: events.length }, (_, index) => ids.slice(index * hashBytes, (index + 1) * hashBytes));
}
