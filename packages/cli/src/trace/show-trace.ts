import { SinterError } from "@sinter/core";
import { spaceTime } from "@sinter/simulator";
import { traceDiagramLinesMax } from "../limits.js";
import type { Output, Progress } from "../terminal/output.js";
import type { TraceEntry, TraceReader } from "./trace-entry.js";
import { hasFilter, passes, type TraceFilter } from "./trace-filter.js";
import { readerFor } from "./trace-form.js";
import { noTrace, type TraceSource, type TraceText, traceLines } from "./trace-lines.js";
import { TraceSummary } from "./trace-summary.js";

export interface TraceWish {
  readonly file: string;
  readonly filter: TraceFilter;
  readonly as: "text" | "json" | "diagram";
  /** Of a diagram. */
  readonly rows?: number | undefined;
}

/** Where it comes from and goes to. */
export interface TraceDesk extends TraceSource {
  readonly output: Output;
  readonly progress: Progress;
}

/** Reads a trace once, from its beginning to its end, and prints what is asked of it. */
export async function showTrace(desk: TraceDesk, wish: TraceWish): Promise<0> {
  const { output, progress } = desk;
  const shown = new Shown(output, wish);
  for await (const line of traceLines(desk, wish.file)) {
    await shown.line(line);
    if (output.gone.aborted) return 0;
  }
  for (const line of shown.end()) await output.line(line);
  if (shown.cut !== undefined) progress.notice(shown.cut);
  return 0;
}

class Shown {
  readonly #output: Output;
  readonly #wish: TraceWish;
  #reader: TraceReader | undefined;
  #summary: TraceSummary | undefined;
  #drawn: string[] = [];
  #notDrawn = 0;
  /** Whether what belongs to the last entry is shown with it. */
  #passed: "no" | "yes" = "no";
  cut: string | undefined;

  constructor(output: Output, wish: TraceWish) {
    this.#output = output;
    this.#wish = wish;
  }

  async line({ number, text, end }: TraceText): Promise<void> {
    const { file } = this.#wish;
    const reader = (this.#reader ??= readerFor(text));
    if (reader === undefined) throw noTrace(file, number, "it is of none of the forms that traces have");
    const summary = (this.#summary ??= new TraceSummary(reader.form));
    const read = reader.read(text);
    if (read === "none" && end === "whole") throw noTrace(file, number, `it is none of a ${reader.form} trace`);
    if (end === "cut") this.#isCut(number);
    // Of what is cut nothing is sure.
    if (read === "none") return;
    summary.line();
    if (read !== "more") {
      summary.entry(read, number);
      this.#passed = passes(this.#wish.filter, read, text) ? "yes" : "no";
    }
    if (this.#passed === "yes") await this.#show(reader, number, text, read);
  }

  end(): readonly string[] {
    const { as, filter, rows } = this.#wish;
    const [reader, summary] = [this.#reader, this.#summary];
    if (reader === undefined || summary === undefined)
      throw new SinterError("not-found", "the trace is empty", "See that what was to write it has run.");
    if (as === "diagram") {
      const before = this.#notDrawn === 0 ? [] : [`${this.#notDrawn} lines before these are left out`];
      const lines = this.#drawn.map((line) => reader.named(line));
      const diagram = spaceTime(lines, rows === undefined ? {} : { rows }).trimEnd();
      return [...reader.legend(), ...before, ...diagram.split("\n")];
    }
    if (hasFilter(filter)) return [];
    return as === "json" ? [JSON.stringify(summary.json())] : summary.text();
  }

  async #show(reader: TraceReader, number: number, text: string, read: TraceEntry | "more"): Promise<void> {
    const { as, filter } = this.#wish;
    const output = this.#output;
    if (as === "diagram") return this.#draw(reader.drawn(text));
    if (!hasFilter(filter)) return;
    if (as === "text") return output.line(text);
    const { ms, peers, protocol, kind } = read === "more" ? { ms: undefined, peers: [], protocol: undefined, kind: "more" } : read;
    return output.json({ line: number, ms, peers, protocol, kind, text });
  }

  #draw(lines: readonly string[]): void {
    this.#drawn.push(...lines);
    if (this.#drawn.length < 2 * traceDiagramLinesMax) return;
    this.#notDrawn += this.#drawn.length - traceDiagramLinesMax;
    this.#drawn = this.#drawn.slice(-traceDiagramLinesMax);
  }

  #isCut(number: number): void {
    if (this.#summary !== undefined) this.#summary.cut = "yes";
    this.cut = `line ${number}, the last one, has no end: whoever wrote the trace was stopped there, or writes it still`;
  }
}
