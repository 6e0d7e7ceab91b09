import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "@sinter/core";
import { open as openLmdb } from "lmdb";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { open } from "./open.js";

// Floors far below the figures of bench/: what falls through one of them is broken, not slow. A limit and ours take turns
// in one process, so that a busy machine slows both; the medians are compared. Run it alone: npm run test:performance.

const SLICES = 7;
const SUBJECT = "performance/log";
const payload = new Uint8Array(200).map((_, at) => (at * 167) % 251);
const events = (count: number) => Array.from({ length: count }, () => ({ payload }));

interface Sides {
  readonly peer: Peer;
  /** One durable transaction of that many puts by LMDB itself. */
  readonly put: (count: number) => void;
}

async function sides(): Promise<Sides> {
  const dir = mkdtempSync(join(tmpdir(), "sinter-performance-"));
  const peer = await open({ dir: join(dir, "ours"), control: "none" });
  const raw = openLmdb<Uint8Array, Uint8Array>({
    path: join(dir, "raw.mdb"),
    keyEncoding: "binary",
    encoding: "binary",
    overlappingSync: false,
  });
  onTestFinished(async () => {
    await peer.close();
    await raw.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const key = Buffer.alloc(16);
  let next = 0;
  const put = (count: number) => {
    raw.transactionSync(() => {
      for (let index = 0; index < count; index++) {
        key.writeUInt32BE(next++, 12);
        raw.putSync(key, payload);
      }
    });
  };
  return { peer, put };
}

async function msOf(work: () => unknown): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

const median = (values: readonly number[]): number => [...values].sort((left, right) => left - right)[values.length >> 1];

/** How many times the limit's speed ours has: the median over slices that take turns. The first pair warms up. */
async function speed(ours: () => Promise<unknown>, limit: () => unknown): Promise<number> {
  const ratios: number[] = [];
  for (let slice = 0; slice <= SLICES; slice++) {
    const pair = { limit: await msOf(limit), ours: await msOf(ours) };
    if (slice > 0) ratios.push(pair.limit / pair.ours);
  }
  return median(ratios);
}

async function times(count: number, work: () => unknown): Promise<void> {
  for (let round = 0; round < count; round++) await work();
}

beforeAll(() => {
  if (process.env["SINTER_TRACE"]) throw new Error("SINTER_TRACE is set: a traced peer is not a fast one");
});

test("batches of 1000 reach a fifth of what bare LMDB writes durably", async () => {
  const { peer, put } = await sides();
  const batch = events(1000);
  const ours = () => times(10, () => peer.append(SUBJECT, batch));
  expect(await speed(ours, () => times(10, () => put(1000)))).toBeGreaterThan(0.2);
});

test("one at a time reaches a tenth of what bare LMDB writes durably one at a time", async () => {
  const { peer, put } = await sides();
  const one = events(1);
  const ours = () => times(100, () => peer.append(SUBJECT, one));
  expect(await speed(ours, () => times(100, () => put(1)))).toBeGreaterThan(0.1);
});

test("64 in flight share their commits: faster than bare LMDB one at a time", async () => {
  const { peer, put } = await sides();
  const one = events(1);
  const ours = () => Promise.all(Array.from({ length: 64 }, () => times(10, () => peer.append(SUBJECT, one))));
  const perEvent = 640 / 100;
  expect((await speed(ours, () => times(100, () => put(1)))) * perEvent).toBeGreaterThan(1.2);
});

test("reading back in order costs less than a tenth of a millisecond an event", async () => {
  const { peer } = await sides();
  await times(20, () => peer.append(SUBJECT, events(1000)));
  const taken: number[] = [];
  for (let slice = 0; slice < SLICES; slice++) {
    let read = 0;
    taken.push(
      await msOf(async () => {
        for await (const event of peer.events(SUBJECT)) read += event.payload?.length ?? 0;
      }),
    );
    expect(read).toBe(20_000 * payload.length);
  }
  expect(median(taken) / 20_000).toBeLessThan(0.1);
});

test("opening a store does not read its history", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sinter-performance-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const openMs = async () => {
    const taken: number[] = [];
    for (let slice = 0; slice < SLICES; slice++) {
      const from = performance.now();
      const peer = await open({ dir, control: "none" });
      taken.push(performance.now() - from);
      await peer.close();
    }
    return median(taken);
  };
  const small = await openMs();
  const peer = await open({ dir, control: "none" });
  await times(30, () => peer.append(SUBJECT, events(1000)));
  await peer.close();
  expect(await openMs()).toBeLessThan(5 * small + 20);
});
