import {
  type ChangeReport,
  type CommandCall,
  type ConflictReport,
  type DescribedSubjects,
  type ExplanationReport,
  isMalformed,
  type Json,
  type OperationReport,
  type Quarantined,
  type Receipt,
  SinterError,
  type StampText,
  type SubjectAsked,
  type SubjectReport,
  type SubjectRow,
  type SubjectStatus,
  type TablePage,
  type TableScan,
} from "@sinter/core";
import type { ClientWire } from "./client-wire.js";
import { ItemInflow } from "./inflow.js";
import { isWireReceipt, receiptFromWire } from "./messages.js";
import { type Guard, isText } from "./shape.js";
import {
  isChangeReport,
  isConflicts,
  isExplanation,
  isOperations,
  isQuarantined,
  isSubjectReport,
  isSubjectRows,
  isSubjectStatus,
  isTablePage,
  isTableValue,
  type SubjectCall,
} from "./subject-messages.js";

type Following = SubjectAsked & { readonly signal?: AbortSignal };

/** Subjects and tables of a peer in another process. */
export class RemoteSubjects implements DescribedSubjects {
  readonly #wire: ClientWire;
  readonly #ask: <T>(call: SubjectCall, guard: Guard<T>) => Promise<T>;

  constructor(wire: ClientWire, ask: <T>(call: SubjectCall, guard: Guard<T>) => Promise<T>) {
    this.#wire = wire;
    this.#ask = ask;
  }

  subjects(prefix?: string): Promise<readonly SubjectRow[]> {
    return this.#ask({ call: "subjects", ...(prefix === undefined ? {} : { prefix }) }, isSubjectRows);
  }

  readSubject(path: string, asked: SubjectAsked & { readonly at?: StampText } = {}): Promise<SubjectReport> {
    return this.#ask({ ...asked, call: "readSubject", path }, isSubjectReport);
  }

  followSubject(path: string, { signal, ...asked }: Following = {}): AsyncIterable<SubjectReport> {
    return new ItemInflow(isSubjectReport).read(this.#wire, { ...asked, call: "followSubject", path }, signal);
  }

  changesOf(path: string, { signal, ...asked }: Following = {}): AsyncIterable<ChangeReport> {
    return new ItemInflow(isChangeReport).read(this.#wire, { ...asked, call: "changesOf", path }, signal);
  }

  statusOf(path: string, asked: SubjectAsked = {}): Promise<SubjectStatus> {
    return this.#ask({ ...asked, call: "statusOf", path }, isSubjectStatus);
  }

  quarantinedOf(path: string, asked: SubjectAsked = {}): Promise<readonly Quarantined[]> {
    return this.#ask({ ...asked, call: "quarantinedOf", path }, isQuarantined);
  }

  changeSubject(path: string, calls: readonly CommandCall[], asked: SubjectAsked = {}): Promise<Receipt> {
    return this.#write({ ...asked, call: "changeSubject", path, calls });
  }

  explainSubject(path: string, key: string, asked: SubjectAsked = {}): Promise<ExplanationReport> {
    return this.#ask({ ...asked, call: "explainSubject", path, key }, isExplanation);
  }

  conflictsOf(path: string, asked: SubjectAsked = {}): Promise<readonly ConflictReport[]> {
    return this.#ask({ ...asked, call: "conflictsOf", path }, isConflicts);
  }

  restoreConflict(path: string, conflict: ConflictReport, asked: SubjectAsked = {}): Promise<Receipt> {
    return this.#write({ ...asked, call: "restoreConflict", path, conflict });
  }

  tablePut(path: string, key: string, value: string, asked: SubjectAsked = {}): Promise<Receipt> {
    return this.#write({ ...asked, call: "tablePut", path, key, value });
  }

  tableDelete(path: string, key: string, asked: SubjectAsked = {}): Promise<Receipt> {
    return this.#write({ ...asked, call: "tableDelete", path, key });
  }

  tableGet(path: string, key: string, asked: SubjectAsked = {}): Promise<{ readonly value?: Json }> {
    return this.#ask({ ...asked, call: "tableGet", path, key }, isTableValue);
  }

  tableScan(path: string, scan: TableScan, asked: SubjectAsked = {}): Promise<TablePage> {
    return this.#ask({ ...asked, call: "tableScan", path, scan }, isTablePage);
  }

  tableHistory(path: string, key: string, asked: SubjectAsked = {}): Promise<readonly OperationReport[]> {
    return this.#ask({ ...asked, call: "tableHistory", path, key }, isOperations);
  }

  tableRoot(path: string, asked: SubjectAsked = {}): Promise<string> {
    return this.#ask({ ...asked, call: "tableRoot", path }, isText);
  }

  async #write(call: SubjectCall): Promise<Receipt> {
    const receipt = receiptFromWire(await this.#ask(call, isWireReceipt));
    if (!isMalformed(receipt)) return receipt;
    throw new SinterError("internal", `the holder's answer to "${call.call}" cannot be read`, "Use the same version of sinter for both.");
  }
}
