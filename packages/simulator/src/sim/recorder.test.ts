import { encodeSyncMessage, type LinkEvents, type MessageClass, type PeerId, type SyncMessage, type Transport } from "@sinter/core";
import { expect, test } from "vitest";
import type { SimRecord } from "./record.js";
import { SimRecorder } from "./recorder.js";
import { defaultSettings } from "./settings.js";
import { reckoned } from "./trace-oracle.suite.js";

const SYNC_TAG = 6;
const settings = { ...defaultSettings, peers: 2 };
const ids = ["one", "other"] as unknown as readonly [PeerId, PeerId];

/** One end of a link, played by hand: peer 0 looks at peer 1. */
class Stage {
  now = 0;
  readonly lines: string[] = [];
  readonly passedOn: string[] = [];
  readonly recorder: SimRecorder;
  readonly #transports: readonly Transport[];
  readonly #events: LinkEvents[] = [];

  constructor(way: SimRecord["way"] = "virtual") {
    const indexOf = (peer: PeerId): number | undefined => {
      const index = ids.indexOf(peer);
      return index < 0 ? undefined : index;
    };
    this.recorder = new SimRecorder({ settings, way, now: () => this.now, indexOf, sink: (line) => this.lines.push(line) });
    this.#transports = ids.map((id, index) => this.recorder.observed(index, this.#bare(id)));
    for (const transport of this.#transports) transport.listen(this.#heard());
  }

  link(peer: 0 | 1, what: "opened" | "closed"): this {
    const other = ids[1 - peer] as PeerId;
    const events = this.#events[peer] as LinkEvents;
    if (what === "opened") events.opened(other, { delivery: "lossy", integrity: "unchecked" });
    else events.closed(other);
    return this;
  }

  at(ms: number): this {
    this.now = ms;
    return this;
  }

  sent(message: SyncMessage, messageClass: MessageClass = "control"): this {
    this.#transports[0]?.send(ids[1], frameOf(message), messageClass);
    return this;
  }

  got(message: SyncMessage, messageClass: MessageClass = "control"): this {
    this.#events[0]?.arrived(ids[1], frameOf(message), messageClass);
    return this;
  }

  raw(frame: Uint8Array): this {
    this.#transports[0]?.send(ids[1], frame, "control");
    return this;
  }

  /** What was recorded; that its trace says the same is looked at each time. */
  record(): SimRecord {
    const record = this.recorder.record();
    const { way, traceHash, ...figures } = record;
    const { traceHash: hashed, ...told } = reckoned(this.lines);
    expect(figures).toEqual(told);
    expect(traceHash).toBe(way === "virtual" ? hashed : "");
    return record;
  }

  #bare(id: PeerId): Transport {
    return {
      listen: (events) => void this.#events.push(events),
      send: (to, frame, messageClass) => void this.passedOn.push(`${id} to ${to}: ${frame.length} ${messageClass}`),
      credit: (from, bytes) => void this.passedOn.push(`${id} credits ${from} ${bytes}`),
      close: (peer, reason) => void this.passedOn.push(`${id} closes ${peer}: ${reason}`),
    };
  }

  #heard(): LinkEvents {
    return {
      opened: (peer, { delivery }) => void this.passedOn.push(`${peer} opened, ${delivery}`),
      closed: (peer) => void this.passedOn.push(`${peer} closed`),
      arrived: (from, frame, messageClass) => void this.passedOn.push(`${frame.length} from ${from} ${messageClass}`),
    };
  }
}

function frameOf(message: SyncMessage): Uint8Array {
  const body = encodeSyncMessage(message);
  const frame = new Uint8Array(1 + body.length);
  frame[0] = SYNC_TAG;
  frame.set(body, 1);
  return frame;
}

