import { oneWord, type TraceEntry, type TraceReader } from "./trace-entry.js";
import { nameOf } from "./wire-reader.js";

// What `sinter up --trace` and SINTER_TRACE write of one peer: a line a step, and behind it, set in, what went in and what came of it.

const step = /^(\d+(?:\.\d+)?) ms {2}turn \d+ {2}(\S+) {2}(.+?) -> (.+)$/;
const held = /^ {4}(?:(input|effect) \{.*\}|and \d+ effects more)$/;
const from = /"kind":"received","from":"([0-9a-f]+)[^"]*","message":\{"kind":"([^"]+)"/;
const to = /"kind":"send","to":"([0-9a-f]+)[^"]*","message":\{"kind":"([^"]+)"/;
const linked = /^ {4}input \{"kind":"(connected|disconnected)","peer":"([0-9a-f]+)/;
const ended = /"kind":"disconnect","peer":"[^"]*","reason":"([^"]*)"/;
const idChars = 8;

export class LiveReader implements TraceReader {
  readonly form = "live";
  /** Of the step that the lines belong to. */
  #ms = "0";
  #protocol = "";
  readonly #others = new Map<string, number>();

  read(text: string): TraceEntry | "more" | "none" {
    const [, at, protocol, input] = step.exec(text) ?? [];
    if (at !== undefined && protocol !== undefined && input !== undefined) {
      this.#ms = at;
      this.#protocol = protocol;
      return { ms: Number(at), peers: [], protocol, kind: oneWord(input) };
    }
    if (!held.test(text)) return "none";
    const shown = { ms: Number(this.#ms), protocol: this.#protocol };
    const [, sender, got] = from.exec(text) ?? [];
    if (sender !== undefined && got !== undefined) return { ...shown, peers: [sender.slice(0, idChars)], kind: `got-${oneWord(got)}` };
    const [, receiver, sent] = to.exec(text) ?? [];
    if (receiver !== undefined && sent !== undefined)
      return { ...shown, peers: [receiver.slice(0, idChars)], kind: `sent-${oneWord(sent)}` };
    // Each core is told of a link: one of them is enough to count it.
    const [, word, peer] = this.#protocol === "sync" ? (linked.exec(text) ?? []) : [];
    if (peer !== undefined) return ofLink(shown, peer.slice(0, idChars), word === "connected" ? "opened" : "closed");
    const [, reason] = ended.exec(text) ?? [];
    return reason === undefined ? "more" : { ...shown, peers: [], kind: "disconnect", error: reason };
  }

  drawn(text: string): readonly string[] {
    const [, sender, got] = from.exec(text) ?? [];
    if (sender !== undefined) return [arrow(this.#ms, 0, this.#numberOf(sender), got ?? "")];
    const [, receiver, sent] = to.exec(text) ?? [];
    return receiver === undefined ? [] : [arrow(this.#ms, this.#numberOf(receiver), 0, sent ?? "")];
  }

  named(line: string): string {
    return line;
  }

  legend(): readonly string[] {
    return ["peer 0: the one that wrote the trace", ...[...this.#others].map(([id, number]) => `peer ${number}: ${id}`)];
  }

  #numberOf(id: string): number {
    const short = id.slice(0, idChars);
    const number = this.#others.get(short) ?? this.#others.size + 1;
    this.#others.set(short, number);
    return number;
  }
}

function ofLink(shown: Pick<TraceEntry, "ms" | "protocol">, peer: string, state: "opened" | "closed"): TraceEntry {
  return { ...shown, peers: [peer], kind: state, link: { between: peer, state } };
}

function arrow(ms: string, at: number, from: number, kind: string): string {
  return `${ms} peer ${at} input:{kind:"received",from:"${nameOf(`${from}`)}",message:{kind:"${kind}"`;
}
