import {
  type AuthorId,
  authorOfKey,
  FeedView,
  type Hasher,
  type NetworkId,
  offeredEnd,
  offeredRange,
  type RangeOffer,
  type Signer,
  type SubjectPath,
  subjectId,
  type Verifier,
} from "@sinter/core";
import { FeedPeer } from "../feeds/feed-peer.js";
import type { DiskImage } from "../virtual-disk.js";
import { World } from "../world.js";

// Writes for one who means no good: what an honest store writes, out of sight of everybody, and a second time from where it was
// before. So every event is signed as it should be, and only that there are two of them is wrong.

export interface ScribeOptions {
  readonly hasher: Hasher;
  readonly signer: Signer;
  readonly verifier: Verifier;
  readonly network: { readonly name: string; readonly id: NetworkId };
  readonly path: SubjectPath;
  readonly seed: string;
  /** In whose name it writes, where that is not its own: all is as it should be then, but for who signs. */
  readonly inTheNameOf?: AuthorId | undefined;
}

export interface Chapter {
  readonly payloads: readonly Uint8Array[];
  readonly wallMs: number;
  /** Where the store says it was copied: it goes on in an epoch of its own. */
  readonly inode: bigint;
}

export interface Written {
  readonly author: AuthorId;
  /** One after the other, each lane from its first event on. */
  readonly offers: readonly RangeOffer[];
  readonly disk: DiskImage;
}

const PATIENCE_MS = 60_000;
const OFFERED_BYTES = 16 * 1024;
const KIND = 128;

export class Scribe {
  readonly #options: ScribeOptions;
  #worlds = 0;

  constructor(options: ScribeOptions) {
    this.#options = options;
  }

  /** Goes on from a disk, or from nothing. */
  write(chapter: Chapter, from?: DiskImage): Written {
    const { hasher, signer, verifier, network, path, seed, inTheNameOf } = this.#options;
    const author = inTheNameOf ?? authorOfKey(signer.publicKey);
    const identity = { signer, author, network, inode: chapter.inode };
    const world = new World<FeedPeer>({
      seed: `${seed}/${this.#worlds++}`,
      peers: 1,
      trace: "off",
      wallMs: chapter.wallMs,
      boot: (ports) => new FeedPeer({ ports, hasher, verifier, identity, answered: () => undefined }),
    });
    const peer = world.peer(0);
    if (from !== undefined) {
      peer.kill();
      peer.disk.load(from);
      peer.start();
    }
    const until = (holds: () => boolean) => {
      if (world.run({ forMs: PATIENCE_MS, until: holds }) !== "condition") throw new Error("the scribe comes to no end");
    };
    until(() => peer.booted.state === "running");
    peer.booted.ask({ kind: "append", path, events: chapter.payloads.map((payload) => ({ kind: KIND, codec: 0, payload })) });
    until(() => peer.booted.waiting.length === 0);
    const offers = [...this.#offers(new FeedView(peer.store.keys))];
    peer.kill();
    return { author, offers, disk: peer.disk.image() };
  }

  *#offers(view: FeedView): Generator<RangeOffer, void, undefined> {
    const { hasher, network, path } = this.#options;
    for (const { number: lane } of view.lanes(subjectId(hasher, network.id, path)))
      for (let from = 1; ; ) {
        const offer = offeredRange(view, hasher, { lane, from, bytes: OFFERED_BYTES });
        if (offer === undefined) break;
        yield offer;
        from = offeredEnd(offer) + 1;
      }
  }
}
