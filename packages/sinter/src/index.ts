// What packages/sinter gives to applications, and to the command line. Nothing inside the package imports this file.
export {
  type Accusation,
  type AnyMergeType,
  type AnyMount,
  type AuditOptions,
  type AuditProblem,
  type AuditReport,
  type BackupOptions,
  type BackupReport,
  bytes,
  type Change,
  type Codec,
  type Conflict,
  type DefinedMerge,
  type Draws,
  defineMerge,
  type Element,
  type ElementCodec,
  type ErrorCode,
  type EventProof,
  type EventRecord,
  type Explanation,
  enableWinsFlag,
  type FeedRow,
  type FeedView,
  type ForkRow,
  forkText,
  gCounter,
  gSet,
  isMalformed,
  type Json,
  json,
  type LaneReader,
  lwwMap,
  Malformed,
  type MergeDefinition,
  maximum,
  minimum,
  multiValueRegister,
  type NewEvent,
  type OperationPlace,
  OutcomeUnknown,
  orMap,
  orSet,
  type Peer,
  type PeerApi,
  type PeerStatus,
  type ProofOf,
  type ProvenEvent,
  type ProvenFork,
  type PutCommands,
  parseForkText,
  parseProofText,
  pnCounter,
  proofText,
  type ReadOptions,
  type Receipt,
  type RepairResult,
  record,
  register,
  removeWinsSet,
  SinterError,
  type StampText,
  type StandardSchema,
  type Subject,
  type SubjectNotice,
  type SubjectOptions,
  type SubjectView,
  type Table,
  type TableView,
  type TraceLine,
  type Transport,
  text,
  twoPhaseSet,
  typeNamed,
  verifyFork,
  verifyProof,
  type Withdrawal,
  type Write,
} from "@sinter/core";
export { type ControlClient, connectControl } from "./control/client.js";
export type { Holder } from "./control/client-wire.js";
export type { HolderKind } from "./control/messages.js";
export { type ControlServer, type ServeControlOptions, serveControl } from "./control/server.js";
export { type Falcon, loadFalcon } from "./falcon.js";
export { falconModule } from "./falcon-jobs.js";
export { madeFalconKey } from "./falcon-key-thread.js";
export { keyFileName } from "./key-file.js";
export { checkLaws, type LawOptions, type LawReport } from "./laws.js";
export { Ed25519Signer, Ed25519Verifier } from "./node-crypto.js";
export { createNodeHasher } from "./node-hasher.js";
export { type OpenOptions, open } from "./open.js";
export { type RepairOptions, repair } from "./repair.js";
export { type RestoreOptions, type RestoreReport, restore } from "./restore.js";
export { dataFileName } from "./store-lock.js";
export { traceWriter } from "./trace-writer.js";
export { WorkerCompute } from "./worker-compute.js";