const digest = { root: new Uint8Array(16), sum: new Uint8Array(8), rows: 1 };
const place = { subject: new Uint8Array(32), author: new Uint8Array(32), epoch: { index: 0, nonce: new Uint8Array(16) } } as never;
const row = { ...(place as object), size: 1, headId: new Uint8Array(32), freezeAt: 0, hybridSize: 0 } as never;
const open = (session: number): SyncMessage => ({ kind: "open", session, scope: new Uint8Array(8), digest, ask: undefined });
const opened = (session: number, told: "same" | "other scope" | "differs"): SyncMessage => ({
  kind: "opened",
  session,
  digest: told === "differs" ? digest : told,
  tell: undefined,
});
const ask = (session: number): SyncMessage => ({ kind: "ask", session, round: 1, ask: { kind: "buckets", count: 4 } });
const difference = (session: number, rows: number): SyncMessage => ({
  kind: "difference",
  session,
  part: 0,
  parts: 1,
  rows: Array.from({ length: rows }, () => row),
});
const isSettled = (session: number, missing = 0): SyncMessage => ({ kind: "settled", session, missing });
const want = (stream: number): SyncMessage => ({ kind: "want", stream, place, from: 1, previous: new Uint8Array(32) });
const chunk = (stream: number, seq: number, position: "within" | "last" = "within"): SyncMessage => ({
  kind: "chunk",
  stream,
  seq,
  position,
  hash: undefined,
  bytes: new Uint8Array(100),
});
const ack = (stream: number, seq: number): SyncMessage => ({ kind: "ack", stream, seq, window: 4 });
const enough = (stream: number): SyncMessage => ({ kind: "enough", stream });
const hello = (nonce: number): SyncMessage => ({
  kind: "hello",
  ...{ from: 1, to: 1, number: 1, nonce: new Uint8Array(16).fill(nonce), interest: { kind: "all" }, salt: new Uint8Array(16) },
  ...{ syncs: "yes", wallMs: 0 },
});

const linked = (): Stage => new Stage().at(10).link(0, "opened");

test("whatever is observed goes on as it came", () => {
  const stage = linked().sent(isSettled(1)).got(chunk(1, 0), "bulk").link(0, "closed");
  expect(stage.passedOn).toEqual(["other opened, lossy", "one to other: 4 control", "106 from other bulk", "other closed"]);
});

