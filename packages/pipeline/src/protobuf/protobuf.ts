import { SinterError } from "@sinter/core";
import { type DocumentFormat, FormatFault } from "../format.js";
import { documentBytesMax } from "../limits.js";
import { readMessage } from "./message.js";
import { messageData, NoData } from "./message-data.js";
import { MessageSchema } from "./message-plan.js";
import type { ProtoFiles } from "./proto-files.js";

// A binary message a file: what it is, only its schema says.

export interface ProtobufMessages {
  readonly files: ProtoFiles;
  /** Its name, with as much of its package as it takes. */
  readonly message: string;
}

export function protobuf({ files, message }: ProtobufMessages): DocumentFormat {
  const schema = new MessageSchema(files);
  const named = schema.messagesEndingWith(message);
  const plan = schema.messageNamed(message) ?? (named.length === 1 ? named[0] : undefined);
  if (plan === undefined) {
    const path = files.at(-1)?.path;
    const what = named.length === 0 ? `no message ${message}` : `several messages ${message}: ${named.map(({ name }) => name).join(", ")}`;
    throw new SinterError("usage", `${path} has ${what}`, "Name one of its messages, with its package: acme.Service.");
  }
  const parse = (bytes: Uint8Array) => {
    if (bytes.length > documentBytesMax) return new FormatFault(`a message of at most ${documentBytesMax} bytes expected`);
    const read = readMessage(bytes, plan);
    if (typeof read === "string") return new FormatFault(read);
    const data = messageData(read, schema);
    return data instanceof NoData ? new FormatFault(data.reason) : data;
  };
  return {
    kind: "document",
    name: `Protobuf ${plan.name}`,
    parse: (bytes) => [{ number: 1, line: 1, body: parse(bytes) }],
    // It has no lines.
    lineOf: () => undefined,
  };
}
