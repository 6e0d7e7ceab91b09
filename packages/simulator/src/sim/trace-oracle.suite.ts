import { Mixer } from "../mixer.js";
import type { RoundEnd, SimRecord } from "./record.js";

// The figures of a record, reckoned from the lines of its trace alone: one pass for each of them, as the head of wire-trace.ts says, and
// nothing of what the recorder is made of.

interface Line {
  readonly at: number;
  readonly words: readonly string[];
}

interface Frame {
  readonly at: number;
  readonly peer: number;
  readonly other: number;
  readonly way: "sent" | "got";
  readonly kind: string;
  readonly bytes: number;
  readonly of: Readonly<Record<string, string>>;
}

/** Which message has which number: docs/wire.md. */
const CODES: Readonly<Record<string, number>> = {
  ...{
    other: 0,
    hello: 1,
    open: 2,
    opened: 3,
    ask: 4,
    tell: 5,
    difference: 6,
    settled: 7,
    held: 8,
    heard: 9,
    want: 10,
    chunk: 11,
    ack: 12,
  },
  ...{ nack: 13, gone: 14, enough: 15, push: 16, "want-fork": 17, fork: 18, "want-seal": 19, seal: 20, "want-payloads": 21, payload: 22 },
  ...{ ping: 23, pong: 24 },
};

export function reckoned(texts: readonly string[]): Omit<SimRecord, "way"> {
  const lines = texts.map((text): Line => {
    const [at, ...words] = text.split(" ");
    return { at: Number(at), words };
  });
  const [first] = texts;
  const settings = JSON.parse((first as string).slice((first as string).indexOf("{"))) as SimRecord["settings"];
  const told = (word: string): Line[] => lines.filter(({ words }) => words[0] === word);
  const endedMs = told("ended")[0]?.at as number;
  const writesStoppedMs = told("stopped")[0]?.at ?? endedMs;
  const steps = stepsOf(lines);
  const rows = chunksOf(steps, settings.peers);
  return {
    settings: { ...settings, reconciler: settings.reconciler },
    samples: told("sample").map(({ at, words: [, roots = "", events = ""] }) => ({
      atMs: at,
      roots: roots.split(",").map((root) => (root === "-" ? undefined : root)),
      events: events.split(",").map((count) => (count === "-" ? undefined : Number(count))),
    })),
    rounds: roundsOf(steps),
    chunks: rows.chunks,
    traffic: trafficOf(framesOf(lines)),
    links: linksOf(told("link")),
    acks: {
      sent: framesOf(lines).filter(({ way, kind }) => way === "sent" && (kind === "ack" || kind === "enough")).length,
      received: framesOf(lines).filter(({ way, kind }) => way === "got" && (kind === "ack" || kind === "enough")).length,
    },
    inflight: rows.inflight,
    throughput: throughputOf(framesOf(lines)),
    writes: told("wrote").length,
    writesStoppedMs,
    convergedMs: convergedOf(told("root"), settings.peers, writesStoppedMs),
    endedMs,
    calledOff: "no",
    violations: told("violation").map(({ words }) => words.slice(1).join(" ")),
    traceHash: texts.reduce((mixer, text) => mixer.text(text), new Mixer()).hex(),
    faults: faultsOf(told("fault")),
    leftOut: { rounds: 0, chunks: 0, links: 0, samples: 0 },
  };
}

function frameOf({ at, words }: Line): Frame | undefined {
  const [peer, way, other, , kind, bytes, ...more] = words;
  if (way !== "sent" && way !== "got") return undefined;
  const of = Object.fromEntries(more.filter((word) => word.includes("=")).map((word) => word.split("=") as [string, string]));
  return { at, peer: Number(peer), other: Number(other), way, kind: kind as string, bytes: Number(bytes), of };
}

function framesOf(lines: readonly Line[]): readonly Frame[] {
  return lines.flatMap((line) => frameOf(line) ?? []);
}

