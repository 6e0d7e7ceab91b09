// Tests run where there is WebAssembly; the compiler is not told of it, because core must do without.

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

export function instantiate(module: Uint8Array<ArrayBuffer>): object {
  return new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
}
