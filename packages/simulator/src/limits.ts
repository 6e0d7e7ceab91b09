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

// --- tests of applications (apps/) ---
export const appPeersMax = 1_000;

// --- runs for people to look at (sim/) ---
export const simPeersMax = 10_000;
/** Of all peers together: a mesh of 450. */
export const simLinksMax = 100_000;
export const simDurationMsMax = 24 * 3_600_000;
/** Any time between two of a kind. */
export const simIntervalMsMax = 24 * 3_600_000;
/** What is said again sooner was not lost yet. */
export const simRetransMsMin = 100;
export const simChunkBytesMin = 64;
export const simWindowChunksMax = 1_024;
export const simWeatherMsMax = 60_000;
export const simKeysMax = 1_024;
export const simKeyCharsMax = 256;
export const simSeedMax = Number.MAX_SAFE_INTEGER;
/** Rows of one table of a record: what is more is counted, and left out. */
export const simRoundRowsMax = 200_000;
export const simChunkRowsMax = 200_000;
export const simLinkRowsMax = 200_000;
/** Seconds of which it is told what went out and came in: a day, and a little. */
export const simThroughputRowsMax = 86_500;
/** Of all samples together: so many roots, one for each peer in each. */
export const simSampledRootsMax = 2_000_000;
/** Peers whose status is asked for at the end. */
export const simStatusPeersMax = 100;
/** Violations that are told; more are counted in the last of them. */
export const simViolationsMax = 100;

/** So often a kind of fault may be planned without coming about; beyond that it is not planned well. */
export const unfiredPlansMax = 60;

/** Runs that are tried while a seed that fails is made smaller. */
export const shrinkTriesMax = 60;

/** Of a diagram of space and time, unless more is asked for. */
export const spaceTimeRowsMax = 200;
export const spaceTimeColumnsMax = 10;
