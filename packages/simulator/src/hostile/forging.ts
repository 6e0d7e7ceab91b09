import { decodeRange, encodeRange, isMalformed, type PeerId, type RangeOffer, type Signer, type SyncMessage } from "@sinter/core";
import type { SeededRandom } from "../seeded-random.js";
import type { Hostility } from "./hostile-actor.js";
import type { HostileLink } from "./hostile-link.js";
import { HeardFrames, HeardRows } from "./made-up.js";

const RANGES_KEPT = 16;
/** In a block: the id of the event before its first. */
const PREVIOUS_AT = 16;
const FORGED_A_TURN = 2;
const SIGNED_SHARE = 0.3;

export interface ForgedParts {
  readonly signer: Signer;
  readonly own: readonly RangeOffer[];
  readonly falselySigned: readonly RangeOffer[];
}

/** Offers ranges that nobody wrote so. */
export class ForgedRanges implements Hostility {
  readonly reads = "yes";
  readonly #random: SeededRandom;
  readonly #signer: Signer;
  /** Of its own, written as it should be. */
  readonly #own: readonly Uint8Array[];
  /** In the name of others, with nothing wrong but the signature. */
  readonly #falselySigned: readonly Uint8Array[];
  readonly #heard = new HeardRows();
  #ranges: Uint8Array[] = [];

  constructor(random: SeededRandom, { signer, own, falselySigned }: ForgedParts) {
    this.#random = random;
    this.#signer = signer;
    this.#own = own.map(encodeRange);
    this.#falselySigned = falselySigned.map(encodeRange);
  }

  tick(link: HostileLink): void {
    for (let count = 0; count < FORGED_A_TURN; count++) link.say({ kind: "push", range: this.#forged() });
    // More than there is of what honest authors wrote: whoever asks for it is sent something else.
    const rows = this.#heard.some(this.#random, 2).map((row) => ({ ...row, size: row.size + 1, headId: this.#random.bytes(32) }));
    if (rows.length > 0) link.say({ kind: "held", number: link.turns + 1, rows });
  }

  heard(link: HostileLink, message: SyncMessage): void {
    this.#heard.heard(message);
    if (message.kind === "push") this.#ranges = [...this.#ranges.slice(1 - RANGES_KEPT), message.range.slice()];
    // So that it is told of what is new.
    if (message.kind === "open") link.say({ kind: "opened", session: message.session, digest: "same", tell: undefined });
    if (message.kind === "want") this.#stream(link, message.stream);
  }

  #stream(link: HostileLink, stream: number): void {
    const range = this.#forged();
    const bytes = new Uint8Array(4 + range.length);
    new DataView(bytes.buffer).setUint32(0, range.length);
    bytes.set(range, 4);
    link.say({ kind: "chunk", stream, seq: 0, position: "last", hash: undefined, bytes });
  }

  #forged(): Uint8Array {
    const random = this.#random;
    if (this.#falselySigned.length > 0 && random.chance(SIGNED_SHARE) === "yes") return random.pick(this.#falselySigned);
    const base = random.pick([...this.#own, ...this.#ranges]);
    const offer = decodeRange(base.slice());
    if (isMalformed(offer)) throw new Error(`a range that was kept is none: ${offer.reason}`);
    switch (random.below(5)) {
      case 0:
        return flipped(base, random.below(base.length), random);
      case 1:
        return encodeRange(this.#signedByItself(offer));
      case 2:
        return encodeRange(this.#inTheNameOf(offer));
      case 3: {
        const [block, ...others] = offer.blocks as readonly [Uint8Array, ...Uint8Array[]];
        const at = PREVIOUS_AT + random.below(32);
        return encodeRange({ ...offer, blocks: [flipped(block, at, random), ...others] });
      }
      default:
        return base.subarray(0, random.below(base.length));
    }
  }

  /** What another wrote, under the signature of this one. */
  #signedByItself({ checkpoint, ...offer }: RangeOffer): RangeOffer {
    const signature = this.#signer.sign(checkpoint.mmrRoot);
    return { ...offer, checkpoint: { ...checkpoint, seal: { ...checkpoint.seal, signature } } };
  }

  /** What it wrote, as if it were of the author of another range. */
  #inTheNameOf({ checkpoint, ...offer }: RangeOffer): RangeOffer {
    const [row] = this.#heard.some(this.#random, 1);
    if (row === undefined)
      return { ...offer, checkpoint: { ...checkpoint, place: { ...checkpoint.place, author: this.#random.bytes(32) as never } } };
    return { ...offer, checkpoint: { ...checkpoint, place: { ...checkpoint.place, author: row.author } } };
  }
}

function flipped(bytes: Uint8Array, at: number, random: SeededRandom): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ (1 + random.below(255));
  return changed;
}

const REPLAYED_A_TURN = 6;

/** Says again what it heard: from whom it heard it, to others, when the link is another; and what was said in another network. */
export class Replays implements Hostility {
  readonly reads = "yes";
  readonly #random: SeededRandom;
  readonly #frames = new HeardFrames();
  readonly #elsewhere: readonly RangeOffer[];

  /** `elsewhere`: signed as it should be, for another network. */
  constructor(random: SeededRandom, elsewhere: readonly RangeOffer[]) {
    this.#random = random;
    this.#elsewhere = elsewhere;
  }

  frame({ peer: from }: { readonly peer: PeerId }, frame: Uint8Array, messageClass: "control" | "bulk"): void {
    this.#frames.heard({ from, frame: frame.slice(), messageClass });
  }

  tick(link: HostileLink): void {
    const random = this.#random;
    for (const { frame, messageClass } of this.#frames.some(random, REPLAYED_A_TURN)) link.bytes(frame, messageClass);
    if (link.turns % 8 === 5) link.say({ kind: "push", range: encodeRange(random.pick(this.#elsewhere)) });
    // Sessions and boots are others after that.
    if (link.turns % 32 === 31) link.close();
  }

  heard(link: HostileLink, message: SyncMessage): void {
    if (message.kind === "open") link.say({ kind: "opened", session: message.session, digest: "same", tell: undefined });
  }
}
