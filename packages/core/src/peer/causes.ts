/** Why what another peer holds is not here, or what is here not there; with each goes what to do about it. */
export const syncCauses = [
  "unreachable",
  "wrong secret",
  "wrong key",
  "version",
  "refused",
  "silent",
  "paused here",
  "paused there",
  "clock",
  "disk full",
  "damaged",
  "interest not mutual",
  "differs",
] as const;
export type SyncCause = (typeof syncCauses)[number];

/** Why a subject is not in sync, where nothing but somebody, or time, changes it. */
export const subjectCauses = [...syncCauses, "frozen", "held", "absent", "quarantined"] as const;
export type SubjectCause = (typeof subjectCauses)[number];
