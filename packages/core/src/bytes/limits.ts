// Every bound, in one place. The unit is the last word of the name.

// --- what is written down (changing one of these changes the format) ---
export const payloadBytesMax = 16 * 1024 * 1024;
export const keyBytesMax = 1024;
/** Eight groups of seven bits hold 2^53 - 1, the largest number written. */
export const varintBytesMax = 8;
export const extensionBytesMax = 0xffff;
export const systemKindMax = 20;
export const operationKindMax = 50;
export const payloadCodecMax = 3;
export const blockEventsMax = 0xffff;
export const causalRowsMax = 64;
/** A lane repeats its full causal frontier at least this often, so that a reader need not go back further. */
export const causalFullEveryEvents = 256;
/** Lanes one lane's causal deltas may list at a time: two full frontiers fit between one full delta and the next. */
export const causalFrontierRowsMax = 8_192;
export const pathPartsMax = 8;
export const pathPartBytesMax = 64;
export const networkNameBytesMax = 128;
export const stampCounterMax = 0xffff;
export const stampWallMsMax = 2 ** 48 - 1;
export const epochIndexMax = 0xffff_ffff;
export const epochsPerFeedMax = 1024;
/** Two pages of 4096 less the header LMDB puts before a large value: the largest block that wastes none of its last page. */
export const blockBytesMax = 2 * 4096 - 16;
/** Blocks of one segment together, but where a single block is larger: it decides where lanes are cut. */
export const segmentBlocksBytesMax = 4 * 1024 * 1024;
export const sealHeadsMax = 65_536;
export const mmrHeightMax = 53;
/** MMR nodes below this height are made again from the 64 event ids under them instead of being stored. */
export const mmrStoredHeightMin = 6;
/** An inclusion path and the other peaks, or the old peaks and what fills up behind them: never more than two ranges' heights. */
export const mmrProofHashesMax = 2 * mmrHeightMax;
/** Keys of the frontier's trie: no trie has longer ones. */
export const frontierKeyBytes = 96;
/** Keys of the trie over a table. */
export const tableKeyBytes = 32;

// --- the driver ---
export const turnCostMax = 1_000;
export const turnBytesMax = 1024 * 1024;
export const turnTimeMsMax = 1;
export const turnsUnflushedMax = 4;
/** Commands and effects that may wait for flushes: a store that hangs stops the driver before they fill the memory. */
export const unflushedEffectsMax = 65_536;
export const linkControlInputsMax = 4_096;
export const linkControlBytesMax = 4 * 1024 * 1024;
export const linkBulkBytesMax = 1024 * 1024;
/** Bulk a sender may have waiting for credit on one link before the link is closed. */
export const linkHeldBytesMax = 64 * 1024 * 1024;
export const localInputsMax = 65_536;
/** Inputs of higher classes that are stepped while one of a lower class waits. */
export const inputsAheadMax = 16;
export const localBytesMax = 64 * 1024 * 1024;
/** Appends that wait for the commit under way wait no longer than until they are so many bytes. */
export const gatheredBytesMax = 64 * 1024;
export const knownPathsMax = 1_024;
export const frameBytesMax = 1024 * 1024;
export const computeJobsMax = 1_024;
export const quarantinePerMinuteMax = 5;
export const quarantineKeptMax = 64;
export const timersMax = 65_536;
/** Memory that a writer which has finished leaves to the next. */
export const writerSpareBytesMax = 131_072;

// --- the clock ---
export const clockDriftMsMax = 60_000;
/** How far ahead of itself the clock is persisted, so that most turns need not write it. */
export const clockReserveMs = 250;
/** 2026-01-01: a clock before it, with nothing better known, cannot be right. */
export const buildWallMs = 1_767_225_600_000;

// --- feeds ---
export const lanesOpenMax = 1_024;
export const appendEventsMax = 65_536;
export const appendBytesMax = 32 * 1024 * 1024;
export const frontierRowsPerTurnMax = 64;

