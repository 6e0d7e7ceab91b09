import { isMalformed } from "../bytes/malformed.js";
import { plainTraits } from "../protocol/hand-ports.suite.js";
import type { MessageClass, PeerId } from "../protocol/protocol.js";
import { decodeSyncMessage } from "../sync/codec.js";
import type { SyncMessage } from "../sync/messages.js";
import { defaultKnobs, type SyncKnobs } from "../sync/sync-vocabulary.js";
import type { PeerLinks } from "./peer-links.js";
import { PeerRig, type PeerRigOptions } from "./peer-rig.suite.js";
import type { SyncSettings } from "./syncing.js";

// Peers whose frames a test carries from one to the other: it sees each of them, and may lose, repeat or hold it back.

export interface Carried {
  readonly from: number;
  readonly to: number;
  readonly frame: Uint8Array;
  readonly messageClass: MessageClass;
  readonly message: SyncMessage;
}

export type Fate = "arrives" | "is lost" | "comes twice" | "waits";

export interface LinkedOptions extends PeerRigOptions {
  readonly knobs?: Partial<SyncKnobs>;
  readonly settings?: Partial<SyncSettings>;
}

const salt = new Uint8Array(16).fill(7);

export class LinkedPeers {
  readonly rigs: PeerRig[] = [];
  /** All that was carried, in order. */
  readonly carried: Carried[] = [];
  /** What becomes of a frame. */
  fate: (carried: Carried) => Fate = () => "arrives";
  readonly #waiting: Carried[] = [];
  readonly #links = new Set<string>();
  readonly #seen: number[] = [];

  constructor(count: number, options: (index: number) => LinkedOptions = () => ({})) {
    for (let index = 0; index < count; index++) this.#add(index, options(index));
  }

  #add(index: number, { knobs, settings, ...rig }: LinkedOptions): void {
    const sync: SyncSettings = { salt, knobs: { ...defaultKnobs, ...knobs }, ...settings };
    const id = (index + 16).toString(16);
    this.rigs[index] = new PeerRig({ author: index + 1, instance: index + 1, id, sync, links: this.#linksOf(index), ...rig });
    this.#seen[index] = 0;
  }

  /** As the peer itself sees them. */
  #linksOf(index: number): PeerLinks {
    const linked = () => this.rigs.flatMap(({ peer: { id } }, other) => (this.isLinked(index, other) ? [id as PeerId] : []));
    return {
      invite: () => undefined,
      rows: () =>
        linked().map((peer) => ({
          address: peer.slice(0, 2),
          peer,
          state: "linked",
          cause: undefined,
          detail: undefined,
          bytesOut: 0,
          bytesIn: 0,
        })),
      dial: async (target) => {
        const peer = linked().find((id) => id === target);
        if (peer === undefined) throw new Error("nobody of that name is linked");
        return { peer, leave: () => undefined };
      },
    };
  }

  peer(index: number) {
    return this.rig(index).peer;
  }

  rig(index: number): PeerRig {
    return this.rigs[index] as PeerRig;
  }

  id(index: number): PeerId {
    return this.peer(index).id as PeerId;
  }

  link(one: number, other: number): void {
    this.#links.add(`${one} ${other}`).add(`${other} ${one}`);
    this.rig(one).hand.transport.events?.opened(this.id(other), plainTraits);
    this.rig(other).hand.transport.events?.opened(this.id(one), plainTraits);
  }

  unlink(one: number, other: number): void {
    this.#links.delete(`${one} ${other}`);
    this.#links.delete(`${other} ${one}`);
    this.rig(one).hand.transport.events?.closed(this.id(other));
    this.rig(other).hand.transport.events?.closed(this.id(one));
  }

  isLinked(one: number, other: number): boolean {
    return this.#links.has(`${one} ${other}`);
  }

  /** Carries all that is sent, until nobody sends any more. */
  async rest(): Promise<void> {
    for (let rounds = 0; rounds < 10_000; rounds++) {
      for (const rig of this.rigs) await rig.rest();
      for (const [index, rig] of this.rigs.entries()) this.#closings(index, rig);
      const sent = this.rigs.flatMap((rig, from) => this.#take(from, rig));
      if (sent.length === 0) return;
      for (const each of sent) this.#carry(each);
    }
    throw new Error("they never come to rest");
  }

  /** The same with time passing, in steps of a heartbeat. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      for (const rig of this.rigs) rig.hand.clock.advance(250);
      await this.rest();
    }
  }

  /** What was held back arrives. */
  async release(): Promise<void> {
    for (const each of this.#waiting.splice(0)) this.#arrive(each);
    await this.rest();
  }

  said<K extends SyncMessage["kind"]>(kind: K): Extract<SyncMessage, { readonly kind: K }>[] {
    return this.carried.flatMap(({ message }) => (message.kind === kind ? [message as Extract<SyncMessage, { readonly kind: K }>] : []));
  }

  async roots(): Promise<string[]> {
    const roots: string[] = [];
    for (const rig of this.rigs) roots.push((await rig.of(rig.peer.status())).root);
    return roots;
  }

  #take(from: number, { hand }: PeerRig): Carried[] {
    return hand.transport.sent.splice(0).flatMap(({ to: peer, frame, messageClass }) => {
      const to = this.rigs.findIndex(({ peer: { id } }) => id === peer);
      if (!this.isLinked(from, to)) return [];
      const message = decodeSyncMessage(frame.subarray(1));
      if (isMalformed(message)) throw new Error(`a message that cannot be read: ${message.reason}`);
      return [{ from, to, frame, messageClass, message }];
    });
  }

  #carry(carried: Carried): void {
    this.carried.push(carried);
    const fate = this.fate(carried);
    if (fate === "waits") this.#waiting.push(carried);
    else if (fate !== "is lost") this.#arrive(carried);
    if (fate === "comes twice") this.#arrive({ ...carried, frame: carried.frame.slice() });
  }

  #arrive({ from, to, frame, messageClass }: Carried): void {
    if (this.isLinked(from, to)) this.rig(to).hand.transport.events?.arrived(this.id(from), frame.slice(), messageClass);
  }

  /** A link that one side closes is closed for both. */
  #closings(index: number, { hand }: PeerRig): void {
    const { closed } = hand.transport;
    for (const [peer] of closed.slice(this.#seen[index])) {
      const other = this.rigs.findIndex(({ peer: { id } }) => id === peer);
      if (this.isLinked(index, other)) this.unlink(index, other);
    }
    this.#seen[index] = closed.length;
  }
}
