import fc from "fast-check";
import { epochIndexMax, stampCounterMax, stampWallMsMax, systemKindMax } from "../../bytes/limits.js";
import { asId, type FeedId } from "../../identity/ids.js";
import { type CausalLane, encodeCausalDelta } from "../event/causal-delta.js";
import { type EventParts, type Origin, operationKindMax, operationKindMin, systemKinds } from "../event/event.js";
import { encodeLens, type Lens } from "../event/lens-payload.js";

// Events and lanes for the tests of this floor.

export const stamps = fc.record({
  wallMs: fc.integer({ min: 0, max: stampWallMsMax }),
  counter: fc.integer({ min: 0, max: stampCounterMax }),
});
export const epochs = fc.record({
  index: fc.integer({ min: 0, max: epochIndexMax }),
  nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});
const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
const seqs = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));

export const lanes = fc.record({ feed: ids.map((id) => asId<FeedId>(id)), epoch: epochs });
const origins: fc.Arbitrary<Origin> = fc.record({ epoch: epochs, seq: seqs, stamp: stamps, id: ids });
const fullDeltas = fc
  .array(fc.record({ lane: lanes, amount: seqs }), { maxLength: 5 })
  .map((rows) => encodeCausalDelta({ coverage: "full", rows: rows.map((row, index) => ({ ...row, index })) }));
const changes = fc
  .uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 64 })
  .map((indexes) => indexes.sort((left, right) => left - right))
  .map((indexes) => encodeCausalDelta({ coverage: "changes", rows: indexes.map((index) => ({ index, amount: index + 1 })) }));

export const lenses: fc.Arbitrary<Lens> = fc.record({
  name: fc.string({ minLength: 1, maxLength: 6, unit: "grapheme" }),
  version: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  digest: ids,
});

function eventsOf(kind: fc.Arbitrary<number>, payload: fc.Arbitrary<Uint8Array>): fc.Arbitrary<EventParts> {
  return fc.record(
    {
      kind,
      codec: fc.integer({ min: 0, max: 3 }),
      stamp: stamps,
      payload,
      key: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.uint8Array({ minLength: 120, maxLength: 1024 })),
      causal: fc.oneof(fullDeltas, changes),
      origin: origins,
      keyEpoch: fc.integer({ min: 0, max: 0xffff_ffff }),
    },
    { requiredKeys: ["kind", "stamp", "payload"] },
  );
}

const kinds = fc.oneof(
  fc.integer({ min: 128, max: 255 }),
  fc.integer({ min: operationKindMin, max: operationKindMax }),
  fc.integer({ min: 60, max: 127 }),
  fc.integer({ min: systemKinds.lens + 1, max: systemKindMax }),
);

export const events: fc.Arbitrary<EventParts> = fc.oneof(
  { weight: 12, arbitrary: eventsOf(kinds, fc.uint8Array({ maxLength: 60 })) },
  { weight: 1, arbitrary: eventsOf(fc.constant(systemKinds.lens), lenses.map(encodeLens)) },
);

/** A plain event; its stamp rises with `index`. */
export function plainEvent(index: number, payloadLength = 20): EventParts {
  return { kind: 128, stamp: { wallMs: 1_795_000_000_000 + index, counter: 0 }, payload: new Uint8Array(payloadLength).fill(index) };
}

/** A lane of its own for every number. */
export function laneOf(number: number): CausalLane {
  const feed = new Uint8Array(32);
  new DataView(feed.buffer).setUint32(0, number);
  return { feed: asId<FeedId>(feed), epoch: { index: number % 3, nonce: new Uint8Array(16).fill(number) } };
}