/** Heads under one Falcon-512 signature. What is left over goes under the next one, at once. */
export const hybridHeadsMax = 256;

/** Between two tries to make a second signature, where one fails. */
export const hybridRetryMsMax = 60_000;

/** Whoever closes a peer waits no longer for its last second signature. It is made when the peer is next opened. */
export const hybridFinishMsMax = 5_000;

/** Falcon-512 signatures that an audit remembers as good. */
export const hybridSealsKnownMax = 64;

/** Hybrid seals of other authors that are being verified at a time. */
export const hybridTakesMax = 64;
/** Events of a foreign lane that are verified together: room for the largest event, and for what an append may bring. */
export const rangeBytesMax = 32 * 1024 * 1024;
/** Checked and hashed before the rest of the process gets a turn. */
export const rangeSliceBytes = 64 * 1024;
/** How often a range is verified anew because its lane has changed meanwhile. */
export const rangeAttemptsMax = 8;

// --- segments: a subject as files ---
/** The index of one subject: the whole of it is held while it is read or written. */
export const segmentIndexBytesMax = 64 * 1024 * 1024;

// --- links ---
/** Of what is said before membership is proven. */
export const linkGreetingBytesMax = 256;
/** From the first byte of a connection until it is a link, or is cut. */
export const linkHandshakeMsMax = 10_000;
/** Connections that are not links yet or no more, together and from one address; those that dialled in vain count, too. */
export const linkHandshakesMax = 256;
export const linkHandshakesPerAddressMax = 32;
/** Links together, and those accepted from one address. */
export const linksMax = 1_024;
export const linksPerAddressMax = 64;
/** Addresses that are dialled, and listened on. */
export const linkTargetsMax = 1_024;
export const linkListenersMax = 16;
/** Bulk is written while less than this waits in the socket: whatever control comes then waits for no more. */
export const linkSocketBytesMax = 128 * 1024;
/** Read from a socket at a time. */
export const linkReadBytes = 64 * 1024;
/** Control that may wait in the socket of a peer that does not read. */
export const linkSocketControlBytesMax = 4 * 1024 * 1024;
/** Of the reason a link is closed for, in UTF-8. */
export const linkReasonBytesMax = 200;
/** Before an address is dialled again: at first about so long, twice as long each time, and never longer. */
export const linkRetryFirstMs = 250;
export const linkRetryMsMax = 30_000;
/** A link that lasted so long was a good one: what failed before it counts no more. */
export const linkSettledMs = 5_000;
/** An idle connection is asked whether it is still there after this long. */
export const linkKeepAliveMs = 30_000;
/** Of the HTTP request that opens a WebSocket, and of what comes on it until the keys of both sides are proven. */
export const linkUpgradeBytesMax = 4 * 1024;
/** One datagram of a link over UDP: what every path carries whole, and how long the first of a handshake has to be. */
export const linkDatagramBytesMax = 1_200;
/** Numbers of datagrams, back from the highest that came: what is older is taken for a repetition. */
export const linkReplayDatagramsMax = 2_048;
/** Pieces of a link over UDP that may be under way at a time: more are held by neither side. */
export const linkPiecesMax = 1_024;
/** Datagrams may wait in a socket of UDP up to so many bytes; beyond, they are lost. */
export const linkDatagramsHeldBytesMax = 4 * 1024 * 1024;
/** A cookie is good for at least so long, and for no more than twice that. */
export const linkCookieMsMax = 10_000;
/** The longest message of the Noise protocol. */
export const noiseMessageBytesMax = 65_535;
/** Messages sealed with one key: Noise allows 2^64, numbers are exact to here. */
export const noiseNoncesMax = 2 ** 53 - 1;
export const secretCharsMin = 16;
export const secretBytesMax = 256;
export const secretsMax = 8;
/** Of a file of secrets, as text. */
export const secretsCharsMax = 64 * 1024;
export const hostCharsMax = 253;
export const inviteAddressesMax = 16;
export const inviteCharsMax = 8_192;

