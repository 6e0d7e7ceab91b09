import { tags } from "./tags.js";

// Where everything lies in the hasher's memory. Addresses and sizes are bytes.

export const chunkBytes = 1024;
const hashSize = 32;

/** What goes in by one copy. Whole chunks, so that a long input is cut between chunks. */
export const pieceBytes = 64 * chunkBytes;
export const pieceEvents = 1_024;
export const piecePairs = pieceBytes / 64;

/** The initial value, which is the key of the hash of a context text. Start of the module's data. */
export const ivAt = 0;
/** 64 times 0xff, 64 times 0: a window into it keeps the first bytes of a block and clears the rest. */
export const maskAt = 64;
/** Eight chaining words of four hashes: word-wise, so that a vector holds one word of each. */
export const chains4At = 256;
/** Sixteen message words of four hashes, likewise. */
export const words4At = 384;
/** Four blocks padded with zeros. */
export const tailsAt = 640;
/** Four hashes, one behind the other. */
export const hashes4At = 896;
export const keysAt = 1_024;
/** Chaining values of complete subtrees that wait for their right sibling; a finished hash ends up in the first. An
 * input of 2^32 chunks has at most 32, and one more is being made. */
export const stackAt = keysAt + 32 * hashSize;
const stackSlots = 34;
/** What an event's id is the hash of: lane, previous id, seq, payload hash, head. */
export const identityAt = stackAt + stackSlots * hashSize;
export const previousAt = identityAt + 32;
export const sequenceAt = identityAt + 64;
export const payloadHashAt = identityAt + 72;
export const headAt = identityAt + 104;
/** The longest head for which all of that is one chunk. */
export const chunkHeadBytes = chunkBytes - 104;
/** Heads are copied sixteen bytes at a time, so up to fifteen bytes behind are overwritten. */
export const spansAt = identityAt + chunkBytes + 64;
/** Hashes going out. A group of four may write three more than asked for. */
export const outAt = spansAt + pieceEvents * 12;
export const inAt = outAt + (pieceEvents + 4) * hashSize;
/** A group of four reads on from its shortest payload to the length of the longest, and a block more. */
const inEnd = inAt + pieceBytes + chunkBytes + 64;
export const memoryPages = Math.ceil(inEnd / 65_536);

if (tags.length > 32) throw new Error("more tags than the hasher's memory has room for");
