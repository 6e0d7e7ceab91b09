import { type Author, classical, hybrid, plainHybrid, signed, signedBySecondKey } from "./authors.js";
import { type Bytes, filled, H, hex, joined, number, prefixed, utf8, write } from "./bytes.js";
import { headOf, type Parts, sampleParts, stampBytes } from "./events.js";
import { type Epoch, epochs, feedOf, laneOf, plainEpoch, subjectOf } from "./names.js";
import { covering, type Place } from "./ranges.js";
import { levels } from "./seals.js";

export interface Lane {
  readonly author: Author;
  readonly subject: Bytes;
  readonly epoch: Epoch;
  readonly ids: readonly Bytes[];
  readonly events: readonly Parts[];
}

export function laneIn(path: string, epoch: Epoch, events: readonly Parts[], author: Author = classical): Lane {
  const subject = subjectOf(path);
  const lane = laneOf(feedOf(author.id, subject), epoch);
  const ids: Bytes[] = [];
  for (const [index, parts] of events.entries()) {
    const previous = ids.at(-1) ?? filled(32, 0);
    ids.push(H("event", lane, previous, number(8, index + 1), H("payload", parts.payload), headOf(parts)));
  }
  return { author, subject, epoch, ids, events };
}

/** The lane when it had `size` events. */
export function upTo({ ids, events, ...lane }: Lane, size: number): Lane {
  return { ...lane, ids: ids.slice(0, size), events: events.slice(0, size) };
}

/** Over leaves given by the array; `node` above has leaves of its own. */
export function nodeIn(ids: readonly Bytes[], { height, index }: Place): Bytes {
  if (height === 0) return ids[index] as Bytes;
  return H("mmr parent", nodeIn(ids, { height: height - 1, index: 2 * index }), nodeIn(ids, { height: height - 1, index: 2 * index + 1 }));
}

const signatures = { seal: signed, "hybrid seal": signedBySecondKey };

interface SealedHead {
  /** Size, MMR root, head id, and the seal over them. */
  readonly bytes: Bytes;
  /** What was signed. */
  readonly message: Bytes;
}

/** By the author's first key or by the second. `beside` other lanes stand under the seal. */
export function sealedHeadOf({ author, subject, epoch, ids, events }: Lane, beside: number, purpose: keyof typeof signatures): SealedHead {
  const size = ids.length;
  const mmrRoot = H("mmr root", number(8, size), ...covering(0, size).map((place) => nodeIn(ids, place)));
  const headId = ids.at(-1) as Bytes;
  const stamp = stampBytes((events.at(-1) as Parts).stamp);
  const lane = laneOf(feedOf(author.id, subject), epoch);
  const others = Array.from({ length: beside }, (_, index) => ({ lane: filled(32, 50 * index + 3), leaf: H("head", number(4, index)) }));
  const heads = [{ lane, leaf: H("head", lane, number(8, size), mmrRoot, headId) }, ...others];
  heads.sort((left, right) => Buffer.compare(left.lane, right.lane));
  const index = heads.findIndex((head) => head.lane === lane);
  const tree = levels(heads.map(({ leaf }) => leaf));
  const [root] = tree.at(-1) as readonly [Bytes];
  const message = joined(utf8(`sinter/1/${purpose}\n`), author.id, stamp, number(4, heads.length), root);
  const path = tree.flatMap((level, up) => level[Math.floor(index / 2 ** up) ^ 1] ?? []);
  const seal = joined(stamp, number(4, heads.length), number(4, index), number(1, path.length), ...path);
  return { bytes: joined(number(8, size), mmrRoot, headId, seal, signatures[purpose](author, message)), message };
}

export const placeOf = ({ author, subject, epoch }: Lane): Bytes => joined(author.id, subject, number(4, epoch.index), epoch.nonce);

export function checkpointOf(lane: Lane, beside: number): Bytes {
  return joined(number(1, 1), placeOf(lane), sealedHeadOf(lane, beside, "seal").bytes);
}

function inclusionIn({ ids }: Lane, seq: number): Bytes {
  const peaks = covering(0, ids.length);
  const own = peaks.find(({ height, index }) => Math.floor((seq - 1) / 2 ** height) === index) as Place;
  const up = Array.from({ length: own.height }, (_, height) => ({ height, index: Math.floor((seq - 1) / 2 ** height) ^ 1 }));
  const hashes = [...up, ...peaks.filter((peak) => peak !== own)].map((place) => nodeIn(ids, place));
  return joined(number(1, hashes.length), ...hashes);
}

