import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventRecord } from "@sinter/core";
import { expect, test, vi } from "vitest";
import { type ControlClient, connectControl } from "./client.js";
import { ClientWire } from "./client-wire.js";
import { EventInflow } from "./inflow.js";
import { utf8 } from "./stub-peer.suite.js";

// What becomes of a client when the other end errs or goes away.

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const lines = (count: number) => Array.from({ length: count }, (_, index) => ({ payload: utf8(`line ${index}`) }));

async function all(events: AsyncIterable<EventRecord>): Promise<EventRecord[]> {
  const found: EventRecord[] = [];
  for await (const event of events) found.push(event);
  return found;
}

/** A holder that greets, reads, and goes away without a word. */
async function dyingHolder(path: string): Promise<{ sockets: Socket[]; heard: () => string; close(): void }> {
  const sockets: Socket[] = [];
  let heard = "";
  const dying = createServer((socket) => {
    sockets.push(socket);
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    socket.write('{"say":"hello","version":2,"pid":7,"holder":"peer"}\n');
  });
  await new Promise<void>((resolve) => dying.listen(path, resolve));
  return { sockets, heard: () => heard, close: () => dying.close() };
}

test("when the holder vanishes an append may have happened, a reader has lost it", async () => {
  const other = mkdtempSync(join(tmpdir(), "control-"));
  const dying = await dyingHolder(join(other, "control.sock"));
  const victim = (await connectControl({ dir: other })) as ControlClient;
  expect(victim.holder).toEqual({ pid: 7, kind: "peer" });
  const append = failure(victim.append("a", lines(1)));
  const reading = failure(all(victim.events("a", { follow: true })));
  await vi.waitFor(() => expect(dying.heard()).toContain('"events"'));
  for (const socket of dying.sockets) socket.destroy();
  expect(await append).toMatchObject({ code: "unknown-outcome" });
  expect(await reading).toMatchObject({ code: "holder-lost" });
  await victim.lost;
  dying.close();
  rmSync(other, { recursive: true });
});

test("an append that a holder left unanswered when it took its leave has surely not happened", async () => {
  const other = mkdtempSync(join(tmpdir(), "control-"));
  const dying = await dyingHolder(join(other, "control.sock"));
  const client = (await connectControl({ dir: other })) as ControlClient;
  const append = failure(client.append("a", lines(1)));
  await vi.waitFor(() => expect(dying.heard()).toContain('"append"'));
  for (const socket of dying.sockets) socket.end('{"say":"end"}\n');
  expect(await append).toMatchObject({ code: "holder-lost" });
  await client.lost;
  dying.close();
  rmSync(other, { recursive: true });
});

test("a holder whose answers cannot be read is left", async () => {
  for (const answer of [
    "nonsense\n",
    '{"say":"part","id":1,"text":"{"}\n{"say":"done","id":1,"result":null}\n',
    '{"say":"done","id":1,"result":{}}\n',
  ]) {
    const other = mkdtempSync(join(tmpdir(), "control-"));
    const dying = await dyingHolder(join(other, "control.sock"));
    const victim = (await connectControl({ dir: other })) as ControlClient;
    const status = failure(victim.status());
    await vi.waitFor(() => expect(dying.heard()).toContain('"status"'));
    for (const socket of dying.sockets) socket.write(answer);
    expect(await status).toMatchObject({ code: "internal" });
    await victim.close();
    dying.close();
    rmSync(other, { recursive: true });
  }
});

test("a holder of another version is named, one that leaves before it greets is nobody", async () => {
  const other = mkdtempSync(join(tmpdir(), "control-"));
  let answer = '{"say":"hello","version":3,"pid":7,"holder":"peer"}\n';
  const odd = createServer((socket) => socket.on("error", () => {}).end(answer));
  await new Promise<void>((resolve) => odd.listen(join(other, "control.sock"), resolve));
  const error = await failure(connectControl({ dir: other }));
  expect(error).toMatchObject({ code: "wrong-store", message: expect.stringContaining("process 7") });
  answer = "";
  expect(await connectControl({ dir: other })).toBeUndefined();
  odd.close();
  rmSync(other, { recursive: true });
});

test("a stream that is given an event it cannot read fails, after the events before it", async () => {
  const other = mkdtempSync(join(tmpdir(), "control-"));
  const dying = await dyingHolder(join(other, "control.sock"));
  const wire = new ClientWire(connect(join(other, "control.sock")));
  expect(await wire.greeted()).toEqual({ pid: 7, kind: "peer" });
  const found: number[] = [];
  const reading = failure(
    (async () => {
      for await (const event of new EventInflow().read(wire, { call: "events", subject: "a" }, undefined)) found.push(event.seq);
    })(),
  );
  await vi.waitFor(() => expect(dying.heard()).toContain('"events"'));
  const event = { author: "a", epoch: 0, nonce: "b", seq: 1, id: "i", stamp: [1, 0], kind: 128, codec: "raw", payload: "" };
  const batch = (one: object) => `${JSON.stringify({ say: "batch", id: 1, events: [one] })}\n`;
  for (const socket of dying.sockets) socket.write(batch(event) + batch({ ...event, seq: 2, payload: "no base64" }));
  expect(await reading).toMatchObject({ code: "internal" });
  expect(found).toEqual([1]);
  await wire.close();
  expect(await failure(all(new EventInflow().read(wire, { call: "events", subject: "a" }, undefined)))).toMatchObject({ code: "stopped" });
  dying.close();
  rmSync(other, { recursive: true });
});

test("a call too large for the socket fails alone", async () => {
  const other = mkdtempSync(join(tmpdir(), "control-"));
  const dying = await dyingHolder(join(other, "control.sock"));
  const client = (await connectControl({ dir: other })) as ControlClient;
  const large = { payload: new Uint8Array(15 * 1024 * 1024) };
  expect(await failure(client.append("a", [large, large, large]))).toMatchObject({ code: "too-large" });
  const busy = [client.append("a", [large, large]), client.append("a", [large, large])].map(failure);
  expect(await failure(client.append("a", [large]))).toMatchObject({ code: "busy" });
  await client.close();
  for (const one of busy) expect(await one).toMatchObject({ code: "unknown-outcome" });
  dying.close();
  rmSync(other, { recursive: true });
});
