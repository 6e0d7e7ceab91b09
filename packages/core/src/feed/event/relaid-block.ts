import type { Hasher } from "../../identity/crypto.js";
import { BlockBuilder, type BlockView, eventIn, isAbsent } from "./block.js";
import { headLengthAt, kindAt, payloadAt, systemKindMax } from "./event.js";
import { payloadHashOf } from "./event-id.js";

/** What becomes of the payload of event `index`: it goes, it comes, or what is there of it stays. */
export type PayloadChange = (index: number) => "absent" | Uint8Array | undefined;

/** The block with the same events, and something else there of their payloads. What the system's own events say always stays. */
export function relaidBlock(hasher: Hasher, block: BlockView, changeOf: PayloadChange): Uint8Array<ArrayBuffer> {
  const builder = new BlockBuilder(block.firstSeq, block.previous);
  for (let index = 0; index < block.count; index++) {
    const event = eventIn(block, index);
    const change = kindAt(event, 0) > systemKindMax ? changeOf(index) : undefined;
    const head = event.subarray(0, headLengthAt(event, 0));
    if (change instanceof Uint8Array) builder.addBytes(joined(head, change));
    else if (change === "absent" && !isAbsent(block, index)) builder.addAbsent(head, payloadHashOf(hasher, payloadAt(event, 0)));
    else builder.addFrom(block, index);
  }
  return builder.finish();
}

function joined(head: Uint8Array, payload: Uint8Array): Uint8Array {
  const event = new Uint8Array(head.length + payload.length);
  event.set(head);
  event.set(payload, head.length);
  return event;
}
