import {
  type AuthorId,
  type AuthorKeys,
  authorKey,
  type Batch,
  decodeStoreRecord,
  encodeAuthorKeys,
  encodeStoreRecord,
  isMalformed,
  metaKey,
  type NetworkId,
  type Ports,
  type Signer,
} from "@sinter/core";

// What `open` does with a store's record, before a peer runs on the store.

export interface FeedIdentity {
  readonly signer: Signer;
  readonly author: AuthorId;
  /** Where its author seals by two. */
  readonly keys?: AuthorKeys;
  readonly network: { readonly name: string; readonly id: NetworkId };
  /** Which data file it runs on; another one than the store's record names makes it a new instance. */
  readonly inode: bigint;
}

const NONCE_BYTES = 16;

/** The instance that the store is. `batch` has to be on disk before anything else, where it is one that it was not before. */
export function founding(
  { store, random }: Pick<Ports, "store" | "random">,
  { signer, author, keys, network, inode }: FeedIdentity,
): { readonly instance: Uint8Array; readonly batch: Batch | undefined } {
  const stored = store.keys.get(metaKey("store"));
  const known = stored === undefined ? undefined : decodeStoreRecord(stored);
  if (isMalformed(known)) throw new Error(`the store's record: ${known.reason}`);
  if (known !== undefined && known.inode === inode) return { instance: known.instance.slice(), batch: undefined };
  const instance = random.bytes(NONCE_BYTES);
  const record = encodeStoreRecord({ network: network.id, networkName: network.name, author, instance, inode, birthNs: 0n });
  const key = encodeAuthorKeys(keys ?? { suite: 1, ed25519: signer.publicKey });
  return {
    instance,
    batch: [
      [metaKey("store"), record],
      [authorKey(author), key],
    ],
  };
}
