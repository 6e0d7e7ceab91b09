import { DamagedStore, type FeedView } from "../lane/feed-view.js";
import { auditFrontier } from "./audit-frontier.js";
import { auditLane } from "./audit-lane.js";
import { auditTables } from "./audit-tables.js";
import { auditViews } from "./audit-views.js";
import { type AuditFinding, type AuditParts, Findings } from "./findings.js";

// Reads every byte of a store and holds it against what signed it: decodes every key and record, re-hashes every event,
// rebuilds every range, checks every seal, and compares every index with what it indexes. A generator, so that whoever
// runs it decides when the rest of the process has a turn; appends may go on between two of its steps.

export interface AuditResult {
  readonly ok: boolean;
  readonly events: number;
  readonly feeds: number;
  readonly views: number;
  readonly problems: readonly AuditFinding[];
  /** Lanes with which something is wrong, by their numbers here. */
  readonly hurt: readonly number[];
}

export interface AuditProgress {
  readonly events: number;
  readonly total: number;
}

export function* auditStore(view: FeedView, parts: AuditParts): Generator<AuditProgress, AuditResult, undefined> {
  const findings = new Findings();
  const progress = { events: 0, total: 0 };
  const lanes: number[] = [];
  const hurt: number[] = [];
  let views = 0;
  try {
    views = yield* audited(view, parts, { findings, progress, lanes, hurt });
  } catch (error) {
    if (!(error instanceof DamagedStore)) throw error;
    // So damaged that the store cannot be gone through: what lies behind the damage is not looked at.
    findings.add("store", error.where, error.message);
  }
  const problems = findings.list();
  return { ok: problems.length === 0, events: progress.events, feeds: lanes.length, views, problems, hurt };
}

interface AuditState {
  readonly findings: Findings;
  readonly progress: { events: number; total: number };
  readonly lanes: number[];
  readonly hurt: number[];
}

/** Answers how many views there are. */
function* audited(
  view: FeedView,
  parts: AuditParts,
  { findings, progress, lanes, hurt }: AuditState,
): Generator<AuditProgress, number, undefined> {
  for (const lane of auditTables(view, parts, findings)) {
    if (lane !== undefined) {
      lanes.push(lane);
      progress.total += findings.attempt(() => view.head(lane))?.size ?? 0;
    }
    yield progress;
  }
  for (const lane of lanes) {
    const before = findings.count;
    for (const events of auditLane({ view, parts, findings, lane })) {
      progress.events += events;
      yield progress;
    }
    if (findings.count > before) hurt.push(lane);
  }
  for (const _row of auditFrontier(view, parts, findings)) yield progress;
  const views = auditViews(view, parts.hasher, findings);
  for (let step = views.next(); ; step = views.next()) {
    if (step.done === true) return step.value;
    yield progress;
  }
}
