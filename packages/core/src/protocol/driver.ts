import { frameBytesMax, turnBytesMax, turnCostMax, turnsUnflushedMax, turnTimeMsMax, unflushedEffectsMax } from "../bytes/limits.js";
import { isMalformed } from "../bytes/malformed.js";
import { heardIn } from "./frame.js";
import { Inbox, type InputClass, type Waiting, type WaitingCommand, type WaitingFrame } from "./inbox.js";
import type { AnyMount, Loss, Mount, Mounted, OpenLink, Outgoing } from "./mount.js";
import { Outlet } from "./outlet.js";
import { Overlay } from "./overlay.js";
import type { Ports, StoreFailure } from "./ports.js";
import type { DisconnectCause, Effect, Input, Json, LinkTraits, MessageClass, PeerId, Vocabulary } from "./protocol.js";
import { Quarantine } from "./quarantine.js";
import { Turn } from "./turn.js";

// The only loop. It takes inputs in turns, steps cores on an overlay over the store, commits what they wrote, and lets
// their effects out once that is on disk. The product and the simulator run this same driver on different ports.
//
// Invariants:
// 1. An effect leaves after the flush of its turn and of every turn before it, in order, unless it says `after: "step"`.
// 2. Of a turn that is dropped, nothing leaves and nothing is written; its inputs are stepped again or answered for.
// 3. After any failure every core is created anew, from a store with nothing unflushed above it, and given `started`.
// 4. No core is ever called while another, or itself, is being stepped.
// 5. Every command taken is answered once: see Mount.

/** Reading the clock takes as long as stepping a ping: it is read each time steps should have taken this many microseconds. */
const TIMED_EVERY_COST = 8;

export interface DriverOptions {
  readonly mounts: readonly AnyMount[];
  readonly ports: Ports;
  /** Called once, when the driver stops by itself because it cannot go on. */
  readonly halted: (reason: string) => void;
}

type State = "idle" | "running" | "recovering" | "stopping" | "stopped";

export class Driver {
  readonly #ports: Ports;
  readonly #halted: (reason: string) => void;
  readonly #overlay: Overlay;
  readonly #mounts: readonly Mounted[];
  readonly #indexes = new Map<AnyMount, number>();
  /** Those given `closing`. */
  readonly #closers: readonly number[];
  readonly #inbox = new Inbox();
  /** Links that are open, each numbered, so that what was meant for one does not reach the next with that peer. */
  readonly #links = new Map<PeerId, OpenLink>();
  readonly #outlet: Outlet;
  readonly #quarantine = new Quarantine();
  /** Being stepped: to be answered for if the driver halts meanwhile. */
  #current: Turn | undefined;
  /** Turns handed to the store and not yet on disk, oldest first. */
  #unflushed: Turn[] = [];
  #failure: StoreFailure | undefined;
  #state: State = "idle";
  /** While the driver is at work, calls from those it notifies only leave something to do for its end. */
  #work: "none" | "under way" = "none";
  #turns = 0;
  #woken = false;
  #malformed = 0;
  #stopped: (() => void)[] = [];