type Step = Frame | { readonly at: number; readonly peer: number; readonly other: number; readonly way: "cut" };

/** Frames, and where one end of a link begins anew: there it opened, closed, or said or heard another nonce. */
function stepsOf(lines: readonly Line[]): readonly Step[] {
  const nonces = new Map<string, string>();
  return lines.flatMap((line): Step[] => {
    const { at, words } = line;
    if (words[0] === "link") {
      const [peer, other] = [Number(words[1]), Number(words[2])];
      for (const way of ["sent", "got"]) nonces.delete(`${peer} ${other} ${way}`);
      return [{ at, peer, other, way: "cut" }];
    }
    const frame = frameOf(line);
    if (frame === undefined) return [];
    if (frame.kind !== "hello") return [frame];
    const name = `${frame.peer} ${frame.other} ${frame.way}`;
    const isAnew = nonces.has(name) && nonces.get(name) !== frame.of["nonce"];
    nonces.set(name, frame.of["nonce"] as string);
    return isAnew ? [{ at, peer: frame.peer, other: frame.other, way: "cut" }, frame] : [frame];
  });
}

/** Each end of each link by itself. */
function ends(steps: readonly Step[]): ReadonlyMap<string, readonly Step[]> {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const name = `${step.peer} ${step.other}`;
    const own = groups.get(name) ?? [];
    groups.set(name, own);
    own.push(step);
  }
  return groups;
}

interface EndedAt {
  readonly at: number;
  readonly place: number;
  readonly row: SimRecord["rounds"][number];
}

function roundsOf(steps: readonly Step[]): SimRecord["rounds"] {
  const places = new Map(steps.map((step, place) => [step, place]));
  const ended: EndedAt[] = [];
  for (const [, own] of ends(steps)) {
    own.forEach((step, from) => {
      if (step.way !== "sent" || step.kind !== "open" || isSaidAgain(own, from)) return;
      const end = endOfRound(own, from);
      if (end === undefined) return;
      const [place, reason, at] = end;
      const row = { peer: step.peer, beganMs: step.at, latencyMs: at - step.at, reason };
      ended.push({ at, place: places.get(own[place] as Step) as number, row });
    });
  }
  return ended.sort((one, other) => one.place - other.place).map(({ row }) => row);
}

/** An open of the session that the last open before it was of, if nothing ended that one. */
function isSaidAgain(own: readonly Step[], at: number): boolean {
  const { of } = own[at] as Frame;
  for (let before = at - 1; before >= 0; before--) {
    const step = own[before] as Step;
    if (step.way === "cut") return false;
    if (step.way !== "sent" || step.kind !== "open") continue;
    if (step.of["session"] !== of["session"]) return false;
    const first = firstOpen(own, before);
    const end = endOfRound(own, first);
    return end === undefined || end[0] > at;
  }
  return false;
}

function firstOpen(own: readonly Step[], at: number): number {
  return isSaidAgain(own, at) ? firstOpen(own, lastOpen(own, at)) : at;
}

function lastOpen(own: readonly Step[], before: number): number {
  return own.findLastIndex((step, at) => at < before && step.way === "sent" && step.kind === "open");
}

