import { open } from "sinter";
import { MemoryStores } from "./memory-stores.suite.js";
import type { OpenStore } from "./terminal/io.js";

/** Stores as a command opens them, on the disk. */
export class DiskStores extends MemoryStores {
  override readonly open: OpenStore = (options) => {
    this.opened += 1;
    return open({ ...options, signatures: "ed25519", reserveBytes: 0 });
  };
}
