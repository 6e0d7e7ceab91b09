import { spaceTimeColumnsMax, spaceTimeRowsMax } from "../limits.js";

// What happened where, as text: a column a peer, time downwards. Made of the lines of a trace (trace.ts) and of nothing else: what a
// line of another kind says is passed over.

export interface SpaceTimeOptions {
  /** The last so many rows; what comes before is counted. */
  readonly rows?: number;
  /** Those in whose columns most happens. */
  readonly columns?: number;
}

type Happening =
  | { readonly kind: "at"; readonly where: string; readonly what: string; readonly state?: "up" | "down" }
  | { readonly kind: "between"; readonly from: string; readonly to: string; readonly what: string; readonly heads: "one" | "both" };

interface Row {
  readonly at: string;
  readonly happening: Happening;
}

const COLUMN_CHARS = 16;
const TIME_CHARS = 12;
const ID_CHARS = 8;

export function spaceTime(
  lines: readonly string[],
  { rows = spaceTimeRowsMax, columns = spaceTimeColumnsMax }: SpaceTimeOptions = {},
): string {
  const all = new Reading().rows(lines);
  const kept = all.slice(-Math.max(1, rows));
  const names = columnsOf(kept, columns);
  const shown = kept.filter(({ happening }) => placesOf(happening).every((place) => names.includes(place)));
  const states = statesBefore(all.slice(0, all.length - kept.length));
  const drawn = [headOf(names)];
  if (all.length > kept.length) drawn.push(`${" ".repeat(TIME_CHARS)} … ${all.length - kept.length} before that`);
  drawn.push(...drawnRows(shown, names, states));
  if (shown.length < kept.length) drawn.push(`${" ".repeat(TIME_CHARS)} … ${kept.length - shown.length} in other columns`);
  return `${drawn.join("\n")}\n`;
}

// --- reading ---

/** Knows which peer goes by which name on links, once it was said. */
class Reading {
  readonly #names = new Map<string, string>();

  rows(lines: readonly string[]): readonly Row[] {
    // What a peer is called is said when it first boots: a link may be spoken of before.
    for (const line of lines) {
      const boot = /^\S+ (peer \d+) boot \d+ as ([0-9a-f]+)$/.exec(line);
      if (boot !== null) this.#names.set((boot[2] as string).slice(0, ID_CHARS), boot[1] as string);
    }
    return lines.flatMap((line) => {
      const [, at = "", rest = ""] = /^([\d.]+) (.*)$/.exec(line) ?? [];
      const happening = rest === "" ? undefined : (this.#peer(rest) ?? this.#host(rest) ?? this.#link(rest) ?? this.#pair(rest));
      return happening === undefined ? [] : [{ at: Number(at).toFixed(1), happening }];
    });
  }

  #peer(rest: string): Happening | undefined {
    const [, where, what = ""] = /^(peer \d+) (.*)$/.exec(rest) ?? [];
    if (where === undefined) return undefined;
    const boot = /^boot (\d+)/.exec(what);
    if (boot !== null) return { kind: "at", where, what: `boot ${boot[1]}`, state: "up" };
    if (what.startsWith("{crash:")) return { kind: "at", where, what: "down", state: "down" };
    if (what === "stop" || what === "power cut") return { kind: "at", where, what, state: "down" };
    const [, from, of] = /input:\{kind:"received",from:"([0-9a-f]+)",message:\{kind:"([^"]+)"/.exec(what) ?? [];
    if (from === undefined || of === undefined) return undefined;
    return { kind: "between", from: this.#name(from), to: where, what: of, heads: "one" };
  }

  #host(rest: string): Happening | undefined {
    const [, index, what] = /^host (\d+) (.+)$/.exec(rest) ?? [];
    return index === undefined || what === undefined ? undefined : { kind: "at", where: `peer ${index}`, what };
  }

  #link(rest: string): Happening | undefined {
    const [, where, other, what] = /^([0-9a-f]+)←([0-9a-f]+) (opened|closed)$/.exec(rest) ?? [];
    if (where === undefined || other === undefined || what === undefined) return undefined;
    return { kind: "at", where: this.#name(where), what: `${what} ${this.#name(other).replace("peer ", "")}` };
  }

