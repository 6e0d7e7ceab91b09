import { printedWaitingLinesMax } from "../limits.js";
import type { Output } from "../terminal/output.js";
import { countText } from "../terminal/render.js";

// Lines of a wire trace as people read them while a run goes on, by the names that the prior art gives to what happens.

export const eventTypes = [
  "send_root",
  "descent",
  "send_req",
  "send_delta_chunk",
  "recv_delta_chunk",
  "ack",
  "sync",
  "applied_delta",
  "warn",
  "put",
  "conn_change",
  "health",
  "other",
] as const;
export type EventType = (typeof eventTypes)[number];

/** As the prior art shows where nothing is said. */
export const defaultTypes: readonly EventType[] = eventTypes.slice(0, 9);

export interface PrintedEvent {
  readonly type: EventType;
  readonly text: string;
}

const sentTypes: Readonly<Record<string, EventType>> = {
  open: "send_root",
  ask: "descent",
  tell: "descent",
  want: "send_req",
  chunk: "send_delta_chunk",
  ack: "ack",
  ping: "health",
  pong: "health",
};
const gotTypes: Readonly<Record<string, EventType>> = {
  ask: "descent",
  tell: "descent",
  chunk: "recv_delta_chunk",
  ack: "ack",
  ping: "health",
  pong: "health",
};

/** Nothing for what is no event: samples, settings, the end. */
export function printedEvent(line: string): PrintedEvent | undefined {
  const [ms = "", first = "", second = "", third = "", ...rest] = line.split(" ");
  const when = `${(Number(ms) / 1_000).toFixed(3).padStart(9)}s`;
  switch (first) {
    case "link":
      return { type: "conn_change", text: `${when} ${name(second)} ${"conn_change".padEnd(WIDTH)} ${rest[0] ?? ""} ${name(third)}` };
    case "wrote":
      return { type: "put", text: `${when} ${name(second)} ${"put".padEnd(WIDTH)} ${third}` };
    case "root":
      return {
        type: "applied_delta",
        text: `${when} ${name(second)} ${"applied_delta".padEnd(WIDTH)} root ${third.slice(0, ROOT_DIGITS)}`,
      };
    case "fault":
    case "violation":
      return { type: "warn", text: `${when} ${"".padEnd(3)} ${"warn".padEnd(WIDTH)} ${[first, second, third, ...rest].join(" ").trim()}` };
    default:
      return second === "sent" || second === "got" ? frame(when, [first, second, third, ...rest]) : undefined;
  }
}

const WIDTH = 16;
const ROOT_DIGITS = 8;

/** `<peer> sent|got <peer> <class> <kind> <bytes> <details> #<sum>` */
function frame(when: string, [peer = "", way = "", other = "", , kind = "", bytes = "", ...details]: readonly string[]): PrintedEvent {
  const type = endsRound(way, kind, details) ? "sync" : ((way === "sent" ? sentTypes : gotTypes)[kind] ?? "other");
  const told = details.filter((detail) => !detail.startsWith("#")).join(" ");
  const arrow = way === "sent" ? "→" : "←";
  return { type, text: `${when} ${name(peer)} ${type.padEnd(WIDTH)} ${arrow} ${name(other)} ${kind} ${bytes} bytes ${told}`.trimEnd() };
}

/** As whoever asked sees it. */
function endsRound(way: string, kind: string, details: readonly string[]): boolean {
  if (way !== "got") return false;
  if (kind === "opened") return details.includes("answer=same") || details.includes("answer=other-scope");
  return kind === "settled" && details.includes("missing=0");
}

function name(peer: string): string {
  return /^\d+$/.test(peer) ? `N${peer.padStart(2, "0")}` : peer;
}

export interface PrinterOptions {
  readonly types: ReadonlySet<EventType>;
  /** With a slow reader: whether whoever runs waits in `caughtUp`, or goes on, and lines beyond a bound are left out. */
  readonly behind: "waits" | "leaves out";
}

/** Prints those of some kinds as they come. */
export class EventPrinter {
  readonly #output: Output;
  readonly #types: ReadonlySet<EventType>;
  readonly #most: number;
  #printing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #leftOut = 0;
  #failure: unknown;

  constructor(output: Output, { types, behind }: PrinterOptions) {
    this.#output = output;
    this.#types = types;
    this.#most = behind === "waits" ? Number.POSITIVE_INFINITY : printedWaitingLinesMax;
  }

  line(line: string): void {
    const event = printedEvent(line);
    if (event === undefined || !this.#types.has(event.type) || this.#failure !== undefined) return;
    if (this.#waiting >= this.#most) {
      this.#leftOut++;
      return;
    }
    this.#tellLeftOut();
    this.#print(event.text);
  }

  /** Throws what kept it from printing. */
  async caughtUp(): Promise<void> {
    await this.#printing;
    this.#tellLeftOut();
    await this.#printing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #tellLeftOut(): void {
    if (this.#leftOut === 0) return;
    const lines = this.#leftOut;
    this.#leftOut = 0;
    this.#print(`${countText(lines, "line")} left out: they came faster than they were read`);
  }

  #print(text: string): void {
    this.#waiting++;
    this.#printing = this.#output
      .line(text)
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => this.#waiting--);
  }
}
