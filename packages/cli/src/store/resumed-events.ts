import { type EventRecord, type ReadOptions, SinterError } from "@sinter/core";
import type { SharedStore } from "./store-link.js";

/**
 * A subject's events across changes of the store's holder, none lost and none twice. A new holder is read from the start
 * again and what was given already is passed over: an event that arrived meanwhile may stand anywhere in the order.
 */
export async function* resumedEvents(store: SharedStore, subject: string, options: ReadOptions): AsyncGenerator<EventRecord, void> {
  // The highest seq given of each lane, where events come in the order of their seq; but those that were appended again stand where
  // they first stood, and are told by their ids.
  const given = new Map<string, number>();
  const again = new Set<string>();
  let before = new Map<string, number>();
  for (;;) {
    const handle = await store.current();
    try {
      for await (const event of handle.peer.events(subject, options)) {
        if (event.origin === undefined) {
          const lane = `${event.author} ${event.epoch} ${event.nonce}`;
          if (event.seq <= (before.get(lane) ?? 0)) continue;
          given.set(lane, Math.max(event.seq, given.get(lane) ?? 0));
        } else if (again.has(event.id)) continue;
        else again.add(event.id);
        yield event;
      }
      return;
    } catch (error) {
      if (!(error instanceof SinterError) || error.code !== "holder-lost") throw error;
      if (options.signal?.aborted) return;
      before = new Map(given);
      await store.renew(handle);
    }
  }
}
