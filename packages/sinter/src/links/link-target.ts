import { type Clock, linkSettledMs, type PeerId, type Random } from "@sinter/core";
import { type Address, addressText } from "./address.js";
import type { CloseCode, Closing } from "./close-codes.js";
import type { Link } from "./link.js";

/** An address that is dialled until it is left. */
export interface Target extends Address {
  /** From an invite: any other key there is refused. */
  readonly peer?: PeerId;
}

export interface RetryLimits {
  readonly retryFirstMs: number;
  readonly retryMsMax: number;
}

export interface LinkTargetParts {
  readonly target: Target;
  readonly dial: (target: LinkTarget) => Link;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RetryLimits;
}

type TargetState = "idle" | "connecting" | "linked" | "waiting" | "refused" | "left";

/** For status. */
export type TargetReport = {
  readonly address: string;
  readonly peer: PeerId | null;
  readonly state: TargetState;
  readonly nextTryMs: number | null;
  readonly failures: number;
  /** Why it is not linked. */
  readonly code?: CloseCode;
  readonly reason?: string;
  readonly by?: "us" | "them";
};

/** Nothing changes by itself where these are the answer: they are asked again at the longest interval. */
const refusals: readonly CloseCode[] = ["wrong-secret", "version", "wrong-peer", "refused", "self"];

/** Keeps one address linked: dials, waits longer after each failure, and rests while its peer is linked by any connection. */
export class LinkTarget {
  readonly target: Target;
  readonly address: string;
  /** Whose key answered there, as far as is known. */
  peer: PeerId | undefined;
  readonly #dial: (target: LinkTarget) => Link;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: RetryLimits;
  #state: TargetState = "idle";
  #link: Link | undefined;
  #failures = 0;
  #linkedAt = 0;
  #nextAt: number | undefined;
  #last: Closing | undefined;
  #cancelWait: () => void = () => undefined;

  constructor({ target, dial, clock, random, limits }: LinkTargetParts) {
    this.target = target;
    this.address = addressText(target);
    this.peer = target.peer;
    this.#dial = dial;
    this.#clock = clock;
    this.#random = random;
    this.#limits = limits;
  }

  start(): void {
    if (this.#state === "left" || this.#state === "connecting" || this.#state === "linked") return;
    this.#rest("connecting");
    this.#link = this.#dial(this);
  }

  stop(code: CloseCode): void {
    this.#rest("left");
    this.#link?.close(code);
  }

  /** Its peer is linked, by this or another connection. */
  linked(): void {
    if (this.#state === "left" || this.#state === "linked") return;
    this.#rest("linked");
    this.#linkedAt = this.#clock.now();
    this.#last = undefined;
  }

  /** Its peer's link is no more, whoever dialled it. */
  unlinked(closing: Closing): void {
    if (this.#state === "linked") this.failed(closing);
  }

  /** What it dialled is no more. */
  failed(closing: Closing): void {
    if (this.#state === "left") return;
    const wasGood = this.#state === "linked" && this.#clock.now() - this.#linkedAt >= linkSettledMs;
    this.#failures = wasGood ? 0 : this.#failures + 1;
    this.#last = closing;
    this.#link = undefined;
    const isRefused = refusals.includes(closing.code);
    this.#rest(isRefused ? "refused" : "waiting");
    if (closing.code === "self") return;
    const delayMs = this.#delayMs(isRefused ? "longest" : "growing");
    this.#nextAt = this.#clock.now() + delayMs;
    this.#cancelWait = this.#clock.after(delayMs, () => this.start());
  }

  describe(): TargetReport {
    return {
      address: this.address,
      peer: this.peer ?? null,
      state: this.#state,
      nextTryMs: this.#nextAt === undefined ? null : Math.max(0, Math.round(this.#nextAt - this.#clock.now())),
      failures: this.#failures,
      ...this.#last,
    };
  }

  #rest(state: TargetState): void {
    this.#cancelWait();
    this.#nextAt = undefined;
    this.#state = state;
  }

  /** Between half of the interval and all of it, so that many that lost one peer do not come back as one. */
  #delayMs(interval: "growing" | "longest"): number {
    const { retryFirstMs, retryMsMax } = this.#limits;
    const full = interval === "longest" ? retryMsMax : Math.min(retryMsMax, retryFirstMs * 2 ** Math.max(0, this.#failures - 1));
    return full / 2 + this.#random.below(Math.ceil(full / 2) + 1);
  }
}
