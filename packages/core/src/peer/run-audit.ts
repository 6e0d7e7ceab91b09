import type { AuditProgress, AuditResult } from "../feed/audit/audit.js";
import type { Instant } from "../protocol/protocol.js";

const SLICE_MS = 10;

export interface AuditPace {
  readonly now: () => Instant;
  /** Lets the rest of the process run. */
  readonly soon: () => Promise<void>;
  readonly before: (done: AuditProgress) => void;
  /** Throws where it is not to go on. */
  readonly after: () => void;
}

/** Goes through an audit a slice at a time, so that others have their turn. */
export async function runAudit(
  steps: Generator<AuditProgress, AuditResult, undefined>,
  { now, soon, before, after }: AuditPace,
): Promise<AuditResult> {
  let pauseAt = now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (now() < pauseAt) continue;
    before(step.value);
    await soon();
    after();
    pauseAt = now() + SLICE_MS;
  }
}