// --- the control socket ---
/** An append of `appendBytesMax` in base64, with room for what stands around it. */
export const controlLineBytesMax = 48 * 1024 * 1024;
/** A long answer goes in parts of this many characters, at most `controlAnswerCharsMax` together. */
export const controlPartCharsMax = 1024 * 1024;
export const controlAnswerCharsMax = 256 * 1024 * 1024;
export const controlConnectionsMax = 64;
/** Calls a connection may have unanswered before its socket is no longer read. */
export const controlCallsMax = 1_024;
/** Streams a connection may have open. */
export const controlStreamsMax = 64;
/** A batch of a stream is sent once it holds this many events or payload bytes. */
export const controlBatchEventsMax = 512;
export const controlBatchBytesMax = 256 * 1024;
/** Batches of a stream that may be under way before the reader has taken the first. */
export const controlBatchesAheadMax = 8;
/** Bytes that may wait in a connection's socket before the next line is held back. */
export const controlSocketBytesMax = 4 * 1024 * 1024;
/** Of the longest path a unix socket can have on every system. */
export const controlPathBytesMax = 100;
export const controlHelloMsMax = 5_000;

// --- reading ---
/** Where blocks begin, as a reader remembers it: 16 bytes an entry. */
export const blockIndexEntriesMax = 1_000_000;

// --- the store on disk, and what else the Node adapters hold ---
/** Address space, not memory and not disk. */
export const storeMapBytes = 2 ** 40;
/** The largest pages LMDB knows. */
export const storePageBytesMax = 65_536;
export const storeReserveBytes = 64 * 1024 * 1024;
/** What LMDB allows at a page size of 4096. */
export const storeKeyBytesMax = 1978;
/** A commit up to this size, with none under way, is written by the thread that made it, while this takes no longer than that. */
export const storeSynchronousBytesMax = 64 * 1024;
export const storeSynchronousMsMax = 2;
/** Commits that wait share a transaction up to about this size. */
export const storeGroupBytesMax = 4 * 1024 * 1024;
export const roomStaleMsMax = 50;
export const lockAttemptsMax = 16;
export const verifierKeysMax = 1_024;
export const computeWorkersMax = 2;
/** A socket that is closed waits this long for the other end to take the last word. */
export const socketCloseMsMax = 2_000;
/** Node's timers overflow beyond this, and would then fire at once. */
export const nodeTimerMsMax = 2 ** 31 - 1;
/** How much of bytes, texts, lists and nested values a trace shows. */
export const traceBytesMax = 32;
export const traceCharsMax = 200;
export const traceItemsMax = 8;
export const traceDepthMax = 8;
/** How often a file is changed to see whether its birth moves, 2 ms apart. */
export const birthProbesMax = 50;
/** Events handed on before the rest of the process gets a turn. */
export const eventsPerReadMax = 512;

// --- audit ---
export const auditFindingsMax = 1_000;
export const auditEntriesPerReadMax = 64;
/** A piece of a table ends with the entry that reaches this. */
export const auditBytesPerReadMax = 1024 * 1024;
/** How often the frontier's rows are counted, or a lane is gone through, while it changes meanwhile. */
export const auditCountsMax = 3;
/** Entries a repair changes in one commit. */
export const repairBatchEntriesMax = 1_024;

// --- backups ---
/** What is read, summed and written at a time. */
export const backupPieceBytes = 1024 * 1024;
/** So much may be written before the disk is asked to have it, that the last of it is not waited for all at once. */
export const backupUnsyncedBytesMax = 32 * 1024 * 1024;
export const backupManifestBytesMax = 64 * 1024;
export const backupKeysBytesMax = 1024 * 1024;

// --- the command line ---
/** Batches of an `append` that are under way while the next gathers, and how large that may grow. */
export const commandBatchesMax = 4;
export const commandBatchEventsMax = 4_096;
export const commandBatchBytesMax = 2 * 1024 * 1024;
/** A store whose holder serves no control socket, yet or any more, is waited for this long. */
export const commandPatienceMsMax = 10_000;
/** How often one command may change holders. */
export const commandRenewalsMax = 1_000;
export const pageConnectionsMax = 64;
export const pageRequestMsMax = 10_000;