const rounds: readonly (readonly [what: string, play: (stage: Stage) => Stage, ended: readonly (readonly [string, number, number])[]])[] = [
  ["both hold the same", (stage) => stage.sent(open(5)).at(12).got(opened(5, "same")), [["root_equal", 10, 2]]],
  ["they do not mean the same spaces", (stage) => stage.sent(open(5)).at(12).got(opened(5, "other scope")), [["other_scope", 10, 2]]],
  [
    "an open is said again, and answered twice",
    (stage) => stage.sent(open(5)).at(2_010).sent(open(5)).at(2_015).got(opened(5, "same")).at(2_020).got(opened(5, "same")),
    [["root_equal", 10, 2_005]],
  ],
  ["an answer to another session", (stage) => stage.sent(open(5)).at(12).got(opened(4, "same")), []],
  [
    "rows were told, and have come",
    (stage) => stage.sent(open(5)).got(opened(5, "differs")).sent(difference(5, 2)).at(30).got(isSettled(5, 2)).at(40).got(isSettled(5)),
    [["caught_up", 10, 30]],
  ],
  [
    "the other had nothing to fetch, and neither had this one",
    (stage) => stage.sent(open(5)).got(opened(5, "differs")).sent(ask(5)).sent(difference(5, 0)).at(40).got(isSettled(5)),
    [["no_diff", 10, 30]],
  ],
  [
    "what was wanted here comes after the other has all",
    (stage) =>
      stage.sent(open(5)).got(opened(5, "differs")).sent(want(9)).sent(difference(5, 0)).at(40).got(isSettled(5)).at(90).sent(enough(9)),
    [["caught_up", 10, 80]],
  ],
  [
    "a stream ends with its last piece, where all before it have come",
    (stage) => {
      stage.sent(open(5)).got(opened(5, "differs")).sent(want(9)).sent(difference(5, 0)).at(40).got(isSettled(5));
      return stage
        .got(chunk(9, 1, "last"), "bulk")
        .at(50)
        .sent(ack(9, 1))
        .at(60)
        .sent(ack(9, 2))
        .at(70)
        .sent(ack(9, 2));
    },
    [["caught_up", 10, 50]],
  ],
  [
    "what was wanted is not to be had",
    (stage) =>
      stage
        .sent(open(5))
        .got(opened(5, "differs"))
        .sent(want(9))
        .sent(difference(5, 0))
        .at(40)
        .got(isSettled(5))
        .at(45)
        .got({ kind: "gone", stream: 9, reason: "busy" }),
    [["caught_up", 10, 35]],
  ],
  [
    "the next session begins while a stream is still open",
    (stage) =>
      stage.sent(open(5)).got(opened(5, "differs")).sent(want(9)).sent(difference(5, 0)).at(40).got(isSettled(5)).at(70).sent(open(6)),
    [["caught_up", 10, 60]],
  ],
  [
    "roots differ, and nothing is found that does",
    (stage) => stage.sent(open(5)).at(15).got(opened(5, "differs")).at(7_000).sent(open(6)),
    [["no_diff", 10, 5]],
  ],
  [
    "nobody answers what is asked",
    (stage) => stage.sent(open(5)).at(15).got(opened(5, "differs")).at(20).sent(ask(5)).at(9_000).sent(open(6)),
    [["peer_end", 10, 10]],
  ],
  [
    "an answer comes twice, and nobody answers what was asked in between",
    (stage) => {
      stage.sent(open(5)).at(15).got(opened(5, "differs")).at(20).sent(ask(5)).at(30).got(opened(5, "differs"));
      return stage.at(9_000).sent(open(6));
    },
    [["peer_end", 10, 20]],
  ],
  ["nobody answers at all", (stage) => stage.sent(open(5)).at(2_010).sent(open(5)).at(9_000).sent(open(6)), [["peer_end", 10, 2_000]]],
  ["the link closes", (stage) => stage.sent(open(5)).at(15).got(opened(5, "differs")).at(100).link(0, "closed"), [["peer_end", 10, 90]]],
  ["the other begins anew", (stage) => stage.got(hello(1)).sent(open(5)).got(hello(1)).at(60).got(hello(2)), [["peer_end", 10, 50]]],
  ["this one begins anew", (stage) => stage.sent(hello(1)).sent(open(5)).at(60).sent(hello(2)), [["peer_end", 10, 50]]],
  [
    "a stream of a former life of the link keeps no round from its end",
    (stage) =>
      stage
        .sent(want(9))
        .link(0, "closed")
        .link(0, "opened")
        .sent(open(5))
        .got(opened(5, "differs"))
        .sent(difference(5, 1))
        .at(20)
        .got(isSettled(5)),
    [["caught_up", 10, 10]],
  ],
];

test.each(rounds)("a round, where %s", (_, play, ended) => {
  const record = play(linked()).record();
  expect(record.rounds).toEqual(ended.map(([reason, beganMs, latencyMs]) => ({ peer: 0, beganMs, latencyMs, reason })));
});

test("pieces: sent once and again, acknowledged together, and those that nobody answered", () => {
  const stage = linked().sent(chunk(7, 0), "bulk").at(11).sent(chunk(7, 1), "bulk").at(12).sent(chunk(7, 2), "bulk");
  stage
    .at(2_010)
    .sent(chunk(7, 1), "bulk")
    .at(2_015)
    .got(ack(7, 2))
    .at(2_016)
    .sent(chunk(7, 3, "last"), "bulk");
  stage.at(2_020).got(ack(8, 9)).got(enough(7)).at(2_030).sent(chunk(9, 0), "bulk");
  const { chunks, acks, inflight } = stage.record();
  const bare = { peer: 0, retransmits: 0, entries: 0, bytes: 100, last: "no" };
  expect(chunks).toEqual([
    { ...bare, seq: 0, sentMs: 10, ackMs: 2_015 },
    { ...bare, seq: 1, sentMs: 11, ackMs: 2_015, retransmits: 1 },
    { ...bare, seq: 2, sentMs: 12, ackMs: 2_020 },
    { ...bare, seq: 3, sentMs: 2_016, ackMs: 2_020, last: "yes" },
    { ...bare, seq: 0, sentMs: 2_030, ackMs: undefined },
  ]);
  expect(acks).toEqual({ sent: 0, received: 3 });
  expect(inflight[0]).toEqual({ sum: 1 + 2 + 3 + 3 + 2 + 1, samples: 6, max: 3 });
});