/** Where the round that begins there ends, how, and when. */
function endOfRound(own: readonly Step[], from: number): [place: number, reason: RoundEnd, at: number] | undefined {
  const session = (own[from] as Frame).of["session"];
  const of = (step: Frame): boolean => step.of["session"] === session;
  let last = (own[from] as Step).at;
  let answer: string | undefined;
  for (let place = from + 1; place < own.length; place++) {
    const step = own[place] as Step;
    if (step.way === "cut") return [place, "peer_end", step.at];
    const during = own.slice(from, place + 1);
    const frames = during.filter((each): each is Frame => each.way !== "cut");
    const told = frames.filter((each) => each.way === "sent" && each.kind === "difference" && of(each));
    const found =
      told.some((each) => Number(each.of["rows"]) > 0) || frames.some(({ way, kind }) => way === "sent" && kind === "want")
        ? "caught_up"
        : "no_diff";
    const isSettled = settledIn(frames.filter(of));
    if (step.way === "sent" && step.kind === "open" && !of(step)) {
      if (settledIn(frames.slice(0, -1).filter(of))) return [place, found, step.at];
      const asked = frames.some((each) => each.way === "sent" && each.kind === "ask" && of(each));
      return [place, answer === "differs" && !asked && told.length === 0 ? "no_diff" : "peer_end", last];
    }
    if (of(step) && counts(step)) last = step.at;
    if (of(step) && step.way === "got" && step.kind === "opened") {
      answer ??= step.of["answer"];
      if (answer === "same") return [place, "root_equal", step.at];
      if (answer === "other-scope") return [place, "other_scope", step.at];
    }
    if (isSettled && mayEnd(step) && wantedAt(own, place).size === 0) return [place, found, step.at];
  }
  return undefined;
}

function counts({ way, kind }: Frame): boolean {
  return (way === "sent" ? ["open", "ask", "difference"] : ["opened", "tell", "settled"]).includes(kind);
}

function settledIn(session: readonly Frame[]): boolean {
  const told = session.findIndex(({ way, kind }) => way === "sent" && kind === "difference");
  // Whoever asks once more after that is not told of.
  return told >= 0 && session.slice(told).some(({ way, kind, of }) => way === "got" && kind === "settled" && Number(of["missing"]) === 0);
}

function mayEnd({ way, kind }: Frame): boolean {
  return way === "sent" ? kind === "enough" || kind === "ack" : kind === "settled" || kind === "gone";
}

/** Streams that this end wants and that have not ended by then. */
function wantedAt(own: readonly Step[], place: number): ReadonlySet<string> {
  const wanted = new Map<string, number | undefined>();
  for (const step of own.slice(0, place + 1)) {
    if (step.way === "cut") {
      wanted.clear();
      continue;
    }
    const stream = step.of["stream"] as string;
    if (step.way === "sent" && step.kind === "want") wanted.set(stream, undefined);
    if ((step.way === "sent" && step.kind === "enough") || (step.way === "got" && step.kind === "gone")) wanted.delete(stream);
    if (step.way === "got" && step.kind === "chunk" && step.of["position"] === "last" && wanted.has(stream))
      wanted.set(stream, Number(step.of["seq"]));
    const last = wanted.get(stream);
    if (step.way === "sent" && step.kind === "ack" && last !== undefined && Number(step.of["seq"]) > last) wanted.delete(stream);
  }
  return new Set(wanted.keys());
}

type ChunkRow = { -readonly [Name in keyof SimRecord["chunks"][number]]: SimRecord["chunks"][number][Name] };

function chunksOf(steps: readonly Step[], peers: number): Pick<SimRecord, "chunks" | "inflight"> {
  const chunks: ChunkRow[] = [];
  const inflight = Array.from({ length: peers }, () => ({ sum: 0, samples: 0, max: 0 }));
  /** Of each stream of each end: its rows, and those before `from` are of a stream that has ended. */
  const streams = new Map<string, { rows: ChunkRow[]; most: number }>();
  for (const step of steps) {
    const end = `${step.peer} ${step.other}`;
    if (step.way === "cut") {
      for (const name of streams.keys()) if (name.startsWith(`${end} `)) streams.delete(name);
      continue;
    }
    const name = `${end} ${step.of["stream"]}`;
    const stream = streams.get(name) ?? { rows: [], most: -1 };
    const seq = Number(step.of["seq"]);
    if (step.way === "sent" && step.kind === "chunk") {
      streams.set(name, stream);
      const open = stream.rows.find((row) => row.seq === seq && row.ackMs === undefined);
      if (open !== undefined) open.retransmits++;
      if (seq > stream.most) {
        const row = rowOf(step);
        stream.rows.push(row);
        chunks.push(row);
      }
      stream.most = Math.max(stream.most, seq);
      const under = stream.rows.filter(({ ackMs }) => ackMs === undefined).length;
      const window = inflight[step.peer] as (typeof inflight)[number];
      window.sum += under;
      window.samples++;
      window.max = Math.max(window.max, under);
    }
    if (step.way !== "got" || (step.kind !== "ack" && step.kind !== "enough")) continue;
    for (const row of stream.rows) if (row.ackMs === undefined && (step.kind === "enough" || row.seq < seq)) row.ackMs = step.at;
    if (step.kind === "enough" || stream.rows.some(({ last, ackMs }) => last === "yes" && ackMs !== undefined)) streams.delete(name);
  }
  return { chunks, inflight };
}

