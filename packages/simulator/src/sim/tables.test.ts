import { expect, test } from "vitest";
import { aChunk, aRecord, aRound } from "./a-record.suite.js";
import { peerName, simTables } from "./tables.js";

const record = aRecord({
  samples: [
    { atMs: 0, roots: ["00000000", "00000000"], events: [0, 0] },
    { atMs: 1_000, roots: ["0a0b0c0d", undefined], events: [1, undefined] },
  ],
  rounds: [aRound(1.5), aRound(2_000, "caught_up", 1)],
  chunks: [aChunk(), aChunk({ seq: 1, ackMs: undefined, retransmits: 2, last: "yes" })],
  traffic: [{ code: 11, kind: "chunk", sentBytes: 900, sentCount: 3, receivedBytes: 450, receivedCount: 2 }],
});

test("the tables have the columns that the prior art's have, and a row for all that was seen", () => {
  expect(simTables(record)).toEqual({
    "roots.csv": "t_sec,N00,N01\n0.000,00000000,00000000\n1.000,0a0b0c0d,\n",
    "sync_rounds.csv": "node,latency_seconds,reason\nN00,0.001500,root_equal\nN01,2.000000,caught_up\n",
    "chunk_rtts.csv": "node,seq,rtt_seconds,retransmits\nN01,0,0.250000,0\n",
    "chunks.csv":
      "node,seq,sent_ts,ack_ts,rtt_seconds,retransmits,entries,bytes,last\n" +
      "N01,0,1.000000,1.250000,0.250000,0,3,400,false\nN01,1,1.000000,,,2,3,400,true\n",
    "bytes_by_msg.csv": "type_hex,sent_bytes,sent_count,recv_bytes,recv_count\n0x0B,900,3,450,2\n",
  });
});

test("where nothing was seen the columns are there all the same", () => {
  for (const text of Object.values(simTables(aRecord()))) expect(text.split("\n")).toHaveLength(2);
});

test("peers beyond a hundred have longer names", () => {
  expect([0, 9, 10, 123].map(peerName)).toEqual(["N00", "N09", "N10", "N123"]);
});
