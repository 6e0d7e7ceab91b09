import { createHasher, type Hasher } from "@sinter/core";

// Tests run where there is WebAssembly; the compiler is not told of it, because the simulator must do without.

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

export const hasher: Hasher = createHasher((module) => new WebAssembly.Instance(new WebAssembly.Module(module)).exports);
