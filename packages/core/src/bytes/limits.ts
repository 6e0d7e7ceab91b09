// Every bound, in one place. The unit is the last word of the name.

// --- what is written down (changing one of these changes the format) ---
export const payloadBytesMax = 16 * 1024 * 1024;
export const keyBytesMax = 1024;
export const extensionBytesMax = 0xffff;
export const causalRowsMax = 64;
/** A lane repeats its full causal frontier at least this often, so that a reader need not go back further. */
export const causalFullEveryEvents = 256;
export const pathPartsMax = 8;
export const pathPartBytesMax = 64;
export const networkNameBytesMax = 128;
export const stampCounterMax = 0xffff;
export const stampWallMsMax = 2 ** 48 - 1;
export const epochIndexMax = 0xffff_ffff;
export const epochsPerFeedMax = 1024;
/** Three overflow pages of 4096 and one more, less LMDB's page header: the largest value that wastes none of its last page. */
export const blockBytesMax = 4 * 4096 - 16;
export const sealHeadsMax = 65_536;
export const mmrHeightMax = 53;

// --- the driver ---
export const turnCostMax = 1_000;
export const turnBytesMax = 1024 * 1024;
export const turnTimeMsMax = 1;
export const turnsUnflushedMax = 4;
export const linkControlInputsMax = 4_096;
export const linkBulkBytesMax = 1024 * 1024;
export const localInputsMax = 65_536;
export const localBytesMax = 64 * 1024 * 1024;
export const frameBytesMax = 1024 * 1024;
export const computeJobsMax = 1_024;
export const quarantinePerMinuteMax = 5;
export const quarantineKeptMax = 64;
export const timersMax = 65_536;

// --- the clock ---
export const clockDriftMsMax = 60_000;
/** How far ahead of itself the clock is persisted, so that most turns need not write it. */
export const clockReserveMs = 1_000;

// --- feeds ---
export const lanesOpenMax = 1_024;
export const appendEventsMax = 65_536;
export const appendBytesMax = 32 * 1024 * 1024;
export const frontierRowsPerTurnMax = 512;