function rowOf({ at, peer, of }: Frame): ChunkRow {
  return {
    peer,
    seq: Number(of["seq"]),
    sentMs: at,
    ackMs: undefined,
    retransmits: 0,
    entries: Number(of["ends"]),
    bytes: Number(of["carries"]),
    last: of["position"] === "last" ? "yes" : "no",
  };
}

function trafficOf(frames: readonly Frame[]): SimRecord["traffic"] {
  const kinds = [...new Set(frames.map(({ kind }) => kind))].sort((one, other) => (CODES[one] as number) - (CODES[other] as number));
  return kinds.map((kind) => {
    const [sent, got] = (["sent", "got"] as const).map((way) => frames.filter((each) => each.kind === kind && each.way === way)) as [
      Frame[],
      Frame[],
    ];
    return {
      code: CODES[kind] as number,
      kind,
      sentBytes: sumOf(sent),
      sentCount: sent.length,
      receivedBytes: sumOf(got),
      receivedCount: got.length,
    };
  });
}

function throughputOf(frames: readonly Frame[]): SimRecord["throughput"] {
  const seconds = frames.length === 0 ? 0 : 1 + Math.floor((frames.at(-1) as Frame).at / 1_000);
  return Array.from({ length: seconds }, (_, second) => {
    const within = frames.filter(({ at }) => Math.floor(at / 1_000) === second);
    return {
      atMs: second * 1_000,
      sentBytes: sumOf(within.filter(({ way }) => way === "sent")),
      receivedBytes: sumOf(within.filter(({ way }) => way === "got")),
    };
  });
}

function sumOf(frames: readonly Frame[]): number {
  return frames.reduce((sum, { bytes }) => sum + bytes, 0);
}

function linksOf(lines: readonly Line[]): SimRecord["links"] {
  const open = new Set<string>();
  const up = new Set<string>();
  return lines.flatMap(({ at, words }): SimRecord["links"] => {
    const [, peer, other, what] = words;
    const [one, two] = [Math.min(Number(peer), Number(other)), Math.max(Number(peer), Number(other))];
    const link = `${one} ${two}`;
    if (what === "opened") open.add(`${peer} ${other}`);
    else open.delete(`${peer} ${other}`);
    const isUp = open.has(`${peer} ${other}`) && open.has(`${other} ${peer}`);
    if (isUp === up.has(link)) return [];
    if (isUp) up.add(link);
    else up.delete(link);
    return [{ atMs: at, one, other: two, state: isUp ? "up" : "down" }];
  });
}

function convergedOf(lines: readonly Line[], peers: number, stoppedMs: number): number | undefined {
  const roots = Array.from({ length: peers }, () => "-");
  let since: number | undefined;
  for (const { at, words } of lines) {
    roots[Number(words[1])] = words[2] as string;
    const isOne = roots[0] !== "-" && roots.every((root) => root === roots[0]);
    since = isOne ? (since ?? at) : undefined;
  }
  return since === undefined ? undefined : Math.max(since, stoppedMs);
}

function faultsOf(lines: readonly Line[]): Record<string, number> {
  const faults: Record<string, number> = {};
  for (const { words } of lines) faults[words[1] as string] = (faults[words[1] as string] ?? 0) + Number(words[2]);
  return faults;
}
