import {
  type Appended,
  Driver,
  type FeedNotice,
  type FeedVocabulary,
  type FrontierNotice,
  type FrontierVocabulary,
  feedProtocol,
  frontierProtocol,
  type Hasher,
  type Json,
  type LanePlace,
  type Loss,
  type Mount,
  type NewParts,
  type PeerId,
  type Ports,
  type RefusalCode,
  type SubjectPath,
  type VerifiedFork,
  type VerifiedRange,
  type Verifier,
} from "@sinter/core";
import type { Booted } from "../simulated-peer.js";
import type { AcknowledgedLane } from "./acknowledged.js";
import { type FeedIdentity, founding } from "./founding.js";
import { type PingerNotice, type PingerVocabulary, pingerProtocol } from "./pinger.js";

// All cores of a peer on the shipped driver, for one boot. It does what the peer of packages/core does with notices, but without
// promises: they would make every moment of virtual time an asynchronous one (`views/` has peers that speak them).

export type Answer =
  | { readonly kind: "appended"; readonly appended: Appended; readonly nonce: Uint8Array }
  | { readonly kind: "taken"; readonly size: number }
  | { readonly kind: "stale" }
  | { readonly kind: "frozen"; readonly freezeAt: number }
  | { readonly kind: "returned" }
  | { readonly kind: "passed" }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly reason: string }
  | { readonly kind: "settled"; readonly root: Uint8Array }
  | { readonly kind: "unsettled"; readonly reason: string }
  | { readonly kind: "ended"; readonly how: Extract<PingerNotice, { readonly kind: "ended" }>["how"] }
  | { readonly kind: "forgot" }
  | { readonly kind: "dropped"; readonly loss: Loss };

export type Asked =
  | { readonly kind: "append"; readonly path: SubjectPath; readonly events: readonly NewParts[] }
  | { readonly kind: "take"; readonly range: VerifiedRange }
  /** Of an event of ours, by its lane's number in the store. */
  | { readonly kind: "redact"; readonly lane: number; readonly seq: number; readonly place: AcknowledgedLane }
  | { readonly kind: "freeze"; readonly fork: VerifiedFork }
  | { readonly kind: "giveUp"; readonly place: LanePlace; readonly from: number }
  | { readonly kind: "barrier" }
  | { readonly kind: "settle" }
  | { readonly kind: "ping"; readonly to: PeerId; readonly load: Uint8Array }
  | { readonly kind: "square"; readonly number: number };

export interface FeedPeerOptions {
  readonly ports: Ports;
  readonly hasher: Hasher;
  readonly verifier: Verifier;
  readonly identity: FeedIdentity;
  readonly answered: (asked: Asked, answer: Answer) => void;
}

interface Waiting {
  readonly asked: Asked;
  begun: "yes" | "no";
}

export class FeedPeer implements Booted {
  readonly instance: Uint8Array;
  readonly #options: FeedPeerOptions;
  readonly #driver: Driver;
  readonly #feed: Mount<FeedVocabulary>;
  readonly #frontier: Mount<FrontierVocabulary>;
  readonly #pinger: Mount<PingerVocabulary>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #askedAgain = new Set<number>();
  #state: "founding" | "running" | "stopping" | "stopped" | "halted" = "founding";
  #why = "";
  #tokens = 0;
  #frontierTold = false;

