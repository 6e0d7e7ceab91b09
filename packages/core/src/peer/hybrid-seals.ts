import type { Decoded } from "../bytes/malformed.js";
import type { HybridCheckpoint } from "../feed/seal/hybrid-seal.js";
import {
  type HybridCommand,
  type HybridNotice,
  type HybridOptions,
  type HybridVocabulary,
  hybridProtocol,
} from "../feed/write/hybrid-core.js";
import type { SubjectPath } from "../identity/subject-path.js";
import type { Loss, Mount } from "../protocol/mount.js";
import type { Pending } from "./pending.js";
import { PutOff } from "./put-off.js";
import { SinterError } from "./sinter-error.js";

export interface HybridSealsParts extends HybridOptions {
  readonly pending: Pending;
  /** A second signature reaches further in a subject. */
  readonly sealed: (path: SubjectPath) => void;
  /** It does in these lanes. */
  readonly reaches: (lanes: readonly number[]) => void;
  /** To the core, through the driver; throws where it takes no more. */
  readonly command: (command: HybridCommand) => void;
}

/** Whether a hybrid seal is here now: `ahead` where it is over more events than are. Malformed says why it does not hold. */
export type SealTaking = Decoded<"taken" | "held" | "ahead">;

type Asking = Exclude<HybridCommand, { readonly kind: "grown" }>;

/** Speaks with the core of the second signatures. */
export class HybridSeals {
  readonly mount: Mount<HybridVocabulary>;
  readonly #parts: HybridSealsParts;
  /** The core knows that lanes are marked. */
  #told = false;
  readonly #asked: PutOff<Asking>;

  constructor(parts: HybridSealsParts) {
    this.#parts = parts;
    this.#asked = new PutOff<Asking>(parts.pending, parts.command);
    this.mount = {
      protocol: hybridProtocol({ hasher: parts.hasher, author: parts.author }),
      notify: (notice) => this.#says(notice),
      dropped: (command, loss) => (command.kind === "grown" ? undefined : this.#lost(command, loss)),
    };
  }

  /** A lane of ours has grown. A core too busy to hear of it hears of the next one. */
  grown(): void {
    if (this.#told) return;
    try {
      this.#parts.command({ kind: "grown" });
      this.#told = true;
    } catch (error) {
      if (!(error instanceof SinterError)) throw error;
    }
  }

  take(checkpoint: HybridCheckpoint): Promise<SealTaking> {
    return this.#asked.ask((token) => ({ kind: "take", token, checkpoint }));
  }

  /** Once all that was written here is sealed by both keys, or that cannot be waited for. */
  async finish(): Promise<void> {
    await this.#asked.ask((token) => ({ kind: "finish", token }));
  }

  #says(notice: HybridNotice): void {
    const { pending } = this.#parts;
    switch (notice.kind) {
      case "finished":
        return pending.resolve(notice.token, undefined);
      case "took":
        return pending.resolve(notice.token, notice.taking);
      case "refused": {
        const fix = notice.code === "busy" ? "Await some of it before you offer more." : "Run sinter audit to see what else is wrong.";
        return pending.reject(notice.token, new SinterError(notice.code, notice.reason, fix));
      }
      case "sealed":
        for (const path of notice.paths) this.#parts.sealed(path);
        this.#parts.reaches(notice.lanes);
        return;
      case "clean":
        this.#told = false;
        return;
      case "begun":
        this.#told = false;
        return this.#asked.again();
    }
  }

  #lost({ token }: Asking, { reason }: Loss): void {
    this.#asked.lost(token);
    const error = new SinterError("internal", `nothing came of it: ${reason}`, "Try again.");
    this.#parts.pending.reject(token, error);
  }
}
