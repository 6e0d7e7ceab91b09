import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import {
  type Accusation,
  type AuditReport,
  type BackupOptions,
  type DescribedSubjects,
  type EventRecord,
  type ExportOptions,
  type ExportReport,
  type ForkRow,
  type ImportedFeed,
  type ImportOptions,
  type LinkStatus,
  type NewEvent,
  type PeerApi,
  type ProofOf,
  type ReadOptions,
  type Receipt,
  type RedactionOf,
  SinterError,
  type SyncReport,
  type WantedPayload,
  type Withdrawal,
} from "@sinter/core";
import { type LawOptions, type LawReport, serveControl } from "sinter";
import type { Io, Linking, OpenStore } from "./terminal/io.js";

const hexId = (seq: number) => seq.toString(16).padStart(64, "0");

class Contents {
  readonly subjects = new Map<string, EventRecord[]>();
  readonly followers = new Set<() => void>();
  held = false;
  stampMs = 1_700_000_000_000;
  audit: AuditReport | undefined;
  /** Set where this is no store but a backup of one. */
  copyOf: { readonly network: string; readonly author: string; readonly keys: "included" | "left out" } | undefined;
  /** What a repair mends: the audit is sound after it. */
  mended: AuditReport["problems"] = [];
  /** What every event is proven by, and what was asked for last. */
  proof: Uint8Array = new Uint8Array(0);
  askedProof: ProofOf | undefined;
  forks: ForkRow[] = [];
  /** What those who follow are told next. */
  readonly withdrawn: Withdrawal[] = [];
  /** Proofs that were brought. */
  accused: Uint8Array[] = [];
  askedRedaction: RedactionOf | undefined;
  wanted: readonly WantedPayload[] = [];
  /** What an export of it is without. */
  lacks: ExportReport["lacks"] = "nothing";
  /** Feeds that whoever imports this is told of beside its events. */
  refused: readonly ImportedFeed[] = [];
  /** What its subjects answer. */
  described: Partial<DescribedSubjects> = {};
  /** What an append does before it counts. */
  beforeAppend: () => Promise<void> = async () => {};

  add(subject: string, event: NewEvent): EventRecord {
    const feed = this.subjects.get(subject) ?? [];
    this.subjects.set(subject, feed);
    const { payload, kind = 128, codec = "raw" } = event;
    const seq = feed.length + 1;
    const record: EventRecord = {
      author: "a".repeat(64),
      epoch: 0,
      nonce: "0f".repeat(16),
      seq,
      id: hexId(seq),
      stamp: [this.stampMs++, 0],
      kind,
      codec,
      payload,
    };
    feed.push(record);
    for (const wake of [...this.followers]) wake();
    return record;
  }
}

/** One of each kind. */
const linksShown: readonly LinkStatus[] = [
  { address: "127.0.0.1:7400", peer: "dd".repeat(32), state: "in sync", behind: 0, ahead: 0 },
  { address: "127.0.0.1:7401", peer: "ee".repeat(32), state: "behind", behind: 2, ahead: 1 },
  {
    address: "127.0.0.1:7402",
    state: "stuck",
    behind: 0,
    ahead: 0,
    cause: "wrong secret",
    detail: "it says so",
    fix: "Use the right one.",
  },
];

/** Stores by directory, in memory, that outlive the peers opened on them; one peer at a time may hold each. */
export class MemoryStores {
  readonly #all = new Map<string, Contents>();
  opened = 0;

  at(dir: string): Contents {
    const key = resolve(dir);
    const contents = this.#all.get(key) ?? new Contents();
    this.#all.set(key, contents);
    return contents;
  }

  /** What the last was opened with. */
  linking: Linking = {};

  readonly open: OpenStore = async ({ dir, network, holder, control, ...linking }) => {
    this.linking = linking;
    const contents = this.at(dir);
    if (contents.held) throw new SinterError("in-use", `process ${process.pid} holds ${dir}`, "Stop it.");
    contents.held = true;
    this.opened += 1;
    const peer = new MemoryPeer(contents, network ?? "home", (to) => this.at(to));
    mkdirSync(dir, { recursive: true });
    const server = control === "none" ? undefined : await serveControl({ dir, peer, holder: holder.kind });
    peer.retire = async () => server?.close();
    return peer;
  };