// --- forks ---
/** Levels of a range told in one answer: 16 hashes. */
export const forkSearchLevelsMax = 4;
/** Both branches of the largest ranges, with the longest way up to their seals. */
export const forkProofBytesMax = 8 * 1024;
/** Forks that are kept of lanes of which nothing is held: whoever makes up authors must not fill the disk with their forks. */
export const forksOfUnknownLanesMax = 4_096;

// --- absent payloads ---
/** In what is taken of a range at a time: for each of them a block may have to be laid out anew. */
export const rangeRedactionsMax = 256;
/** Places of events appended again that are kept in mind, once a redaction has had their lanes read for them. */
export const copiesKnownMax = 65_536;
/** Payloads that a want-list tells of at a time. */
export const wantedPerReadMax = 1_024;

// --- events appended again ---
/** What one turn appends again: so many events, or until they are so many bytes. */
export const returnEventsMax = 1_024;
export const returnBytesMax = 1024 * 1024;
/** Before what was in the way is tried again. */
export const returnWaitMs = 1_000;

// --- synthesis ---
/** Strategies in one another: maps of records of maps. */
export const strategyDepthMax = 8;
/** Names on the way to a place that a rule is for. */
export const pathPatternNamesMax = 64;
/** Of a pattern of files. */
export const globCharsMax = 1_024;
/** Of what is said at one place, in an explanation. */
export const candidatesListedMax = 64;
/** Sources that a quorum may ask for. */
export const quorumSourcesMax = 1_000;
/** Places where one document is told to differ from another. */
export const differencesListedMax = 1_000;
/** Of a value that differs, for people. */
export const differenceCharsMax = 200;

// --- JSON Schema ---
/** Schemas of all documents together; and what they are compiled to, where one is compiled for each way its references point. */
export const schemasMax = 65_536;
/** Schemas applied in one another while a value is checked: what the stack has to hold. */
export const schemaNestingMax = 1_024;
/** Schemas applied while one value is checked, and for each value within, where it is a large one. */
export const schemaStepsMax = 1_000_000;
export const schemaStepsPerValueMax = 1_000;
/** Told of one value. */
export const violationsMax = 64;
/** Of a value, and of names and values listed, in what is told. */
export const violationCharsMax = 60;
export const violationNamesMax = 8;

// --- merge types ---
/** Of an element of a set, a value of a register. */
export const elementBytesMax = 1024 * 1024;
/** Keys of items, which elements of sets are: they are keys of the store, too. */
export const itemKeyBytesMax = 1024;
/** Objects and arrays in one another, of JSON in its canonical form. */
export const jsonDepthMax = 128;
/** In one event: of the smallest, so many fit, and no more are made of it. */
export const transactionOperationsMax = 262_144;
/** Of whole numbers of any size, seven bits each: room for any sum of the amounts that counters take. */
export const exactGroupsMax = 40;
/** Of integers whose largest or least is kept, with their sign. */
export const integerBitsMax = 256;
/** Fields of a record, and bytes of the name of each. */
export const recordFieldsMax = 255;
export const fieldNameBytesMax = 128;
/** Merge types in one another: maps of records of maps. */
export const typeDepthMax = 8;
/** Of a merge type's name, which may spell out all the fields of a record. */
export const typeNameBytesMax = 4_096;
/** Where in a lane an event that names the subject's lens may stand: nobody looks further. */
export const lensEventsMax = 16;
/** Of the name of a merge type of an application's own. */
export const definedNameCharsMax = 64;
/** Histories that are tried while a counterexample is made smaller, and arrivals each of them is tried with. */
export const shrinkStepsMax = 2_000;
export const lawPlansPerShrinkMax = 24;
/** Histories by which a type of an application's own is known; part of the format. */
export const behaviourRunsMax = 256;
/** Histories that `sinter laws` tries a type of an application's own on, unless told otherwise. */
export const lawRunsMax = 500;
/** One call of a function of an application's own takes no longer while the laws are tried. */
export const lawCallMsMax = 5_000;
/** All of them together: so long, and so long a history more. */
export const lawsMsMax = 60_000;
export const lawRunMsMax = 100;

