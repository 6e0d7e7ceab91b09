import { type Hasher, Peer, type Ports, type Verifier } from "@sinter/core";
import { type FeedIdentity, founding } from "../feeds/founding.js";
import type { Booted, BootSetup } from "../simulated-peer.js";

export interface ViewPeerOptions {
  readonly ports: Ports;
  readonly setup: BootSetup;
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly identity: FeedIdentity;
}

/** The peer that ships, on virtual ports, for one boot. */
export class ViewPeer implements Booted {
  #peer: Peer | undefined;
  #why: string | undefined;

  constructor(options: ViewPeerOptions) {
    const { batch } = founding(options.ports, options.identity);
    if (batch === undefined) this.#peer = peerOf(options);
    else
      options.ports.store.commit(batch, (failure) => {
        if (failure === undefined) this.#peer = peerOf(options);
        else this.#why = failure.reason;
      });
  }

  /** Once the store says whose it is. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** Why it came to an end by itself, if it did. */
  get why(): string | undefined {
    return this.#why ?? this.#peer?.ended?.message;
  }

  /** It was closed before: that takes its time. */
  stop(): void {}
}

function peerOf({ ports, setup: { id }, hasher, verifier, identity }: ViewPeerOptions): Peer {
  const { signer, author, network } = identity;
  return new Peer({ ports, hasher, signer, verifier, signatures: "ed25519", id, author, network, release: async () => {} });
}
