import { connect, type Socket } from "node:net";
import { resolve as absolute } from "node:path";
import {
  type Accusation,
  type AuditOptions,
  type AuditReport,
  type BackupOptions,
  type BackupReport,
  type DescribedSubjects,
  type EventRecord,
  type ExportOptions,
  type ExportReport,
  type FeedRow,
  type ForkRow,
  forkText,
  type ImportOptions,
  type ImportReport,
  isMalformed,
  type Json,
  localBytesMax,
  localInputsMax,
  type NewEvent,
  type PeerApi,
  type PeerStatus,
  type ProofOf,
  type ReadOptions,
  type Receipt,
  type RedactionOf,
  SinterError,
  type SyncReport,
  type WantedPage,
} from "@sinter/core";
import { ClientWire, type Holder } from "./client-wire.js";
import { forkRowFromWire, isAccusation, isForkRows } from "./fork-messages.js";
import { EventInflow } from "./inflow.js";
import { type Call, isWireReceipt, proofFromWire, receiptFromWire, wireNewEvent } from "./messages.js";
import { RemoteSubjects } from "./remote-subjects.js";
import {
  isAuditReport,
  isBackupReport,
  isExportReport,
  isFeedRows,
  isImportReport,
  isPeerStatus,
  isSyncReport,
  isWantedPage,
} from "./reports.js";
import { type Guard, isText } from "./shape.js";
import { findSocketPath } from "./socket-place.js";

/** A peer in another process, reached over its control socket. Closing it leaves that process alone. */
export interface ControlClient extends PeerApi {
  readonly holder: Holder;
  /** Resolves once the connection is gone, for whatever reason. */
  readonly lost: Promise<void>;
}

/** Speaks to the process that holds the store at `dir`; undefined where none serves a control socket. */
export async function connectControl(options: { readonly dir: string }): Promise<ControlClient | undefined> {
  const socket = connect(await findSocketPath(options.dir));
  try {
    await connected(socket);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (nobodyThere.includes(code)) return undefined;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    throw new SinterError("permission", `the store at ${options.dir} belongs to another user`, "Run this as its owner.", { cause: error });
  }
  const wire = new ClientWire(socket);
  const holder = await wire.greeted();
  return holder && new RemotePeer(wire, holder);
}

/** Also a holder that is leaving (reset), or that has more callers than it can take in at once (again). */
const nobodyThere = ["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ENOTDIR", "ECONNRESET", "EPIPE", "EAGAIN"];

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve();
    });
    socket.once("error", reject);
  });
}

interface Asking {
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

class RemotePeer implements ControlClient {
  readonly holder: Holder;
  readonly lost: Promise<void>;
  readonly described: DescribedSubjects;
  readonly #wire: ClientWire;
  #appends = 0;
  #appendBytes = 0;