test("bytes and frames by message, and by the second", () => {
  const stage = linked().sent(isSettled(1)).at(999.9).sent(isSettled(1)).at(2_000).got(isSettled(300)).raw(Uint8Array.of(6, 99));
  const { traffic, throughput } = stage.record();
  expect(traffic).toEqual([
    { code: 0, kind: "other", sentBytes: 2, sentCount: 1, receivedBytes: 0, receivedCount: 0 },
    { code: 7, kind: "settled", sentBytes: 8, sentCount: 2, receivedBytes: 5, receivedCount: 1 },
  ]);
  expect(throughput).toEqual([
    { atMs: 0, sentBytes: 8, receivedBytes: 0 },
    { atMs: 1_000, sentBytes: 0, receivedBytes: 0 },
    { atMs: 2_000, sentBytes: 2, receivedBytes: 5 },
  ]);
});

test("a link is up once both have found it open, and down once one has found it closed", () => {
  const stage = linked().at(11).link(1, "opened").at(20).link(0, "closed").at(25).link(1, "closed").at(30).link(1, "opened");
  expect(stage.record().links).toEqual([
    { atMs: 11, one: 0, other: 1, state: "up" },
    { atMs: 20, one: 0, other: 1, state: "down" },
  ]);
});

test("they have met when all roots are equal for good, and not before writes stopped", () => {
  const stage = linked();
  const { recorder } = stage;
  const all = (root: string | undefined): void => [0, 1].forEach((peer) => recorder.rooted(peer, root));
  stage.at(5);
  all("a");
  expect(recorder.met).toBe("yes");
  stage.at(6).recorder.rooted(0, "b");
  expect(recorder.met).toBe("no");
  stage.at(7);
  recorder.rooted(1, "b");
  recorder.stoppedWrites();
  stage.at(8);
  recorder.rooted(1, undefined);
  stage.at(9.0004);
  recorder.rooted(1, "b");
  stage.at(20);
  recorder.stoppedWrites();
  recorder.rooted(1, "b");
  const record = stage.record();
  expect([record.writesStoppedMs, record.convergedMs, record.endedMs]).toEqual([7, 9, 20]);
});

test("what is told of it is in the record", () => {
  const stage = linked();
  const { recorder } = stage;
  recorder.sample(1_000, ["aa", undefined], [3, undefined]);
  recorder.wrote(0, "A");
  recorder.fault("link failure");
  recorder.fault("loss", 7);
  recorder.fault("loss", 0);
  recorder.fault("loss", 1);
  recorder.weather([
    { lost: 2, repeated: 1, held: 0, delayed: 3 },
    { lost: 1, repeated: 0, held: 0, delayed: 4 },
  ]);
  recorder.violation("nothing is as it should be");
  const record = stage.record();
  expect(record.samples).toEqual([{ atMs: 1_000, roots: ["aa", undefined], events: [3, undefined] }]);
  expect([record.writes, record.violations]).toEqual([1, ["nothing is as it should be"]]);
  expect(record.faults).toEqual({ "link-failure": 1, loss: 11, duplication: 1, delay: 7 });
});

test("on real sockets there is no hash, and times are told to the microsecond", () => {
  const stage = new Stage("sockets").at(10.123456).link(0, "opened").sent(open(1)).at(12.9).got(opened(1, "same"));
  const record = stage.record();
  expect(record.traceHash).toBe("");
  expect(record.rounds[0]?.beganMs).toBe(10.123);
});

test("more rows than there is room for are counted, and left out", () => {
  const peers = 1_000;
  const recorder = new SimRecorder({ settings: { ...settings, peers }, way: "virtual", now: () => 0, indexOf: () => 0 });
  const roots = Array.from({ length: peers }, () => "aa");
  const events = roots.map(() => 1);
  for (let count = 0; count < 2_010; count++) recorder.sample(count, roots, events);
  for (let count = 0; count < 150; count++) recorder.violation(`the ${count}th`);
  const { samples, leftOut, violations } = recorder.record();
  expect([samples.length, leftOut.samples]).toEqual([2_000, 10]);
  expect([violations.length, violations.at(-1)]).toEqual([101, "and 50 more"]);
});
