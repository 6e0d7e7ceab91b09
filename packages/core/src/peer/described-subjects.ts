import { describedSubjectsMax, tableAnswerCharsMax, tableAnswerRowsMax } from "../bytes/limits.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { countedSize } from "../feed/lane/freeze.js";
import { lensOf } from "../feed/lane/lens.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import type { Json } from "../protocol/protocol.js";
import { callCommand, checkedTable, namedType } from "./command-call.js";
import type {
  ChangeReport,
  CommandCall,
  ConflictReport,
  DescribedSubjects,
  ExplanationReport,
  OperationReport,
  SubjectAsked,
  SubjectReport,
  SubjectRow,
  TablePage,
  TableScan,
} from "./described-api.js";
import type { Receipt, StampText } from "./event-api.js";
import { jsonValue } from "./json-value.js";
import { currentOrClosed, KeptOpen } from "./kept-open.js";
import { SinterError } from "./sinter-error.js";
import type { Conflict, OperationRecord, Quarantined, Subject, SubjectOptions, SubjectStatus, SubjectView } from "./subject-api.js";
import type { LiveTable } from "./table.js";

export interface DescribedParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly pathOf: (text: string) => SubjectPath;
  readonly open: (path: SubjectPath, type: AnyMergeType, options: SubjectOptions) => Subject<unknown, unknown>;
  readonly openTable: (
    path: SubjectPath,
    type: AnyMergeType,
    options: SubjectOptions,
  ) => { readonly table: LiveTable<unknown, unknown>; readonly subject: SubjectView<unknown, unknown> };
  readonly typeOf: (path: SubjectPath) => AnyMergeType;
  /** What `read` finds, once all of it is on disk. */
  readonly durable: <T>(read: () => T) => Promise<T>;
}

interface OpenTable {
  readonly table: LiveTable<unknown, unknown>;
  readonly subject: SubjectView<unknown, unknown>;
  current(): Promise<void>;
  close(): Promise<void>;
}

/** Subjects by names, for the command line. Those asked for last stay open. */
export class DescribedPeer implements DescribedSubjects {
  readonly #parts: DescribedParts;
  readonly #subjects = new KeptOpen<Subject<unknown, unknown>>(describedSubjectsMax);
  readonly #tables = new KeptOpen<OpenTable>(describedSubjectsMax);

  constructor(parts: DescribedParts) {
    this.#parts = parts;
  }

  subjects(prefix = ""): Promise<readonly SubjectRow[]> {
    const { view, hasher, pathOf, durable } = this.#parts;
    const under = prefix === "" ? "" : pathOf(prefix);
    return durable(() => {
      const rows: SubjectRow[] = [];
      for (const { path, id } of [...view.subjects(under)]) {
        if (under !== "" && path !== under && !path.startsWith(`${under}/`)) continue;
        const lanes = [...view.lanes(id)].flatMap(({ number }) => view.head(number) ?? []);
        const type = lensOf(view, hasher, id)?.name;
        const events = lanes.reduce((sum, head) => sum + countedSize(head), 0);
        rows.push({ path, ...(type === undefined ? {} : { type }), feeds: lanes.length, events });
      }
      return rows;
    });
  }

