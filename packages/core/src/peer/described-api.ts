import type { Json } from "../protocol/protocol.js";
import type { Assurance, Receipt, StampText } from "./peer-api.js";
import type { SubjectProgress } from "./subject-api.js";

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

/** A command of a type, ["increment"]; of a record's field, ["title", "set"]; of what lies under a key of a map, ["at", KEY, "add"].
 * What it is given is text: where the type takes what that says as JSON, that, and otherwise the text itself. */
export interface CommandCall {
  readonly name: readonly string[];
  /** What comes before that, and is text as it stands: a key. */
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
  readonly value: Json;
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
