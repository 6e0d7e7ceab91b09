import { decodeSyncMessage, isMalformed, type SyncMessage, toHex } from "@sinter/core";
import { Mixer } from "../mixer.js";

// What a frame says, as far as anybody counts it.

export interface FrameFacts {
  /** Which message it is: the byte behind the protocol's own. 0: none of sync. */
  readonly code: number;
  readonly kind: string;
  /** `undefined`: none of sync. */
  readonly message: SyncMessage | undefined;
  readonly bytes: number;
  /** Of all its bytes, in eight digits. */
  readonly sum: string;
}

/** The first byte of every frame of sync: see docs/wire.md. */
const SYNC_TAG = 6;
const OTHER = { code: 0, kind: "other", message: undefined } as const;
const NONCE_SHOWN_BYTES = 4;
const SUM_DIGITS = 8;

/** What was sent is what arrives, and often more than once: the same bytes, which nobody changes. */
const known = new WeakMap<Uint8Array, FrameFacts>();

export function factsOf(frame: Uint8Array): FrameFacts {
  const before = known.get(frame);
  if (before !== undefined) return before;
  const facts = readFacts(frame);
  known.set(frame, facts);
  return facts;
}

function readFacts(frame: Uint8Array): FrameFacts {
  const bytes = frame.length;
  const sum = new Mixer().bytes(frame).halves()[0].toString(16).padStart(SUM_DIGITS, "0");
  const message = frame[0] === SYNC_TAG ? decodeSyncMessage(frame.subarray(1)) : undefined;
  if (message === undefined || isMalformed(message)) return { ...OTHER, bytes, sum };
  return { code: frame[1] as number, kind: message.kind.replaceAll(" ", "-"), message, bytes, sum };
}

/** What of a message its line in a trace tells: see wire-trace.ts. */
export function detailsOf(message: SyncMessage): string {
  switch (message.kind) {
    case "hello":
      return `nonce=${toHex(message.nonce.subarray(0, NONCE_SHOWN_BYTES))}`;
    case "open":
      return `session=${message.session}`;
    case "opened":
      return `session=${message.session} answer=${answerOf(message.digest)}`;
    case "ask":
    case "tell":
      return `session=${message.session} round=${message.round}`;
    case "difference":
      return `session=${message.session} part=${message.part} parts=${message.parts} rows=${message.rows.length}`;
    case "settled":
      return `session=${message.session} missing=${message.missing}`;
    case "held":
      return `number=${message.number} rows=${message.rows.length}`;
    case "heard":
    case "ping":
    case "pong":
      return `number=${message.number}`;
    default:
      return streamDetails(message);
  }
}

function streamDetails(message: SyncMessage): string {
  switch (message.kind) {
    case "want":
      return `stream=${message.stream} from=${message.from}`;
    case "chunk":
      return `stream=${message.stream} seq=${message.seq} position=${message.position} carries=${message.bytes.length}`;
    case "ack":
      return `stream=${message.stream} seq=${message.seq} window=${message.window}`;
    case "nack":
      return `stream=${message.stream} seq=${message.seq} reason=${message.reason.replaceAll(" ", "-")}`;
    case "gone":
      return `stream=${message.stream} reason=${message.reason.replaceAll(" ", "-")}`;
    case "enough":
      return `stream=${message.stream}`;
    case "push":
      return `carries=${message.range.length}`;
    default:
      return "";
  }
}

export type Answer = "same" | "other-scope" | "differs";

export function answerOf(digest: Extract<SyncMessage, { readonly kind: "opened" }>["digest"]): Answer {
  if (digest === "same") return "same";
  return digest === "other scope" ? "other-scope" : "differs";
}
