import { frameOf } from "./frame.js";
import type { Waiting, WaitingCommand } from "./inbox.js";
import type { Mounted, OpenLink, Outgoing } from "./mount.js";
import type { Effect, Instant, PeerId, Random, Surroundings, Vocabulary } from "./protocol.js";

/** What the world looks like to every step of a turn. */
export interface TurnMoment {
  readonly now: Instant;
  readonly wallMs: number;
  readonly disk: "roomy" | "full";
}

/** Links open now. */
export type Links = ReadonlyMap<PeerId, OpenLink>;

/** One pass of the driver, kept until its writes are on disk. */
export class Turn {
  readonly number: number;
  readonly moment: TurnMoment;
  /** What was stepped in it, to be stepped again if it is dropped. Emptied by `settle`. */
  inputs: Waiting[] = [];
  /** To be answered for if it is lost. Filled by `settle`, like `links`. */
  commands: WaitingCommand[] = [];
  /** Links that sent what was stepped in it: they close if it is lost. */
  readonly links = new Set<PeerId>();
  readonly wrote: number[] = [];
  /** Leave as soon as the turn is stepped. */
  readonly early: Outgoing[] = [];
  /** Leave once the turn, and every turn before it, is flushed. */
  readonly held: Outgoing[] = [];
  /** Bulk bytes its links may send anew. Given once it can no longer be stepped again, or they would be given twice. */
  credits: Map<PeerId, number> | undefined;
  cost = 0;
  bytes = 0;
  readonly #surroundings: (Surroundings<Vocabulary> | undefined)[] = [];

  constructor(number: number, moment: TurnMoment) {
    this.number = number;
    this.moment = moment;
  }

  /** Whether a core was stepped in it. */
  touched(mount: number): boolean {
    return this.#surroundings[mount] !== undefined;
  }

  surroundingsOf(mount: number, view: unknown, random: Random): Surroundings<Vocabulary> {
    let surroundings = this.#surroundings[mount];
    if (surroundings === undefined) {
      const { now, wallMs, disk } = this.moment;
      surroundings = { now, wallMs, disk, view, random, turn: this.number };
      this.#surroundings[mount] = surroundings;
    }
    return surroundings;
  }

  /** Writes go to the overlay; the rest waits for the end of the turn, or for its flush. */
  take(mount: number, mounted: Mounted, effects: readonly Effect<Vocabulary>[], command: WaitingCommand | undefined, links: Links): void {
    const earlyBefore = this.early.length;
    let wrote = false;
    let earlyNotice: Outgoing | undefined;
    let heldNotices = 0;
    for (const effect of effects) {
      if (effect.kind === "write") {
        mounted.apply(effect.write);
        wrote = true;
        continue;
      }
      const outgoing = outgoingOf(mount, mounted, effect, links);
      const early = effect.after === "step";
      (early ? this.early : this.held).push(outgoing);
      if (effect.kind !== "notify") continue;
      if (early) earlyNotice = outgoing;
      else heldNotices++;
    }
    if (earlyNotice !== undefined && heldNotices === 0) earlyNotice.answers = command;
    if (!wrote) return;
    if (this.early.length > earlyBefore) throw new Error("a step that writes may not let effects out before the flush");
    if (!this.wrote.includes(mount)) this.wrote.push(mount);
  }

  credit(from: PeerId, bytes: number): void {
    this.credits ??= new Map();
    this.credits.set(from, (this.credits.get(from) ?? 0) + bytes);
  }

  /** From here on it is written or lost, never stepped again: frames need no longer be kept. */
  settle(open: Links): void {
    const { links } = this;
    for (const waiting of this.inputs) {
      if (waiting.kind === "command") this.commands.push(waiting);
      else if (waiting.kind === "frame" && open.has(waiting.from)) links.add(waiting.from);
    }
    this.inputs = [];
  }

  /** A turn that wrote nothing joins the one it waits for, and shares its fate. */
  absorb(other: Turn): void {
    for (const command of other.commands) this.commands.push(command);
    for (const outgoing of other.held) this.held.push(outgoing);
    for (const link of other.links) this.links.add(link);
  }

  /** What it keeps in memory until it is flushed. */
  get weight(): number {
    return this.commands.length + this.held.length;
  }
}

function outgoingOf(
  mount: number,
  mounted: Mounted,
  effect: Exclude<Effect<Vocabulary>, { readonly kind: "write" }>,
  links: Links,
): Outgoing {
  if (effect.kind !== "send")
    return { mount, effect, link: effect.kind === "disconnect" ? links.get(effect.peer) : undefined, answers: undefined };
  const { to, message } = effect;
  const { protocol } = mounted.mount;
  const framed = { kind: "frame", to, frame: frameOf(protocol, message), messageClass: protocol.classOf(message) } as const;
  return { mount, effect: framed, link: links.get(to), answers: undefined };
}
