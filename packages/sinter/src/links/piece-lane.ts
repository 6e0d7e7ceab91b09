import {
  type Clock,
  type Instant,
  linkKeepAliveMs,
  linkPiecesMax,
  linkSocketControlBytesMax,
  Malformed,
  silentLinkMsMax,
} from "@sinter/core";
import { type Came, hasCome, type Piece, pieceBytes } from "./datagrams.js";

// What is to be said over datagrams, cut into pieces, of which those that are lost are said again in new datagrams. The bytes of the
// stream arrive in order; a frame by itself goes before them, waits for nobody, and is handed on as it comes. How many pieces are
// under way at a time follows from how many are lost, and how long they take: a wire that carries others' words, too, is not flooded,
// and what is said next does not wait behind much of what was said before.

/** At first, and never fewer: that some are lost by chance is no reason to stand still. */
const windowFirst = 16;
/** What is left of the window once something was lost. */
const windowKept = 0.7;
/** A round may take so much longer than the shortest before it is held that pieces wait on the way. */
const waiting = { times: 2, ms: 20 };
/** The way may have become longer: after so long the shortest round is measured anew, with little under way. */
const measuredForMs = 10_000;
/** So many later ones have come: it is not on its way any more. */
const overtakenBy = 3;
/** What has come is told after so many pieces, or this long. */
const toldAfterPieces = 8;
const toldAfterMs = 5;
const waitFirstMs = 250;
const waitLeastMs = 40;
const waitMostMs = 1_000;
/** What is said first when nothing was heard for too long. */
const probes = 2;
/** Frames wait for no window, but of no more than this is it not known whether they have come. */
export const framesAtOnce = 128;

const nothing = new Uint8Array(0);

export interface PieceLaneParts {
  readonly clock: Clock;
  /** Sends a datagram with what has come, and with a piece if there is one; answers its number. */
  readonly say: (piece: Piece | undefined) => number;
  readonly part: (bytes: Uint8Array) => void;
  readonly frame: (bytes: Uint8Array) => void;
  /** The other side's stream is at its end. */
  readonly ended: () => void;
  /** Nobody is there any more. */
  readonly lost: () => void;
}

interface UnderWay {
  readonly piece: Piece;
  /** Of the datagram that it was in last. */
  number: number;
  saidAt: Instant;
  readonly madeAt: Instant;
}

type Lane = "frames" | "parts";
const laneOf = ({ kind }: Piece): Lane => (kind === "frame" ? "frames" : "parts");

export class PieceLane {
  readonly #parts: PieceLaneParts;
  // --- what is said ---
  #frames: Uint8Array[] = [];
  #bytes: Uint8Array[] = [];
  #written: (() => void) | undefined;
  #end: "open" | "to say" | "said" = "open";
  #ended: (() => void) | undefined;
  /** By their numbers: the first is the one that the other side waits for, if it waits for any. */
  readonly #unheard = new Map<number, UnderWay>();
  /** Of those, what is in a datagram: by its number. */
  readonly #underWay = new Map<number, UnderWay>();
  /** And how many of each lane these are. */
  readonly #count = { frames: 0, parts: 0 };
  /** What was given up may come after all: by the number it had. */
  readonly #overtaken = new Map<number, UnderWay>();
  #again: Record<Lane, UnderWay[]> = { frames: [], parts: [] };
  #next = 0;
  #window = windowFirst;
  /** Below it the window grows by all that comes, and above by one a round. */
  #steady = Number.POSITIVE_INFINITY;
  /** What was sent before this is of a time before the window was made smaller. */
  #smallerSince = 0;
  #latest = 0;
  #roundMs: number | undefined;
  #shortestMs = Number.POSITIVE_INFINITY;
  #measuredAt: Instant;
  #variesMs = 0;
  #silences = 0;
  // --- what is heard ---
  #expected = 0;
  readonly #early = new Map<number, Piece>();
  #untold = 0;
  #theirEnd: "to come" | "come" = "to come";
  // --- time ---
  #heardAt: Instant;
  /** When something was heard last, or ought to have been, or began to be waited for. */
  #quietSince: Instant;
  #dueAt: Instant;
  #state: "running" | "stopped" = "running";
  #timer: { readonly at: Instant; readonly cancel: () => void } | undefined;
  #telling: (() => void) | undefined;

  constructor(parts: PieceLaneParts) {
    this.#parts = parts;
    this.#heardAt = parts.clock.now();
    this.#quietSince = this.#heardAt;
    this.#dueAt = this.#heardAt;
    this.#measuredAt = this.#heardAt;
    this.#due();
  }

  /** For the stream; `done` once all of it is under way. One at a time. */
  write(chunks: readonly Uint8Array[], done: () => void): void {
    this.#bytes.push(...chunks.filter(({ length }) => length > 0));
    this.#written = done;
    this.#pump();
  }

