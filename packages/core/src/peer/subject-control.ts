import { toHex } from "../bytes/hex.js";
import { controlNoticesBytesMax, controlNoticesMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { controlKind, decodeControl, encodeControl } from "../feed/event/control.js";
import { systemKinds } from "../feed/event/event.js";
import { DamagedStore } from "../feed/lane/feed-view.js";
import type { EventRecord } from "./event-api.js";
import { heldBytes } from "./held-bytes.js";
import { Backlog } from "./latest.js";
import { SinterError } from "./sinter-error.js";
import type { ControlBus, Published, Quarantined, SubjectNotice, Write } from "./subject-api.js";
import type { SubjectParts } from "./subject-parts.js";

/** What is told about a subject beside its operations: by the system here, and by applications wherever it is held. */
export class SubjectControl implements ControlBus {
  readonly #parts: SubjectParts;
  readonly #publish: (event: Published) => Write;
  readonly #readers = new Set<Reader>();

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
    const backlog = new Backlog<SubjectNotice>({
      max: controlNoticesMax,
      bytesMax: controlNoticesBytesMax,
      bytesOf: (notice) => heldBytes(notice, controlNoticesBytesMax),
      over: () => {
        this.#readers.delete(reader);
        void events.return?.();
      },
      overflow: fellBehind,
    });
    const events = this.#parts.events({ follow: true, system: true, ...(signal && { signal }) })[Symbol.asyncIterator]();
    const reader: Reader = { backlog, named: undefined };
    this.#readers.add(reader);
    this.#introduce(reader);
    void this.#bring(reader, events);
    return backlog.read(signal);
  }

  /** By whom the subject was made and through which type, once that is known, and again where it comes to be another: an event that
   * names one may come that stands before the one that did, and a lane that is frozen names none any more. */
  #introduce(reader: Reader): void {
    const named = this.#parts.named();
    if (named === undefined) return;
    const created = { kind: "created", author: toHex(named.author), type: named.name } as const;
    const before = reader.named;
    if (before?.author === created.author && before.type === created.type) return;
    reader.named = created;
    reader.backlog.add(created);
    const asked = this.#parts.type.name;
    if (created.type !== asked && created.type !== before?.type) reader.backlog.add({ kind: "lens mismatch", named: created.type, asked });
  }

  tell(notice: SubjectNotice): void {
    for (const { backlog } of this.#readers) backlog.add(notice);
  }

  frozen(freeze: Extract<SubjectNotice, { readonly kind: "frozen" }>): void {
    this.tell(freeze);
    for (const reader of this.#readers) {
      try {
        this.#introduce(reader);
      } catch (error) {
        reader.backlog.end(asError(error));
      }
    }
  }

  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.tell({ kind: "write failed", reason, fix: error instanceof SinterError ? error.fix : "Please report this." });
  }

  end(why: Error | "closed"): void {
    for (const { backlog } of this.#readers) backlog.end(why);
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
  async #bring(reader: Reader, events: AsyncIterator<EventRecord>): Promise<void> {
    try {
      for (let next = await events.next(); !next.done; next = await events.next()) {
        const record = next.value;
        const { kind, payload } = record;
        if (kind === systemKinds.lens) this.#introduce(reader);
        if (kind !== controlKind || payload === undefined) continue;
        const event = decodeControl(payload);
        if (isMalformed(event)) continue;
        reader.backlog.add({ kind: "published", event, record });
      }
    } catch (error) {
      reader.backlog.end(asError(error));
    }
  }
}

interface Reader {
  readonly backlog: Backlog<SubjectNotice>;
  /** As it was told last. */
  named: Extract<SubjectNotice, { readonly kind: "created" }> | undefined;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function fellBehind(): SinterError {
  return new SinterError("busy", "this reader of notices fell too far behind", "Take them faster.");
}
