import { classical, hybrid, plainHybrid } from "./authors.js";
import { type Bytes, filled, H, hex, joined, number, prefixed, utf8, write } from "./bytes.js";
import { headOf, type Parts } from "./events.js";
import { type Epoch, epochs, subjectOf } from "./names.js";
import { checkpointOf, type Lane, laneIn, nodeIn, placeOf, sealedHeadOf, upTo } from "./proofs.js";
import { covering } from "./ranges.js";

const PATH = "workspace/ä/日本";

function counted(from: number, payloads: readonly Bytes[]): Parts[] {
  return payloads.map((payload, index) => ({ kind: 128, codec: 0, stamp: [1_795_000_000_000 + from + index, 0], payload }));
}

/** A block of each run of events that is named by its last seq. */
export function blocksOf({ events, ids }: Lane, lasts: readonly number[]): Bytes[] {
  return lasts.map((last, at) => {
    const first = (lasts[at - 1] ?? 0) + 1;
    const run = joined(...events.slice(first - 1, last).map((parts) => joined(headOf(parts), parts.payload)));
    const previous = ids[first - 2] ?? filled(32, 0);
    return joined(Uint8Array.of(1, 0), number(2, last - first + 1), number(4, run.length), number(8, first), previous, run);
  });
}

function segmentOf(lane: Lane, range: { readonly first: number; readonly last: number }, blocks: readonly Bytes[]): Bytes {
  const all = joined(...blocks);
  const counts = joined(number(8, range.first), number(8, range.last), number(4, blocks.length), number(4, all.length));
  return joined(utf8("sinter segment"), Uint8Array.of(1, 0), placeOf(lane), counts, all);
}

interface Filed {
  readonly lane: Lane;
  readonly segments: readonly { readonly last: number; readonly bytes: Bytes }[];
  /** What the second key signed: size, MMR root, head id and seal. */
  readonly second?: Bytes;
}

/** `cuts`: where a segment ends, each the end of one of its blocks. */
function filed(lane: Lane, lasts: readonly number[], cuts: readonly number[]): Filed {
  const blocks = blocksOf(lane, lasts);
  const segments = cuts.map((last, at) => {
    const first = (cuts[at - 1] ?? 0) + 1;
    const own = blocks.filter((_, index) => (lasts[index] as number) >= first && (lasts[index] as number) <= last);
    return { last, bytes: segmentOf(lane, { first, last }, own) };
  });
  return { lane, segments };
}

function laneEntry({ lane, segments, second }: Filed): Bytes {
  const size = lane.ids.length;
  const each = segments.map(({ last, bytes }) => {
    const proof = last === size ? [] : [...covering(0, last), ...covering(last, size)].map((place) => nodeIn(lane.ids, place));
    return joined(H("segment", bytes), number(8, last), number(1, proof.length), ...proof);
  });
  const sealed = second === undefined ? [checkpointOf(lane, 2)] : [checkpointOf(lane, 2), second];
  return joined(number(1, sealed.length - 1), prefixed(lane.author.keys), ...sealed, number(4, segments.length), ...each);
}

/** A lane whose blocks are one event each, in three segments, one in a later epoch, and one of a hybrid author. The format would put all of the first into
 * one segment: a reader takes what the index says. */
export function segments(): void {
  const small = ["one", "two", "three", "four", "five", "six", "seven"].map(utf8);
  const first = laneIn(PATH, epochs[0] as Epoch, counted(0, small));
  const branch = joined(number(4, 0), (epochs[0] as Epoch).nonce, number(8, 7), first.ids[6] as Bytes);
  const opened = { kind: 2, codec: 0, stamp: [1_795_000_000_100, 0], payload: branch } as const;
  const second = laneIn(PATH, epochs[1] as Epoch, [opened, ...counted(101, [utf8("eight")])]);
  const both = laneIn(PATH, epochs[0] as Epoch, counted(200, small), hybrid);
  const hybridHead = sealedHeadOf(upTo(both, 6), 2, "hybrid seal");
  const lanes: Filed[] = [
    filed(first, [1, 2, 3, 4, 5, 6, 7], [3, 5, 7]),
    filed(second, [2], [2]),
    { ...filed(both, [4, 7], [4, 7]), second: hybridHead.bytes },
  ];
  // By author, and then by epoch, as they stand.
  lanes.sort((left, right) => Buffer.compare(left.lane.author.id, right.lane.author.id));
  const head = joined(utf8("sinter subject"), Uint8Array.of(1, 0), prefixed(utf8("demo")), prefixed(utf8(PATH)), number(4, lanes.length));
  const files = lanes.flatMap(({ segments: own }) =>
    own.map(({ bytes }) => ({ name: `${hex(H("segment", bytes))}.segment`, bytes: hex(bytes) })),
  );
  const about =
    "One subject as segments and their index: two epochs of the author of seal.json, the first of them in three segments, and one of a " +
    "hybrid author, with what its second key signed: size, MMR root, head id and hybrid seal, and the message that this signs.";
  const shows = lanes.map(({ lane }) => ({ author: hex(lane.author.id), epoch: lane.epoch.index, ids: lane.ids.map(hex) }));
  write("segment", about, {
    seed: hex(classical.seed),
    hybrid: { ...plainHybrid(), sealed: hex(hybridHead.bytes), message: hex(hybridHead.message) },
    subject: hex(subjectOf(PATH)),
    index: hex(joined(head, ...lanes.map(laneEntry))),
    files,
    shows,
  });
}
