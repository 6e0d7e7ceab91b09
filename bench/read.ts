import { blockCount, blockHeaderBytes, counterAt, payloadAt, sizeAt, wallAt } from "@sinter/core";
import { type Figure, figure, inFolder, median, timed } from "./measure.js";
import { fill, onlyLane, withPeer } from "./store.js";

const SUBJECT = "bench/read/log";
const EVENTS = 1_000_000;
const READS = 500_000;
const ROUNDS = 5;

/** Stamps of a feed of a million events, in order. */
export async function scan(): Promise<Figure> {
  return await inFolder((dir) =>
    withPeer(dir, async (peer) => {
      await fill(peer, SUBJECT, EVENTS);
      const lane = peer.lane(onlyLane(peer, SUBJECT));
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        let seen = 0;
        let wall = 0;
        let counter = 0;
        times.push(
          await timed(() => {
            for (const block of lane.blocks(1, EVENTS)) {
              let offset = blockHeaderBytes;
              for (let left = blockCount(block); left > 0; left--) {
                const nextWall = wallAt(block, offset);
                const nextCounter = counterAt(block, offset);
                if (nextWall < wall || (nextWall === wall && nextCounter <= counter)) throw new Error("stamps do not rise");
                wall = nextWall;
                counter = nextCounter;
                seen++;
                offset += sizeAt(block, offset);
              }
            }
          }),
        );
        if (seen !== EVENTS) throw new Error(`${seen} events seen`);
      }
      const target = { bench: "scan", unit: "events/s", reach: { kind: "at least", ratio: 1 } } as const;
      return figure(target, (EVENTS * 1000) / median(times), 5_000_000, { events: EVENTS });
    }),
  );
}

/** Payloads at random seqs of a feed of a million events. */
export async function randomRead(): Promise<Figure> {
  return await inFolder((dir) =>
    withPeer(dir, async (peer) => {
      await fill(peer, SUBJECT, EVENTS);
      const lane = peer.lane(onlyLane(peer, SUBJECT));
      const times: number[] = [];
      let state = 1;
      for (let round = 0; round < ROUNDS; round++) {
        let bytes = 0;
        times.push(
          await timed(() => {
            for (let read = 0; read < READS; read++) {
              state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
              const found = lane.event(1 + (state % EVENTS));
              if (found === undefined) throw new Error("an event is missing");
              bytes += payloadAt(found.bytes, found.offset).length;
            }
          }),
        );
        if (bytes !== READS * 200) throw new Error(`${bytes} bytes read`);
      }
      const target = { bench: "random-read", unit: "events/s", reach: { kind: "at least", ratio: 1 } } as const;
      return figure(target, (READS * 1000) / median(times), 500_000, { events: EVENTS });
    }),
  );
}
