import { auditFindingsMax } from "../../bytes/limits.js";
import type { FalconVerifier, Hasher, Verifier } from "../../identity/crypto.js";
import type { NetworkId } from "../../identity/ids.js";
import { DamagedStore } from "../lane/feed-view.js";

/** What an audit works with, beside the store. */
export interface AuditParts {
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly network: NetworkId;
  /** Without it, hybrid seals are checked for all but the signature itself. */
  readonly falcon?: FalconVerifier;
}

export interface AuditFinding {
  /** The kind of thing that is wrong, one word or two. */
  readonly what: string;
  readonly where: string;
  readonly detail: string;
}

/** What an audit has found wrong so far; beyond a bound, only how much more. */
export class Findings {
  readonly #found: AuditFinding[] = [];
  #more = 0;

  add(what: string, where: string, detail: string): void {
    if (this.#found.length < auditFindingsMax) this.#found.push({ what, where, detail });
    else this.#more++;
  }

  /** What the read answers; damage it meets is a finding, and the answer nothing. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DamagedStore)) throw error;
      this.add("record", error.where, error.message);
      return undefined;
    }
  }

  get count(): number {
    return this.#found.length + this.#more;
  }

  take(other: Findings): void {
    for (const { what, where, detail } of other.#found) this.add(what, where, detail);
    this.#more += other.#more;
  }

  list(): readonly AuditFinding[] {
    if (this.#more === 0) return this.#found;
    return [...this.#found, { what: "more", where: "the store", detail: `${this.#more} further problems are not listed` }];
  }
}
