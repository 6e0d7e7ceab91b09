import type { Reader } from "../bytes/reader.js";
import type { Writer } from "../bytes/writer.js";
import type { MessageClass } from "../protocol/protocol.js";
import type { SyncMessage } from "./messages.js";

/** How one kind of message is written behind its type, and read. */
export interface MessageLayout<Message> {
  readonly type: number;
  readonly messageClass: MessageClass;
  write(writer: Writer, message: Message): void;
  read(reader: Reader): Message;
}

export type MessageLayouts<Kind extends SyncMessage["kind"] = SyncMessage["kind"]> = {
  readonly [Each in Kind]: MessageLayout<Extract<SyncMessage, { readonly kind: Each }>>;
};
