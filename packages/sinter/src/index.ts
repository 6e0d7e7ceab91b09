// What packages/sinter gives to applications. Nothing inside the package imports this file.
export { type ControlClient, connectControl } from "./control/client.js";
export type { HolderKind } from "./control/messages.js";
export { type ControlServer, type ServeControlOptions, serveControl } from "./control/server.js";
export { type KeyFileOptions, type Keys, keyFileName, loadKeys } from "./key-file.js";
export { LmdbStore, type LmdbStoreOptions } from "./lmdb-store.js";
export { Ed25519Signer, Ed25519Verifier, nodeRandom } from "./node-crypto.js";
export { createNodeHasher } from "./node-hasher.js";
export { type OpenOptions, open } from "./open.js";
export { type FileIdentity, fileIdentity, type InstanceRecord, isSameInstance, probedFileIdentity } from "./store-instance.js";
export { dataFileName, type Holder, holderFileName, lockStore, readHolder, type StoreLock, type StoreLockOptions } from "./store-lock.js";
export { SystemClock, type SystemClockOptions } from "./system-clock.js";
export { WorkerCompute, type WorkerComputeOptions } from "./worker-compute.js";
