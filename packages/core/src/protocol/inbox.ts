import { inputsAheadMax, linkBulkBytesMax, linkControlBytesMax, linkControlInputsMax, localInputsMax } from "../bytes/limits.js";
import type { Input, LinkTraits, MessageClass, PeerId, Vocabulary } from "./protocol.js";
import { Queue } from "./queue.js";

// What waits to be stepped: news of links first, so that no core hears a peer before it is connected; then what a
// dropped turn left to be stepped again; then three classes, control before local before bulk. Within control and bulk,
// links take turns, so that one busy link delays the others by one input, not by its whole queue. A class that has waited for
// `inputsAheadMax` inputs of those before it has its turn: who never stops asking delays what others write, and does not end it.

/** An input the driver made for one core: a timer, a flush, a result, news of a link. It dies with that core. */
export interface OwnInput {
  readonly kind: "own";
  readonly mount: number;
  readonly input: Input<Vocabulary>;
}

export interface WaitingCommand {
  readonly kind: "command";
  readonly mount: number;
  readonly input: { readonly kind: "commanded"; readonly command: unknown };
  /** Whether its owner has heard what became of it: by the notices of its step, or by being told that it was dropped. */
  answered: "yes" | "no";
}

/** Not yet decoded: decoding is work, and work belongs into the turn's budget. */
export interface WaitingFrame {
  readonly kind: "frame";
  readonly from: PeerId;
  readonly frame: Uint8Array;
  readonly messageClass: MessageClass;
}

export type Waiting = OwnInput | WaitingCommand | WaitingFrame;

export type InputClass = "control" | "local" | "bulk";

/** The driver's own inputs take their turn like a link's. */
const OWN = "";

class Lane extends Queue<Waiting> {
  bytes = 0;
}

/** Lanes by link; the one served goes to the back of the row. */
class FairQueue {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with something in them, the next to be served first. */
  #row = new Queue<Lane>();
  length = 0;

  lane(link: string): Lane {
    let lane = this.#lanes.get(link);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(link, lane);
    }
    return lane;
  }

  push(lane: Lane, item: Waiting): void {
    if (lane.length === 0) this.#row.push(lane);
    lane.push(item);
    if (item.kind === "frame") lane.bytes += item.frame.length;
    this.length++;
  }

  shift(): Waiting | undefined {
    const lane = this.#row.shift();
    const item = lane?.shift();
    if (lane === undefined || item === undefined) return undefined;
    if (item.kind === "frame") lane.bytes -= item.frame.length;
    if (lane.length > 0) this.#row.push(lane);
    this.length--;
    return item;
  }

  forget(link: string): void {
    const lane = this.#lanes.get(link);
    if (lane === undefined) return;
    this.#lanes.delete(link);
    this.length -= lane.length;
    if (lane.length > 0) this.#row.keep((other) => other !== lane);
  }
}

export class Inbox {
  readonly #links = new Queue<OwnInput>();
  /** Of a turn whose closing threw: each in a turn of its own, until the culprit is found. */
  #alone: Waiting[] = [];
  /** Of a turn that was dropped. */
  #again: Waiting[] = [];
  readonly #control = new FairQueue();
  readonly #local = new Queue<WaitingCommand>();
  readonly #bulk = new FairQueue();
  /** Inputs that were given out while something of these classes waited. */
  #aheadOfLocal = 0;
  #aheadOfBulk = 0;

  /** The driver's own inputs are bounded by what causes them: timers, turns and jobs all have bounds. */
  own(mount: number, input: Input<Vocabulary>): void {
    this.#control.push(this.#control.lane(OWN), { kind: "own", mount, input });
  }

  connected(link: { readonly peer: PeerId; readonly traits: LinkTraits }, mounts: number): void {
    for (let mount = 0; mount < mounts; mount++) this.#links.push({ kind: "own", mount, input: { kind: "connected", ...link } });
  }

