import type { PeerId, SyncMessage } from "@sinter/core";
import { syncPartsMax, Writer } from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import type { Hostility } from "./hostile-actor.js";
import { frameOf, type HostileLink, syncTag } from "./hostile-link.js";
import { HeardFrames, madeUpDigest, madeUpPlace, madeUpRow } from "./made-up.js";

const LENGTH_MOST = 400;
const LARGEST = Number.MAX_SAFE_INTEGER;
const U32_LARGEST = 0xffff_ffff;
/** As many as a message may claim. */
const PARTS_MOST = syncPartsMax;

/** Bytes that nobody meant, and frames that were meant, cut off or changed. */
export class RandomBytes implements Hostility {
  readonly reads = "yes";
  readonly #random: SeededRandom;
  readonly #frames = new HeardFrames();

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  frame({ peer: from }: { readonly peer: PeerId }, frame: Uint8Array, messageClass: "control" | "bulk"): void {
    this.#frames.heard({ from, frame: frame.slice(), messageClass });
  }

  tick(link: HostileLink): void {
    const random = this.#random;
    const messageClass = random.pick(["control", "bulk"] as const);
    const bytes = random.bytes(1 + random.below(LENGTH_MOST)).slice(0, 1 + random.below(LENGTH_MOST));
    if (random.chance(0.8) === "yes") bytes[0] = syncTag;
    const [heard] = this.#frames.some(random, 1);
    if (heard === undefined || random.chance(0.4) === "yes") return link.bytes(bytes, messageClass);
    const { frame } = heard;
    const changed = random.chance(0.5) === "yes" ? frame.slice(0, random.below(frame.length)) : frame.slice();
    if (changed.length === frame.length) {
      const at = random.below(changed.length);
      changed[at] = (changed[at] as number) ^ (1 << random.below(8));
    }
    link.bytes(changed, heard.messageClass);
  }
}

/** Says of what comes that it is far more than it is. */
export class HugeCounts implements Hostility {
  readonly reads = "yes";
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  tick(link: HostileLink): void {
    const random = this.#random;
    const message = random.pick(this.#believable(link));
    if (random.chance(0.5) === "yes") return link.say(message);
    // Somewhere in it a number becomes the largest there is, and nothing more comes behind it.
    const frame = frameOf(random.pick([message, ...this.#believable(link)]));
    const at = 1 + random.below(frame.length - 1);
    const writer = new Writer(frame.length + 16).bytes(frame.subarray(0, at));
    if (random.chance(0.5) === "yes") writer.varint(LARGEST);
    else writer.u32(U32_LARGEST);
    link.bytes(writer.bytes(frame.subarray(at + 1)).finish(), random.pick(["control", "bulk"] as const));
  }

  heard(link: HostileLink, message: SyncMessage): void {
    const random = this.#random;
    const { session } = link;
    if (message.kind === "open") link.say({ kind: "opened", session, digest: madeUpDigest(random, LARGEST), tell: this.#symbols() });
    if (message.kind === "ask") link.say({ kind: "tell", session, round: message.round, tell: this.#symbols() });
    if (message.kind === "difference") link.say({ kind: "settled", session: message.session, missing: LARGEST });
    // A range of four gigabytes begins.
    if (message.kind === "want")
      link.say({
        kind: "chunk",
        stream: message.stream,
        seq: 0,
        position: "within",
        hash: undefined,
        bytes: Uint8Array.of(
          ...random.pick([
            [255, 255, 255, 255],
            [1, 255, 255, 255],
          ]),
          ...random.bytes(40),
        ),
      });
  }

  #symbols() {
    return { kind: "symbols", from: 0, rows: U32_LARGEST, symbols: [] } as const;
  }

  #believable(link: HostileLink): readonly SyncMessage[] {
    const random = this.#random;
    const { turns: number } = link;
    const row = { ...madeUpRow(random), size: LARGEST, hybridSize: LARGEST };
    const place = madeUpPlace(random);
    return [
      { kind: "held", number: LARGEST, rows: [row] },
      { kind: "held", number: number + 1, rows: [{ ...row, freezeAt: LARGEST }] },
      { kind: "heard", number: LARGEST },
      { kind: "ack", stream: number, seq: LARGEST, window: LARGEST },
      { kind: "want", stream: LARGEST, place, from: LARGEST, previous: random.bytes(32) },
      {
        kind: "open",
        session: number,
        scope: link.scope,
        digest: madeUpDigest(random, LARGEST),
        ask: { kind: "symbols", from: 16_000, count: 16_000 },
      },
      { kind: "ask", session: number, round: LARGEST, ask: { kind: "buckets", count: 65_536 } },
      { kind: "difference", session: number, part: 0, parts: PARTS_MOST, rows: [] },
      { kind: "difference", session: number, part: PARTS_MOST - 1, parts: PARTS_MOST, rows: [row] },
      { kind: "payload", place, seq: LARGEST, bytes: random.bytes(20) },
      { kind: "pong", number: LARGEST },
    ];
  }
}