  /** A frame by itself, of at most `pieceBytes`. `overflow`: the other side has not heard any for long. */
  frame(bytes: Uint8Array): "taken" | "overflow" {
    if (this.#state === "stopped") return "taken";
    this.#frames.push(bytes);
    this.#pump();
    return this.#frames.length * pieceBytes > linkSocketControlBytesMax ? "overflow" : "taken";
  }

  /** Nothing follows; `done` once the other side has all of it. */
  end(done: () => void): void {
    this.#end = "to say";
    this.#ended = done;
    this.#pump();
  }

  /** Says what has come, whether or not it was said. */
  tell(): void {
    if (this.#state === "running") this.#say(undefined);
  }

  /** What a proven datagram brought. */
  heard(came: Came, piece: Piece | undefined): Malformed | undefined {
    this.#heardAt = this.#parts.clock.now();
    this.#quietSince = this.#heardAt;
    if (came.highest > this.#latest) return new Malformed("a datagram is said to have come that was not sent");
    this.#came(came);
    const fault = piece === undefined ? undefined : this.#take(piece);
    if (this.#state === "running") this.#pump();
    return fault;
  }

  stop(): void {
    this.#state = "stopped";
    this.#timer?.cancel();
    this.#telling?.();
    this.#early.clear();
    this.#unheard.clear();
    this.#underWay.clear();
    this.#overtaken.clear();
    this.#frames = [];
    this.#bytes = [];
    this.#again = { frames: [], parts: [] };
  }

  // --- what is said ---

  #pump(): void {
    if (this.#state === "stopped") return;
    for (;;) {
      const hasRoom = this.#count.parts < this.#window;
      const again = this.#again.frames.shift() ?? (hasRoom ? this.#again.parts.shift() : undefined);
      // What has come after all needs not be said again.
      if (again !== undefined && !this.#unheard.has(again.piece.seq)) continue;
      const next = again ?? this.#cut(hasRoom ? "anything" : "frames");
      if (next === undefined) break;
      this.#send(next);
    }
    const isWritten = this.#bytes.length === 0;
    const isHeard = this.#end === "said" && this.#unheard.size === 0;
    const done = [isWritten ? this.#written : undefined, isHeard ? this.#ended : undefined];
    if (isWritten) this.#written = undefined;
    if (isHeard) this.#ended = undefined;
    for (const each of done) each?.();
    this.#due();
  }

  /** Frames wait for no window: they are few and short. Nor do parts wait for them. */
  #cut(what: "anything" | "frames"): UnderWay | undefined {
    const first = this.#unheard.keys().next().value ?? this.#next;
    if (this.#next >= first + linkPiecesMax) return undefined;
    const frame = this.#count.frames < framesAtOnce ? this.#frames.shift() : undefined;
    if (frame !== undefined) return this.#made("frame", frame);
    if (what === "frames") return undefined;
    if (this.#bytes.length > 0) return this.#made("part", this.#someBytes());
    if (this.#end !== "to say") return undefined;
    this.#end = "said";
    return this.#made("end", nothing);
  }

  #made(kind: Piece["kind"], bytes: Uint8Array): UnderWay {
    const now = this.#parts.clock.now();
    const made: UnderWay = { piece: { kind, seq: this.#next++, bytes }, number: 0, saidAt: now, madeAt: now };
    if (this.#unheard.size === 0) this.#quietSince = now;
    this.#unheard.set(made.piece.seq, made);
    return made;
  }

  #someBytes(): Uint8Array {
    const parts: Uint8Array[] = [];
    let room = pieceBytes;
    let used = 0;
    for (; used < this.#bytes.length && room > 0; used++) {
      const chunk = this.#bytes[used] as Uint8Array;
      parts.push(chunk.subarray(0, room));
      if (chunk.length > room) {
        this.#bytes[used] = chunk.subarray(room);
        break;
      }
      room -= chunk.length;
    }
    this.#bytes.splice(0, used);
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }

  #send(each: UnderWay): void {
    each.saidAt = this.#parts.clock.now();
    each.number = this.#say(each.piece);
    this.#underWay.set(each.number, each);
    this.#count[laneOf(each.piece)]++;
  }

  /** It is to be said again, in another datagram. */
  #givenUp(each: UnderWay): void {
    this.#notUnderWay(each);
    this.#overtaken.set(each.number, each);
  }

  #notUnderWay(each: UnderWay): void {
    if (this.#underWay.delete(each.number)) this.#count[laneOf(each.piece)]--;
  }

  #say(piece: Piece | undefined): number {
    this.#telling?.();
    this.#telling = undefined;
    this.#untold = 0;
    this.#latest = this.#parts.say(piece);
    return this.#latest;
  }

  // --- what has come there ---

  #came(came: Came): void {
    const wasFull = 2 * this.#count.parts >= this.#window;
    this.#cameAfterAll(came);
    let lost = 0;
    for (const [number, each] of this.#underWay) {
      if (number > came.highest) break;
      const what = hasCome(came, number);
      if (what === "came") {
        this.#delivered(each, wasFull ? "grow" : "keep");
      } else if (came.highest - number >= overtakenBy) {
        this.#givenUp(each);
        this.#again[laneOf(each.piece)].push(each);
        if (number > this.#smallerSince) lost++;
      }
    }
    if (lost > 0) this.#smaller();
  }

  /** What was said again meanwhile is not waited for any more. Kept are those alone that can still be told of. */
  #cameAfterAll(came: Came): void {
    for (const [number, each] of this.#overtaken) {
      const what = number > came.highest ? "missing" : hasCome(came, number);
      if (what === "came") this.#heardOf(each);
      if (what !== "missing") this.#overtaken.delete(number);
    }
  }

  #heardOf(each: UnderWay): void {
    this.#notUnderWay(each);
    this.#unheard.delete(each.piece.seq);
    this.#silences = 0;
  }

  #delivered(each: UnderWay, window: "grow" | "keep"): void {
    const { number } = each;
    this.#heardOf(each);
    const tookMs = this.#heardAt - each.saidAt;
    this.#timed(tookMs);
    const mostMs = waiting.times * this.#shortestMs + waiting.ms;
    if (tookMs > 2 * mostMs && number > this.#smallerSince) this.#smaller();
    if (window === "keep" || tookMs > mostMs) return;
    this.#window = Math.min(linkPiecesMax, this.#window + (this.#window < this.#steady ? 1 : 1 / this.#window));
  }

  #smaller(): void {
    this.#smallerSince = this.#latest;
    this.#window = Math.max(windowFirst, this.#window * windowKept);
    this.#steady = this.#window;
  }

  #timed(tookMs: number): void {
    if (this.#heardAt - this.#measuredAt > measuredForMs) {
      this.#measuredAt = this.#heardAt;
      this.#shortestMs = Number.POSITIVE_INFINITY;
      this.#steady = Math.max(this.#steady, this.#window);
      this.#window = windowFirst;
    }
    this.#shortestMs = Math.min(this.#shortestMs, tookMs);
    if (this.#roundMs === undefined) {
      this.#roundMs = tookMs;
      this.#variesMs = tookMs / 2;
      return;
    }
    this.#variesMs += (Math.abs(tookMs - this.#roundMs) - this.#variesMs) / 4;
    this.#roundMs += (tookMs - this.#roundMs) / 8;
  }

  // --- what is heard ---

  /** What was heard before is passed over. */
  #take(piece: Piece): Malformed | undefined {
    const { seq } = piece;
    if (seq >= this.#expected + linkPiecesMax) return new Malformed("a piece further ahead than any may be");
    const isNew = seq >= this.#expected && !this.#early.has(seq);
    const isEarly = seq !== this.#expected;
    if (isNew) {
      const isFrame = piece.kind === "frame";
      this.#early.set(seq, isFrame ? { ...piece, bytes: nothing } : piece);
      if (isFrame) this.#parts.frame(piece.bytes);
    }
    this.#inOrder();
    this.#untold++;
    if (isEarly || piece.kind === "end" || this.#untold >= toldAfterPieces) this.tell();
    else this.#telling ??= this.#parts.clock.after(toldAfterMs, () => this.tell());
    return undefined;
  }

  #inOrder(): void {
    for (let next = this.#early.get(this.#expected); next !== undefined; next = this.#early.get(this.#expected)) {
      this.#early.delete(this.#expected++);
      if (this.#state === "stopped") return;
      if (next.kind === "frame" || this.#theirEnd === "come") continue;
      if (next.kind === "part" && next.bytes.length > 0) this.#parts.part(next.bytes);
      if (next.kind === "part") continue;
      this.#theirEnd = "come";
      this.#parts.ended();
    }
  }

  // --- time ---

  /** When something is to be done if nothing is heard. */
  #due(): void {
    if (this.#state === "stopped") return;
    this.#dueAt = (this.#quietSince + (this.#unheard.size > 0 ? this.#waitMs() : linkKeepAliveMs)) as Instant;
    // A timer that is too early looks again when it is due, which costs less than to make another each time.
    if (this.#timer !== undefined && this.#timer.at <= this.#dueAt) return;
    this.#timer?.cancel();
    this.#arm();
  }

  #arm(): void {
    const { clock } = this.#parts;
    const cancel = clock.after(Math.max(0, this.#dueAt - clock.now()), () => this.#expired());
    this.#timer = { at: this.#dueAt, cancel };
  }

  #waitMs(): number {
    const roundMs = this.#roundMs === undefined ? waitFirstMs : this.#roundMs + 4 * this.#variesMs + toldAfterMs;
    return Math.min(waitMostMs, Math.max(waitLeastMs, roundMs) * 2 ** Math.min(this.#silences, 10));
  }

  #expired(): void {
    this.#timer = undefined;
    const now = this.#parts.clock.now();
    if (now < this.#dueAt) return this.#arm();
    const [oldest] = this.#unheard.values();
    if (oldest !== undefined && now - Math.max(this.#heardAt, oldest.madeAt) >= silentLinkMsMax) return this.#parts.lost();
    this.#silences++;
    this.#quietSince = now;
    // Of one on which nothing is said, whether anybody is there is asked by a piece with nothing in it.
    if (oldest === undefined) this.#send(this.#made("part", nothing));
    else {
      for (const each of [...this.#underWay.values()].slice(0, probes)) {
        this.#givenUp(each);
        this.#send(each);
      }
    }
    this.#due();
    this.#pump();
  }
}
