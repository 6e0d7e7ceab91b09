import { describedSubjectsMax } from "../bytes/limits.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import { countedSize } from "../feed/lane/freeze.js";
import { lensOf } from "../feed/lane/lens.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { AnyMergeType } from "../merge/merge-type.js";
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
import { SinterError } from "./sinter-error.js";
import type { Conflict, OperationRecord, Quarantined, Subject, SubjectOptions, SubjectView } from "./subject-api.js";
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

interface OpenTable extends Kept {
  readonly table: LiveTable<unknown, unknown>;
  readonly subject: SubjectView<unknown, unknown>;
}

/** Subjects by names, for the command line. Those asked for last stay open. */
export class DescribedPeer implements DescribedSubjects {
  readonly #parts: DescribedParts;
  readonly #subjects = new Map<string, Subject<unknown, unknown>>();
  readonly #tables = new Map<string, OpenTable>();

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

  async readSubject(path: string, { at, ...asked }: SubjectAsked & { readonly at?: StampText } = {}): Promise<SubjectReport> {
    const subject = await this.#subject(path, asked);
    return await understood("value", async () => {
      const report = reportOf(subject);
      return at === undefined ? report : { ...report, value: jsonValue(await subject.at(at)) };
    });
  }

  async *followSubject(
    path: string,
    { signal, ...asked }: SubjectAsked & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<SubjectReport, void, undefined> {
    const subject = await this.#ownSubject(path, asked);
    try {
      for await (const _ of understoodEach(subject.values(signal === undefined ? {} : { signal }))) yield reportOf(subject);
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

  async quarantinedOf(path: string, asked: SubjectAsked = {}): Promise<readonly Quarantined[]> {
    return (await this.#subject(path, asked)).quarantined();
  }

  async changeSubject(path: string, calls: readonly CommandCall[], asked: SubjectAsked = {}): Promise<Receipt> {
    const subject = await this.#subject(path, asked);
    return await subject.change((commands) => calls.forEach((call) => callCommand(subject.type, commands, call)));
  }

  async explainSubject(path: string, key: string, asked: SubjectAsked = {}): Promise<ExplanationReport> {
    const subject = await this.#subject(path, asked);
    const { winners, losers } = await understood("key", () => subject.explain(key));
    return { key, winners: winners.map(operationReport), losers: losers.map(operationReport) };
  }

  async conflictsOf(path: string, asked: SubjectAsked = {}): Promise<readonly ConflictReport[]> {
    const subject = await this.#subject(path, asked);
    return subject.conflicts().map(conflictReport);
  }

  async restoreConflict(path: string, { key, lost }: ConflictReport, asked: SubjectAsked = {}): Promise<Receipt> {
    const subject = await this.#subject(path, asked);
    const conflict = subject.conflicts().find((each: Conflict) => each.key === key && isSame(each.lost, lost));
    if (conflict === undefined)
      throw new SinterError("not-found", "that conflict is no more: somebody wrote since", "List the conflicts again.");
    return await subject.restore(conflict);
  }

  // --- tables ---

  async tablePut(path: string, key: string, value: string, asked: SubjectAsked = {}): Promise<Receipt> {
    const { subject } = await this.#table(path, asked);
    return await subject.change((commands) => callCommand(subject.type, commands, { name: "set", keys: [key], given: [value] }));
  }

  async tableDelete(path: string, key: string, asked: SubjectAsked = {}): Promise<Receipt> {
    const { subject } = await this.#table(path, asked);
    return await subject.change((commands) => callCommand(subject.type, commands, { name: "delete", keys: [key], given: [] }));
  }

  async tableGet(path: string, key: string, asked: SubjectAsked = {}): Promise<{ readonly value?: ReturnType<typeof jsonValue> }> {
    const { table } = await this.#table(path, asked);
    const value = await understood("key", () => table.get(key));
    return value === undefined ? {} : { value: jsonValue(value) };
  }

  async tableScan(path: string, scan: TableScan, asked: SubjectAsked = {}): Promise<TablePage> {
    const { table } = await this.#table(path, asked);
    const rows: (readonly [string, ReturnType<typeof jsonValue>])[] = [];
    const limit = Math.min(scan.limit ?? TABLE_PAGE, TABLE_PAGE);
    await understood("key", async () => {
      for await (const [key, value] of table.scan({ ...scan, limit })) rows.push([key, jsonValue(value)]);
    });
    const after = rows.length < limit ? undefined : rows.at(-1)?.[0];
    return after === undefined ? { rows } : { rows, after };
  }

  async tableHistory(path: string, key: string, asked: SubjectAsked = {}): Promise<readonly OperationReport[]> {
    const { table } = await this.#table(path, asked);
    return await understood("key", () => table.history(key).map(operationReport));
  }

  async tableRoot(path: string, asked: SubjectAsked = {}): Promise<string> {
    const { table } = await this.#table(path, asked);
    return table.root();
  }

  // --- what is open ---

  #typeOf(path: SubjectPath, { type }: SubjectAsked): AnyMergeType {
    return type === undefined ? this.#parts.typeOf(path) : namedType(type);
  }

  async #subject(text: string, asked: SubjectAsked): Promise<Subject<unknown, unknown>> {
    const path = this.#parts.pathOf(text);
    const [type, { assurance = "classical" }] = [this.#typeOf(path, asked), asked];
    return await kept(this.#subjects, `${path} ${assurance} ${type.name}`, () => this.#parts.open(path, type, { assurance }));
  }

  /** For who reads it for long: it stays open, whatever others ask for meanwhile. */
  async #ownSubject(text: string, asked: SubjectAsked): Promise<Subject<unknown, unknown>> {
    const path = this.#parts.pathOf(text);
    const subject = this.#parts.open(path, this.#typeOf(path, asked), { assurance: asked.assurance ?? "classical" });
    try {
      await subject.current();
      return subject;
    } catch (error) {
      await subject.close();
      throw error;
    }
  }

  async #table(text: string, { type, assurance = "classical" }: SubjectAsked): Promise<OpenTable> {
    const path = this.#parts.pathOf(text);
    const asked = checkedTable(path, type === undefined ? this.#tableType(path) : namedType(type));
    return await kept(this.#tables, `${path} ${assurance} ${asked.name}`, () => {
      const { table, subject } = this.#parts.openTable(path, asked, { assurance });
      return { table, subject, current: () => table.current(), close: () => table.close() };
    });
  }

  /** A table needs no type: what nobody has written yet holds JSON. */
  #tableType(path: SubjectPath): AnyMergeType {
    const { view, hasher, typeOf } = this.#parts;
    const id = view.subjectId(path);
    return id === undefined || lensOf(view, hasher, id) === undefined ? namedType("lww-map(json)") : typeOf(path);
  }
}

const TABLE_PAGE = 1_000;

interface Kept {
  current(): Promise<void>;
  close(): Promise<void>;
}

/** The one asked for last goes last; of too many the first is closed. One that fails is opened anew by who asks next. */
async function kept<T extends Kept>(all: Map<string, T>, key: string, open: () => T): Promise<T> {
  const known = all.get(key) ?? open();
  all.delete(key);
  all.set(key, known);
  const [oldest] = all;
  if (all.size > describedSubjectsMax && oldest !== undefined) {
    all.delete(oldest[0]);
    await oldest[1].close();
  }
  try {
    await known.current();
  } catch (error) {
    if (all.get(key) === known) all.delete(key);
    await known.close();
    throw error;
  }
  return known;
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

function reportOf(subject: SubjectView<unknown, unknown>): SubjectReport {
  const { path, type, progress } = subject;
  return { path, type, value: jsonValue(subject.value), progress, quarantined: subject.quarantined().length };
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
