import { type Hasher, Peer, type PeerId, type PeerLinks, type PeerParts, type Ports, type SyncSettings, type Verifier } from "@sinter/core";
import { type FeedIdentity, founding } from "../feeds/founding.js";
import type { Booted } from "../simulated-peer.js";

export interface HostedPeerOptions {
  readonly ports: Ports;
  readonly id: string;
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly identity: FeedIdentity;
  /** Without it the peer speaks to nobody by itself. */
  readonly sync?: SyncSettings;
  /** Without it no merge type of an application's own is taken. */
  readonly laws?: PeerParts["laws"];
  /** Whom it is linked to: who carries its links says so. */
  readonly linked?: () => readonly PeerId[];
}

/** The peer that ships, on virtual ports, for one boot. */
export class HostedPeer implements Booted {
  #peer: Peer | undefined;
  #why: string | undefined;

  constructor(options: HostedPeerOptions) {
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

/** Links here are opened from outside: an address is the peer's id. */
function linksOf(linked: () => readonly PeerId[]): PeerLinks {
  return {
    dial: async (target) => ({ peer: target as PeerId, leave: () => undefined }),
    invite: () => undefined,
    rows: () =>
      linked().map((peer) => ({ address: peer, peer, state: "linked", cause: undefined, detail: undefined, bytesOut: 0, bytesIn: 0 })),
  };
}

const nobody = (): readonly PeerId[] => [];

function peerOf({ ports, id, hasher, verifier, identity, sync, laws, linked = nobody }: HostedPeerOptions): Peer {
  const { signer, author, keys, network } = identity;
  const signatures = keys?.suite === 2 ? "hybrid" : "ed25519";
  const syncing = sync === undefined ? {} : { sync, links: linksOf(linked) };
  const lawful = laws === undefined ? {} : { laws };
  return new Peer({ ports, hasher, signer, verifier, signatures, id, author, network, ...syncing, ...lawful, release: async () => {} });
}
