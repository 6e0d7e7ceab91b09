// The pipeline's own bounds; the unit is the last word of the name.

// --- files that are read whole ---
/** Also of what a compressed one expands to. */
export const documentBytesMax = 256 * 1024 * 1024;
/** Values in one document: each takes memory, however few bytes it is written in. */
export const documentValuesMax = 16 * 1024 * 1024;
/** YAML and TOML, which people write: what is made of the text on the way takes many times its size, */
export const writtenBytesMax = 8 * 1024 * 1024;
/** and in YAML some hundreds of bytes for each word and sign. */
export const yamlTokensMax = 2 * 1024 * 1024;
/** Values that aliases stand for, together: a few lines could stand for any number of them. */
export const aliasedValuesMax = 100_000;

/** A name that is wrong may be long: this much is told. */
export const reasonCharsMax = 300;

// --- files of records ---
export const recordBytesMax = 16 * 1024 * 1024;
/** Lines that are parsed together: until they are so many bytes. */
export const ndjsonBatchBytes = 64 * 1024;
export const csvColumnsMax = 16_384;

// --- reading ---
/** What is read of a file of records at a time. */
export const readPieceBytes = 256 * 1024;
/** A compressed file of records may expand to so much, however small it is; */
export const gunzippedFreeBytes = 16 * 1024 * 1024;
/** beyond that, to so many times its size: text that people or programs write does not come near it, zeros go far past it. */
export const gunzippedTimesMax = 250;

// --- folders ---
export const treeFilesMax = 1_000_000;
/** Folders in one another. */
export const treeDepthMax = 64;
/** Links to folders that are followed: a few that lead to one another stand for any number of folders. */
export const treeLinksMax = 4_096;

// --- the schema of Protobuf messages ---
export const protoFilesMax = 1_024;
export const protoFileBytesMax = 4 * 1024 * 1024;

// --- publishing ---
/** What is written at a time; of text, as many characters. */
export const publishPieceBytes = 256 * 1024;
/** Links that lead to one another. */
export const linksMax = 40;
/** What another machine's process began to write may be unfinished for so long, and is then taken for left behind. */
export const leftBehindMsMax = 24 * 60 * 60 * 1_000;

// --- synthesis ---
/** Conflicts that can be listed, of a document that may have more. */
export const contestedListedMax = 1_000_000;
/** Of which so many are explained in one reading of the fragments. */
export const contestedPerPassMax = 100_000;
/** Between looks whether something has changed, at least; */
export const watchWaitMs = 250;
/** and so many times as long as a look takes. */
export const watchWaitTimes = 20;