/** Histories that a type of an application's own is tried on when a subject is first read through it. */
export const registrationRunsMax = 200;

// --- views ---
/** Items of a table that are kept in mind. */
export const viewItemsCachedMax = 65_536;
/** Events of a view that are told of as passed over; more are passed over all the same. */
export const quarantinedPerViewMax = 1_024;
/** Removed of a view in one turn, once nobody reads it. */
export const viewDropEntriesMax = 512;
/** Events folded before the rest of the process gets a turn. */
export const viewSliceEventsMax = 1_024;
/** Events folded before a view is put on disk while there are more. */
export const viewKeepEventsMax = 65_536;
/** Items that changed before they are put on disk: so many are laid out at a time, while all else waits. */
export const viewKeepItemsMax = 4_096;
/** Keys of a table that are taken into its trie at a time, while all else waits. */
export const viewTrieKeysMax = 1_024;
/** Keys that are put in the trie's order before they are taken in. */
export const viewTrieGatheredMax = 65_536;
/** What a trie that is brought up writes before it is put on disk. */
export const viewUnkeptBytesMax = 16 * 1024 * 1024;
/** What is folded is on disk after this long: a crash folds no more than that again. */
export const viewFlushMs = 1_000;
/** A view looks this often whether the time of an event from the future has come: the clock may be set meanwhile. */
export const viewFutureMsMax = 5_000;
/** Compared of a view and of the one that takes its place, before the rest of the process gets a turn. */
export const viewDifferenceItemsMax = 512;
/** Changes that wait for a reader that is slow, before it is told that it fell behind. */
export const changesWaitingMax = 65_536;
/** And what they hold, by estimate: each has a value of its own, which may be large. */
export const changesWaitingBytesMax = 16 * 1024 * 1024;
/** Notices that wait for a reader of a subject's control bus. */
export const controlNoticesMax = 4_096;
export const controlNoticesBytesMax = 16 * 1024 * 1024;
/** A piece of what was folded under one key: it is written anew as a whole when it grows. */
export const viewLogChunkBytesMax = 512;
/** Keys of a table read at a time. */
export const tablePageMax = 256;
/** Subjects that stay open for commands that ask for them again. */
export const describedSubjectsMax = 32;
/** Keys that such a command is told of in one answer, and how much of what is under them. */
export const tableAnswerRowsMax = 1_000;
export const tableAnswerCharsMax = 4 * 1024 * 1024;

// --- sync ---
/** Rows in one message: the largest there can be, and a frame holds them. */
export const syncRowsMax = 4_096;
/** Of a stream's chunk, a range that is pushed, a payload: what one frame carries with room for what stands around it. */
export const syncPieceBytesMax = 512 * 1024;
export const syncInterestsMax = 4_096;
export const syncBucketsMax = 65_536;
/** Items whose rows are asked for at a time. */
export const syncItemsMax = 65_536;
/** Places of the trie asked for at a time: what is below all of them goes into one frame. */
export const syncPlacesMax = 512;
/** A branch has no more children. */
export const trieChildrenMax = 16;
/** Of all that differs in a session. */
export const syncPartsMax = 65_536;
/** Payloads of a lane asked for at a time. */
export const syncSeqsMax = 1_024;
/** A hybrid checkpoint: its signature and the longest path there is. */
export const syncSealBytesMax = 2_048;
/** Rows that one sketch may be of: there are no more numbers of lanes. */
export const sketchRowsMax = 2 ** 32;
/** Symbols of a sketch that are kept up as rows change, of each space with so many rows; of large ones all that a sketch can have: a
 * third more to keep up, and none to make of all rows at once. What is asked beyond is made at that moment. */