  readonly restore: Io["restore"] = async ({ backup, dir, unsound, progress }) => {
    const from = this.at(backup);
    if (from.copyOf === undefined) throw new SinterError("not-found", `there is no backup in ${backup}`, "Name another.");
    const problems = from.audit?.problems ?? [];
    if (problems.length > 0 && unsound !== "accept") throw new SinterError("corrupt", "the store was not sound", "Try --unsound.");
    progress?.({ step: "copied", done: 1024, total: 2048 });
    progress?.({ step: "verified", done: 1, total: 2 });
    for (const [subject, feed] of from.subjects) this.at(dir).subjects.set(subject, [...feed]);
    return { dir: resolve(dir), ...from.copyOf, bytes: 2048, at: "2026-11-21T00:00:00.000Z", events: from.subjects.size, problems };
  };

  /** What the laws are said to find, and what they were asked. */
  readonly laws: { reports: LawReport[]; asked: { readonly module: URL; readonly options: LawOptions }[] } = { reports: [], asked: [] };

  readonly checkLaws: Io["checkLaws"] = async (module, options) => {
    this.laws.asked.push({ module, options });
    options.progress?.({ type: "high-scores", runs: 50, of: 500 });
    return this.laws.reports;
  };

  readonly repair: Io["repair"] = async ({ dir }) => {
    const contents = this.at(dir);
    if (contents.held) throw new SinterError("in-use", `process ${process.pid} holds ${dir}`, "Stop it.");
    const mended = contents.mended;
    if (mended.length > 0) contents.audit = undefined;
    return { mended };
  };
}

class MemoryPeer implements PeerApi {
  readonly #contents: Contents;
  readonly #network: string;
  readonly #at: (dir: string) => Contents;
  retire: () => Promise<void> = async () => {};

  constructor(contents: Contents, network: string, at: (dir: string) => Contents) {
    this.#at = at;
    this.#contents = contents;
    this.#network = network;
  }

  /** What a test does not answer fails where it is called. */
  get described(): DescribedSubjects {
    return this.#contents.described as DescribedSubjects;
  }

