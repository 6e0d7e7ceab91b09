import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent, PeerApi } from "@sinter/core";
import { type Context, type Registry, wholeNumber } from "./context.js";

interface BenchFlags {
  readonly json?: boolean;
  readonly events: number;
}

const payloadBytes = 200;
const batchEvents = 1_000;
const subject = "bench/events";

export function addBench({ program, context, chosen }: Registry): void {
  program
    .command("bench")
    .summary("measure appends and reads on this machine")
    .description(`Measures durable appends and reads of ${payloadBytes}-byte events on a store of its own, which it removes again.`)
    .option("--events <n>", "how many events", wholeNumber(1_000, 10_000_000), 50_000)
    .option("--json", "one JSON object a line, for programs")
    .addHelpText("after", "\nExample:\n  sinter bench --events 200000 --json")
    .action((flags: BenchFlags) => chosen(() => bench(context, flags)));
}

async function bench(context: Context, flags: BenchFlags): Promise<0> {
  const dir = await mkdtemp(join(tmpdir(), "sinter-bench-"));
  try {
    const peer = await context.io.open({ dir, holder: { kind: "command", what: "sinter bench" }, control: "none" });
    try {
      await measure(context, flags, peer);
    } finally {
      await peer.close();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return 0;
}

async function measure({ output, progress, signal }: Context, flags: BenchFlags, peer: PeerApi): Promise<void> {
  const say = async (name: string, events: number, work: () => Promise<void>) => {
    signal.throwIfAborted();
    progress.show(`${name} …`);
    const startMs = performance.now();
    await work();
    const value = Math.round((events / Math.max(performance.now() - startMs, 0.001)) * 1_000);
    progress.clear();
    if (flags.json) await output.json({ bench: name, value, unit: "events/s", events });
    else await output.line(`${name.padEnd(13)} ${value.toLocaleString("en-US").padStart(12)} events/s`);
  };
  const events = (count: number): NewEvent[] =>
    Array.from({ length: count }, () => ({ payload: new Uint8Array(payloadBytes).fill(count) }));
  await say("append-batch", flags.events, async () => {
    for (let left = flags.events; left > 0 && !signal.aborted; left -= batchEvents)
      await peer.append(subject, events(Math.min(left, batchEvents)));
  });
  const single = Math.min(500, flags.events);
  await say("append-one", single, async () => {
    for (let index = 0; index < single && !signal.aborted; index++) await peer.append(subject, events(1));
  });
  await say("read", flags.events + single, async () => {
    let seen = 0;
    for await (const event of peer.events(subject, { signal })) seen += (event.payload?.length ?? 0) > 0 ? 1 : 0;
    if (seen < flags.events && !signal.aborted) throw new Error(`read ${seen} of ${flags.events} events`);
  });
}
