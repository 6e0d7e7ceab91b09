import type { SimRecord } from "./record.js";

// The tables of a run as CSV, with the columns of the prior art, so that what reads its runs reads ours. Times are seconds since the
// run began.

const SECOND_MS = 1_000;

/** The roots of all peers, once a second; nothing between two commas where a peer was down. */
export function rootsTable({ settings, samples }: SimRecord): string {
  const names = Array.from({ length: settings.peers }, (_, peer) => peerName(peer));
  return table(
    ["t_sec", ...names],
    samples.map(({ atMs, roots }) => [(atMs / SECOND_MS).toFixed(3), ...roots.map((root) => root ?? "")]),
  );
}

export function roundsTable({ rounds }: SimRecord): string {
  return table(
    ["node", "latency_seconds", "reason"],
    rounds.map(({ peer, latencyMs, reason }) => [peerName(peer), seconds(latencyMs), reason]),
  );
}

/** Of pieces that were acknowledged. */
export function chunkRttsTable({ chunks }: SimRecord): string {
  return table(
    ["node", "seq", "rtt_seconds", "retransmits"],
    chunks.flatMap(({ peer, seq, sentMs, ackMs, retransmits }) =>
      ackMs === undefined ? [] : [[peerName(peer), seq, seconds(ackMs - sentMs), retransmits]],
    ),
  );
}

/** All of them: `ack_ts` and `rtt_seconds` are empty where nobody said that it came. */
export function chunksTable({ chunks }: SimRecord): string {
  return table(
    ["node", "seq", "sent_ts", "ack_ts", "rtt_seconds", "retransmits", "entries", "bytes", "last"],
    chunks.map(({ peer, seq, sentMs, ackMs, retransmits, entries, bytes, last }) => [
      peerName(peer),
      seq,
      seconds(sentMs),
      ackMs === undefined ? "" : seconds(ackMs),
      ackMs === undefined ? "" : seconds(ackMs - sentMs),
      retransmits,
      entries,
      bytes,
      last === "yes" ? "true" : "false",
    ]),
  );
}

export function bytesByMessageTable({ traffic }: SimRecord): string {
  return table(
    ["type_hex", "sent_bytes", "sent_count", "recv_bytes", "recv_count"],
    traffic.map(({ code, sentBytes, sentCount, receivedBytes, receivedCount }) => [
      `0x${code.toString(16).toUpperCase().padStart(2, "0")}`,
      sentBytes,
      sentCount,
      receivedBytes,
      receivedCount,
    ]),
  );
}

/** Files by their names. */
export function simTables(record: SimRecord): Readonly<Record<string, string>> {
  return {
    "roots.csv": rootsTable(record),
    "sync_rounds.csv": roundsTable(record),
    "chunk_rtts.csv": chunkRttsTable(record),
    "chunks.csv": chunksTable(record),
    "bytes_by_msg.csv": bytesByMessageTable(record),
  };
}

/** `N00` is the first. */
export function peerName(peer: number): string {
  return `N${String(peer).padStart(2, "0")}`;
}

/** No cell has a comma or a quote in it. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, ...rows].map((row) => `${row.join()}\n`).join("");
}

function seconds(ms: number): string {
  return (ms / SECOND_MS).toFixed(6);
}
