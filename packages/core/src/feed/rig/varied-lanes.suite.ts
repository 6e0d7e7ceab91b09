import fc from "fast-check";
import { MemoryKeys } from "../../store/memory-keys.js";
import { type BlockView, checkBlock } from "../event/block.js";
import { type EventParts, encodeEpochOpened, eventSize, type Origin, originBytes, systemKinds } from "../event/event.js";
import { encodeLens } from "../event/lens-payload.js";
import { relaidBlock } from "../event/relaid-block.js";
import type { RangeOffer } from "../range/verified-range.js";
import type { NewParts } from "../write/open-lane.js";
import { redact } from "./absent-lane.suite.js";
import { putLane } from "./crafted-lane.suite.js";
import { hasher, nonce, parts, Rig } from "./feed-rig.suite.js";
import { sealHybrid } from "./hybrid-lane.suite.js";
import { cutOffer, offerFrom, takeOffer } from "./offered-lane.suite.js";
import { events as sampleEvents } from "./sample-events.suite.js";
import { copyOf, run } from "./twins.suite.js";

// Lanes with some of everything that a lane can hold: written by authors of one key and of two that read one another, copied,
// given up and appended again, redacted; and crafted, with events that a store of ours would not write by itself. All of them short:
// whoever flips each of their bits has few to flip.

export interface VariedLane {
  readonly name: string;
  readonly path: string;
  /** The store that has it. */
  readonly rig: Rig;
  /** Its number there. */
  readonly number: number;
  readonly size: number;
}

const seed = fc.readConfigureGlobal()?.seed ?? 1;

/** Payloads of 0 to 9 bytes and a few longer ones, of all kinds and codecs, with keys and without. */
function someParts(count: number, salt: number): NewParts[] {
  const kinds = [128, 200, 255, 30, 45, 50, 60, 127];
  const long = [33, 300, 31, 64, 32];
  const bytes = fc.uint8Array({ minLength: 300, maxLength: 300 });
  return fc.sample(bytes, { numRuns: count, seed: seed + salt }).map((drawn, at) => {
    const length = at === 11 ? (long[salt % long.length] as number) : (at + salt) % 10;
    const key = at === 7 ? drawn.subarray(0, 130) : at % 3 === 1 ? drawn.subarray(0, 1 + (at % 6)) : undefined;
    return { kind: kinds[at % kinds.length] as number, codec: at % 4, payload: drawn.subarray(0, length), key };
  });
}

const lens = { name: "or-set(text)", version: 1, digest: new Uint8Array(32).fill(8) };

/** An author of one key and one of two, who read what the other wrote: causal deltas rise. Some turns touch both of their subjects. */
function readers(): readonly [Rig, Rig] {
  const [one, two] = [new Rig(), new Rig({ author: 2, instance: 2, signatures: "hybrid" })];
  const [ones, twos] = [someParts(48, 1), someParts(48, 2)];
  for (let at = 0; at < 48; at += 4) {
    for (const [rig, all] of [
      [one, ones],
      [two, twos],
    ] as const) {
      const [first, second, third, fourth] = all.slice(at, at + 4) as [NewParts, NewParts, NewParts, NewParts];
      const turn = rig.feed({ ...rig.command("s", first, second), lens }, rig.command("t/é", third, fourth));
      turn.commit();
      rig.wallMs += 5;
    }
    if (at % 12 === 8) sealHybrid(two, 2);
    if (at % 8 === 4) for (const [from, to] of [[one, two] as const, [two, one] as const]) takeOffer(to, offerFrom(from, "s"));
  }
  for (const rig of [one, two]) for (const seq of [2, 5]) redact(rig, "s", seq);
  return [one, two];
}

/** Copies that go on as instances of their own: epochs of index 1, and events of before that are appended again in one of them. */
function copies(rig: Rig): readonly Rig[] {
  const copy = new Rig({ keys: copyOf(rig), instance: 7 });
  for (const each of someParts(24, 3)) copy.append("s", each);
  const returned = new Rig({ keys: copyOf(rig), instance: 8 });
  const lane = returned.laneNumber("t/é");
  const place = returned.view.lane(lane);
  if (place === undefined) throw new Error("no lane to give up");
  run(returned, { kind: "giveUp", token: 1, place, from: 18 });
  for (const each of someParts(24, 4)) returned.append("t/é", each);
  return [copy, returned];
}

