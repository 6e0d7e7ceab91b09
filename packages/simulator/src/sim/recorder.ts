import type { LinkEvents, MessageClass, PeerId, SyncMessage, Transport } from "@sinter/core";
import { toHex } from "@sinter/core";
import { simChunkRowsMax, simLinkRowsMax, simRoundRowsMax, simSampledRootsMax, simThroughputRowsMax, simViolationsMax } from "../limits.js";
import { Mixer } from "../mixer.js";
import type { ChaosCounts } from "../sync/chaos-transport.js";
import { type FrameFacts, factsOf } from "./frame-facts.js";
import type { SimLinkChange, SimRecord, SimRound, SimSample, SimSettings, SimTraffic } from "./record.js";
import { SeenRounds } from "./seen-rounds.js";
import { type SeenChunk, SeenStreams } from "./seen-streams.js";
import { frameLine, linkLine, orDash, sampleLine, settingsLine } from "./wire-trace.js";

// What is seen of a run, from outside: frames as they leave peers and come to them, and what whoever runs it tells. Time is given, so
// that it is the same for virtual peers and for real ones. What each figure is reckoned from stands in wire-trace.ts.

export interface SimRecorderOptions {
  readonly settings: SimSettings;
  readonly way: SimRecord["way"];
  /** Milliseconds since the run began. */
  readonly now: () => number;
  /** Which of the peers has that name on links. */
  readonly indexOf: (peer: PeerId) => number | undefined;
  /** Given the trace, line by line. */
  readonly sink?: ((line: string) => void) | undefined;
}

/** One end of a link that is open. */
interface End {
  readonly peer: number;
  readonly other: number;
  readonly rounds: SeenRounds;
  readonly streams: SeenStreams;
  /** By which hello it is known that a side began anew. */
  readonly nonces: { sent: string | undefined; got: string | undefined };
}

type Row<T> = { -readonly [Name in keyof T]: T[Name] };
type ChunkRow = SeenChunk & { readonly peer: number };

/** Weathers by their names, and what is counted of each. */
const weatherKinds = [
  ["loss", "lost"],
  ["duplication", "repeated"],
  ["reordering", "held"],
  ["delay", "delayed"],
] as const;
type WeatherCount = (typeof weatherKinds)[number][1];

const MICROSECONDS = 1_000;
const SECOND_MS = 1_000;
/** A peer that is none of those that are run. */
const STRANGER = -1;

export class SimRecorder {
  readonly #options: SimRecorderOptions;
  readonly #ends = new Map<string, End>();
  readonly #samples: SimSample[] = [];
  readonly #rounds: SimRound[] = [];
  readonly #chunks: ChunkRow[] = [];
  readonly #links: SimLinkChange[] = [];
  readonly #linksUp = new Set<string>();
  readonly #traffic = new Map<string, Row<SimTraffic>>();
  readonly #acks = { sent: 0, received: 0 };
  readonly #inflight: Row<SimRecord["inflight"][number]>[];
  readonly #throughput: Row<SimRecord["throughput"][number]>[] = [];
  readonly #faults = new Map<string, number>();
  readonly #violations: string[] = [];
  #violated = 0;
  readonly #leftOut = { rounds: 0, chunks: 0, links: 0, samples: 0 };
  /** The root of each peer, and how many peers have each root. */
  readonly #roots: (string | undefined)[];
  readonly #peersOf = new Map<string, number>();
  #equalSinceMs: number | undefined;
  #writes = 0;
  #stoppedMs: number | undefined;
  #endedMs: number | undefined;
  #calledOff: SimRecord["calledOff"] = "no";
  readonly #hash = new Mixer();

  constructor(options: SimRecorderOptions) {
    const { peers } = options.settings;
    this.#options = options;
    this.#inflight = Array.from({ length: peers }, () => ({ sum: 0, samples: 0, max: 0 }));
    this.#roots = Array.from({ length: peers }, () => undefined);
    this.#tell(settingsLine(this.#now(), options.settings));
  }

