// The simulator's own bounds; the unit is the last word of the name.

/** Events a single run may take before it is held to be going round in circles. */
export const runEventsMax = 50_000_000;
/** A steady clock that starts at 0 on every peer would hide that two of them cannot be compared. */
export const steadyFirstMsMax = 1_000_000;
/** How much later than asked `soon` may come. */
export const soonQuantaMax = 16;
export const traceDepthLevelsMax = 12;
export const pingBytesMax = 256 * 1024;
