import { auditStore } from "../feed/audit/audit.js";
import { hasHybridSeals } from "../feed/audit/audit-hybrid.js";
import type { FeedView } from "../feed/lane/feed-view.js";
import type { FalconVerifier, Hasher, Verifier } from "../identity/crypto.js";
import type { NetworkId } from "../identity/ids.js";
import type { Instant } from "../protocol/protocol.js";
import type { AuditOptions, AuditReport } from "./peer-api.js";
import type { Quarantine } from "./quarantine.js";

const SLICE_MS = 10;

export interface AuditedPeer {
  readonly view: FeedView;
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly network: NetworkId;
  readonly falcon: (() => Promise<FalconVerifier>) | undefined;
  readonly now: () => Instant;
  /** Lets the rest of the process run. */
  readonly soon: () => Promise<void>;
  /** Throws where it is not to go on. */
  readonly goesOn: () => void;
  /** Where there are others to have back from what is lost of lanes with which something is wrong. */
  readonly quarantine: Pick<Quarantine, "look"> | undefined;
}

/** Goes through a store a slice at a time, so that others have their turn. */
export async function auditPeer(peer: AuditedPeer, { progress }: AuditOptions): Promise<AuditReport> {
  const { view, hasher, verifier, network, now, soon, goesOn } = peer;
  goesOn();
  const falcon = hasHybridSeals(view) ? await peer.falcon?.() : undefined;
  goesOn();
  const steps = auditStore(view, { hasher, verifier, network, ...(falcon === undefined ? {} : { falcon }) });
  let pauseAt = now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done) {
      const { hurt, ...report } = step.value;
      await peer.quarantine?.look(hurt);
      return report;
    }
    if (now() < pauseAt) continue;
    progress?.(step.value);
    await soon();
    goesOn();
    pauseAt = now() + SLICE_MS;
  }
}