  #pair(rest: string): Happening | undefined {
    const [, one, other, what] = /^([0-9a-f]+)-([0-9a-f]+) (cut|healed)$/.exec(rest) ?? [];
    if (one === undefined || other === undefined || what === undefined) return undefined;
    return { kind: "between", from: this.#name(one), to: this.#name(other), what, heads: "both" };
  }

  /** Of one of which nothing is ours but what it says, its id. What is shorter than an id is a peer's number, in traces that have no ids. */
  #name(id: string): string {
    const short = id.slice(0, ID_CHARS);
    return this.#names.get(short) ?? (/^\d{1,7}$/.test(short) ? `peer ${short}` : short);
  }
}

function placesOf(happening: Happening): readonly string[] {
  return happening.kind === "at" ? [happening.where] : [happening.from, happening.to];
}

/** In the order of their numbers, those without one last. */
function columnsOf(rows: readonly Row[], most: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { happening } of rows) for (const place of placesOf(happening)) counts.set(place, (counts.get(place) ?? 0) + 1);
  const busiest = [...counts].sort(([, one], [, other]) => other - one).slice(0, most);
  return busiest.map(([name]) => name).sort((one, other) => numberOf(one) - numberOf(other) || (one < other ? -1 : 1));
}

function numberOf(name: string): number {
  return name.startsWith("peer ") ? Number(name.slice("peer ".length)) : Number.POSITIVE_INFINITY;
}

// --- drawing ---

type States = Map<string, "up" | "down">;

function statesBefore(rows: readonly Row[]): States {
  const states: States = new Map();
  for (const { happening } of rows) become(states, happening);
  return states;
}

function become(states: States, happening: Happening): void {
  if (happening.kind === "at" && happening.state !== undefined) states.set(happening.where, happening.state);
}

function headOf(names: readonly string[]): string {
  return `${" ".repeat(TIME_CHARS)} ${names.map((name) => middled(name, COLUMN_CHARS)).join("")}`.trimEnd();
}

function drawnRows(rows: readonly Row[], names: readonly string[], states: States): readonly string[] {
  const drawn: { readonly at: string; readonly text: string; times: number }[] = [];
  for (const { at, happening } of rows) {
    become(states, happening);
    const text = drawnRow(happening, names, states);
    const last = drawn.at(-1);
    if (last?.text === text) last.times++;
    else drawn.push({ at, text, times: 1 });
  }
  return drawn.map(({ at, text, times }) => `${at.padStart(TIME_CHARS)} ${text}${times > 1 ? `  ×${times}` : ""}`.trimEnd());
}

function drawnRow(happening: Happening, names: readonly string[], states: States): string {
  const chars = [...names.map((name) => middled(states.get(name) === "down" ? "·" : "│", COLUMN_CHARS)).join("")];
  const put = (at: number, text: string) => [...text].forEach((char, index) => (chars[at + index] = char));
  if (happening.kind === "at") {
    const what = happening.what.slice(0, COLUMN_CHARS - 2);
    put(middleOf(names.indexOf(happening.where)) - (what.length >> 1), what);
    return chars.join("");
  }
  const { what, heads } = happening;
  const [from, to] = [happening.from, happening.to].map((name) => middleOf(names.indexOf(name))) as [number, number];
  if (from === to) return chars.join("");
  const [left, right] = from < to ? [from, to] : [to, from];
  const between = right - left - 1;
  put(left + 1, middled(` ${what.slice(0, between - 4)} `, between, "─"));
  if (from < to || heads === "both") put(right - 1, "→");
  if (from > to || heads === "both") put(left + 1, "←");
  return chars.join("");
}

function middleOf(column: number): number {
  return column * COLUMN_CHARS + ((COLUMN_CHARS - 1) >> 1);
}

function middled(text: string, chars: number, fill = " "): string {
  const short = text.slice(0, chars);
  const before = (chars - short.length) >> 1;
  return fill.repeat(before) + short + fill.repeat(chars - short.length - before);
}