interface Asked {
  readonly path: string;
  readonly seq: number;
  readonly beside: number;
  readonly payload: "shown" | "hash";
  /** How far the second key has signed. */
  readonly hybridSize?: number;
}

function proofOf(lane: Lane, { path, seq, beside, payload, hybridSize }: Asked): Bytes {
  const parts = lane.events[seq - 1] as Parts;
  const head = headOf(parts);
  const event = payload === "shown" ? prefixed(joined(head, parts.payload)) : joined(prefixed(head), H("payload", parts.payload));
  const named = joined(prefixed(utf8("demo")), prefixed(utf8(path)));
  const keys = lane.author.falcon === undefined ? number(1, 1) : lane.author.keys;
  const previous = lane.ids[seq - 2] ?? filled(32, 0);
  const form = (payload === "shown" ? 0 : 1) + (hybridSize === undefined ? 0 : 2);
  const first = joined(inclusionIn(lane, seq), checkpointOf(lane, beside));
  const then = hybridSize === undefined ? undefined : upTo(lane, hybridSize);
  const second = then === undefined ? [] : [inclusionIn(then, seq), sealedHeadOf(then, beside, "hybrid seal").bytes];
  return joined(Uint8Array.of(1, form), named, keys, number(8, seq), previous, event, first, ...second);
}

/** The hybrid part as it stands in a proof, and what its signature is over. */
function sealedByBoth(lane: Lane, beside: number): { readonly hybrid: string; readonly message: string } {
  const { bytes, message } = sealedHeadOf(lane, beside, "hybrid seal");
  return { hybrid: hex(bytes), message: hex(message) };
}

export function proofs(): void {
  const epoch = epochs[1] as Epoch;
  const path = "workspace/ä/日本";
  const plain = (count: number): Parts[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: 128,
      codec: 0,
      stamp: [1_795_000_000_000, index],
      payload: utf8(`event ${index + 1}`),
    }));
  const large = { ...plain(1)[0], ...sampleParts()[3], stamp: [1_795_000_000_001, 0] } as Parts;
  const wanted = [
    { author: classical, events: plain(1), seq: 1, beside: 0, payload: "shown" },
    { author: classical, events: plain(7), seq: 3, beside: 2, payload: "shown" },
    { author: classical, events: plain(7), seq: 7, beside: 2, payload: "hash" },
    { author: classical, events: [...plain(2), large], seq: 3, beside: 4, payload: "shown" },
    { author: classical, events: plain(40), seq: 20, beside: 6, payload: "hash" },
    { author: hybrid, events: plain(7), seq: 6, beside: 2, payload: "shown" },
    { author: hybrid, events: plain(7), seq: 3, beside: 2, payload: "shown", hybridSize: 5 },
    { author: hybrid, events: plain(11), seq: 11, beside: 0, payload: "hash", hybridSize: 11 },
  ] as const;
  const listed = wanted.map(({ author, events: all, ...asked }) => {
    const { seq, beside, payload: shown } = asked;
    const lane = laneIn(path, epoch, all, author);
    const bytes = proofOf(lane, { path, ...asked });
    const { payload, stamp, kind } = all[seq - 1] as Parts;
    const place = { network: "demo", subject: path, author: hex(author.id), epoch: plainEpoch(epoch), seq };
    const said = shown === "shown" ? { payload: hex(payload) } : { payloadHash: hex(H("payload", payload)) };
    const assurance = "hybridSize" in asked ? "hybrid" : "classical";
    const sealed = "hybridSize" in asked ? sealedByBoth(upTo(lane, asked.hybridSize), beside) : {};
    const shows = { ...place, id: hex(lane.ids[seq - 1] as Bytes), stamp, kind, ...said, assurance, size: lane.ids.length };
    const text = `sinter-proof:${Buffer.from(bytes).toString("base64url")}`;
    return { text, checkpoint: hex(checkpointOf(lane, beside)), ...sealed, shows };
  });
  const about =
    "Proofs of events by the author of seal.json and by a hybrid one, in the subject of one lane; the checkpoint that each holds, and " +
    "what its hybrid part ends with: size, MMR root, head id and hybrid seal, and the message that this signs. The hybrid author's keys are made of these two seeds.";
  write("proof", about, { seed: hex(classical.seed), hybrid: plainHybrid(), proofs: listed });
}
