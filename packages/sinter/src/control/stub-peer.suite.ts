import {
  type EventRecord,
  type ForkRow,
  type NewEvent,
  type PeerApi,
  type ProofOf,
  type ReadOptions,
  type Receipt,
  SinterError,
} from "@sinter/core";
import { StubSubjects } from "./stub-subjects.suite.js";

const hexId = (seq: number) => seq.toString(16).padStart(64, "0");

export const utf8 = (text: string) => new TextEncoder().encode(text);
export const fromUtf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A peer of one author in memory, whose appends can be held back at a gate. */
export class StubPeer implements PeerApi {
  readonly appended: { subject: string; events: readonly NewEvent[] }[] = [];
  readonly described = new StubSubjects();
  readonly records = new Map<string, EventRecord[]>();
  /** How many events a reader of `events` was given: shows whether it was held back. */
  given = 0;
  gate: Promise<void> = Promise.resolve();
  cleared = false;
  readonly #followers = new Set<() => void>();

  async append(subject: string, events: readonly NewEvent[]): Promise<Receipt> {
    this.appended.push({ subject, events });
    await this.gate;
    if (subject === "full") throw new SinterError("disk-full", "the disk is full", "Make room.");
    if (subject === "broken") throw new Error("a bug");
    const feed = this.records.get(subject) ?? [];
    this.records.set(subject, feed);
    const before = feed.length;
    for (const event of events) {
      const seq = feed.length + 1;
      const { payload, key, kind = 128, codec = "raw" } = event;
      feed.push({ author: "aa", epoch: 0, nonce: "0a", seq, id: hexId(seq), stamp: [seq, 0], kind, codec, payload, ...(key && { key }) });
    }
    for (const wake of this.#followers) wake();
    return { author: "aa", epoch: 0, count: events.length, seq: (index) => before + index + 1, id: (index) => hexId(before + index + 1) };
  }

  async *events(subject: string, options: ReadOptions = {}): AsyncGenerator<EventRecord, void> {
    if (subject === "broken") throw new Error("a bug");
    const { from = [0, 0], to = [Number.MAX_SAFE_INTEGER, 0], follow, signal, withdrawn } = options;
    let at = 0;
    while (!signal?.aborted) {
      const event = this.records.get(subject)?.[at];
      if (event !== undefined) {
        at += 1;
        if (event.stamp[0] < from[0] || event.stamp[0] >= to[0]) continue;
        this.given += 1;
        yield event;
      } else if (follow) {
        if (subject === "forked") withdrawn?.({ author: "aa", epoch: 0, nonce: "00", from: 2, to: at });
        await this.#change(signal);
      } else {
        return;
      }
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#followers.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#followers.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }

  async feeds(subject?: string) {
    const rows = [...this.records].map(([path, feed]) => {
      return {
        subject: path,
        author: "aa",
        epoch: 0,
        nonce: "00",
        size: feed.length,
        hybridSize: 0,
        head: hexId(feed.length),
        stamp: [feed.length, 0] as const,
      };
    });
    return rows.filter((row) => subject === undefined || row.subject === subject);
  }

  async status() {
    const subjects = [...this.records].map(([path, feed]) => ({ path, events: feed.length }));
    return { peer: "bb", author: "aa", network: "home", root: "cc", subjects, links: [], forks: 1, disk: "roomy" as const };
  }

  audit: PeerApi["audit"] = async (options = {}) => {
    options.progress?.({ events: 1, total: 2 });
    await new Promise<void>((resolve) => {
      if (!this.records.has("endless")) resolve();
    });
    return { ok: false, events: 2, feeds: 1, views: 0, problems: [{ what: "chain", where: "seq 2", detail: "the previous id differs" }] };
  };

  /** One to "endless" goes on until it is called off, and then takes its time to clear away. */
  backup: PeerApi["backup"] = async (dir, { keys = "include", signal, progress } = {}) => {
    progress?.({ bytes: 1, total: 2 });
    if (dir.endsWith("/endless")) await this.#calledOff(signal);
    const kept = keys === "include" ? "included" : "left out";
    return { dir, network: "home", author: "aa", keys: kept, bytes: 2, crc32: "dddddddd", at: "2026-11-21T00:00:00.000Z" };
  };

  async prove(subject: string, { author, seq, epoch = 0, nonce = "", payload = "shown" }: ProofOf): Promise<Uint8Array> {
    if (this.records.get(subject)?.[seq - 1] === undefined) throw new SinterError("not-found", "no such event", "Name another.");
    return utf8(JSON.stringify([subject, author, seq, epoch, nonce, payload]));
  }

  /** Like backup, one to or from "endless" goes on until it is called off. */
  export: PeerApi["export"] = async (subject, dir, { signal, progress } = {}) => {
    progress?.({ events: 1, total: 2 });
    if (dir.endsWith("/endless")) await this.#calledOff(signal);
    return {
      dir,
      network: "home",
      subject,
      feeds: 1,
      events: 2,
      bytes: 3,
      segments: { written: 4, kept: 5, removed: 6 },
      lacks: "payloads",
    };
  };

  import: PeerApi["import"] = async (from, { signal, progress } = {}) => {
    progress?.({ events: 1, total: 2 });
    if (from.endsWith("/endless")) await this.#calledOff(signal);
    const feed = { author: "aa", epoch: 0, nonce: "00", events: 3, held: 1, taken: 1 };
    const refused = { ...feed, outcome: "differs" as const, file: "f", reason: "r", hybrid: "refused" as const, hybridReason: "s" };
    return { from, network: "home", subject: "a/b", feeds: [{ ...feed, outcome: "taken" as const, hybrid: "none" as const }, refused] };
  };

  async #calledOff(signal: AbortSignal | undefined): Promise<never> {
    await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
    await this.gate;
    this.cleared = true;
    throw new SinterError("aborted", "called off", "Nothing is left of it.");
  }

  readonly fork: ForkRow = {
    subject: "a/b",
    subjectId: "dd",
    author: "aa",
    epoch: 0,
    nonce: "00",
    freezeAt: 2,
    counted: 1,
    withdrawn: 3,
    whose: "own",
    proof: utf8("a proof"),
  };

  async forks(subject = "a/b") {
    return subject === "a/b" ? [this.fork] : [];
  }

  async accuse(proof: Uint8Array) {
    return { news: "frozen" as const, fork: { ...this.fork, proof } };
  }

  redact: PeerApi["redact"] = async (subject, { seq, epoch = 0, nonce = "" }) => {
    await this.gate;
    return this.append(subject, [{ payload: utf8(JSON.stringify([seq, epoch, nonce])) }]);
  };

  /** Two pages. */
  wanted: PeerApi["wanted"] = async (subject = "any", { after } = {}) => {
    const payload = { subject, author: "aa", epoch: 0, nonce: "00", seq: after === undefined ? 1 : 2, hash: "ff", bytes: 3 };
    return after === undefined ? { wanted: [payload], next: "0/1" } : { wanted: [payload] };
  };

  async invite() {
    return "sinter1.invite";
  }

  sync: PeerApi["sync"] = async (target) => {
    await this.gate;
    return { peer: target, converged: true, sent: 1, received: 2, bytesOut: 3, bytesIn: 4, rounds: 5, ms: 6 };
  };

  async describe() {
    return { text: "x".repeat(3_000_000) };
  }

  async close(): Promise<void> {}
}