  constructor(options: FeedPeerOptions) {
    const { ports, hasher, verifier, identity } = options;
    const { signer, author, network } = identity;
    this.#options = options;
    const { instance, batch } = founding(ports, identity);
    this.instance = instance;
    this.#feed = {
      protocol: feedProtocol({ hasher, signer, verifier, signatures: "ed25519", author, network: network.id }),
      notify: (notice) => this.#feedSays(notice),
      dropped: (command, loss) => this.#answer(command.token, { kind: "dropped", loss }),
    };
    this.#frontier = {
      protocol: frontierProtocol({ hasher, network: network.id }),
      notify: (notice) => this.#frontierSays(notice),
      dropped: (command, loss) => (command.kind === "settle" ? this.#answer(command.token, { kind: "dropped", loss }) : undefined),
    };
    this.#pinger = {
      protocol: pingerProtocol(),
      notify: (notice) => this.#pingerSays(notice),
      dropped: (command, loss) => this.#answer(command.token, { kind: "dropped", loss }),
    };
    const mounts = [this.#feed, this.#frontier, this.#pinger];
    this.#driver = new Driver({ mounts, ports, halted: (reason) => this.#halted(reason) });
    if (batch === undefined) this.#start();
    else ports.store.commit(batch, (failure) => (failure === undefined ? this.#start() : this.#halted(failure.reason)));
  }

  get state(): "founding" | "running" | "stopping" | "stopped" | "halted" {
    return this.#state;
  }

  /** Why it halted. */
  get why(): string {
    return this.#why;
  }

  /** Commands without their answer, and pings and jobs without their end. */
  get waiting(): readonly Asked["kind"][] {
    return [...this.#waiting.values()].map(({ asked }) => asked.kind);
  }

  describe(): Json {
    return this.#driver.describe();
  }

  /** `refused`: it was not taken, and there is no answer to come. */
  ask(asked: Asked): "taken" | "refused" {
    if (this.#state !== "running") return "refused";
    const token = this.#tokens++;
    this.#waiting.set(token, { asked, begun: "no" });
    const taken = this.#command(token, asked);
    if (taken === "accepted") return "taken";
    this.#waiting.delete(token);
    return "refused";
  }

  /** In good order; `state` says when it is over. */
  stop(): void {
    if (this.#state !== "running") return;
    this.#state = "stopping";
    this.#driver.stop(() => {
      if (this.#state === "stopping") this.#state = "stopped";
    });
  }

  #command(token: number, asked: Asked): "accepted" | "full" | "stopped" {
    const driver = this.#driver;
    switch (asked.kind) {
      case "append":
        return driver.command(this.#feed, { kind: "append", token, path: asked.path, events: asked.events });
      case "take":
        return driver.command(this.#feed, { kind: "take", token, range: asked.range });
      case "redact":
        return driver.command(this.#feed, { kind: "redact", token, lane: asked.lane, seq: asked.seq });
      case "freeze":
        return driver.command(this.#feed, { kind: "freeze", token, fork: asked.fork });
      case "giveUp":
        return driver.command(this.#feed, { kind: "giveUp", token, place: asked.place, from: asked.from });
      case "barrier":
        return driver.command(this.#feed, { kind: "barrier", token });
      case "settle":
        return driver.command(this.#frontier, { kind: "settle", token });
      case "ping":
        return driver.command(this.#pinger, { kind: "ping", token, to: asked.to, load: asked.load });
      case "square":
        return driver.command(this.#pinger, { kind: "square", token, number: asked.number });
    }
  }

  #start(): void {
    if (this.#state !== "founding") return;
    this.#state = "running";
    this.#driver.start();
  }

  #halted(reason: string): void {
    this.#state = "halted";
    this.#why = reason;
  }

  // --- what the cores say ---

  #feedSays(notice: FeedNotice): void {
    if (notice.kind === "returned") {
      for (const token of notice.tokens) this.#answer(token, { kind: "returned" });
      return this.#changed();
    }
    if (notice.kind === "begun") return this.#giveUpAgain();
    if (notice.kind !== "appended" && notice.kind !== "taken") return this.#answer(notice.token, notice);
    this.#answer(notice.token, notice.kind === "taken" ? notice : { kind: "appended", appended: notice, nonce: this.instance });
    this.#changed();
  }

  /** The core began anew, and has forgotten who waits for a lane to be appended again; or it has not come to it yet, and answers twice. */
  #giveUpAgain(): void {
    for (const [token, { asked }] of [...this.#waiting]) {
      if (asked.kind !== "giveUp") continue;
      this.#askedAgain.add(token);
      if (this.#command(token, asked) !== "accepted") this.#answer(token, { kind: "forgot" });
    }
  }

  #changed(): void {
    if (this.#frontierTold) return;
    this.#frontierTold = this.#driver.command(this.#frontier, { kind: "changed" }) === "accepted";
  }

  #frontierSays(notice: FrontierNotice): void {
    if (notice.kind === "settled") return this.#answer(notice.token, { kind: "settled", root: notice.root });
    if (notice.kind === "unsettled") return this.#answer(notice.token, notice);
    // A root is settled in the turn that asks for it here, as there are fewer lanes than a turn takes in: none is asked for again.
    this.#frontierTold = false;
  }

  #pingerSays(notice: PingerNotice): void {
    if (notice.kind === "ended") return this.#answer(notice.token, notice);
    if (notice.kind === "begun") {
      const waiting = this.#waiting.get(notice.token);
      if (waiting === undefined || waiting.begun === "yes") throw new Error(`begun, and not waiting to: ${notice.token}`);
      waiting.begun = "yes";
      return;
    }
    for (const [token, { begun }] of [...this.#waiting]) if (begun === "yes") this.#answer(token, { kind: "forgot" });
  }

  #answer(token: number, answer: Answer): void {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined && this.#askedAgain.has(token)) return;
    if (waiting === undefined) throw new Error(`an answer to nothing asked, or a second one: ${answer.kind}`);
    this.#waiting.delete(token);
    this.#options.answered(waiting.asked, answer);
  }
}
