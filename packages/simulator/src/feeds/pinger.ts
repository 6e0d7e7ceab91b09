import {
  type Core,
  type Effect,
  type Input,
  type Json,
  Malformed,
  type PeerId,
  type Protocol,
  Reader,
  type Vocabulary,
  Writer,
} from "@sinter/core";
import { pingBytesMax } from "../limits.js";

// A core that writes nothing: it pings whom it is linked to, beats now and then, and has numbers squared elsewhere. With
// it on the driver beside the feeds, a seed also covers links, timers, jobs, and effects that do not wait for the disk.
//
// A ping and a job are answered at once by "begun", and come to one end later: `ended`, or, for all that were begun
// before a recovery, `forgot`.

export type PingerMessage =
  /** With a load, it goes as bulk. */
  | { readonly kind: "ping"; readonly token: number; readonly load: Uint8Array }
  | { readonly kind: "pong"; readonly token: number }
  | { readonly kind: "beat" };

export type PingerCommand =
  | { readonly kind: "ping"; readonly token: number; readonly to: PeerId; readonly load: Uint8Array }
  | { readonly kind: "square"; readonly token: number; readonly number: number };

export type PingerNotice =
  | { readonly kind: "begun"; readonly token: number }
  | { readonly kind: "ended"; readonly token: number; readonly how: "ponged" | "squared" | "nobody there" | "link lost" | "job failed" }
  | { readonly kind: "forgot" };

export interface PingerVocabulary extends Vocabulary {
  Message: PingerMessage;
  Command: PingerCommand;
  Notice: PingerNotice;
  Timer: "beat";
  Write: never;
  View: undefined;
  Job: { readonly token: number; readonly number: number };
  Result: number;
}

type Pinger = PingerVocabulary;

const TAG = 200;
const BEAT_MS = 15_000;
const KINDS = ["ping", "pong", "beat"] as const;

export function pingerProtocol(): Protocol<Pinger> {
  return {
    name: "pinger",
    tag: TAG,
    closesTurns: false,
    create: () => new PingerCore(),
    codec: { encode, decode },
    classOf: (message) => (message.kind === "ping" && message.load.length > 0 ? "bulk" : "control"),
    costOf: () => 1,
    open: () => ({ view: undefined, apply: writesNothing }),
  };
}

function writesNothing(): never {
  throw new Error("the pinger writes nothing");
}

function encode(message: PingerMessage): Uint8Array {
  const writer = new Writer().u8(KINDS.indexOf(message.kind));
  if (message.kind !== "beat") writer.u32(message.token);
  if (message.kind === "ping") writer.prefixed(message.load);
  return writer.finish();
}

function decode(bytes: Uint8Array): PingerMessage | Malformed {
  const reader = new Reader(bytes);
  const kind = KINDS[reader.u8()];
  if (kind === undefined) return new Malformed("a message of no known kind");
  const token = kind === "beat" ? 0 : reader.u32();
  const load = kind === "ping" ? reader.prefixed(pingBytesMax) : new Uint8Array(0);
  return reader.finish(() => (kind === "beat" ? { kind } : kind === "pong" ? { kind, token } : { kind, token, load }));
}

class PingerCore implements Core<Pinger> {
  readonly #links = new Set<PeerId>();
  readonly #pings = new Map<number, PeerId>();
  #beats = 0;

  step(input: Input<Pinger>): readonly Effect<Pinger>[] {
    switch (input.kind) {
      case "started":
        return [
          { kind: "notify", notice: { kind: "forgot" } },
          { kind: "schedule", timer: "beat", delayMs: BEAT_MS },
        ];
      case "connected":
        this.#links.add(input.peer);
        return [];
      case "disconnected":
        return this.#lost(input.peer);
      case "received":
        return this.#received(input.from, input.message);
      case "commanded":
        return this.#commanded(input.command);
      case "expired":
        return this.#beat();
      case "computed":
        return [
          ended(
            input.job.token,
            input.outcome.kind === "done" && input.outcome.result === input.job.number ** 2 ? "squared" : "job failed",
          ),
        ];
      default:
        return [];
    }
  }

  describe(): Json {
    return { links: this.#links.size, pings: this.#pings.size, beats: this.#beats };
  }

  #commanded(command: PingerCommand): readonly Effect<Pinger>[] {
    const { token } = command;
    const begun: Effect<Pinger> = { kind: "notify", notice: { kind: "begun", token } };
    if (command.kind === "square") return [begun, { kind: "compute", job: { token, number: command.number } }];
    if (!this.#links.has(command.to)) return [begun, ended(token, "nobody there")];
    this.#pings.set(token, command.to);
    return [begun, { kind: "send", to: command.to, message: { kind: "ping", token, load: command.load }, after: "step" }];
  }

  #received(from: PeerId, message: PingerMessage): readonly Effect<Pinger>[] {
    if (message.kind === "beat") this.#beats += 1;
    if (message.kind === "ping") return [{ kind: "send", to: from, message: { kind: "pong", token: message.token }, after: "step" }];
    if (message.kind !== "pong" || this.#pings.get(message.token) !== from) return [];
    this.#pings.delete(message.token);
    return [ended(message.token, "ponged")];
  }

  #lost(peer: PeerId): readonly Effect<Pinger>[] {
    this.#links.delete(peer);
    const lost = [...this.#pings].filter(([, to]) => to === peer);
    return lost.map(([token]) => {
      this.#pings.delete(token);
      return ended(token, "link lost");
    });
  }

  #beat(): readonly Effect<Pinger>[] {
    const beats: Effect<Pinger>[] = [...this.#links].map((to) => ({ kind: "send", to, message: { kind: "beat" }, after: "step" }));
    return [...beats, { kind: "schedule", timer: "beat", delayMs: BEAT_MS }];
  }
}

/** Held like every notice: an end is never heard of whose beginning is lost. */
function ended(token: number, how: Extract<PingerNotice, { readonly kind: "ended" }>["how"]): Effect<Pinger> {
  return { kind: "notify", notice: { kind: "ended", token, how } };
}
