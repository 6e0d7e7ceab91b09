import { type FrontierCommand, type FrontierNotice, type FrontierVocabulary, frontierProtocol } from "../feed/write/frontier-core.js";
import type { Hasher } from "../identity/crypto.js";
import type { NetworkId } from "../identity/ids.js";
import type { Loss, Mount } from "../protocol/mount.js";
import type { Pending } from "./pending.js";
import { PutOff } from "./put-off.js";
import { SinterError } from "./sinter-error.js";

type Settle = Extract<FrontierCommand, { readonly kind: "settle" }>;

export interface FrontierRootParts {
  readonly hasher: Hasher;
  readonly network: NetworkId;
  readonly pending: Pending;
  /** To the core, through the driver; throws where it takes no more. */
  readonly command: (command: FrontierCommand) => void;
  readonly lost: (command: Settle, loss: Loss) => void;
}

/** Speaks with the core that keeps the root over all that is held. */
export class FrontierRoot {
  readonly mount: Mount<FrontierVocabulary>;
  readonly #parts: FrontierRootParts;
  /** The core has been told of a change that it has not taken in. */
  #told = false;
  readonly #settling: PutOff<Settle>;

  constructor(parts: FrontierRootParts) {
    this.#parts = parts;
    this.#settling = new PutOff<Settle>(parts.pending, parts.command);
    this.mount = {
      protocol: frontierProtocol({ hasher: parts.hasher, network: parts.network }),
      notify: (notice) => this.#says(notice),
      dropped: (command, loss) => (command.kind === "settle" ? this.#lost(command, loss) : undefined),
    };
  }

  /** A lane has changed. A core too busy to hear of it hears of the next one. */
  changed(): void {
    if (this.#told) return;
    try {
      this.#parts.command({ kind: "changed" });
      this.#told = true;
    } catch (error) {
      if (!(error instanceof SinterError)) throw error;
    }
  }

  /** The root over all that the store shows now. */
  settle(): Promise<{ readonly root: Uint8Array }> {
    return this.#settling.ask((token) => ({ kind: "settle", token }));
  }

  #says(notice: FrontierNotice): void {
    const { pending } = this.#parts;
    if (notice.kind === "settled") return pending.resolve(notice.token, notice);
    if (notice.kind === "unsettled")
      return pending.reject(notice.token, new SinterError("corrupt", notice.reason, "Run sinter audit to see what else is wrong."));
    this.#told = false;
    if (notice.kind !== "clean") this.#settling.again();
  }

  #lost(command: Settle, loss: Loss): void {
    this.#settling.lost(command.token);
    this.#parts.lost(command, loss);
  }
}
