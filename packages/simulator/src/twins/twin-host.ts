import { authorOfKey, FeedView, type Hasher, type NetworkId, type Signer, type Verifier } from "@sinter/core";
import { type Answer, type Asked, FeedPeer } from "../feeds/feed-peer.js";
import type { FeedIdentity } from "../feeds/founding.js";
import type { Boot, SimulatedPeer } from "../simulated-peer.js";
import type { World } from "../world.js";

export interface TwinCrypto {
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly network: { readonly name: string; readonly id: NetworkId };
}

/** Longer than anything here takes. */
const PATIENCE_MS = 30_000;

/** One place in the world where a store runs, over all its boots and whatever disk is put into it. */
export class TwinHost {
  readonly index: number;
  signer: Signer;
  /** Of the data file: with another one the store knows that it was copied. */
  inode: bigint;
  readonly #crypto: TwinCrypto;
  readonly #answers = new Map<Asked, Answer>();
  #world: World<FeedPeer> | undefined;

  constructor(index: number, signer: Signer, crypto: TwinCrypto) {
    this.index = index;
    this.signer = signer;
    this.inode = BigInt(index + 1);
    this.#crypto = crypto;
  }

  get identity(): FeedIdentity {
    return { signer: this.signer, author: authorOfKey(this.signer.publicKey), network: this.#crypto.network, inode: this.inode };
  }

  boot(...[ports]: Parameters<Boot<FeedPeer>>): FeedPeer {
    const { hasher, verifier } = this.#crypto;
    const answered = (asked: Asked, answer: Answer) => void this.#answers.set(asked, answer);
    return new FeedPeer({ ports, hasher, verifier, identity: this.identity, answered });
  }

  join(world: World<FeedPeer>): void {
    this.#world = world;
  }

  get peer(): SimulatedPeer<FeedPeer> {
    return (this.#world as World<FeedPeer>).peer(this.index);
  }

  get view(): FeedView {
    return new FeedView(this.peer.store.keys);
  }

  /** The answer, once there is one; none where the peer ended before that. */
  ask(asked: Asked): Answer | undefined {
    const { peer } = this;
    const world = this.#world as World<FeedPeer>;
    world.run({ forMs: PATIENCE_MS, until: () => peer.state === "down" || peer.booted.state !== "founding" });
    if (peer.state === "down" || peer.booted.ask(asked) === "refused") return undefined;
    world.run({ forMs: PATIENCE_MS, until: () => peer.state === "down" || this.#answers.has(asked) });
    const answer = this.#answers.get(asked);
    this.#answers.delete(asked);
    return answer;
  }

  /** Nothing is under way any more: what the cores do by themselves is done too. */
  rest(): void {
    (this.#world as World<FeedPeer>).run({ forMs: 2_000 });
  }
}