  /** The same transport, looked at: above whatever loses and mixes up what it carries. */
  observed(peer: number, transport: Transport): Transport {
    return {
      listen: (events) => transport.listen(this.#heard(peer, events)),
      send: (to, frame, messageClass) => {
        this.#frame({ peer, to, way: "sent", frame, messageClass });
        transport.send(to, frame, messageClass);
      },
      credit: (from, bytes) => transport.credit(from, bytes),
      close: (to, reason) => transport.close(to, reason),
    };
  }

  sample(atMs: number, roots: readonly (string | undefined)[], events: readonly (number | undefined)[]): void {
    const at = rounded(atMs);
    this.#tell(sampleLine(at, roots, events));
    const isFull = (this.#samples.length + 1) * this.#options.settings.peers > simSampledRootsMax;
    if (isFull) this.#leftOut.samples++;
    else this.#samples.push({ atMs: at, roots: [...roots], events: [...events] });
  }

  /** The root of all that a peer holds, whole; nothing while none is known. Told at each change: by that it is known when all met. */
  rooted(peer: number, root: string | undefined): void {
    const before = this.#roots[peer];
    if (before === root || this.#endedMs !== undefined) return;
    const now = this.#now();
    this.#tell(`${now} root ${peer} ${orDash(root)}`);
    this.#roots[peer] = root;
    if (before !== undefined) this.#count(before, -1);
    if (root !== undefined) this.#count(root, 1);
    const isEqual = root !== undefined && this.#peersOf.get(root) === this.#roots.length;
    this.#equalSinceMs = isEqual ? (this.#equalSinceMs ?? now) : undefined;
  }

  /** Whether all peers have one root now. */
  get met(): "no" | "yes" {
    return this.#equalSinceMs === undefined ? "no" : "yes";
  }

  wrote(peer: number, key: string): void {
    this.#writes++;
    this.#tell(`${this.#now()} wrote ${peer} ${key}`);
  }

  stoppedWrites(): void {
    if (this.#stoppedMs !== undefined) return;
    this.#stoppedMs = this.#now();
    this.#tell(`${this.#stoppedMs} stopped`);
  }

  /** What the weather did to the frames of each peer. */
  weather(counts: readonly Pick<ChaosCounts, WeatherCount>[]): void {
    for (const [kind, of] of weatherKinds)
      this.fault(
        kind,
        counts.reduce((sum, each) => sum + each[of], 0),
      );
  }

  fault(kind: string, count = 1): void {
    if (count === 0) return;
    const name = kind.replaceAll(" ", "-");
    this.#faults.set(name, (this.#faults.get(name) ?? 0) + count);
    this.#tell(`${this.#now()} fault ${name} ${count}`);
  }

  violation(text: string): void {
    this.#tell(`${this.#now()} violation ${text.replaceAll("\n", " ")}`);
    if (++this.#violated <= simViolationsMax) this.#violations.push(text);
  }

  get writes(): number {
    return this.#writes;
  }

  get violations(): number {
    return this.#violated;
  }

  /** It ends before its time. */
  callOff(): void {
    this.#calledOff = "yes";
  }

  /** From here on nothing more is seen of frames and links: whoever looks at the peers once more adds nothing to the figures. */
  ended(): void {
    if (this.#endedMs !== undefined) return;
    this.#endedMs = this.#now();
    this.#tell(`${this.#endedMs} ended`);
  }

  /** All that was seen. */
  record(): SimRecord {
    this.ended();
    const endedMs = this.#endedMs as number;
    const { settings, way } = this.#options;
    const more = this.#violated - this.#violations.length;
    const writesStoppedMs = this.#stoppedMs ?? endedMs;
    return {
      settings,
      way,
      samples: [...this.#samples],
      rounds: [...this.#rounds],
      chunks: this.#chunks.map((chunk) => ({ ...chunk })),
      traffic: [...this.#traffic.values()].sort((one, other) => one.code - other.code).map((each) => ({ ...each })),
      links: [...this.#links],
      acks: { ...this.#acks },
      inflight: this.#inflight.map((each) => ({ ...each })),
      throughput: this.#throughput.map((each) => ({ ...each })),
      writes: this.#writes,
      writesStoppedMs,
      convergedMs: this.#equalSinceMs === undefined ? undefined : Math.max(this.#equalSinceMs, writesStoppedMs),
      endedMs,
      calledOff: this.#calledOff,
      violations: more > 0 ? [...this.#violations, `and ${more} more`] : [...this.#violations],
      traceHash: way === "virtual" ? this.#hash.hex() : "",
      faults: Object.fromEntries(this.#faults),
      leftOut: { ...this.#leftOut },
    };
  }

  // --- links ---

  #heard(peer: number, events: LinkEvents): LinkEvents {
    return {
      opened: (from, traits) => {
        this.#opened(peer, from);
        events.opened(from, traits);
      },
      closed: (from) => {
        this.#closed(peer, from);
        events.closed(from);
      },
      arrived: (from, frame, messageClass) => {
        this.#frame({ peer, to: from, way: "got", frame, messageClass });
        events.arrived(from, frame, messageClass);
      },
    };
  }

  #opened(peer: number, from: PeerId): void {
    if (this.#endedMs !== undefined) return;
    this.#closed(peer, from);
    const other = this.#indexOf(from);
    const now = this.#now();
    this.#tell(linkLine(now, peer, other, "opened"));
    const rounds = new SeenRounds(({ beganMs, endedMs, reason }) => {
      const row = { peer, beganMs, latencyMs: endedMs - beganMs, reason };
      if (this.#rounds.length < simRoundRowsMax) this.#rounds.push(row);
      else this.#leftOut.rounds++;
    });
    this.#ends.set(endName(peer, other), {
      peer,
      other,
      rounds,
      streams: new SeenStreams(),
      nonces: { sent: undefined, got: undefined },
    });
    if (this.#ends.has(endName(other, peer))) this.#link({ peer, other, state: "up", now });
  }

  #closed(peer: number, from: PeerId): void {
    if (this.#endedMs !== undefined) return;
    const other = this.#indexOf(from);
    const end = this.#ends.get(endName(peer, other));
    if (end === undefined) return;
    const now = this.#now();
    this.#tell(linkLine(now, peer, other, "closed"));
    this.#ends.delete(endName(peer, other));
    end.rounds.over(now);
    end.streams.over();
    this.#link({ peer, other, state: "down", now });
  }

  #link({ peer, other, state, now }: { peer: number; other: number; state: SimLinkChange["state"]; now: number }): void {
    const [one, two] = [Math.min(peer, other), Math.max(peer, other)];
    const name = endName(one, two);
    if (this.#linksUp.has(name) === (state === "up")) return;
    if (state === "up") this.#linksUp.add(name);
    else this.#linksUp.delete(name);
    if (this.#links.length < simLinkRowsMax) this.#links.push({ atMs: now, one, other: two, state });
    else this.#leftOut.links++;
  }

  // --- frames ---

  #frame({ peer, to, way, frame, messageClass }: ObservedFrame): void {
    if (this.#endedMs !== undefined) return;
    const now = this.#now();
    const other = this.#indexOf(to);
    const facts = factsOf(frame);
    this.#counted(facts, way, now);
    const end = this.#ends.get(endName(peer, other));
    const { message } = facts;
    const ends = message === undefined || end === undefined ? undefined : this.#seen(end, message, way, now);
    this.#tell(frameLine(now, { peer, other, way, messageClass, facts, ends }));
  }

  #counted({ code, kind, bytes }: FrameFacts, way: "sent" | "got", now: number): void {
    const row = this.#traffic.get(kind) ?? { code, kind, sentBytes: 0, sentCount: 0, receivedBytes: 0, receivedCount: 0 };
    this.#traffic.set(kind, row);
    const second = this.#secondOf(now);
    if (way === "sent") {
      row.sentBytes += bytes;
      row.sentCount++;
      second.sentBytes += bytes;
    } else {
      row.receivedBytes += bytes;
      row.receivedCount++;
      second.receivedBytes += bytes;
    }
  }

  #secondOf(now: number): Row<SimRecord["throughput"][number]> {
    const at = Math.min(Math.floor(now / SECOND_MS), simThroughputRowsMax - 1);
    const rows = this.#throughput;
    while (rows.length <= at) rows.push({ atMs: rows.length * SECOND_MS, sentBytes: 0, receivedBytes: 0 });
    return rows[at] as Row<SimRecord["throughput"][number]>;
  }

  /** Answers how many events end in a chunk that goes out for the first time. */
  #seen(end: End, message: SyncMessage, way: "sent" | "got", now: number): number | undefined {
    if (message.kind === "hello") this.#greeted(end, toHex(message.nonce), way, now);
    if (message.kind === "ack" || message.kind === "enough") {
      this.#acks[way === "sent" ? "sent" : "received"]++;
      if (way === "got" && message.kind === "ack") end.streams.acked(message.stream, message.seq, now);
      else if (way === "got") end.streams.enough(message.stream, now);
    }
    if (way === "got") end.rounds.got(message, now);
    else end.rounds.sent(message, now);
    return way === "sent" && message.kind === "chunk" ? this.#chunk(end, message, now) : undefined;
  }

  /** Whoever says hello by another nonce than before has begun anew on the link, and so has whoever hears it. */
  #greeted({ nonces, rounds, streams }: End, nonce: string, way: "sent" | "got", now: number): void {
    const before = nonces[way];
    nonces[way] = nonce;
    if (before === undefined || before === nonce) return;
    rounds.over(now);
    streams.over();
  }

  #chunk({ peer, streams }: End, message: Extract<SyncMessage, { readonly kind: "chunk" }>, now: number): number | undefined {
    const { inflight, fresh } = streams.sent(message, now);
    const window = this.#inflight[peer];
    if (window !== undefined) {
      window.sum += inflight;
      window.samples++;
      window.max = Math.max(window.max, inflight);
    }
    if (fresh === undefined) return undefined;
    // The row and what is seen of it later are one.
    if (this.#chunks.length < simChunkRowsMax) this.#chunks.push(Object.assign(fresh, { peer }));
    else this.#leftOut.chunks++;
    return fresh.entries;
  }

  // --- the rest ---

  #count(root: string, by: number): void {
    const peers = (this.#peersOf.get(root) ?? 0) + by;
    if (peers === 0) this.#peersOf.delete(root);
    else this.#peersOf.set(root, peers);
  }

  #indexOf(peer: PeerId): number {
    return this.#options.indexOf(peer) ?? STRANGER;
  }

  #now(): number {
    return rounded(this.#options.now());
  }

  #tell(line: string): void {
    if (this.#options.way === "virtual") this.#hash.text(line);
    this.#options.sink?.(line);
  }
}

interface ObservedFrame {
  readonly peer: number;
  readonly to: PeerId;
  readonly way: "sent" | "got";
  readonly frame: Uint8Array;
  readonly messageClass: MessageClass;
}

/** To the microsecond: so much is in a line of a trace, and no figure rests on more. */
function rounded(ms: number): number {
  return Math.round(ms * MICROSECONDS) / MICROSECONDS;
}

function endName(one: number, other: number): string {
  return `${one}-${other}`;
}
