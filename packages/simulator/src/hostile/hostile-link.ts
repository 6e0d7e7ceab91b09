import {
  classOfSync,
  decodeSyncMessage,
  encodeSyncMessage,
  isMalformed,
  type MessageClass,
  type PeerId,
  type SyncMessage,
} from "@sinter/core";

// One link of one who means no good, from its opening to its end: what it can say on it, in the words of the protocol or in bytes.

export const syncTag = 6;

export interface HostileLinkParts {
  readonly peer: PeerId;
  readonly send: (frame: Uint8Array, messageClass: MessageClass) => void;
  readonly close: () => void;
}

export class HostileLink {
  readonly peer: PeerId;
  readonly #parts: HostileLinkParts;
  /** What they call what both want: they say so with every session. */
  scope: Uint8Array = new Uint8Array(8);
  /** The last session that they opened. */
  session = 0;
  /** How often it was its turn. */
  turns = 0;
  /** Sent so far, but for what greets. */
  sent = 0;

  constructor(parts: HostileLinkParts) {
    this.peer = parts.peer;
    this.#parts = parts;
  }

  say(message: SyncMessage): void {
    this.sent++;
    this.greet(message);
  }

  /** Counts for nothing. */
  greet(message: SyncMessage): void {
    this.#parts.send(frameOf(message), classOfSync(message));
  }

  bytes(frame: Uint8Array, messageClass: MessageClass): void {
    this.sent++;
    this.#parts.send(frame, messageClass);
  }

  close(): void {
    this.#parts.close();
  }
}

export function frameOf(message: SyncMessage): Uint8Array {
  const body = encodeSyncMessage(message);
  const frame = new Uint8Array(body.length + 1);
  frame[0] = syncTag;
  frame.set(body, 1);
  return frame;
}

export function messageIn(frame: Uint8Array): SyncMessage | undefined {
  const message = frame[0] === syncTag ? decodeSyncMessage(frame.subarray(1)) : undefined;
  return message === undefined || isMalformed(message) ? undefined : message;
}
