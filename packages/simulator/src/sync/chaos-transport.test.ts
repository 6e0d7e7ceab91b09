import type { LinkEvents, PeerId, Transport } from "@sinter/core";
import { expect, test } from "vitest";
import { SeededRandom } from "../seeded-random.js";
import { Lifetime, Timeline } from "../timeline.js";
import { VirtualClock, WallClock } from "../virtual-clock.js";
import { ChaosTransport, noChaos } from "./chaos-transport.js";

const far = "f".repeat(64) as PeerId;

/** When each of so many frames came through, all sent at 0. */
function arrivals(jitterMs: number, frames: number): readonly number[] {
  const timeline = new Timeline();
  const at: number[] = [];
  let heard: LinkEvents | undefined;
  const transport: Transport = {
    listen: (events) => {
      heard = events;
    },
    send: () => void at.push(timeline.now),
    credit: () => undefined,
    close: () => undefined,
  };
  const random = new SeededRandom(1, "jitter");
  const clock = new VirtualClock({ life: new Lifetime(timeline), wall: new WallClock(timeline, 0), random: random.stream("clock") });
  const chaos = new ChaosTransport({ transport, clock, random, chaos: () => ({ ...noChaos, jitterMs }) });
  chaos.listen({ opened: () => undefined, closed: () => undefined, arrived: () => undefined });
  heard?.opened(far, { delivery: "ordered" } as never);
  for (let frame = 0; frame < frames; frame++) chaos.send(far, new Uint8Array(1), "control");
  timeline.run();
  return at;
}

test.each([0.5, 1, 20, 1e9])("a jitter of %d ms delays each frame by some part of it", (jitterMs) => {
  const at = arrivals(jitterMs, 200);
  expect(at).toHaveLength(200);
  expect(new Set(at).size).toBeGreaterThan(100);
  expect(Math.max(...at)).toBeLessThanOrEqual(jitterMs);
  expect(Math.max(...at)).toBeGreaterThan(0.9 * jitterMs);
  expect(Math.min(...at)).toBeLessThan(0.1 * jitterMs);
});

test("without jitter nothing waits", () => {
  expect(new Set(arrivals(0, 10))).toEqual(new Set([0]));
});
