import { isMalformed } from "../bytes/malformed.js";
import { describedSubjectsMax } from "../bytes/limits.js";
import { lensOf } from "../feed/lane/lens.js";
import { countedSize } from "../feed/lane/freeze.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { Hasher } from "../identity/crypto.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { typeNamed } from "../merge/catalogue.js";
import type { AnyMergeType } from "../merge/merge-type.js";
import type {
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
import { jsonValue } from "./json-value.js";
import type { Receipt, StampText } from "./peer-api.js";
import { SinterError } from "./sinter-error.js";
import type { Conflict, OperationRecord, Subject, SubjectOptions, SubjectView } from "./subject-api.js";
import type { LiveTable } from "./table.js";

export interface DescribedParts {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly pathOf: (text: string) => SubjectPath;
  readonly open: (path: SubjectPath, type: AnyMergeType, options: SubjectOptions) => Subject<unknown, unknown>;
  readonly openTable: (path: SubjectPath, type: AnyMergeType, options: SubjectOptions) => { readonly table: LiveTable<unknown>; readonly subject: SubjectView<unknown, unknown> };
  readonly typeOf: (path: SubjectPath) => AnyMergeType;
  /** What `read` finds, once all of it is on disk. */
  readonly durable: <T>(read: () => T) => Promise<T>;
}

interface OpenTable {
  readonly table: LiveTable<unknown>;
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
    const report = reportOf(subject);
    return at === undefined ? report : { ...report, value: jsonValue(await subject.at(at)) };
  }

  async *followSubject(path: string, { signal, ...asked }: SubjectAsked & { readonly signal?: AbortSignal } = {}): AsyncGenerator<SubjectReport, void, undefined> {
    const subject = await this.#subject(path, asked);
    for await (const _ of subject.values(signal === undefined ? {} : { signal })) yield reportOf(subject);
  }

  async changeSubject(path: string, calls: readonly CommandCall[], asked: SubjectAsked = {}): Promise<Receipt> {
    const subject = await this.#subject(path, asked);
    return await subject.change((commands) => calls.forEach((call) => called(subject.type, commands, call)));
  }

  async explainSubject(path: string, key: string, asked: SubjectAsked = {}): Promise<ExplanationReport> {
    const subject = await this.#subject(path, asked);
    const { winners, losers } = subject.explain(key);
    return { key, winners: winners.map(operationReport), losers: losers.map(operationReport) };
  }

  async conflictsOf(path: string, asked: SubjectAsked = {}): Promise<readonly ConflictReport[]> {
    const subject = await this.#subject(path, asked);
    return subject.conflicts().map(conflictReport);
  }

  async restoreConflict(path: string, { key, lost }: ConflictReport, asked: SubjectAsked = {}): Promise<Receipt> {
    const subject = await this.#subject(path, asked);
    const conflict = subject.conflicts().find((each: Conflict) => each.key === key && isSame(each.lost, lost));
    if (conflict === undefined) throw new SinterError("not-found", "that conflict is no more: somebody wrote since", "List the conflicts again.");
    return await subject.restore(conflict);
  }

  // --- tables ---

  async tablePut(path: string, key: string, value: string, asked: SubjectAsked = {}): Promise<Receipt> {
    const { subject } = await this.#table(path, asked);
    return await subject.change((commands) => called(subject.type, commands, { name: ["set"], keys: [key], given: [value] }));
  }

  async tableDelete(path: string, key: string, asked: SubjectAsked = {}): Promise<Receipt> {
    const { subject } = await this.#table(path, asked);
    return await subject.change((commands) => called(subject.type, commands, { name: ["delete"], keys: [key], given: [] }));
  }

  async tableGet(path: string, key: string, asked: SubjectAsked = {}): Promise<{ readonly value?: ReturnType<typeof jsonValue> }> {
    const { table } = await this.#table(path, asked);
    const value = table.get(key);
    return value === undefined ? {} : { value: jsonValue(value) };
  }

  async tableScan(path: string, scan: TableScan, asked: SubjectAsked = {}): Promise<TablePage> {
    const { table } = await this.#table(path, asked);
    const rows: (readonly [string, ReturnType<typeof jsonValue>])[] = [];
    const limit = Math.min(scan.limit ?? TABLE_PAGE, TABLE_PAGE);
    for await (const [key, value] of table.scan({ ...scan, limit })) rows.push([key, jsonValue(value)]);
    const after = rows.length < limit ? undefined : rows.at(-1)?.[0];
    return after === undefined ? { rows } : { rows, after };
  }

  async tableHistory(path: string, key: string, asked: SubjectAsked = {}): Promise<readonly OperationReport[]> {
    const { table } = await this.#table(path, asked);
    return table.history(key).map(operationReport);
  }

  async tableRoot(path: string, asked: SubjectAsked = {}): Promise<string> {
    const { table } = await this.#table(path, asked);
    return table.root();
  }

  // --- what is open ---

  async #subject(text: string, { type, assurance = "classical" }: SubjectAsked): Promise<Subject<unknown, unknown>> {
    const path = this.#parts.pathOf(text);
    const asked = type === undefined ? this.#parts.typeOf(path) : namedType(type);
    const subject = await kept(this.#subjects, `${path} ${assurance} ${asked.name}`, () => this.#parts.open(path, asked, { assurance }));
    await subject.current();
    return subject;
  }

  async #table(text: string, { type, assurance = "classical" }: SubjectAsked): Promise<OpenTable> {
    const path = this.#parts.pathOf(text);
    const asked = type === undefined ? this.#tableType(path) : namedType(type);
    if (asked.keys !== "many") throw new SinterError("usage", `${path} is read through ${asked.name}, which is no table`, "Read it with: sinter subject.");
    const open = this.#parts.openTable;
    const table = await kept(this.#tables, `${path} ${assurance} ${asked.name}`, () => open(path, asked, { assurance }), ({ table }) => table.close());
    await table.table.current();
    return table;
  }

  /** A table needs no type: what nobody has written yet holds JSON. */
  #tableType(path: SubjectPath): AnyMergeType {
    const { view, hasher, typeOf } = this.#parts;
    const id = view.subjectId(path);
    return id === undefined || lensOf(view, hasher, id) === undefined ? namedType("lww-map(json)") : typeOf(path);
  }
}