/** Events in an epoch of index 5: what it takes to open it, and an empty one that only tells of others. */
function craftedEvents(count: number): EventParts[] {
  const origin = (made: Origin) => ({ ...made, epoch: { ...made.epoch, index: made.epoch.index % 5 }, stamp: { wallMs: 9, counter: 1 } });
  const short = sampleEvents.filter((event) => event.origin === undefined && eventSize(event) <= 38);
  const movedOn = sampleEvents.filter((event) => event.origin !== undefined && eventSize(event) <= 45 + originBytes);
  const drawn = [...fc.sample(short, { numRuns: count, seed: seed + 5 }), ...fc.sample(movedOn, { numRuns: 4, seed: seed + 6 })];
  const opened = encodeEpochOpened({ epoch: { index: 4, nonce: nonce(3) }, size: 9, headId: new Uint8Array(32).fill(6) });
  const full = fc.sample(
    sampleEvents.filter(({ causal }) => causal !== undefined && causal.length > 60 && causal.length < 130),
    { numRuns: 1, seed },
  );
  const all: Omit<EventParts, "stamp">[] = [
    { kind: systemKinds.epochOpened, payload: opened },
    { kind: systemKinds.frontier, payload: new Uint8Array(0), causal: full[0]?.causal },
    { kind: systemKinds.lens, payload: encodeLens(lens) },
    ...drawn.map((event) => ({ ...event, ...(event.origin && { origin: origin(event.origin) }) })),
  ];
  return all.map((event, index) => ({ ...event, stamp: { wallMs: 1_795_000_000_000 + index, counter: index % 3 } }));
}

function crafted(): Rig {
  const rig = new Rig({ keys: new MemoryKeys(), author: 5, instance: 5 });
  const lane = { lane: 0, author: 5, path: "s", epoch: { index: 5, nonce: nonce(5) } };
  putLane(rig.keys, { ...lane, events: craftedEvents(56), perBlock: 100 });
  return rig;
}

function laneIn(name: string, rig: Rig, path: string): VariedLane {
  const number = rig.laneNumber(path);
  return { name, path, rig, number, size: rig.view.head(number)?.size ?? 0 };
}

/** The same in every call of a run. */
export function variedLanes(): readonly VariedLane[] {
  const [one, two] = readers();
  const [copy, returned] = copies(one);
  return [
    laneIn("of one key", one, "s"),
    laneIn("of one key, under seals of several heads", one, "t/é"),
    laneIn("of two keys", two, "s"),
    laneIn("of two keys, under seals of several heads", two, "t/é"),
    laneIn("of a copy", copy as Rig, "s"),
    laneIn("with events appended again", returned as Rig, "t/é"),
    laneIn("crafted", crafted(), "s"),
    laneIn("of one event", ofOne(), "s"),
  ];
}

/** A lane for each of so many subjects, of one to three events, under seals of one to five heads. */
export function shortLanes(count: number): readonly VariedLane[] {
  const rig = new Rig({ author: 8, instance: 8 });
  const path = (at: number) => `u/${at}`;
  const drawn = someParts(3 * count, 7);
  const command = (at: number) => rig.command(path(at), ...drawn.slice(3 * at, 3 * at + ([1, 1, 1, 3, 2][at % 5] as number)));
  for (let at = 0, turn = 0; at < count; turn++) {
    const heads = Math.min([1, 2, 5, 1, 1, 3][turn % 6] as number, count - at);
    rig.feed(...Array.from({ length: heads }, (_, beside) => command(at + beside))).commit();
    at += heads;
  }
  return Array.from({ length: count }, (_, at) => laneIn("short", rig, path(at)));
}

function ofOne(): Rig {
  const rig = new Rig({ author: 6, instance: 6 });
  rig.append("s", parts(""));
  return rig;
}

/** So many events a piece, each with the way to the lane's checkpoint, in one block that no store has. */
export function piecesOf({ rig, number, path, size }: VariedLane, perPiece: number): RangeOffer[] {
  const cutting = { view: rig.view, laneNumber: () => number } as unknown as Rig;
  return Array.from({ length: Math.ceil(size / perPiece) }, (_, at) => {
    const from = 1 + at * perPiece;
    return cutOffer(cutting, path, { from, to: Math.min(size, from + perPiece - 1), perBlock: perPiece });
  });
}

/** The same offer without any payload that can be absent. */
export function withoutPayloads(offer: RangeOffer): RangeOffer {
  const blocks = offer.blocks.map((bytes) => relaidBlock(hasher, checkBlock(bytes) as BlockView, () => "absent"));
  return { ...offer, blocks };
}
