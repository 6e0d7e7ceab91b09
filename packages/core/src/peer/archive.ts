import type { RangeOffer } from "../feed/range/verified-range.js";
import type { SubjectPath } from "../identity/subject-path.js";
import { type ExportPart, type ExportSource, exportSegments } from "./export.js";
import { type ImportTarget, importSegments, type SegmentShelf } from "./import.js";
import type { Intake } from "./intake.js";
import type { ExportOptions, ExportReport, ImportOptions, ImportReport } from "./peer-api.js";
import { readable } from "./readable.js";
import { SinterError } from "./sinter-error.js";

export interface ExportedSubject {
  readonly networkName: string;
  readonly path: SubjectPath;
  readonly parts: AsyncIterable<ExportPart>;
}

/** Where subjects are kept as files. */
export interface SegmentFiles {
  readonly write: (dir: string, subject: ExportedSubject, options: ExportOptions) => Promise<ExportReport>;
  readonly open: (from: string) => Promise<SegmentShelf>;
}

export interface ArchiveParts extends ExportSource, Pick<ImportTarget, "author" | "takeSeal"> {
  readonly intake: Pick<Intake, "take">;
  readonly files: SegmentFiles | undefined;
}

/** Subjects out of a peer and into it as segments. */
export class Archive {
  readonly #parts: ArchiveParts;

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
  }

  async export(path: SubjectPath, dir: string, options: ExportOptions): Promise<ExportReport> {
    this.#goesOn(options);
    const { networkName } = this.#parts;
    return await this.#files().write(dir, { networkName, path, parts: this.segments(path) }, options);
  }

  async import(from: string, options: ImportOptions): Promise<ImportReport> {
    this.#goesOn(options);
    return await this.take(await this.#files().open(from), options);
  }

  async *segments(path: SubjectPath): AsyncIterable<ExportPart> {
    try {
      yield* exportSegments(this.#parts, path);
    } catch (error) {
      throw readable(error);
    }
  }

  async take(shelf: SegmentShelf, options: ImportOptions): Promise<ImportReport> {
    this.#goesOn(options);
    const { view, hasher, networkName, author, takeSeal, intake } = this.#parts;
    const take = (offer: RangeOffer) => intake.take(offer);
    try {
      return await importSegments({ view, hasher, networkName, author, take, takeSeal }, shelf, options);
    } catch (error) {
      throw readable(error);
    }
  }

  #goesOn({ signal }: { readonly signal?: AbortSignal }): void {
    this.#parts.goesOn();
    if (signal?.aborted) throw new SinterError("aborted", "called off", "Nothing was written.", { cause: signal.reason });
  }

  #files(): SegmentFiles {
    const { files } = this.#parts;
    if (files !== undefined) return files;
    throw new SinterError("usage", "this peer keeps no files", "Open one that does, or use segments() and takeSegments().");
  }
}
