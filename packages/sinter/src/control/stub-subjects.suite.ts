import {
  type ChangeReport,
  type ConflictReport,
  type DescribedSubjects,
  type OperationReport,
  type Receipt,
  SinterError,
  type SubjectReport,
  type SubjectStatus,
} from "@sinter/core";

export const place = { author: "aa", epoch: 1, nonce: "0b", seq: 2 };
export const operation: OperationReport = { ...place, operation: 0, stamp: [3, 4], path: ["p", "q"], value: { a: [null, 1, "x"] } };
export const conflict: ConflictReport = { key: "k", lost: operation, won: [{ ...operation, value: null }] };

export function report(value: SubjectReport["value"]): SubjectReport {
  return {
    path: "a/b",
    type: "register(json)",
    value,
    progress: { state: "waiting", why: "wanted", author: "aa", seq: 5 },
    quarantined: 1,
  };
}

export const status: SubjectStatus = {
  path: "a/b",
  state: "stuck",
  behind: 1,
  ahead: 2,
  unreached: 3,
  troubles: [
    { cause: "silent", address: "127.0.0.1:7400", peer: "dd".repeat(32), fix: "Look whether it sleeps." },
    { cause: "frozen", detail: "two histories", fix: "See sinter forks." },
  ],
};

/** Subjects that answer always alike, and keep what they were asked. Those below "broken" fail. */
export class StubSubjects implements DescribedSubjects {
  readonly asked: unknown[][] = [];
  /** What those who follow are given next, one after the other, and how many of them they took. */
  values: SubjectReport["value"][] = [1, 2, 3];
  given = 0;
  ended = 0;

  readonly receipt: Receipt = { author: "aa", epoch: 1, count: 1, seq: () => 7, id: () => "0c".repeat(32) };

  async #answer<T>(name: string, given: readonly unknown[], answer: T): Promise<T> {
    this.asked.push([name, ...given]);
    if (given[0] === "broken") throw new SinterError("lens", "read through another type", "Name that one.");
    return answer;
  }

  subjects: DescribedSubjects["subjects"] = (prefix) =>
    this.#answer(
      "subjects",
      [prefix],
      [
        { path: "a/b", type: "pn-counter", feeds: 1, events: 2 },
        { path: "c", feeds: 0, events: 0 },
      ],
    );
  readSubject: DescribedSubjects["readSubject"] = (path, { at, type, assurance } = {}) =>
    this.#answer("readSubject", [path, at, type, assurance], report(null));
  statusOf: DescribedSubjects["statusOf"] = (path) => this.#answer("statusOf", [path], status);
  quarantinedOf: DescribedSubjects["quarantinedOf"] = (path) =>
    this.#answer("quarantinedOf", [path], [{ ...place, reason: "no such operation" }]);
  changeSubject: DescribedSubjects["changeSubject"] = (path, calls, { type } = {}) =>
    this.#answer("changeSubject", [path, calls, type], this.receipt);
  explainSubject: DescribedSubjects["explainSubject"] = (path, key) =>
    this.#answer("explainSubject", [path, key], { key, winners: [operation], losers: [] });
  conflictsOf: DescribedSubjects["conflictsOf"] = (path) => this.#answer("conflictsOf", [path], [conflict]);
  restoreConflict: DescribedSubjects["restoreConflict"] = (path, what) => this.#answer("restoreConflict", [path, what], this.receipt);
  tablePut: DescribedSubjects["tablePut"] = (path, key, value) => this.#answer("tablePut", [path, key, value], this.receipt);
  tableDelete: DescribedSubjects["tableDelete"] = (path, key) => this.#answer("tableDelete", [path, key], this.receipt);
  tableGet: DescribedSubjects["tableGet"] = (path, key) => this.#answer("tableGet", [path, key], key === "none" ? {} : { value: null });
  tableScan: DescribedSubjects["tableScan"] = (path, scan) =>
    this.#answer("tableScan", [path, scan], { rows: [["k", { v: 1 }]], after: "k" });
  tableHistory: DescribedSubjects["tableHistory"] = (path, key) => {
    const { value: _, ...deletion } = operation;
    return this.#answer("tableHistory", [path, key], [operation, deletion]);
  };
  tableRoot: DescribedSubjects["tableRoot"] = (path) => this.#answer("tableRoot", [path], "ab");

  async *followSubject(path: string, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<SubjectReport> {
    yield* this.#stream(path, signal, report);
  }

  async *changesOf(path: string, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ChangeReport> {
    yield* this.#stream(path, signal, (value) => ({ ...place, stamp: [1, 0], keys: ["k"], value }));
  }

  async *#stream<T>(path: string, signal: AbortSignal | undefined, told: (value: SubjectReport["value"]) => T): AsyncGenerator<T> {
    await this.#answer("stream", [path], undefined);
    try {
      for (const value of this.values) {
        this.given += 1;
        yield told(value);
      }
      if (path === "endless") await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
    } finally {
      this.ended += 1;
    }
  }
}