  readSubject(path: string, { at, ...asked }: SubjectAsked & { readonly at?: StampText } = {}): Promise<SubjectReport> {
    return this.#onSubject(path, asked, (subject) =>
      understood("value", async () => reportOf(subject, at === undefined ? subject.value : await subject.at(at))),
    );
  }

  async *followSubject(
    path: string,
    { signal, ...asked }: SubjectAsked & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<SubjectReport, void, undefined> {
    const subject = await this.#ownSubject(path, asked);
    try {
      for await (const value of understoodEach(subject.values(signal === undefined ? {} : { signal }))) yield reportOf(subject, value);
    } finally {
      await subject.close();
    }
  }

  async *changesOf(
    path: string,
    { signal, ...asked }: SubjectAsked & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ChangeReport, void, undefined> {
    const subject = await this.#ownSubject(path, asked);
    try {
      for await (const change of understoodEach(subject.changes(signal === undefined ? {} : { signal })))
        yield { ...change, value: jsonValue(change.value) };
    } finally {
      await subject.close();
    }
  }

  statusOf(path: string, asked: SubjectAsked = {}): Promise<SubjectStatus> {
    return this.#onSubject(path, asked, (subject) => subject.status());
  }

  quarantinedOf(path: string, asked: SubjectAsked = {}): Promise<readonly Quarantined[]> {
    return this.#onSubject(path, asked, (subject) => subject.quarantined());
  }

  changeSubject(path: string, calls: readonly CommandCall[], asked: SubjectAsked = {}): Promise<Receipt> {
    return this.#onSubject(path, asked, (subject) =>
      subject.change((commands) => calls.forEach((call) => callCommand(subject.type, commands, call))),
    );
  }

  explainSubject(path: string, key: string, asked: SubjectAsked = {}): Promise<ExplanationReport> {
    return this.#onSubject(path, asked, async (subject) => {
      const { winners, losers } = await understood("key", () => subject.explain(key));
      return { key, winners: winners.map(operationReport), losers: losers.map(operationReport) };
    });
  }

  conflictsOf(path: string, asked: SubjectAsked = {}): Promise<readonly ConflictReport[]> {
    return this.#onSubject(path, asked, (subject) => subject.conflicts().map(conflictReport));
  }

  restoreConflict(path: string, { key, lost }: ConflictReport, asked: SubjectAsked = {}): Promise<Receipt> {
    return this.#onSubject(path, asked, (subject) => {
      const conflict = subject.conflicts().find((each: Conflict) => each.key === key && isSame(each.lost, lost));
      if (conflict === undefined)
        throw new SinterError("not-found", "that conflict is no more: somebody wrote since", "List the conflicts again.");
      return subject.restore(conflict);
    });
  }

  // --- tables ---

  tablePut(path: string, key: string, value: string, asked: SubjectAsked = {}): Promise<Receipt> {
    return this.#changeTable(path, asked, { name: "set", keys: [key], given: [value] });
  }

  tableDelete(path: string, key: string, asked: SubjectAsked = {}): Promise<Receipt> {
    return this.#changeTable(path, asked, { name: "delete", keys: [key], given: [] });
  }

  tableGet(path: string, key: string, asked: SubjectAsked = {}): Promise<{ readonly value?: Json }> {
    return this.#onTable(path, asked, async ({ table }) => {
      const value = await understood("key", () => table.get(key));
      return value === undefined ? {} : { value: jsonValue(value) };
    });
  }

  tableScan(path: string, scan: TableScan, asked: SubjectAsked = {}): Promise<TablePage> {
    return this.#onTable(path, asked, ({ table }) => understood("key", () => pageOf(table, scan)));
  }

  tableHistory(path: string, key: string, asked: SubjectAsked = {}): Promise<readonly OperationReport[]> {
    return this.#onTable(path, asked, ({ table }) => understood("key", () => table.history(key).map(operationReport)));
  }

  tableRoot(path: string, asked: SubjectAsked = {}): Promise<string> {
    return this.#onTable(path, asked, ({ table }) => table.root());
  }

  // --- what is open ---

  #typeOf(path: SubjectPath, { type }: SubjectAsked): AnyMergeType {
    return type === undefined ? this.#parts.typeOf(path) : namedType(type);
  }

  async #onSubject<R>(text: string, asked: SubjectAsked, work: (subject: Subject<unknown, unknown>) => R | PromiseLike<R>): Promise<R> {
    const path = this.#parts.pathOf(text);
    const [type, { assurance = "classical" }] = [this.#typeOf(path, asked), asked];
    return await this.#subjects.use(`${path}\n${assurance}\n${type.name}`, () => this.#parts.open(path, type, { assurance }), work);
  }

  /** For who reads it for long: it stays open, whatever others ask for meanwhile. */
  async #ownSubject(text: string, asked: SubjectAsked): Promise<Subject<unknown, unknown>> {
    const path = this.#parts.pathOf(text);
    return await currentOrClosed(this.#parts.open(path, this.#typeOf(path, asked), { assurance: asked.assurance ?? "classical" }));
  }

  async #onTable<R>(
    text: string,
    { type, assurance = "classical" }: SubjectAsked,
    work: (open: OpenTable) => R | PromiseLike<R>,
  ): Promise<R> {
    const path = this.#parts.pathOf(text);
    const asked = checkedTable(path, type === undefined ? this.#tableType(path) : namedType(type));
    const open = () => {
      const { table, subject } = this.#parts.openTable(path, asked, { assurance });
      return { table, subject, current: () => table.current(), close: () => table.close() };
    };
    return await this.#tables.use(`${path}\n${assurance}\n${asked.name}`, open, work);
  }

  #changeTable(path: string, asked: SubjectAsked, call: CommandCall): Promise<Receipt> {
    return this.#onTable(path, asked, ({ subject }) => subject.change((commands) => callCommand(subject.type, commands, call)));
  }

  /** A table needs no type: what nobody has written yet holds JSON. */
  #tableType(path: SubjectPath): AnyMergeType {
    const { view, hasher, typeOf } = this.#parts;
    const id = view.subjectId(path);
    return id === undefined || lensOf(view, hasher, id) === undefined ? namedType("lww-map(json)") : typeOf(path);
  }
}

/** As much as goes into one answer. */
async function pageOf(table: LiveTable<unknown, unknown>, scan: TableScan): Promise<TablePage> {
  const rows: (readonly [string, Json])[] = [];
  const limit = Math.min(scan.limit ?? tableAnswerRowsMax, tableAnswerRowsMax);
  let chars = 0;
  for await (const [key, value] of table.scan({ ...scan, limit })) {
    const json = jsonValue(value);
    rows.push([key, json]);
    chars += key.length + JSON.stringify(json).length;
    if (rows.length === limit || chars >= tableAnswerCharsMax) return { rows, after: key };
  }
  return { rows };
}

/** What is typed and the type has no place for is a wrong usage, wherever the type finds it; a value that it cannot tell, too. */
async function understood<T>(what: "key" | "value", work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUsage(what, error);
  }
}

async function* understoodEach<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    throw asUsage("value", error);
  }
}

function asUsage(what: "key" | "value", error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  const fix = what === "key" ? "Name one that the type has." : "Read it through a type that holds it, such as pn-counter(bigint).";
  return new SinterError("usage", error.message, fix, { cause: error });
}

function reportOf(subject: SubjectView<unknown, unknown>, value: unknown): SubjectReport {
  const { path, type, progress } = subject;
  return { path, type, value: jsonValue(value), progress, quarantined: subject.quarantined().length };
}

function operationReport({ value, ...where }: OperationRecord): OperationReport {
  return value === undefined ? where : { ...where, value: jsonValue(value) };
}

function conflictReport({ key, lost, won }: Conflict): ConflictReport {
  return { key, lost: operationReport(lost), won: won.map(operationReport) };
}

function isSame(one: OperationRecord, other: OperationReport): boolean {
  return one.author === other.author && one.nonce === other.nonce && one.seq === other.seq && one.operation === other.operation;
}