const TABLE_PAGE = 1_000;

function namedType(name: string): AnyMergeType {
  const type = typeNamed(name);
  if (isMalformed(type)) throw new SinterError("usage", `no type ${name}: ${type.reason}`, "Name one such as pn-counter, or-set(text) or register(json).");
  return type;
}

/** The one asked for last goes last; of too many the first is closed. */
async function kept<T extends { close(): Promise<void> } | object>(
  all: Map<string, T>,
  key: string,
  open: () => T,
  close: (one: T) => Promise<void> = (one) => (one as { close(): Promise<void> }).close(),
): Promise<T> {
  const known = all.get(key) ?? open();
  all.delete(key);
  all.set(key, known);
  const [oldest] = all;
  if (all.size > describedSubjectsMax && oldest !== undefined) {
    all.delete(oldest[0]);
    await close(oldest[1]);
  }
  return known;
}

function called(type: string, commands: unknown, { name, keys = [], given }: CommandCall): void {
  let target = commands;
  let owner: unknown;
  for (let at = 0; at < name.length; at++) {
    const word = name[at] as string;
    owner = target;
    target = isIndexed(target) && Object.hasOwn(target, word) ? target[word] : undefined;
    const isLast = at === name.length - 1;
    // What lies under a key: the word behind is the key.
    if (!isLast && word === "at" && typeof target === "function") target = (target as (key: string) => unknown).call(owner, name[++at] as string);
  }
  if (typeof target !== "function") throw new SinterError("usage", `${type} has no command ${name.join(" ")}`, `It has ${commandNames(commands).join(", ")}.`);
  const call = target as (...values: readonly unknown[]) => void;
  try {
    call.apply(owner, [...keys, ...given.map(asJson)]);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    callWithText(call, owner, [...keys, ...given]);
  }
}

function callWithText(call: (...values: readonly unknown[]) => void, owner: unknown, given: readonly string[]): void {
  try {
    call.apply(owner, given as unknown[]);
  } catch (error) {
    if (error instanceof SinterError || !(error instanceof Error)) throw error;
    throw new SinterError("usage", error.message, "Give it what the type takes.", { cause: error });
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function commandNames(commands: unknown): string[] {
  return isIndexed(commands) ? Object.keys(commands) : [];
}

function isIndexed(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function reportOf(subject: SubjectView<unknown, unknown>): SubjectReport {
  const { path, type, progress } = subject;
  return { path, type, value: jsonValue(subject.value), progress, quarantined: subject.quarantined().length };
}

function operationReport({ value, ...where }: OperationRecord): OperationReport {
  return { ...where, value: jsonValue(value) };
}

function conflictReport({ key, lost, won }: Conflict): ConflictReport {
  return { key, lost: operationReport(lost), won: won.map(operationReport) };
}

function isSame(one: OperationRecord, other: OperationReport): boolean {
  return one.author === other.author && one.nonce === other.nonce && one.seq === other.seq && one.operation === other.operation;
}
