import { createRequire } from "node:module";
import { loadavg } from "node:os";
import Hypercore from "hypercore";
import { open } from "../../packages/sinter/dist/index.js";
import { alternate, figure, inFolder, rounded, timed } from "../dist/measure.js";
import { payloadBytes, payloadsFrom } from "../dist/raw-lmdb.js";

const BATCH_EVENTS = 1000;
const BATCH_ROUNDS = 20;
const SLICES = 11;

const { version } = createRequire(import.meta.url)("hypercore/package.json");

// The two promise different things by "appended", and each is measured by its own word. Ours costs a sync of the disk for
// every batch, theirs none: the comparison leans towards them.
const promises = {
  ours: "synced to the disk: what was answered survives a power cut",
  theirs: "in the log of its database, which the system writes out later: survives the process, not a power cut",
};

/** Batches of 1000 events of 200 random bytes, each awaited: our durable append against hypercore's append of an array. */
export async function appendBatch() {
  return await inFolder(async (dir) => {
    const peer = await open({ dir: `${dir}/sinter`, control: "none" });
    const core = new Hypercore(`${dir}/hypercore`);
    await core.ready();
    const payloads = payloadsFrom(0, BATCH_EVENTS);
    const events = payloads.map((payload) => ({ payload }));
    const blocks = payloads.map((payload) => Buffer.from(payload));
    try {
      const times = await alternate({
        count: SLICES,
        ours: () => rounds(() => peer.append("bench/append/log", events)),
        limit: () => rounds(() => core.append(blocks)),
      });
      await bothHold(peer, core, SLICES * BATCH_ROUNDS * BATCH_EVENTS);
      const perSlice = BATCH_ROUNDS * BATCH_EVENTS * 1000;
      const target = { bench: "append-batch", unit: "events/s", reach: { kind: "at least", ratio: 4 } };
      const details = { beside: `hypercore ${version}`, payloadBytes, batch: BATCH_EVENTS, load: rounded(loadavg()[0]), promises };
      return figure(target, perSlice / times.ours, perSlice / times.limit, details);
    } finally {
      await peer.close();
      await core.close();
    }
  });
}

function rounds(append) {
  return timed(async () => {
    for (let round = 0; round < BATCH_ROUNDS; round++) await append();
  });
}

/** A program that quietly wrote less would look fast. */
async function bothHold(peer, core, events) {
  const held = (await peer.feeds()).reduce((sum, { size }) => sum + size, 0);
  if (held < events || held !== core.length) throw new Error(`${events} events appended and more, but ${held} and ${core.length} are held`);
}
