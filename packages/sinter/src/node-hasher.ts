import { createHasher, type Hasher } from "@sinter/core";

/** The little of the WebAssembly global that this needs: the library of types for Node alone does not name it. */
interface WebAssemblyGlobal {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** Core's hasher on this engine's WebAssembly. Making one takes milliseconds: a peer makes one and keeps it. */
export function createNodeHasher(): Hasher {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyGlobal }).WebAssembly;
  return createHasher((bytes) => new Instance(new Module(bytes)).exports);
}
