import type { SyncMessage } from "@sinter/core";
import { answerOf } from "./frame-facts.js";
import type { RoundEnd } from "./record.js";

// Rounds of sync at one end of one link, as whoever asks sees them: by what it sends and what it gets, and nothing else.

interface Round {
  readonly session: number;
  readonly beganMs: number;
  /** When something of it was sent or came last. */
  lastMs: number;
  /** `differs`: roots do, and nothing was asked yet about where. */
  phase: "opening" | "differs" | "asking" | "telling";
  /** The other has all that it wanted. */
  settled: "no" | "yes";
  /** A row was told, or something of theirs was wanted. */
  hasFound: "no" | "yes";
}

export interface EndedRound {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly reason: RoundEnd;
}

export class SeenRounds {
  readonly #ended: (round: EndedRound) => void;
  #round: Round | undefined;
  /** Streams that this end has wanted and that have not ended: of each the seq of its last piece, once that has come. */
  readonly #inflows = new Map<number, number | undefined>();

  constructor(ended: (round: EndedRound) => void) {
    this.#ended = ended;
  }

  sent(message: SyncMessage, atMs: number): void {
    switch (message.kind) {
      case "open":
        return this.#open(message.session, atMs);
      case "ask":
        return this.#of(message.session, atMs, (round) => {
          round.phase = "asking";
        });
      case "difference":
        return this.#of(message.session, atMs, (round) => {
          round.phase = "telling";
          if (message.rows.length > 0) round.hasFound = "yes";
        });
      case "want":
        this.#inflows.set(message.stream, undefined);
        if (this.#round !== undefined) this.#round.hasFound = "yes";
        return;
      case "enough":
        return this.#streamEnded(message.stream, atMs);
      case "ack": {
        const last = this.#inflows.get(message.stream);
        if (last !== undefined && message.seq > last) this.#streamEnded(message.stream, atMs);
        return;
      }
      default:
        return;
    }
  }

  got(message: SyncMessage, atMs: number): void {
    switch (message.kind) {
      case "opened":
        return this.#of(message.session, atMs, (round) => {
          if (round.phase !== "opening") return;
          const answer = answerOf(message.digest);
          if (answer === "differs") round.phase = "differs";
          else this.#end(answer === "same" ? "root_equal" : "other_scope", atMs);
        });
      case "tell":
        return this.#of(message.session, atMs, () => undefined);
      case "settled":
        return this.#of(message.session, atMs, (round) => {
          if (round.phase === "telling" && message.missing === 0) round.settled = "yes";
          this.#check(atMs);
        });
      case "chunk":
        if (message.position === "last" && this.#inflows.has(message.stream)) this.#inflows.set(message.stream, message.seq);
        return;
      case "gone":
        return this.#streamEnded(message.stream, atMs);
      default:
        return;
    }
  }

  /** The link is gone, or one of the two has lost all that it knew of it. */
  over(atMs: number): void {
    this.#inflows.clear();
    if (this.#round !== undefined) this.#end("peer_end", atMs);
  }

  #open(session: number, atMs: number): void {
    const before = this.#round;
    // It may not have come: then it is said again.
    if (before?.session === session) {
      before.lastMs = atMs;
      return;
    }
    // What it waited for has come without a word, or it has given up.
    if (before?.settled === "yes") this.#end(foundBy(before), atMs);
    else if (before !== undefined) this.#end(before.phase === "differs" ? "no_diff" : "peer_end", before.lastMs);
    this.#round = { session, beganMs: atMs, lastMs: atMs, phase: "opening", settled: "no", hasFound: "no" };
  }

  #of(session: number, atMs: number, then: (round: Round) => void): void {
    const round = this.#round;
    if (round === undefined || round.session !== session) return;
    round.lastMs = atMs;
    then(round);
  }

  #streamEnded(stream: number, atMs: number): void {
    if (this.#inflows.delete(stream)) this.#check(atMs);
  }

  #check(atMs: number): void {
    const round = this.#round;
    if (round?.settled === "yes" && this.#inflows.size === 0) this.#end(foundBy(round), atMs);
  }

  #end(reason: RoundEnd, endedMs: number): void {
    const round = this.#round;
    this.#round = undefined;
    if (round !== undefined) this.#ended({ beganMs: round.beganMs, endedMs, reason });
  }
}

function foundBy({ hasFound }: Round): RoundEnd {
  return hasFound === "yes" ? "caught_up" : "no_diff";
}
