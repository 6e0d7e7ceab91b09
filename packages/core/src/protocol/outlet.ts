import { computeJobsMax, timersMax } from "../bytes/limits.js";
import type { Inbox } from "./inbox.js";
import type { Mounted, Outgoing } from "./mount.js";
import type { Ports } from "./ports.js";
import type { DisconnectCause, Input, Outcome, PeerId, Vocabulary } from "./protocol.js";
import type { Links } from "./turn.js";

/** A timer under way, or one whose `expired` still waits to be stepped. */
interface Timer {
  cancel(): void;
  expired: Input<Vocabulary> | undefined;
}

export interface OutletOptions {
  readonly ports: Ports;
  readonly mounts: readonly Mounted[];
  readonly inbox: Inbox;
  readonly links: Links;
  /** Something new waits in the inbox. */
  readonly wake: () => void;
  readonly disconnect: (peer: PeerId, reason: string, cause: DisconnectCause | undefined) => void;
}

/** Lets effects out into the world, and what they cause (timers, results) back into the inbox. */
export class Outlet {
  readonly #ports: Ports;
  readonly #mounts: readonly Mounted[];
  readonly #inbox: Inbox;
  readonly #links: Links;
  readonly #wake: () => void;
  readonly #disconnect: OutletOptions["disconnect"];
  readonly #timers = new Map<string, Timer>();
  /** Rises each time it falls quiet: timers and jobs of earlier cores mean nothing to later ones. */
  #generation = 0;
  /** Between two generations: effects held for a flush still reach the world, but start nothing for cores that are gone. */
  #muted = false;
  #jobs = 0;

  constructor({ ports, mounts, inbox, links, wake, disconnect }: OutletOptions) {
    this.#ports = ports;
    this.#mounts = mounts;
    this.#inbox = inbox;
    this.#links = links;
    this.#wake = wake;
    this.#disconnect = disconnect;
  }

  release({ mount, effect, link, answers }: Outgoing): void {
    switch (effect.kind) {
      case "frame":
        if (link === undefined || this.#links.get(effect.to) !== link) return;
        return this.#ports.transport.send(effect.to, effect.frame, effect.messageClass);
      case "notify":
        if (answers !== undefined) answers.answered = "yes";
        return (this.#mounts[mount] as Mounted).mount.notify(effect.notice);
      case "disconnect":
        if (link === undefined || this.#links.get(effect.peer) !== link) return;
        return this.#disconnect(effect.peer, effect.reason, effect.cause);
      case "schedule":
        return this.#muted ? undefined : this.#schedule(mount, effect.timer, effect.delayMs);
      case "cancel":
        return this.#cancel(`${mount} ${effect.timer}`);
      case "compute":
        return this.#muted ? undefined : this.#compute(mount, effect.job);
    }
  }

  /** Whether an `expired` still means something: not once its timer was cancelled or replaced. */
  expires(mount: number, timer: string, input: Input<Vocabulary>): boolean {
    const name = `${mount} ${timer}`;
    return this.#timers.get(name)?.expired === input && this.#timers.delete(name);
  }

  /** Silences what earlier cores set in motion. What of it waits in the inbox already is for the driver to forget. */
  quiet(): void {
    this.#generation++;
    this.#muted = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  resume(): void {
    this.#muted = false;
  }

  describe(): { readonly timers: number; readonly jobs: number } {
    return { timers: this.#timers.size, jobs: this.#jobs };
  }

  #schedule(mount: number, timer: string, delayMs: number): void {
    const name = `${mount} ${timer}`;
    this.#cancel(name);
    if (this.#timers.size >= timersMax) throw new Error("more timers than a peer may have");
    const cancel = this.#ports.clock.after(delayMs, () => {
      entry.expired = { kind: "expired", timer };
      this.#inbox.own(mount, entry.expired);
      this.#wake();
    });
    const entry: Timer = { cancel, expired: undefined };
    this.#timers.set(name, entry);
  }

  #cancel(name: string): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
  }

  #compute(mount: number, job: unknown): void {
    const generation = this.#generation;
    const computed = (outcome: Outcome<unknown>) => {
      if (generation !== this.#generation) return;
      this.#inbox.own(mount, { kind: "computed", job, outcome });
      this.#wake();
    };
    if (this.#jobs >= computeJobsMax) return computed({ kind: "failed", reason: "too many jobs at once" });
    this.#jobs++;
    this.#ports.compute.run((this.#mounts[mount] as Mounted).mount.protocol.name, job, (outcome) => {
      this.#jobs--;
      computed(outcome);
    });
  }
}
