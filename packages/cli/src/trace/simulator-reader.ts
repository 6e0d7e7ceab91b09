import { traceNamesMax } from "../limits.js";
import { oneWord, type TraceEntry, type TraceReader } from "./trace-entry.js";

// `<ms> <who> <what>`, as the simulator notes everything that happens. Who is a peer, a host, a link or a pair.

const line = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?) (\S.*)$/;
const step = /^\{at:[^,]+,turn:\d+,protocol:"([^"]+)",input:\{kind:"([^"]+)"/;
const received = /^[^{]*\{at:[^{]*input:\{kind:"received",from:"([0-9a-f]+)",message:\{kind:"([^"]+)"/;
const disconnect = /\{kind:"disconnect",peer:"[0-9a-f]+",reason:"([^"]*)"/;
/** Whom a line tells of by ids: the ends of a link, and who sent what a step took. */
const linked = /^(\S+) ([0-9a-f]+)([←-])([0-9a-f]+) /;
const sender = /^(\S+ peer \d+ [^{]*\{at:[^{]*input:\{kind:"received",from:")([0-9a-f]+)"/;
const linkEvents = ["opened", "closed"];
const idChars = 8;

export class SimulatorReader implements TraceReader {
  readonly form = "simulator";
  /** What a peer is called on links, once it was said as it booted. */
  readonly #numbers = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  read(text: string): TraceEntry | "none" {
    const entry = this.#entry(text);
    if (entry === "none") return entry;
    const between = entry.link?.between
      .split(" ")
      .map((each) => this.#named(each))
      .toSorted();
    const peers = entry.peers.map((each) => this.#named(each));
    return {
      ...entry,
      peers,
      ids: peers.flatMap((each) => this.#ids.get(each) ?? []),
      ...(entry.link && between && { link: { ...entry.link, between: between.join(" ") } }),
    };
  }

  drawn(text: string): readonly string[] {
    return [text];
  }

  named(text: string): string {
    return text
      .replace(linked, (_, at: string, one: string, way: string, other: string) => `${at} ${this.#named(one)}${way}${this.#named(other)} `)
      .replace(sender, (_, before: string, from: string) => `${before}${this.#named(from)}"`);
  }

  legend(): readonly string[] {
    return [];
  }

  #named(peer: string): string {
    const short = peer.slice(0, idChars);
    return this.#numbers.get(short) ?? short;
  }

  #called(peer: string, id: string): void {
    if (this.#numbers.size >= traceNamesMax) return;
    this.#numbers.set(id, peer);
    this.#ids.set(peer, id);
  }

  #entry(text: string): TraceEntry | "none" {
    const [, at = "", rest = ""] = line.exec(text) ?? [];
    if (at === "") return "none";
    const ms = Number(at);
    const [, peer, what = ""] = /^(?:peer|host) (\d+) (.+)$/.exec(rest) ?? [];
    const [, id] = /^boot \d+ as ([0-9a-f]+)$/.exec(what) ?? [];
    if (peer !== undefined && id !== undefined) this.#called(peer, id.slice(0, idChars));
    if (peer !== undefined) return rest.startsWith("host") ? { ms, peers: [peer], kind: "host" } : ofPeer(ms, peer, what);
    const [, to, from, arrived = ""] = /^([0-9a-f]+)←([0-9a-f]+) (.+)$/.exec(rest) ?? [];
    if (to !== undefined && from !== undefined) return ofLink(ms, [to, from], arrived);
    const [, one, other, state] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)$/.exec(rest) ?? [];
    if (one !== undefined && other !== undefined && state !== undefined)
      return { ms, peers: [one, other], kind: state, link: { between: `${one} ${other}`, state } };
    const [, word] = /^([a-z][\w-]*)( |$)/.exec(rest) ?? [];
    return word === undefined
      ? "none"
      : { ms, peers: [], kind: word, error: word === "violation" ? rest.slice(word.length + 1) : undefined };
  }
}

function ofPeer(ms: number, peer: string, what: string): TraceEntry {
  const [, protocol, input] = step.exec(what) ?? [];
  if (protocol === undefined || input === undefined) {
    // `boot 2 as …`, `stop`, `{crash:…}`.
    return { ms, peers: [peer], kind: /^\{?([\w-]+)/.exec(what)?.[1] ?? "said" };
  }
  const [, from, message] = received.exec(what) ?? [];
  const peers = from === undefined ? [peer] : [peer, from.slice(0, idChars)];
  return { ms, peers, protocol, kind: oneWord(message ?? input), error: disconnect.exec(what)?.[1] };
}

function ofLink(ms: number, peers: readonly [string, string], what: string): TraceEntry {
  if (linkEvents.includes(what)) return { ms, peers, kind: what, link: { between: peers.join(" "), state: what } };
  const [, messageClass] = /^\["(control|bulk)"/.exec(what) ?? [];
  const [, length, hex] = /x(?:(\d+):[0-9a-f]+|([0-9a-f]*))\]$/.exec(what) ?? [];
  const bytes = length === undefined ? (hex?.length ?? 0) / 2 : Number(length);
  return { ms, peers, kind: messageClass === undefined ? "frame" : `${messageClass}-frame`, bytes };
}
