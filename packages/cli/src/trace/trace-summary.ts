import { traceErrorsMax, traceNamesMax, traceShownCharsMax } from "../limits.js";
import type { TraceEntry, TraceForm } from "./trace-entry.js";

// What a trace comes to, in memory that does not grow with it.

/** How often each name comes, of so many names as there is room for. */
class Counts {
  readonly #counts = new Map<string, number>();
  others = 0;

  add(name: string, by = 1): void {
    const before = this.#counts.get(name);
    if (before === undefined && this.#counts.size >= traceNamesMax) this.others += by;
    else this.#counts.set(name, (before ?? 0) + by);
  }

  /** The most frequent first, equal ones by their names. */
  get sorted(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([oneName, one], [otherName, other]) => other - one || compared(oneName, otherName));
  }
}

export interface TraceError {
  readonly line: number;
  readonly ms: number;
  readonly what: string;
}

export class TraceSummary {
  readonly #form: TraceForm;
  readonly #peers = new Counts();
  readonly #kinds = new Counts();
  readonly #protocols = new Counts();
  readonly #links = new Map<string, { opened: number; closed: number }>();
  readonly #errors: TraceError[] = [];
  #errorCount = 0;
  #lines = 0;
  #entries = 0;
  #sentBytes = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;
  cut: "no" | "yes" = "no";

  constructor(form: TraceForm) {
    this.#form = form;
  }

  line(): void {
    this.#lines++;
  }

  entry(entry: TraceEntry, line: number): void {
    this.#entries++;
    this.#fromMs = Math.min(this.#fromMs, entry.ms);
    this.#toMs = Math.max(this.#toMs, entry.ms);
    for (const peer of entry.peers) this.#peers.add(peer);
    this.#kinds.add(entry.kind);
    if (entry.protocol !== undefined) this.#protocols.add(entry.protocol);
    this.#sentBytes += entry.bytes ?? 0;
    if (entry.link !== undefined) this.#link(entry.link);
    if (entry.error === undefined) return;
    this.#errorCount++;
    const what = entry.error.slice(0, traceShownCharsMax);
    if (this.#errors.length < traceErrorsMax) this.#errors.push({ line, ms: entry.ms, what: what === "" ? entry.kind : what });
  }

  json(): Readonly<Record<string, unknown>> {
    const some = this.#entries > 0;
    return {
      form: this.#form,
      lines: this.#lines,
      entries: this.#entries,
      fromMs: some ? this.#fromMs : null,
      toMs: some ? this.#toMs : null,
      peers: Object.fromEntries(this.#peers.sorted),
      kinds: Object.fromEntries(this.#kinds.sorted),
      protocols: Object.fromEntries(this.#protocols.sorted),
      frameBytes: this.#sentBytes,
      links: Object.fromEntries(this.#links),
      errors: this.#errorCount,
      firstErrors: this.#errors,
      cut: this.cut === "yes",
    };
  }

  text(): readonly string[] {
    const span = this.#entries === 0 ? "nothing" : `${seconds(this.#fromMs)} to ${seconds(this.#toMs)}`;
    const lines = [`a ${this.#form} trace: ${this.#lines} lines, ${this.#entries} entries, ${span}`];
    lines.push(
      ...block("peers, by entries that have to do with them", this.#peers),
      ...block("kinds", this.#kinds),
      ...block("protocols", this.#protocols),
    );
    if (this.#sentBytes > 0) lines.push("", `bytes in frames  ${this.#sentBytes}`);
    if (this.#links.size > 0) {
      const states = [...this.#links.values()];
      const [opened, closed] = [sum(states.map((each) => each.opened)), sum(states.map((each) => each.closed))];
      lines.push(
        "",
        `links  ${this.#links.size} pairs; opened or healed ${opened} times, closed or cut ${closed} times, as each end finds`,
      );
    }
    lines.push("", this.#errorCount === 0 ? "errors  none" : `errors  ${this.#errorCount}`);
    lines.push(...this.#errors.map(({ line, ms, what }) => `  line ${line}, ${seconds(ms)}: ${what}`));
    if (this.#errorCount > this.#errors.length) lines.push(`  and ${this.#errorCount - this.#errors.length} more`);
    return lines;
  }

  #link({ between, state }: { readonly between: string; readonly state: string }): void {
    let counts = this.#links.get(between);
    if (counts === undefined) {
      if (this.#links.size >= traceNamesMax) return;
      counts = { opened: 0, closed: 0 };
      this.#links.set(between, counts);
    }
    if (state === "opened" || state === "healed") counts.opened++;
    else counts.closed++;
  }
}

const shownNames = 24;

function block(title: string, counts: Counts): readonly string[] {
  const { sorted } = counts;
  if (sorted.length === 0) return [];
  const shown = sorted.slice(0, shownNames);
  const width = Math.max(...shown.map(([, count]) => `${count}`.length));
  const lines = shown.map(([name, count]) => `  ${`${count}`.padStart(width)}  ${name}`);
  const left = sum(sorted.slice(shownNames).map(([, count]) => count)) + counts.others;
  return ["", title, ...lines, ...(left > 0 ? [`  ${`${left}`.padStart(width)}  of others`] : [])];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(3)} s`;
const compared = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
