import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { open } from "sinter";
import { type Figure, figure, inFolder, quantile, rounded } from "./measure.js";
import { fill } from "./store.js";

// Two processes on one machine, linked over loopback by mutual TLS: this one has what the other is to come to hold.

const SUBJECT = "bench/replicate/log";
const EVENTS = 1_000_000;
const PAYLOAD_BYTES = 200;
const WARM_WRITES = 200;
const WRITES = 2_000;

/** What the other process tells. */
interface Replicated {
  readonly ms: number;
  readonly bytes: number;
  readonly anonymousMB: number;
  readonly idleBytes: number;
  readonly events: number;
}

/** A million events of 200 B to an empty peer. */
export async function replicate(): Promise<readonly Figure[]> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir: `${dir}/theirs`, control: "none", invite: "new", listen: ["127.0.0.1:0"] });
    try {
      await fill(peer, SUBJECT, EVENTS);
      const told = await receive<Replicated>(["replicate", `${dir}/ours`, await peer.invite()]);
      if (told.events !== EVENTS) throw new Error(`${told.events} events came, of ${EVENTS}`);
      const wire = { bench: "replicate-wire", unit: "bytes", reach: { kind: "at most", ratio: 1.1 } } as const;
      const memory = { bench: "replicate-memory", unit: "MB", reach: { kind: "at most", ratio: 1 } } as const;
      const idle = { bench: "idle", unit: "bytes", reach: { kind: "at most", ratio: 1 } } as const;
      const speed = { bench: "replicate", unit: "events/s", reach: { kind: "at least", ratio: 1 } } as const;
      return [
        // Of the prior art's eleven thousand, forty times: `npm run bench:peers -- replicate` measures both in one run.
        figure(speed, (EVENTS * 1000) / told.ms, 440_000, { ms: rounded(told.ms) }),
        figure(wire, told.bytes, EVENTS * PAYLOAD_BYTES),
        figure(memory, told.anonymousMB, 64),
        figure(idle, told.idleBytes, 100),
      ];
    } finally {
      await peer.close();
    }
  });
}

/** From an append here to its event on the other's disk. */
export async function latency(): Promise<readonly Figure[]> {
  return await inFolder(async (dir) => {
    const peer = await open({ dir: `${dir}/theirs`, control: "none", invite: "new", listen: ["127.0.0.1:0"] });
    const child = start(["latency", `${dir}/ours`, await peer.invite()]);
    try {
      const arrived: bigint[] = [];
      let wake = () => {};
      child.on("message", (ns: string) => {
        arrived.push(BigInt(ns));
        wake();
      });
      const times: number[] = [];
      for (let write = 0; write < WARM_WRITES + WRITES; write++) {
        const begun = process.hrtime.bigint();
        await peer.append(SUBJECT, [{ payload: new Uint8Array(PAYLOAD_BYTES).fill(write) }]);
        while (arrived.length <= write) await new Promise<void>((resolve) => (wake = resolve));
        if (write >= WARM_WRITES) times.push(Number((arrived[write] as bigint) - begun) / 1e6);
      }
      const target = (share: number) => ({ bench: `latency-p${share}`, unit: "ms", reach: { kind: "at most", ratio: 1 } }) as const;
      return [figure(target(50), quantile(times, 0.5), 1), figure(target(99), quantile(times, 0.99), 5)];
    } finally {
      child.kill();
      await peer.close();
    }
  });
}

const self = fileURLToPath(import.meta.url);

function start(argv: readonly string[]): ChildProcess {
  return fork(self, argv, { execArgv: ["--expose-gc"] });
}

function receive<T>(argv: readonly string[]): Promise<T> {
  const child = start(argv);
  return new Promise<T>((resolve, reject) => {
    child.once("message", (told) => resolve(told as T));
    child.once("exit", (code) => reject(new Error(`the receiver ended with ${code}`)));
  });
}

/** Heap and buffers, not the pages of the store's file that the system keeps in mind. */
function anonymousMB(): number {
  const [, kB = "0"] = /^Anonymous:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8")) ?? [];
  return Number(kB) / 1024;
}

async function receiver([what = "", dir = "", invite = ""]: readonly string[]): Promise<void> {
  const peer = await open({ dir, control: "none", invite });
  if (what === "latency") {
    for await (const _ of peer.events(SUBJECT, { follow: true })) process.send?.(String(process.hrtime.bigint()));
    return;
  }
  const begun = performance.now();
  const { bytesIn, bytesOut } = await peer.sync(invite);
  const ms = performance.now() - begun;
  const anonymous = anonymousMB();
  const events = (await peer.feeds()).reduce((sum, { size }) => sum + size, 0);
  const idle = await peer.sync(invite);
  process.send?.({ ms, bytes: bytesIn + bytesOut, anonymousMB: anonymous, idleBytes: idle.bytesIn + idle.bytesOut, events });
  await peer.close();
}

if (process.argv[1] === self && process.send !== undefined) await receiver(process.argv.slice(2));
