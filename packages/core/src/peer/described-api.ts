import type { Json } from "../protocol/protocol.js";
import type { Assurance, Receipt, StampText } from "./event-api.js";
import type { Change, Quarantined, SubjectProgress, SubjectStatus } from "./subject-api.js";

// Subjects and tables for who has no types at hand: commands, and peers in another process. Values are JSON, commands go by name.
// Sets are lists, maps are objects, bytes are {"bytes": base64url}, numbers beyond 2^53 are texts.

export interface SubjectAsked {
  /** The name of a type. The subject's lens, where it is left out: a new subject has none. */
  readonly type?: string;
  readonly assurance?: Assurance;
}

export interface SubjectRow {
  readonly path: string;
  /** The type it is read through, where somebody named one. */
  readonly type?: string;
  readonly feeds: number;
  readonly events: number;
}

export interface SubjectReport {
  readonly path: string;
  readonly type: string;
  readonly value: Json;
  readonly progress: SubjectProgress;
  /** Events that are passed over. */
  readonly quarantined: number;
}

/** A command of a type, or of what lies in it: in a field of each record on the way, under a key of each map. Which of them comes
 * when, the type says. What it is given is text; a type that holds JSON takes what that says as JSON, or else the text itself. A
 * flag is set to true or to false. */
export interface CommandCall {
  readonly name: string;
  readonly fields?: readonly string[];
  readonly keys?: readonly string[];
  readonly given: readonly string[];
}

export interface OperationReport {
  readonly author: string;
  readonly epoch: number;
  readonly nonce: string;
  readonly seq: number;
  readonly operation: number;
  readonly stamp: StampText;
  readonly path?: readonly string[];
  /** None, of a deletion. */
  readonly value?: Json;
}

export interface ExplanationReport {
  readonly key: string;
  readonly winners: readonly OperationReport[];
  readonly losers: readonly OperationReport[];
}

export interface ConflictReport {
  readonly key: string;
  readonly lost: OperationReport;
  readonly won: readonly OperationReport[];
}

export type ChangeReport = Change<Json>;

export interface TablePage {
  readonly rows: readonly (readonly [key: string, value: Json])[];
  /** There is more: ask for what is behind this key. */
  readonly after?: string;
}

export interface TableScan {
  readonly prefix?: string;
  readonly after?: string;
  readonly limit?: number;
}

export interface DescribedSubjects {
  /** Subjects whose path is the prefix, or lies below it. All, without one. */
  subjects(prefix?: string): Promise<readonly SubjectRow[]>;
  readSubject(path: string, asked?: SubjectAsked & { readonly at?: StampText }): Promise<SubjectReport>;
  /** The value now, and each later one. */
  followSubject(path: string, asked?: SubjectAsked & { readonly signal?: AbortSignal }): AsyncIterable<SubjectReport>;
  /** Each event that is folded from now on. */
  changesOf(path: string, asked?: SubjectAsked & { readonly signal?: AbortSignal }): AsyncIterable<ChangeReport>;
  /** Whether it is the same everywhere, and if not, why. */
  statusOf(path: string, asked?: SubjectAsked): Promise<SubjectStatus>;
  /** Events that are passed over, and why: the first of them. */
  quarantinedOf(path: string, asked?: SubjectAsked): Promise<readonly Quarantined[]>;
  /** One event of all these calls. Resolves once it is on disk. */
  changeSubject(path: string, calls: readonly CommandCall[], asked?: SubjectAsked): Promise<Receipt>;
  explainSubject(path: string, key: string, asked?: SubjectAsked): Promise<ExplanationReport>;
  conflictsOf(path: string, asked?: SubjectAsked): Promise<readonly ConflictReport[]>;
  restoreConflict(path: string, conflict: ConflictReport, asked?: SubjectAsked): Promise<Receipt>;
  tablePut(path: string, key: string, value: string, asked?: SubjectAsked): Promise<Receipt>;
  tableDelete(path: string, key: string, asked?: SubjectAsked): Promise<Receipt>;
  tableGet(path: string, key: string, asked?: SubjectAsked): Promise<{ readonly value?: Json }>;
  tableScan(path: string, scan: TableScan, asked?: SubjectAsked): Promise<TablePage>;
  tableHistory(path: string, key: string, asked?: SubjectAsked): Promise<readonly OperationReport[]>;
  tableRoot(path: string, asked?: SubjectAsked): Promise<string>;
}
