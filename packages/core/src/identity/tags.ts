// Domain separation: BLAKE3 in its derive-key mode, one context text a purpose. What is hashed for one purpose is
// therefore never the hash of anything for another, and a tag costs no byte of input.
//
// These texts are part of the format (docs/wire.md). They never change; a new layout gets a new text.

export const tags = [
  "sinter 1 network",
  "sinter 1 space",
  "sinter 1 subject",
  "sinter 1 author",
  "sinter 1 feed",
  "sinter 1 lane",
  "sinter 1 payload",
  "sinter 1 event",
  "sinter 1 mmr parent",
  "sinter 1 mmr root",
  "sinter 1 head",
  "sinter 1 seal parent",
  "sinter 1 row",
  "sinter 1 trie leaf",
  "sinter 1 trie branch",
  "sinter 1 segment",
  "sinter 1 type",
  "sinter 1 view",
  "sinter 1 view item",
  "sinter 1 table key",
  "sinter 1 table row",
  "sinter 1 chunk",
  "sinter 1 interest key",
  "sinter 1 interest",
  "sinter 1 scope",
  "sinter 1 sketch salt",
] as const;

export type Tag = (typeof tags)[number];

/** What a signature is over begins with one of these, so that a signature for one purpose is none for another. */
export const signatureTags = {
  seal: "sinter/1/seal\n",
  /** What Falcon-512 signs for a hybrid author: a signature of one kind is never one of the other. */
  hybridSeal: "sinter/1/hybrid seal\n",
} as const;
