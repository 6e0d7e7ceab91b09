// What packages/sinter gives to applications, and to the command line. Nothing inside the package imports this file.
export {
  type AnyMount,
  type AuditOptions,
  type AuditProblem,
  type AuditReport,
  type Codec,
  type ErrorCode,
  type EventProof,
  type EventRecord,
  type FeedRow,
  type FeedView,
  type Json,
  type LaneReader,
  type NewEvent,
  type Peer,
  type PeerApi,
  type PeerStatus,
  type ReadOptions,
  type Receipt,
  type RepairResult,
  SinterError,
  type StampText,
  type TraceLine,
  type Transport,
} from "@sinter/core";
export { type ControlClient, connectControl } from "./control/client.js";
export type { Holder } from "./control/client-wire.js";
export type { HolderKind } from "./control/messages.js";
export { type ControlServer, type ServeControlOptions, serveControl } from "./control/server.js";
export { keyFileName } from "./key-file.js";
export { Ed25519Signer, Ed25519Verifier } from "./node-crypto.js";
export { createNodeHasher } from "./node-hasher.js";
export { type OpenOptions, open } from "./open.js";
export { type RepairOptions, repair } from "./repair.js";
export { dataFileName } from "./store-lock.js";
