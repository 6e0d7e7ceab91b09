import { frameBytesMax } from "../bytes/limits.js";
import { type Decoded, isMalformed, Malformed } from "../bytes/malformed.js";
import type { Mounted } from "./mount.js";
import type { MessageClass, Protocol, Vocabulary } from "./protocol.js";

// A frame on a link: the protocol's tag, then the message as the protocol writes it.

export function frameOf({ name, tag, codec }: Protocol<Vocabulary>, message: unknown): Uint8Array {
  const frame = codec.encodeBehind?.(tag, message) ?? behind(tag, codec.encode(message));
  if (frame.length > frameBytesMax) throw new Error(`${name}: a message of ${frame.length - 1} bytes, more than a frame may hold`);
  return frame;
}

function behind(tag: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(body.length + 1);
  frame[0] = tag;
  frame.set(body, 1);
  return frame;
}

export interface Heard {
  readonly mount: number;
  readonly message: unknown;
}

/** What a frame says, and to which core. A decoder that throws is wrong, but its link is the one to suffer for it. */
export function heardIn(mounts: readonly Mounted[], frame: Uint8Array, messageClass: MessageClass): Decoded<Heard> {
  for (let mount = 0; mount < mounts.length; mount++) {
    const protocol = (mounts[mount] as Mounted).mount.protocol as Protocol<Vocabulary>;
    if (protocol.tag !== frame[0]) continue;
    try {
      const message = protocol.codec.decode(frame.subarray(1));
      if (isMalformed(message)) return new Malformed(`${protocol.name}: ${message.reason}`);
      if (protocol.classOf(message) !== messageClass) return new Malformed(`${protocol.name}: a ${messageClass} frame that is none`);
      return { mount, message };
    } catch (error) {
      return new Malformed(`${protocol.name}: its decoder failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return new Malformed("a frame of no protocol spoken here");
}
