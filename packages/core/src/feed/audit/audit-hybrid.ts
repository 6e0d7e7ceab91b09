import { toHex } from "../../bytes/hex.js";
import { hybridSealsKnownMax } from "../../bytes/limits.js";
import { isMalformed } from "../../bytes/malformed.js";
import type { FalconJob } from "../../identity/crypto.js";
import { tableRange } from "../../store/keys.js";
import type { SealedHead } from "../../store/records.js";
import type { FeedView } from "../lane/feed-view.js";
import { hybridFit } from "../lane/lane-reach.js";
import { hybridVerifyJob } from "../seal/hybrid-seal.js";
import { type AuditParts, Findings } from "./findings.js";

// The second signatures of a store: each over events that are there, by its author's Falcon-512 key, and none forgotten.

/** Whether there is any to check: the library that does it is large. Where that cannot be read, the audit itself tells of it. */
export function hasHybridSeals(view: FeedView): boolean {
  const first = new Findings().attempt(() => [...view.keys.range({ ...tableRange("hybrid"), limit: 1 })]);
  return (first?.length ?? 0) > 0;
}

export class HybridAudit {
  readonly #view: FeedView;
  readonly #parts: AuditParts;
  readonly #findings: Findings;
  /** Signatures found good, with what they are over: many lanes stand under one. */
  readonly #good = new Set<string>();

  constructor(view: FeedView, parts: AuditParts, findings: Findings) {
    this.#view = view;
    this.#parts = parts;
    this.#findings = findings;
  }

  /** What is wrong with a lane's hybrid seal. */
  sealFault(lane: number, sealed: SealedHead): string | undefined {
    const { hasher } = this.#parts;
    const held = this.#findings.attempt(() => {
      const record = this.#view.lane(lane);
      if (record === undefined) return undefined;
      return { record, keys: this.#view.keysOf(record.author), fits: hybridFit(this.#view, hasher, lane, sealed) };
    });
    if (held === undefined) return "a hybrid seal of a lane that is not there";
    if (held.keys.suite !== 2) return "a hybrid seal of an author that has no Falcon key";
    if (held.fits !== "fits") return "a hybrid seal over other events than those held";
    const { author, subject, epoch } = held.record;
    const job = hybridVerifyJob(hasher, held.keys, { place: { author, subject, epoch }, ...sealed });
    return isMalformed(job) ? job.reason : this.#signatureFault(job);
  }

  /** A lane of a hybrid author's own store that has grown is sealed, or is marked to be. */
  markFault(lane: number): string | undefined {
    const isForgotten = this.#findings.attempt(() => {
      const record = this.#view.lane(lane);
      if (record === undefined || this.#view.keysOf(record.author).suite !== 2) return false;
      const head = this.#view.head(lane);
      return head?.freezeAt === 0 && head.size > (this.#view.hybrid(lane)?.seal.size ?? 0) && !this.#view.isUnsealed(lane);
    });
    return isForgotten ? "events that the author's second key is not asked to sign" : undefined;
  }

  #signatureFault(job: Extract<FalconJob, { readonly kind: "falcon verify" }>): string | undefined {
    const { falcon } = this.#parts;
    const { publicKey, message, signature } = job;
    const name = toHex(message) + toHex(signature);
    if (falcon === undefined || this.#good.has(name)) return undefined;
    if (!falcon.verifyFalcon(publicKey, message, signature)) return "a hybrid seal that its author did not sign";
    if (this.#good.size >= hybridSealsKnownMax) this.#good.clear();
    this.#good.add(name);
    return undefined;
  }
}
