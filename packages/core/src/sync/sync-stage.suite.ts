import { toHex } from "../bytes/hex.js";
import { offeredEnd } from "../feed/range/verified-range.js";
import { hasher, network, pathOf } from "../feed/rig/feed-rig.suite.js";
import { subjectId } from "../identity/ids.js";
import { Legible, type Stage } from "../protocol/scenario.suite.js";
import { type Keep, later, link, type Said, SteppedPeer, talk } from "./stepped-peers.suite.js";
import { defaultKnobs, type SyncNotice } from "./sync-vocabulary.js";

// What scenarios of sync may say:
//
//   peer NAME [KNOB=NUMBER …]      a peer with an empty store
//   NAME append PATH TEXT …        an event each; `64KB` is a text of that length
//   link NAME NAME …               each to each
//   talk                           all that is said is handed on, until nobody says any more
//   lose NAME KIND                 the next message of that kind that this peer sends is lost
//   wait MS                        time goes by, and timers with it
//   NAME exchange NAME             asks for an exchange
//   roots                          what each of them holds

/** Of no meaning to a reader: what a peer does for its core at once. */
const UNTOLD: ReadonlySet<SyncNotice["kind"]> = new Set(["begun", "settle"]);
const LONG_TEXT = /^(\d+)KB$/;

export function syncStage(): Stage {
  const stage = new SyncStage();
  return (words) => stage.does(words);
}

class SyncStage {
  readonly #peers = new Map<string, SteppedPeer>();
  readonly #legible = new Legible();
  readonly #losing: { readonly from: SteppedPeer; readonly kind: string }[] = [];
  readonly #told = new Map<SteppedPeer, number>();
  #lines: string[] = [];

  does([first = "", ...rest]: readonly string[]): readonly string[] {
    this.#lines = [];
    if (first === "peer") this.#peer(rest);
    else if (first === "link") link(...rest.map((name) => this.#named(name)));
    else if (first === "talk") talk(this.#all, this.#keep);
    else if (first === "lose") this.#losing.push({ from: this.#named(rest[0]), kind: rest[1] ?? "" });
    else if (first === "wait") later(this.#all, Number(rest[0]), this.#keep);
    else if (first === "roots") for (const [name, peer] of this.#peers) this.#lines.push(`${name} ${shortened(peer.root())}`);
    else if (rest[0] === "append") this.#append(this.#named(first), rest.slice(1));
    else if (rest[0] === "exchange") this.#named(first).exchange(this.#named(rest[1]));
    else throw new Error(`no such line of a scenario: ${[first, ...rest].join(" ")}`);
    this.#notices();
    return this.#lines;
  }

  get #all(): SteppedPeer[] {
    return [...this.#peers.values()];
  }

  #named(name = ""): SteppedPeer {
    const peer = this.#peers.get(name);
    if (peer === undefined) throw new Error(`no peer is named ${name}`);
    return peer;
  }

  #peer([name = "", ...knobs]: readonly string[]): void {
    const given = knobs.map((knob) => knob.split("=") as [string, string]);
    for (const [knob] of given) if (!(knob in defaultKnobs)) throw new Error(`no such knob: ${knob}`);
    const peer = new SteppedPeer(this.#peers.size + 1, { knobs: Object.fromEntries(given.map(([knob, value]) => [knob, Number(value)])) });
    this.#peers.set(name, peer);
    this.#legible.name(peer.id, name);
    this.#legible.name(peer.rig.author, name);
    this.#legible.name(peer.rig.instance, `${name}'s`);
  }

  #append(peer: SteppedPeer, [path = "", ...texts]: readonly string[]): void {
    this.#legible.name(subjectId(hasher, network, pathOf(path)), path);
    peer.append(path, ...texts.map((text) => text.replace(LONG_TEXT, (_, kilobytes) => "x".repeat(1_024 * Number(kilobytes)))));
  }

  readonly #keep: Keep = (said) => {
    this.#notices();
    const { kind } = said.message;
    const lost = this.#losing.findIndex((each) => each.from === said.from && each.kind === kind);
    if (lost >= 0) this.#losing.splice(lost, 1);
    this.#lines.push(`${this.#legible.of(said.from.id)} > ${this.#legible.of(said.to)} ${this.#line(said)}${lost >= 0 ? " — lost" : ""}`);
    return lost >= 0 ? "lose" : "hand on";
  };

  #line({ message }: Said): string {
    return this.#legible.line(message);
  }

  /** What peers were told since. */
  #notices(): void {
    for (const [name, peer] of this.#peers) {
      for (const notice of peer.notices.slice(this.#told.get(peer) ?? 0))
        if (!UNTOLD.has(notice.kind)) this.#lines.push(`${name} ${this.#notice(notice)}`);
      this.#told.set(peer, peer.notices.length);
      for (const [from, reason] of peer.cut.splice(0)) this.#lines.push(`${name} closes its link to ${this.#legible.of(from)}: ${reason}`);
    }
  }

  #notice(notice: SyncNotice): string {
    if (notice.kind !== "offered") return this.#legible.line(notice);
    const { subject, author } = notice.offer.checkpoint.place;
    return `is offered ${this.#legible.of(subject)} of ${this.#legible.of(author)} up to event ${offeredEnd(notice.offer)}`;
  }
}

function shortened(root: string): string {
  return toHex(Uint8Array.from(root.split(",").slice(0, 8), Number));
}