  /** Nothing a closed link sent is stepped any more. A core that has not heard of the link yet never will: however often
   * a link comes and goes, no more than one end and one beginning of it wait. */
  disconnected(peer: PeerId, mounts: number): void {
    this.#control.forget(peer);
    this.#bulk.forget(peer);
    this.#again = this.#again.filter((item) => item.kind !== "frame" || item.from !== peer);
    this.#alone = this.#alone.filter((item) => item.kind !== "frame" || item.from !== peer);
    const unaware = new Set<number>();
    this.#links.keep(({ input, mount }) => {
      if (input.kind !== "connected" || input.peer !== peer) return true;
      unaware.add(mount);
      return false;
    });
    for (let mount = 0; mount < mounts; mount++) {
      if (!unaware.has(mount)) this.#links.push({ kind: "own", mount, input: { kind: "disconnected", peer } });
    }
  }

  command(mount: number, command: unknown): "accepted" | "full" {
    if (this.#local.length >= localInputsMax) return "full";
    this.#local.push({ kind: "command", mount, input: { kind: "commanded", command }, answered: "no" });
    return "accepted";
  }

  /** `overflow`: the link sent more control than it may have waiting, or more bulk than it had credit for. */
  frame(from: PeerId, frame: Uint8Array, messageClass: MessageClass): "accepted" | "overflow" {
    const queue = messageClass === "control" ? this.#control : this.#bulk;
    const lane = queue.lane(from);
    const bytesMax = messageClass === "control" ? linkControlBytesMax : linkBulkBytesMax;
    if (lane.bytes + frame.length > bytesMax) return "overflow";
    if (messageClass === "control" && lane.length >= linkControlInputsMax) return "overflow";
    queue.push(lane, { kind: "frame", from, frame, messageClass });
    return "accepted";
  }

  /** Inputs of a dropped turn, to be stepped before anything that came after them. */
  again(items: readonly Waiting[], manner: "together" | "alone"): void {
    if (manner === "alone") this.#alone = [...items, ...this.#alone];
    else this.#again = [...items, ...this.#again];
  }

  /** Drops the driver's own inputs: they were meant for cores that are gone. */
  forgetOwn(): void {
    this.#control.forget(OWN);
    this.#links.keep(() => false);
  }

  /** Whether the next input must have a turn of its own. */
  get nextStandsAlone(): boolean {
    return this.#alone.length > 0 && this.#links.length === 0;
  }

  /** What is to be stepped again holds up all that came after it, so that the frames of a link stay in order. */
  next(upTo: InputClass): Waiting | undefined {
    if (this.#links.length > 0) return this.#links.shift();
    if (this.#alone.length + this.#again.length > 0) {
      return upTo === "control" ? undefined : (this.#alone.shift() ?? this.#again.shift());
    }
    if (upTo === "bulk" && this.#aheadOfBulk >= inputsAheadMax && this.#bulk.length > 0) return this.#bulkInput();
    if (upTo !== "control" && this.#aheadOfLocal >= inputsAheadMax && this.#local.length > 0) return this.#localInput();
    if (this.#control.length > 0) {
      this.#aheadOfLocal = this.#local.length > 0 ? this.#aheadOfLocal + 1 : 0;
      this.#aheadOfBulk = this.#bulk.length > 0 ? this.#aheadOfBulk + 1 : 0;
      return this.#control.shift();
    }
    if (upTo === "control") return undefined;
    return this.#local.length > 0 ? this.#localInput() : upTo === "bulk" ? this.#bulkInput() : undefined;
  }

  #localInput(): WaitingCommand | undefined {
    this.#aheadOfLocal = 0;
    this.#aheadOfBulk = this.#bulk.length > 0 ? this.#aheadOfBulk + 1 : 0;
    return this.#local.shift();
  }

  #bulkInput(): Waiting | undefined {
    this.#aheadOfBulk = 0;
    return this.#bulk.shift();
  }

  has(upTo: InputClass): boolean {
    if (this.#links.length > 0) return true;
    if (this.#alone.length + this.#again.length > 0) return upTo !== "control";
    if (this.#control.length > 0) return true;
    return upTo !== "control" && (this.#local.length > 0 || (upTo === "bulk" && this.#bulk.length > 0));
  }

  /** Empties it; the commands that waited. */
  drain(): WaitingCommand[] {
    const commands: WaitingCommand[] = [];
    for (let item = this.next("bulk"); item !== undefined; item = this.next("bulk")) {
      if (item.kind === "command") commands.push(item);
    }
    return commands;
  }

  describe(): { readonly control: number; readonly local: number; readonly bulk: number; readonly again: number } {
    const again = this.#alone.length + this.#again.length;
    return { control: this.#links.length + this.#control.length, local: this.#local.length, bulk: this.#bulk.length, again };
  }
}
