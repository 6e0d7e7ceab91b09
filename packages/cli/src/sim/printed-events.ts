import type { Output } from "../terminal/output.js";

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

/** Prints those of some kinds as they come; what waits for a slow reader is waited for in `caughtUp`. */
export class EventPrinter {
  readonly #output: Output;
  readonly #types: ReadonlySet<EventType>;
  #printing: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(output: Output, types: ReadonlySet<EventType>) {
    this.#output = output;
    this.#types = types;
  }

  line(line: string): void {
    const event = printedEvent(line);
    if (event === undefined || !this.#types.has(event.type) || this.#failure !== undefined) return;
    this.#printing = this.#output.line(event.text).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Throws what kept it from printing. */
  async caughtUp(): Promise<void> {
    await this.#printing;
    if (this.#failure !== undefined) throw this.#failure;
  }
}
