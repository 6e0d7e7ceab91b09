import { classical } from "./authors.js";
import { type Bytes, hex, joined, number, prefixed, utf8, write } from "./bytes.js";
import type { Parts } from "./events.js";
import { type Epoch, epochs, plainEpoch } from "./names.js";
import { checkpointOf, type Lane, laneIn, nodeIn } from "./proofs.js";
import { covering } from "./ranges.js";

const SEAL_AT = 1 + 84 + 8 + 64;

/** The first `common` events are those of every branch. */
function branch(common: number, count: number, text: string): Parts[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 128,
    codec: 0,
    stamp: [1_795_000_000_000, index],
    payload: utf8(index < common ? `event ${index + 1}` : `event ${index + 1} ${text}`),
  }));
}

function branchBytes(lane: Lane, forkedAt: number, beside: number): Bytes {
  const size = lane.ids.length;
  const rest = covering(forkedAt, size).map((place) => nodeIn(lane.ids, place));
  const head = [lane.ids[forkedAt - 1] as Bytes, number(8, size), lane.ids.at(-1) as Bytes];
  return joined(...head, ...rest, checkpointOf(lane, beside).subarray(SEAL_AT));
}

export function forks(): void {
  const epoch = epochs[1] as Epoch;
  const path = "workspace/ä/日本";
  const wanted = [
    { common: 0, sizes: [1, 1], beside: 0 },
    { common: 4, sizes: [5, 12], beside: 2 },
    { common: 37, sizes: [100, 71], beside: 6 },
  ] as const;
  const listed = wanted.map(({ common, sizes, beside }) => {
    const forkedAt = common + 1;
    const lanes = sizes
      .map((size, index) => laneIn(path, epoch, branch(common, size, index === 0 ? "here" : "there")))
      .sort((left, right) => Buffer.compare(left.ids[common] as Bytes, right.ids[common] as Bytes));
    const [first] = lanes as [Lane, Lane];
    const place = joined(classical.id, first.subject, number(4, epoch.index), epoch.nonce);
    const before = covering(0, common).map((at) => nodeIn(first.ids, at));
    const both = lanes.map((lane) => branchBytes(lane, forkedAt, beside));
    const proof = joined(number(1, 1), place, number(8, forkedAt), ...before, ...both);
    const bytes = joined(number(1, 1), prefixed(utf8("demo")), prefixed(utf8(path)), number(1, 1), proof);
    const text = `sinter-fork:${Buffer.from(bytes).toString("base64url")}`;
    const branches = lanes.map(({ ids }) => ({ id: hex(ids[common] as Bytes), size: ids.length }));
    return { text, proof: hex(proof), shows: { network: "demo", subject: path, epoch: plainEpoch(epoch), forkedAt, branches } };
  });
  const about = "Forks by the author of seal.json, in the subject of one lane: each as text, and the fork proof that this holds.";
  write("fork", about, { seed: hex(classical.seed), author: hex(classical.id), forks: listed });
}
