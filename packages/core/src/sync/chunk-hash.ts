import { Writer } from "../bytes/writer.js";
import type { Hasher } from "../identity/crypto.js";
import type { SyncMessage } from "./messages.js";

// What shows that a chunk came as it was sent, over a link that does not see to that itself.

export const chunkHashBytes = 16;

type Chunk = Pick<Extract<SyncMessage, { readonly kind: "chunk" }>, "stream" | "seq" | "position" | "bytes">;

export function chunkHash(hasher: Hasher, { stream, seq, position, bytes }: Chunk): Uint8Array {
  const writer = new Writer(32 + bytes.length).varint(stream).varint(seq);
  writer.u8(position === "last" ? 1 : 0).bytes(bytes);
  return hasher.hash("sinter 1 chunk", writer.finish()).subarray(0, chunkHashBytes);
}
