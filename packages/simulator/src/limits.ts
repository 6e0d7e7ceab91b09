// The simulator's own bounds; the unit is the last word of the name.

/** Events a single run may take before it is held to be going round in circles. */
export const runEventsMax = 50_000_000;
/** A steady clock that starts at 0 on every peer would hide that two of them cannot be compared. */
export const steadyFirstMsMax = 1_000_000;
/** How much later than asked `soon` may come. */
export const soonQuantaMax = 16;
export const traceDepthLevelsMax = 12;
export const pingBytesMax = 256 * 1024;

/** Steps in which one lane is carried from one store to another: more than any takes. */
export const carryStepsMax = 400;

/** Exchanges of all with all until nothing changes any more: more than it takes. */
export const exchangesMax = 60;

/** A fork proof of the few events that a simulated store has, beside the keys. */
export const forkProofBytesMax = 2_048;
