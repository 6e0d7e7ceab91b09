import { toHex } from "../bytes/hex.js";
import { controlNoticesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { controlKind, decodeControl, encodeControl } from "../feed/event/control.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import type { EventRecord } from "./event-api.js";
import { Backlog } from "./latest.js";
import { SinterError } from "./sinter-error.js";
import type { ControlBus, Published, Quarantined, SubjectNotice, Write } from "./subject-api.js";
import type { SubjectParts } from "./subject-parts.js";

/** What is told about a subject beside its operations: by the system here, and by applications wherever it is held. */
export class SubjectControl implements ControlBus {
  readonly #parts: SubjectParts;
  readonly #publish: (event: Published) => Write;
  readonly #readers = new Set<Backlog<SubjectNotice>>();

  constructor(parts: SubjectParts, publish: (event: Published) => Write) {
    this.#parts = parts;
    this.#publish = publish;
  }

  publish({ kind = 128, data }: Published): Write {
    if (!Number.isInteger(kind) || kind < 128 || kind > 255)
      throw new SinterError("usage", `an event of kind ${kind}`, "Kinds 128 to 255 are the application's.");
    return this.#publish({ kind: controlKind, data: encodeControl({ kind, data }) });
  }

  notices({ signal }: { readonly signal?: AbortSignal } = {}): AsyncIterable<SubjectNotice> {
    const backlog = new Backlog<SubjectNotice>(controlNoticesMax, () => {
      this.#readers.delete(backlog);
      void events.return?.();
    });
    const events = this.#parts.events({ follow: true, ...(signal && { signal }) })[Symbol.asyncIterator]();
    this.#readers.add(backlog);
    this.#introduce(backlog);
    void this.#bring(backlog, events);
    return backlog.read(signal);
  }

  /** What whoever begins to read is told first. */
  #introduce(backlog: Backlog<SubjectNotice>): void {
    const named = this.#parts.named();
    if (named === undefined) return;
    const type = named.name;
    backlog.add({ kind: "created", author: toHex(named.author), type }, fellBehind);
    if (type !== this.#parts.type.name) backlog.add({ kind: "lens mismatch", named: type, asked: this.#parts.type.name }, fellBehind);
  }

  tell(notice: SubjectNotice): void {
    for (const reader of this.#readers) reader.add(notice, fellBehind);
  }

  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.tell({ kind: "write failed", reason, fix: error instanceof SinterError ? error.fix : "Please report this." });
  }

  end(why: Error | "closed"): void {
    for (const reader of this.#readers) reader.end(why);
  }

  *quarantined(): Iterable<Quarantined> {
    const { live, view } = this.#parts;
    for (const { lane, seq, reason } of live.store.allQuarantined()) {
      const record = view.lane(lane);
      if (record === undefined) throw new DamagedStore(`lane ${lane}`, "its record is missing");
      yield { author: toHex(record.author), epoch: record.epoch.index, nonce: toHex(record.epoch.nonce), seq, reason };
    }
  }

  /** What applications published, those before now too. */
  async #bring(backlog: Backlog<SubjectNotice>, events: AsyncIterator<EventRecord>): Promise<void> {
    try {
      for (let next = await events.next(); !next.done; next = await events.next()) {
        const record = next.value;
        const { kind, payload } = record;
        if (kind !== controlKind || payload === undefined) continue;
        const event = decodeControl(payload);
        if (isMalformed(event)) continue;
        backlog.add({ kind: "published", event, record }, fellBehind);
      }
    } catch (error) {
      backlog.end(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function fellBehind(): SinterError {
  return new SinterError("busy", "this reader of notices fell too far behind", "Take them faster.");
}
