// What a trace says, whichever kind of trace it is: an entry is one step, one frame or one thing that happened.

export type TraceForm = "simulator" | "wire" | "live";

export interface TraceEntry {
  /** As the trace counts: since the run, or the process, began. */
  readonly ms: number;
  /** Who has to do with it. Numbers where the trace has them, beginnings of ids where it has not. */
  readonly peers: readonly string[];
  /** Beginnings of the ids of those that go by numbers in `peers`, where the trace has both. */
  readonly ids?: readonly string[] | undefined;
  readonly kind: string;
  /** Of a step: which core took it. */
  readonly protocol?: string | undefined;
  /** Of a frame as it is sent. */
  readonly bytes?: number | undefined;
  /** `opened`, `closed`, `cut` or `healed`, and between whom. */
  readonly link?: { readonly between: string; readonly state: string } | undefined;
  /** Something that no run is to show, or a link that was ended for what the other side said. */
  readonly error?: string | undefined;
}

/** Understands the lines of one form. */
export interface TraceReader {
  readonly form: TraceForm;
  /** `more`: what the line before began goes on. `none`: the line is none of such a trace. */
  read(line: string): TraceEntry | "more" | "none";
  /** A line as spaceTime understands it; nothing, where it is not to be drawn. */
  drawn(line: string): readonly string[];
  /** A line that is to be drawn, by the names that the whole trace has told: one may be told after it, or in a line that is left out. */
  named(line: string): string;
  /** What a peer of the diagram is otherwise known by. */
  legend(): readonly string[];
}

/** Blanks in the names of messages are written as dashes, so that they are one word. */
export function oneWord(kind: string): string {
  return kind.replaceAll(" ", "-");
}