export const sketchKeptSymbolsMax = 1_024;
export const sketchKeptRowsMin = 64;
export const sketchLargeRowsMin = 8_192;
/** Of one sketch: beyond, other ways of finding differences cost less. */
export const sketchSymbolsMax = 16_384;
/** Lots of symbols that are asked for before another way is taken. */
export const sketchTriesMax = 6;
/** Steps of all items that are found in a sketch, for each of its symbols: honest ones take fewer than half. */
export const sketchFoldsPerSymbolMax = 64;
/** Whose rows are asked for at a time. */
export const syncBucketsPerAskMax = 256;
/** Places of a trie that wait to be asked about. */
export const syncPlacesWaitingMax = 131_072;
/** Questions of one session that may be under way. */
export const syncAsksUnderWayMax = 4;
/** Lanes that are handed on at a time, once they are found to differ. */
export const syncLanesPerFindMax = 4_096;
/** What stands before the blocks of a range on the wire. */
export const rangeEnvelopeBytesMax = 8 * 1024;
/** Of one peer's rows, as they were last told. */
export const knownRowsMax = 65_536;
/** Lanes of which more is known to be elsewhere: what is left out, the next session finds. */
export const wantedLanesMax = 65_536;
/** Lanes that one peer told of and brought nothing of, which are kept in mind. */
export const lanesInVainMax = 1_024;
/** Streams from one peer, and to one. */
export const receivingStreamsMax = 4;
export const sendingStreamsMax = 16;
/** Streams to one peer that have ended and are kept in mind. */
export const endedStreamsMax = 256;
/** Ranges from one peer that are being taken in: beyond, nothing is acknowledged until there are fewer. */
export const receivingBytesMax = 2 * 1024 * 1024;
/** What one link may have coming that is not a whole range yet. */
export const unfinishedBytesMax = rangeBytesMax + rangeEnvelopeBytesMax + receivingBytesMax;
/** Of one lane at a time: then others have their turn. */
export const streamRangesMax = 64;
/** About so much of a lane is verified under one seal. */
export const sendingRangeBytes = 512 * 1024;
/** A piece of a stream where what is sent may be lost: a long one is lost sooner, and with more in it. */
export const lossyChunkBytesMax = 16 * 1024;
/** What is sent without being asked for, and on how many links. */
export const pushBytesMax = 48 * 1024;
export const eagerLinksMax = 3;
/** Rows that are told of at a time. */
export const announcedRowsMax = 256;
export const differenceRowsMax = 1_024;
/** Of one session, each of so many rows. */
export const differencePartsMax = 64;
/** Lanes taken into the index of rows at a time. */
export const indexedLanesPerStepMax = 512;
/** A link on which nothing is heard for so long is closed; one on which nothing was ever heard, after the longer of the two. */
export const silentLinkMsMax = 30_000;
export const unheardLinkMsMax = 180_000;
/** Of the waits after which others are asked for what a peer does not bring, however long a way it says that it has. */
export const doubtedWaitMsMax = 10_000;
/** Pings of one link that were not answered: of older ones no answer counts. */
export const pingsUnderWayMax = 1_024;
/** Of round trips: whoever claims a longer one is not believed. */
export const roundTripMsMax = 600_000;
/** Things asked for on one link that are kept in mind, not to be asked for again at once. */
export const askedProofsMax = 4_096;
/** Absent payloads that are asked for at a time, and about how many bytes of them are sent for one question. */
export const wantedPayloadsMax = 64;
export const payloadsAnsweredBytes = 256 * 1024;
/** How often what is not answered is said again, a question of a session or a piece of a stream. */
export const syncTriesMax = 10;
/** Sessions of one exchange: beyond, what is compared keeps changing. */
export const sessionsPerExchangeMax = 16;
/** Lanes of ours of which it is known how far others hold them. */
export const reachedLanesMax = 65_536;
