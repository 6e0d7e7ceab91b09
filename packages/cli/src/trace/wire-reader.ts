import type { TraceEntry, TraceReader } from "./trace-entry.js";

// What `sinter sim --trace` writes: every frame, by the numbers of the two peers. The lines are laid down where they are made, in the
// simulator.

const frame = /^(\d+(?:\.\d+)?) (\d+) (sent|got) (-?\d+) (control|bulk) (\S+) (\d+)((?: \S+=\S*)*) #\S+$/;
const link = /^(\d+(?:\.\d+)?) link (\d+) (-?\d+) (opened|closed)$/;
const wrote = /^(\d+(?:\.\d+)?) wrote (\d+) .+$/;
const root = /^(\d+(?:\.\d+)?) root (\d+) (?:[0-9a-f]+|-)$/;
const sample = /^(\d+(?:\.\d+)?) sample (\S+) (\S+)$/;
const other = /^(\d+(?:\.\d+)?) (settings \{.*\}|stopped|ended|fault \S+ \d+|violation .+)$/;

export class WireReader implements TraceReader {
  readonly form = "wire";

  read(text: string): TraceEntry | "none" {
    const [, at, peer, way, far, , kind, bytes] = frame.exec(text) ?? [];
    if (at !== undefined && peer !== undefined && far !== undefined && kind !== undefined)
      return { ms: Number(at), peers: [peer, far], kind, bytes: way === "sent" ? Number(bytes) : undefined };
    return ofLink(text) ?? ofOne(wrote.exec(text), "wrote") ?? ofOne(root.exec(text), "root") ?? ofAll(text) ?? "none";
  }

  drawn(text: string): readonly string[] {
    const [, at, peer, way, far, , kind] = frame.exec(text) ?? [];
    if (at !== undefined && peer !== undefined && far !== undefined)
      return way === "got" ? [`${at} peer ${peer} input:{kind:"received",from:"${nameOf(far)}",message:{kind:"${kind}"`] : [];
    const [, linkAt, one, with_, state] = link.exec(text) ?? [];
    if (linkAt !== undefined && one !== undefined && with_ !== undefined) return [`${linkAt} host ${one} ${state} ${with_}`];
    const [, wroteAt, writer] = wrote.exec(text) ?? [];
    return wroteAt === undefined ? [] : [`${wroteAt} host ${writer} wrote`];
  }

  named(line: string): string {
    return line;
  }

  legend(): readonly string[] {
    return [];
  }
}

/** In a diagram peers go by numbers; one that is none of those that were run, by an id that nobody has. */
export function nameOf(number: string): string {
  return Number(number) < 0 ? "ffffffff" : number;
}

function ofLink(text: string): TraceEntry | undefined {
  const [, at, one, far, state] = link.exec(text) ?? [];
  if (at === undefined || one === undefined || far === undefined || state === undefined) return undefined;
  const between = [one, far].toSorted((left, right) => Number(left) - Number(right)).join(" ");
  return { ms: Number(at), peers: [one, far], kind: state, link: { between, state } };
}

function ofOne(found: RegExpExecArray | null, kind: string): TraceEntry | undefined {
  const [, at, peer] = found ?? [];
  return at === undefined || peer === undefined ? undefined : { ms: Number(at), peers: [peer], kind };
}

function ofAll(text: string): TraceEntry | undefined {
  const sampleAt = sample.exec(text)?.[1];
  if (sampleAt !== undefined) return { ms: Number(sampleAt), peers: [], kind: "sample" };
  const [, at, what = ""] = other.exec(text) ?? [];
  if (at === undefined) return undefined;
  const [kind = "", ...rest] = what.split(" ");
  return { ms: Number(at), peers: [], kind, error: kind === "violation" ? rest.join(" ") : undefined };
}
