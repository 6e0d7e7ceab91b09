import { Worker } from "node:worker_threads";
import { type LinkEvents, Malformed, type Mount, type PeerId, type Transport, type Vocabulary } from "@sinter/core";
import { open } from "sinter";
import { type Figure, figure, inFolder, quantile } from "./measure.js";
import { payloadsFrom } from "./raw-lmdb.js";

const PINGS = 2_000;
const EVERY_MS = 2;
const BATCH_EVENTS = 1000;
const IN_FLIGHT = 4;
const PING_TAG = 200;
const peerId = "ab".repeat(32) as PeerId;

interface PingVocabulary extends Vocabulary {
  Message: Uint8Array;
  Command: never;
  Notice: never;
  Timer: never;
  Write: never;
  View: undefined;
  Job: never;
  Result: never;
}

/** Answers every message with itself, and writes nothing. */
const pinger: Mount<PingVocabulary> = {
  protocol: {
    name: "pinger",
    tag: PING_TAG,
    closesTurns: false,
    create: () => ({
      step: (input) => (input.kind === "received" ? [{ kind: "send", to: input.from, message: input.message, after: "step" }] : []),
      describe: () => null,
    }),
    codec: { encode: (message) => message, decode: (bytes) => (bytes.length === 8 ? bytes : new Malformed("a ping has 8 bytes")) },
    classOf: () => "control",
    costOf: () => 1,
    open: () => ({ view: undefined, apply: () => undefined }),
  },
  notify: () => undefined,
  dropped: () => undefined,
};

/** Pings come from another thread with the time they were sent, so that a blocked event loop counts against us. */
const SENDER = `
const { parentPort, workerData } = require("node:worker_threads");
let left = workerData.pings;
const timer = setInterval(() => {
  parentPort.postMessage(performance.timeOrigin + performance.now());
  if (--left === 0) clearInterval(timer);
}, workerData.everyMs);`;

/** A ping answered while batches of 1000 events are made durable, four of them in flight. */
export async function turn(): Promise<Figure> {
  return await inFolder(async (dir) => {
    let events: LinkEvents | undefined;
    const taken: number[] = [];
    const now = () => performance.timeOrigin + performance.now();
    const transport: Transport = {
      listen: (listener) => {
        events = listener;
      },
      send: (_to, frame) => {
        // What sync says to a peer that is there is not measured.
        if (frame[0] !== PING_TAG) return;
        taken.push(now() - new DataView(frame.buffer, frame.byteOffset + 1, 8).getFloat64(0));
      },
      credit: () => undefined,
      close: () => undefined,
    };
    const peer = await open({ dir, control: "none", transport, mounts: [pinger] });
    events?.opened(peerId, { delivery: "lossless", integrity: "vouched" });
    const worker = new Worker(SENDER, { eval: true, workerData: { pings: PINGS, everyMs: EVERY_MS } });
    worker.on("message", (sentAt: number) => {
      const frame = new Uint8Array(9);
      frame[0] = PING_TAG;
      new DataView(frame.buffer).setFloat64(1, sentAt);
      events?.arrived(peerId, frame, "control");
    });
    let appended = 0;
    const writer = async () => {
      while (taken.length < PINGS) {
        await peer.append(
          "bench/turn/log",
          payloadsFrom(appended, BATCH_EVENTS).map((payload) => ({ payload })),
        );
        appended += BATCH_EVENTS;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, writer));
    await worker.terminate();
    await peer.close();
    const target = { bench: "turn", unit: "ms (p99)", reach: { kind: "at most", ratio: 1 } } as const;
    return figure(target, quantile(taken, 0.99), 2, { pings: taken.length, p50: quantile(taken, 0.5), appended });
  });
}