  constructor(wire: ClientWire, holder: Holder) {
    this.#wire = wire;
    this.holder = holder;
    this.lost = wire.lost;
    this.described = new RemoteSubjects(wire, (call, guard) => this.#ask(call, guard));
  }

  async append(subject: string, events: readonly NewEvent[], options: { readonly signal?: AbortSignal } = {}): Promise<Receipt> {
    if (options.signal?.aborted)
      throw new SinterError("aborted", "the append was stopped before it began", "Append again if it is wanted.");
    const bytes = events.reduce((sum, event) => sum + event.payload.length, 0);
    if (this.#appends >= localInputsMax || (this.#appends > 0 && this.#appendBytes + bytes > localBytesMax)) {
      throw new SinterError("busy", "too many events are under way to the store", "Await some of the appends before the next.");
    }
    this.#appends += 1;
    this.#appendBytes += bytes;
    try {
      const wire = await this.#ask({ call: "append", subject, events: events.map(wireNewEvent) }, isWireReceipt);
      const receipt = receiptFromWire(wire);
      if (isMalformed(receipt)) throw unreadable("append");
      return receipt;
    } finally {
      this.#appends -= 1;
      this.#appendBytes -= bytes;
    }
  }

  events(subject: string, options: ReadOptions = {}): AsyncIterable<EventRecord> {
    const { signal, withdrawn, ...rest } = options;
    return new EventInflow(withdrawn).read(this.#wire, { call: "events", subject, ...rest }, signal);
  }

  feeds(subject?: string): Promise<readonly FeedRow[]> {
    return this.#ask({ call: "feeds", ...(subject === undefined ? {} : { subject }) }, isFeedRows);
  }

  status(): Promise<PeerStatus> {
    return this.#ask({ call: "status" }, isPeerStatus);
  }

  async prove(subject: string, what: ProofOf): Promise<Uint8Array> {
    const proof = proofFromWire(await this.#ask({ ...what, call: "prove", subject }, isText));
    if (isMalformed(proof)) throw unreadable("prove");
    return proof;
  }

  async redact(subject: string, { seq, epoch, nonce }: RedactionOf): Promise<Receipt> {
    const where = { ...(epoch === undefined ? {} : { epoch }), ...(nonce === undefined ? {} : { nonce }) };
    const receipt = receiptFromWire(await this.#ask({ call: "redact", subject, seq, ...where }, isWireReceipt));
    if (isMalformed(receipt)) throw unreadable("redact");
    return receipt;
  }

  wanted(subject?: string, { after }: { readonly after?: string } = {}): Promise<WantedPage> {
    const call = { call: "wanted", ...(subject === undefined ? {} : { subject }), ...(after === undefined ? {} : { after }) } as const;
    return this.#ask(call, isWantedPage);
  }

  async forks(subject?: string): Promise<readonly ForkRow[]> {
    const rows = await this.#ask({ call: "forks", ...(subject === undefined ? {} : { subject }) }, isForkRows);
    return rows.map((wire) => {
      const row = forkRowFromWire(wire);
      if (isMalformed(row)) throw unreadable("forks");
      return row;
    });
  }

  async accuse(proof: Uint8Array): Promise<Accusation> {
    const { news, fork: wire } = await this.#ask({ call: "accuse", proof: forkText(proof) }, isAccusation);
    const fork = forkRowFromWire(wire);
    if (isMalformed(fork)) throw unreadable("accuse");
    return { news, fork };
  }

  audit(options: AuditOptions = {}): Promise<AuditReport> {
    const { signal, progress } = options;
    return this.#ask({ call: "audit" }, isAuditReport, {
      ...(signal && { signal }),
      progress: (events, total) => progress?.({ events, total }),
    });
  }

  backup(dir: string, { keys = "include", signal, progress }: BackupOptions = {}): Promise<BackupReport> {
    return this.#ask({ call: "backup", dir: absolute(dir), keys }, isBackupReport, {
      ...(signal && { signal }),
      progress: (bytes, total) => progress?.({ bytes, total }),
    });
  }

  export(subject: string, dir: string, { signal, progress }: ExportOptions = {}): Promise<ExportReport> {
    return this.#ask({ call: "export", subject, dir: absolute(dir) }, isExportReport, {
      ...(signal && { signal }),
      progress: (events, total) => progress?.({ events, total }),
    });
  }

  import(from: string, { signal, progress }: ImportOptions = {}): Promise<ImportReport> {
    return this.#ask({ call: "import", from: absolute(from) }, isImportReport, {
      ...(signal && { signal }),
      progress: (events, total) => progress?.({ events, total }),
    });
  }

  invite(): Promise<string> {
    return this.#ask({ call: "invite" }, isText);
  }

  sync(target: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<SyncReport> {
    return this.#ask({ call: "sync", target }, isSyncReport, { ...(signal && { signal }) });
  }

  describe(): Promise<Json> {
    return this.#ask({ call: "describe" }, (value): value is Json => value !== undefined);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  #ask<T>(call: Call, guard: Guard<T>, options: Asking = {}): Promise<T> {
    const { signal, progress } = options;
    return new Promise<T>((resolve, reject) => {
      const stop = () => this.#wire.cancel(id);
      const settled = () => signal?.removeEventListener("abort", stop);
      const id = this.#wire.call(call, {
        progress: (done, total) => progress?.(done, total),
        done: (result) => {
          settled();
          if (guard(result)) resolve(result);
          else reject(unreadable(call.call));
        },
        failed: (error) => {
          settled();
          reject(error);
        },
      });
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted) stop();
    });
  }
}

function unreadable(call: string): SinterError {
  return new SinterError("internal", `the holder's answer to "${call}" cannot be read`, "Use the same version of sinter for both.");
}
