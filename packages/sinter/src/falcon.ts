import type { FalconVerifier } from "@sinter/core";

// Falcon-512 in this thread: verifying, where a proof is checked by hand. A running peer has it done by
// jobs (falcon-jobs.ts).

type Library = typeof import("@noble/post-quantum/falcon.js")["falcon512padded"];
export type FalconLibrary = Pick<Library, "sign" | "verify">;

export class Falcon implements FalconVerifier {
  readonly #library: FalconLibrary;

  constructor(library: FalconLibrary) {
    this.#library = library;
  }

  verifyFalcon(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    return this.#library.verify(signature, message, publicKey);
  }
}

let loading: Promise<Falcon> | undefined;

/** Loads the library at the first call: a peer that meets no hybrid author never pays for it. */
export function loadFalcon(): Promise<Falcon> {
  loading ??= import("@noble/post-quantum/falcon.js").then(({ falcon512padded }) => new Falcon(falcon512padded));
  return loading;
}