  async append(subject: string, events: readonly NewEvent[]): Promise<Receipt> {
    if (subject === "") throw new SinterError("invalid-path", "a subject has 1 to 8 parts", "Name it like team/notes.");
    if (subject === "full") throw new SinterError("disk-full", "the disk is full", "Make room.");
    await this.#contents.beforeAppend();
    const records = events.map((event) => this.#contents.add(subject, event));
    const { author, epoch } = records[0];
    return { author, epoch, count: records.length, seq: (index) => records[index].seq, id: (index) => records[index].id };
  }

  async *events(subject: string, options: ReadOptions = {}): AsyncGenerator<EventRecord, void> {
    const { from = [0, 0], to = [Number.MAX_SAFE_INTEGER, 0], follow, signal } = options;
    for (let at = 0; !signal?.aborted; ) {
      const event = this.#contents.subjects.get(subject)?.[at];
      if (event !== undefined) {
        at += 1;
        if (event.stamp[0] >= from[0] && event.stamp[0] < to[0] && (options.system || event.kind > 20)) yield event;
      } else if (follow) {
        for (const what of this.#contents.withdrawn.splice(0)) options.withdrawn?.(what);
        await this.#change(signal);
      } else return;
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((done) => {
      const wake = () => {
        this.#contents.followers.delete(wake);
        signal?.removeEventListener("abort", wake);
        done();
      };
      this.#contents.followers.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }

  async feeds() {
    const rows = [...this.#contents.subjects].map(([subject, feed]) => {
      const last = feed[feed.length - 1];
      return { subject, author: last.author, epoch: 0, nonce: "00", size: feed.length, hybridSize: 0, head: last.id, stamp: last.stamp };
    });
    return rows;
  }

  async forks(subject?: string) {
    return this.#contents.forks.filter((fork) => subject === undefined || fork.subject === subject);
  }

  async accuse(proof: Uint8Array) {
    const news: Accusation["news"] = this.#contents.accused.length > 0 ? "known" : "frozen";
    this.#contents.accused.push(proof);
    return { news, fork: this.#contents.forks[0] };
  }

  async status() {
    const subjects = [...this.#contents.subjects].map(([path, feed]) => ({ path, events: feed.length }));
    const links: readonly LinkStatus[] = this.#network === "linked" ? linksShown : [];
    const disk: "roomy" | "full" = this.#network === "linked" ? "full" : "roomy";
    return {
      peer: "b".repeat(64),
      author: "a".repeat(64),
      network: this.#network,
      root: "c".repeat(64),
      subjects,
      links,
      forks: this.#contents.forks.length,
      disk,
    };
  }

  async invite() {
    return "sinter1.invite";
  }

  async sync(target: string): Promise<SyncReport> {
    const held = { peer: "dd".repeat(32), sent: 1, received: 2, bytesOut: 30, bytesIn: 40, rounds: 3, ms: 5 };
    return target === "127.0.0.1:1" ? { ...held, converged: false, reason: "no answer" } : { ...held, converged: true };
  }

  async audit(options: Parameters<PeerApi["audit"]>[0] = {}): Promise<AuditReport> {
    options.progress?.({ events: 1, total: 2 });
    const events = [...this.#contents.subjects.values()].reduce((sum, feed) => sum + feed.length, 0);
    return this.#contents.audit ?? { ok: true, events, feeds: this.#contents.subjects.size, views: 0, problems: [] };
  }

  async backup(dir: string, { keys: wanted, signal, progress }: BackupOptions = {}) {
    const to = this.#at(dir);
    if (to.copyOf !== undefined) throw new SinterError("exists", `${dir} is not empty`, "Name another.");
    progress?.({ bytes: 1024, total: 2048 });
    if (signal?.aborted) throw new SinterError("aborted", "called off", "Nothing is left of it.");
    const keys: "included" | "left out" = wanted === "leave out" ? "left out" : "included";
    to.copyOf = { network: this.#network, author: "a".repeat(64), keys };
    to.audit = this.#contents.audit;
    for (const [subject, feed] of this.#contents.subjects) to.subjects.set(subject, [...feed]);
    return { dir, ...to.copyOf, bytes: 2048, crc32: "d".repeat(8), at: "2026-11-21T00:00:00.000Z" };
  }

  async prove(subject: string, what: ProofOf): Promise<Uint8Array> {
    this.#contents.askedProof = what;
    if (this.#contents.subjects.has(subject)) return this.#contents.proof;
    throw new SinterError("not-found", `no author ${what.author} in ${subject}`, "Name another.");
  }

  async export(subject: string, dir: string, { signal, progress }: ExportOptions = {}) {
    const feed = this.#contents.subjects.get(subject);
    if (feed === undefined) throw new SinterError("not-found", `nobody has written to ${subject}`, "Name another.");
    progress?.({ events: 1, total: 2 });
    if (signal?.aborted) throw new SinterError("aborted", "called off", "Nothing is left of it.");
    this.#at(dir).subjects.set(subject, [...feed]);
    const segments = { written: 1, kept: 2, removed: 0 };
    return { dir, network: this.#network, subject, feeds: 1, events: feed.length, bytes: 2048, segments, lacks: this.#contents.lacks };
  }

  async import(from: string, { signal, progress }: ImportOptions = {}) {
    const [subject, feed] = [...this.#at(from).subjects][0] ?? [];
    if (subject === undefined || feed === undefined) throw new SinterError("not-found", `${from} is not there`, "Name another.");
    progress?.({ events: 1, total: 2 });
    if (signal?.aborted) throw new SinterError("aborted", "called off", "Import it again.");
    const held = this.#contents.subjects.get(subject)?.length ?? 0;
    const whole = { author: "a".repeat(64), epoch: 0, nonce: "0f".repeat(16), events: feed.length, held, taken: feed.length - held };
    const outcome: ImportedFeed["outcome"] = whole.taken > 0 ? "taken" : "held";
    const { refused } = this.#at(from);
    this.#contents.subjects.set(subject, feed);
    return { from, network: this.#network, subject, feeds: [{ ...whole, outcome, hybrid: "none" as const }, ...refused] };
  }

  async redact(subject: string, what: RedactionOf): Promise<Receipt> {
    const at = (this.#contents.subjects.get(subject) ?? []).findIndex(({ seq }) => seq === what.seq);
    if (at < 0) throw new SinterError("not-found", `there is no event ${what.seq}`, "Name another.");
    const feed = this.#contents.subjects.get(subject) as EventRecord[];
    feed[at] = { ...(feed[at] as EventRecord), payload: undefined, absent: "redacted" };
    this.#contents.askedRedaction = what;
    const { author, epoch, seq, id } = this.#contents.add(subject, { payload: new Uint8Array(60), kind: 3 });
    return { author, epoch, count: 1, seq: () => seq, id: () => id };
  }

  /** One a page. */
  async wanted(subject?: string, { after }: { readonly after?: string } = {}) {
    const all = this.#contents.wanted.filter((payload) => subject === undefined || payload.subject === subject);
    const at = Number(after ?? 0);
    return { wanted: all.slice(at, at + 1), ...(at + 1 < all.length && { next: `${at + 1}` }) };
  }

  async describe() {
    return {};
  }

  async close(): Promise<void> {
    await this.retire();
    this.#contents.held = false;
  }
}