  constructor({ mounts, ports, halted }: DriverOptions) {
    this.#ports = ports;
    this.#halted = halted;
    this.#overlay = new Overlay(ports.store.keys);
    const tags = new Set<number>();
    this.#mounts = mounts.map((mount, index) => {
      if (tags.has(mount.protocol.tag)) throw new Error(`two protocols with tag ${mount.protocol.tag}`);
      tags.add(mount.protocol.tag);
      this.#indexes.set(mount, index);
      const opened = mount.protocol.open(this.#overlay);
      return { mount, core: mount.protocol.create(), view: opened.view, apply: (write: unknown) => opened.apply(write) };
    });
    this.#closers = [...mounts.keys()].filter((index) => (mounts[index] as AnyMount).protocol.closesTurns);
    this.#outlet = new Outlet({
      ports,
      mounts: this.#mounts,
      inbox: this.#inbox,
      links: this.#links,
      wake: () => this.#wake(),
      disconnect: (peer, reason, cause) => this.#cut(peer, reason, cause),
    });
  }

  start(): void {
    if (this.#state !== "idle") throw new Error("a driver starts once");
    this.#state = "running";
    this.#guard(() => {
      if (!this.#startCores() || this.#state !== "running") return;
      this.#ports.transport.listen({
        opened: (peer, traits) => this.#opened(peer, traits),
        closed: (peer) => this.#closed(peer),
        arrived: (from, frame, messageClass) => this.#arrived(from, frame, messageClass),
      });
    });
  }

  /** Hands a command to a core. `full`: too many wait already; nothing was taken. */
  command<V extends Vocabulary>(mount: Mount<V>, command: V["Command"]): "accepted" | "full" | "stopped" {
    if (this.#state !== "running" && this.#state !== "recovering") return "stopped";
    const index = this.#indexes.get(mount);
    if (index === undefined) throw new Error(`${mount.protocol.name} is not mounted here`);
    const taken = this.#inbox.command(index, command);
    this.#wake();
    return taken;
  }

  /** Steps nothing more; `done` once all that was committed is on disk. Commands not yet stepped are dropped. */
  stop(done: () => void): void {
    if (this.#state === "stopped") return done();
    this.#stopped.push(done);
    if (this.#state === "stopping") return;
    this.#state = "stopping";
    this.#guard(() => {
      this.#outlet.quiet();
      this.#drop(this.#inbox.drain(), { outcome: "not written", reason: "the peer is stopping" });
    });
  }

  /** Whether all that was ever written is on disk: then nothing that the store shows can be lost any more. */
  get isFlushed(): boolean {
    return this.#state === "running" && this.#unflushed.length === 0;
  }

  describe(): { readonly [name: string]: Json } {
    return {
      state: this.#state,
      turn: this.#turns,
      unflushed: this.#unflushed.length,
      waiting: this.#inbox.describe(),
      ...this.#outlet.describe(),
      malformed: this.#malformed,
      links: [...this.#links.keys()].sort(),
      quarantine: this.#quarantine.describe(),
      cores: Object.fromEntries(this.#mounts.map(({ mount, core }) => [mount.protocol.name, core.describe()])),
    };
  }

  // --- links ---

  get #stopping(): boolean {
    return this.#state === "stopping" || this.#state === "stopped";
  }

  #opened(peer: PeerId, traits: LinkTraits): void {
    if (this.#stopping) return this.#ports.transport.close(peer, "the peer is stopping");
    if (this.#links.has(peer)) return;
    this.#links.set(peer, { traits });
    this.#inbox.connected({ peer, traits }, this.#mounts.length);
    this.#wake();
  }

  #closed(peer: PeerId): void {
    if (!this.#links.delete(peer) || this.#stopping) return;
    // What this link sent is not its successor's to answer for.
    for (const turn of this.#unflushed) turn.links.delete(peer);
    this.#inbox.disconnected(peer, this.#mounts.length);
    this.#wake();
  }

  #arrived(from: PeerId, frame: Uint8Array, messageClass: MessageClass): void {
    if (this.#stopping || !this.#links.has(from)) return;
    if (frame.length === 0 || frame.length > frameBytesMax) return this.#reject(from, `a frame of ${frame.length} bytes`);
    if (this.#inbox.frame(from, frame, messageClass) === "overflow") return this.#reject(from, `more ${messageClass} frames than may wait`);
    this.#wake();
  }

  /** A peer that breaks the rules of a link loses that link, and nothing else. */
  #reject(from: PeerId, reason: string): void {
    this.#malformed++;
    this.#cut(from, reason);
  }

  /** The transport tells of the end later; for the cores it has come. */
  #cut(peer: PeerId, reason: string, cause?: DisconnectCause): void {
    this.#ports.transport.close(peer, reason, cause);
    this.#closed(peer);
  }

  // --- a turn ---

  readonly #passSoon = (): void => {
    this.#woken = false;
    this.#guard(this.#pass);
  };

  #wake(): void {
    if (this.#woken || this.#state !== "running") return;
    this.#woken = true;
    this.#ports.scheduler.soon(this.#passSoon);
  }

  /** Which inputs may be stepped now. A store that falls behind still lets control through: it answers, and mostly writes nothing. */
  #upTo(): InputClass | undefined {
    const turns = this.#unflushed.length;
    if (turns === 0) return "bulk";
    if (turns >= 2 * turnsUnflushedMax) return undefined;
    let weight = 0;
    for (const turn of this.#unflushed) weight += turn.weight;
    if (weight >= unflushedEffectsMax) return undefined;
    return turns < turnsUnflushedMax ? "bulk" : "control";
  }

  readonly #pass = (): void => {
    if (this.#state !== "running") return;
    const upTo = this.#upTo();
    if (upTo === undefined || !this.#inbox.has(upTo)) return;
    const turn = this.#begin();
    if (this.#fill(turn, upTo) && this.#close(turn)) this.#commit(turn);
    const next = this.#upTo();
    if (next !== undefined && this.#inbox.has(next)) this.#wake();
  };

  #begin(): Turn {
    const { clock, store } = this.#ports;
    const disk = store.roomBytes() > 0 ? "roomy" : "full";
    const turn = new Turn(++this.#turns, { now: clock.now(), wallMs: clock.wallMs(), disk });
    this.#overlay.begin(turn.number);
    this.#current = turn;
    return turn;
  }

  /** Steps inputs up to the turn's budget. False: a step threw, and the turn is gone. */
  #fill(turn: Turn, upTo: InputClass): boolean {
    const { clock } = this.#ports;
    let timedAt = 0;
    while (turn.cost < turnCostMax && turn.bytes < turnBytesMax && this.#overlay.bytes < turnBytesMax) {
      const alone = this.#inbox.nextStandsAlone;
      if (alone && turn.inputs.length > 0) break;
      const waiting = this.#inbox.next(upTo);
      if (waiting === undefined) break;
      if (!this.#take(turn, waiting)) return false;
      if (alone) break;
      if (turn.cost < timedAt + TIMED_EVERY_COST) continue;
      timedAt = turn.cost;
      if (clock.now() - turn.moment.now >= turnTimeMsMax) break;
    }
    return true;
  }

  /** False: a step threw, and the turn is gone. */
  #take(turn: Turn, waiting: Waiting): boolean {
    if (waiting.kind === "frame") return this.#receive(turn, waiting);
    const { mount, input } = waiting;
    if (input.kind === "expired" && !this.#outlet.expires(mount, input.timer, input)) return true;
    turn.inputs.push(waiting);
    return this.#step(turn, mount, input, waiting.kind === "command" ? waiting : undefined);
  }

  #receive(turn: Turn, waiting: WaitingFrame): boolean {
    const { from, frame, messageClass } = waiting;
    turn.bytes += frame.length;
    const heard = heardIn(this.#mounts, frame, messageClass);
    if (isMalformed(heard)) {
      this.#reject(from, heard.reason);
      return true;
    }
    turn.inputs.push(waiting);
    if (messageClass === "bulk") turn.credit(from, frame.length);
    return this.#step(turn, heard.mount, { kind: "received", from, message: heard.message }, undefined);
  }

  #step(turn: Turn, index: number, input: Input<Vocabulary>, command: WaitingCommand | undefined): boolean {
    const mounted = this.#mounts[index] as Mounted;
    let effects: readonly Effect<Vocabulary>[];
    try {
      // No step is free, or a turn of steps said to be so would not end.
      turn.cost += Math.max(1, mounted.mount.protocol.costOf(input));
      effects = mounted.core.step(input, turn.surroundingsOf(index, mounted.view, this.#ports.random));
      if (effects.length > 0) turn.take(index, mounted, effects, command, this.#links);
    } catch (error) {
      this.#thrown(turn, mounted.mount.protocol.name, input, error);
      return false;
    }
    this.#ports.trace?.({ at: turn.moment.now, turn: turn.number, protocol: mounted.mount.protocol.name, input, effects });
    return true;
  }

  /** Gives `closing` to the cores that want it. False: one threw. */
  #close(turn: Turn): boolean {
    for (const index of this.#closers) {
      if (turn.touched(index) && !this.#step(turn, index, { kind: "closing" }, undefined)) return false;
    }
    return true;
  }

  #commit(turn: Turn): void {
    this.#release(turn.early);
    for (const [from, bytes] of turn.credits ?? []) this.#ports.transport.credit(from, bytes);
    const batch = this.#overlay.seal();
    const last = this.#unflushed.at(-1);
    this.#current = undefined;
    // A core that wrote is told of the flush, even where its writes came to no change.
    if (batch.length > 0 || turn.wrote.length > 0) {
      turn.settle(this.#links);
      this.#unflushed.push(turn);
      this.#ports.store.commit(batch, (failure) => this.#guard(() => this.#committed(turn, failure)));
    } else if (last === undefined) {
      this.#release(turn.held);
    } else {
      // It wrote nothing, but may have seen what is not on disk yet: it waits for the last turn that is under way.
      turn.settle(this.#links);
      last.absorb(turn);
    }
  }

  #committed(turn: Turn, failure: StoreFailure | undefined): void {
    if (this.#state === "stopped") return;
    if (this.#unflushed[0] !== turn) throw new Error("the store finished commits out of order");
    this.#unflushed.shift();
    const first = this.#failure === undefined ? failure : undefined;
    if (first !== undefined) {
      this.#failure = first;
      this.#overlay.reset();
    }
    if (this.#failure === undefined) this.#flushed(turn);
    else this.#lose(turn, failure ?? { outcome: "unknown", reason: this.#failure.reason });
    if (first !== undefined) this.#storeFailed(first);
    if (this.#state === "recovering" && this.#unflushed.length === 0) this.#recover();
    else this.#wake();
  }

  #flushed(turn: Turn): void {
    this.#overlay.flushed(turn.number);
    if (this.#state === "running") for (const index of turn.wrote) this.#inbox.own(index, { kind: "flushed", turn: turn.number });
    this.#release(turn.held);
  }

  /** A turn says all it has to say, or nothing. */
  #release(effects: readonly Outgoing[]): void {
    if (effects.length > 0) forEach(effects, (outgoing) => this.#outlet.release(outgoing));
  }

  // --- failure ---

  #thrown(turn: Turn, protocol: string, input: Input<Vocabulary>, error: unknown): void {
    this.#overlay.drop();
    this.#current = undefined;
    const reason = reasonOf(error);
    if (turn.inputs.length === 0) return this.#halt(`${protocol} could not start: ${reason}`);
    // A throw in `closing` names no culprit unless the turn had a single input: then its inputs are tried one by one.
    const culprit = input.kind === "closing" && turn.inputs.length > 1 ? undefined : turn.inputs.at(-1);
    const others = turn.inputs.filter((waiting) => waiting !== culprit && this.#outlivesCores(waiting));
    this.#inbox.again(others, culprit === undefined ? "alone" : "together");
    if (culprit !== undefined) this.#sentence(culprit, protocol, reason);
    else if (others.length === 0) this.#remember(protocol, "closing", undefined, reason);
    this.#beginRecovery(`${protocol}: ${reason}`);
  }

  /** Inputs made by the driver die with the cores they were made for; commands, and frames of links still open, belong to others. */
  #outlivesCores(waiting: Waiting): boolean {
    return waiting.kind === "command" || (waiting.kind === "frame" && this.#links.has(waiting.from));
  }

  #sentence(culprit: Waiting, protocol: string, reason: string): void {
    if (culprit.kind === "frame") {
      this.#remember(protocol, "received", culprit.from, reason);
      this.#cut(culprit.from, "an input of this link made a step fail");
    } else {
      this.#remember(protocol, culprit.input.kind, undefined, reason);
      if (culprit.kind === "command") this.#drop([culprit], { outcome: "not written", reason });
    }
  }

  #remember(protocol: string, input: string, from: PeerId | undefined, reason: string): void {
    this.#quarantine.add({ at: this.#ports.clock.now(), protocol, input, from, reason });
  }

  #lose(turn: Turn, loss: Loss): void {
    this.#drop(turn.commands, loss);
    // What these links sent was stepped and is lost: they must learn that, and begin again.
    for (const peer of turn.links) if (this.#links.has(peer)) this.#cut(peer, "the store failed");
  }

  /** After the first failed commit; those begun after it fail too, and recovery waits for them. */
  #storeFailed({ reason }: StoreFailure): void {
    this.#remember("store", "commit", undefined, reason);
    this.#beginRecovery(reason);
  }

  #beginRecovery(reason: string): void {
    if (this.#state !== "running" && this.#state !== "recovering") return;
    this.#outlet.quiet();
    if (this.#quarantine.overflows(this.#ports.clock.now())) return this.#halt(`too many failures within a minute, the last: ${reason}`);
    this.#state = "recovering";
    // A failed commit comes here from within its completion, which goes on to recover when it was the last.
    if (this.#unflushed.length === 0 && this.#failure === undefined) this.#recover();
  }

  #recover(): void {
    for (const mounted of this.#mounts) mounted.core = mounted.mount.protocol.create();
    this.#failure = undefined;
    this.#state = "running";
    this.#inbox.forgetOwn();
    this.#outlet.resume();
    if (!this.#startCores()) return;
    const links = [...this.#links].sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [peer, { traits }] of links) this.#inbox.connected({ peer, traits }, this.#mounts.length);
    this.#wake();
  }

  /** `started` is a turn of its own, before any other input: no core sees anything else first. */
  #startCores(): boolean {
    const turn = this.#begin();
    for (let index = 0; index < this.#mounts.length; index++) {
      if (!this.#step(turn, index, { kind: "started" }, undefined)) return false;
    }
    if (!this.#close(turn)) return false;
    this.#commit(turn);
    return true;
  }

  #drop(commands: readonly WaitingCommand[], loss: Loss): void {
    forEach(commands, (command) => {
      if (command.answered === "yes") return;
      command.answered = "yes";
      (this.#mounts[command.mount] as Mounted).mount.dropped(command.input.command, loss);
    });
  }

  /** A throw of the driver itself, or of those it notifies, is a broken invariant: nothing goes on from there. */
  #guard(run: () => void): void {
    if (this.#work === "under way") return run();
    this.#work = "under way";
    try {
      run();
    } catch (error) {
      this.#halt(`the driver failed: ${reasonOf(error)}`);
    } finally {
      this.#work = "none";
    }
    if (this.#state === "stopping" && this.#unflushed.length === 0) this.#end();
  }

  #halt(reason: string): void {
    if (this.#state === "stopped") return;
    this.#state = "stopping";
    const handed = this.#unflushed.flatMap((turn) => turn.commands);
    const stepped = this.#current?.inputs.filter((waiting) => waiting.kind === "command") ?? [];
    this.#current = undefined;
    this.#unflushed = [];
    this.#outlet.quiet();
    const last = [
      () => this.#drop(handed, { outcome: "unknown", reason }),
      () => this.#drop([...stepped, ...this.#inbox.drain()], { outcome: "not written", reason }),
      () => this.#halted(reason),
      () => this.#end(),
    ];
    forEach(last, (run) => run());
  }

  #end(): void {
    this.#state = "stopped";
    for (const peer of this.#links.keys()) this.#ports.transport.close(peer, "the peer is stopping");
    this.#links.clear();
    for (const done of this.#stopped.splice(0)) done();
  }
}

/** Comes to every item, even where one makes it throw; what was thrown first is thrown then. */
function forEach<T>(items: readonly T[], run: (item: T) => void): void {
  const errors: unknown[] = [];
  for (const item of items) {
    try {
      run(item);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
