import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  controlBatchEventsMax,
  controlBatchesAheadMax,
  controlConnectionsMax,
  controlPathBytesMax,
  type EventRecord,
  type ExportOptions,
  type PeerApi,
  type ProofOf,
  type Withdrawal,
} from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ControlClient, connectControl } from "./client.js";
import { type ControlServer, serveControl } from "./server.js";
import { fromUtf8, StubPeer, utf8 } from "./stub-peer.suite.js";

let dir: string;
let peer: StubPeer;
let server: ControlServer;
let client: ControlClient;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "control-"));
  peer = new StubPeer();
  server = await serveControl({ dir, peer, holder: "command" });
  client = (await connectControl({ dir })) as ControlClient;
});

afterEach(async () => {
  await client.close();
  await server.close();
  rmSync(dir, { recursive: true });
});

async function all(events: AsyncIterable<EventRecord>): Promise<EventRecord[]> {
  const found: EventRecord[] = [];
  for await (const event of events) found.push(event);
  return found;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const lines = (count: number) => Array.from({ length: count }, (_, index) => ({ payload: utf8(`line ${index}`) }));

test("the socket is the owner's alone, and gone after the close", async () => {
  expect(statSync(server.path).mode & 0o777).toBe(0o600);
  expect(client.holder).toEqual({ pid: process.pid, kind: "command" });
  await server.close();
  expect(readdirSync(dir)).toEqual([]);
  expect(await connectControl({ dir })).toBeUndefined();
});

test("an append comes back as the peer answered it, with ids, kind, codec and key passed on", async () => {
  const key = utf8("k");
  const receipt = await client.append("a/b", [{ payload: new Uint8Array([0, 255]), kind: 130, codec: "cbor", key }, { payload: utf8("") }]);
  expect([receipt.author, receipt.epoch, receipt.seq(0), receipt.count]).toEqual(["aa", 0, 1, 2]);
  expect(() => receipt.id(2)).toThrow(RangeError);
  expect(receipt.id(1)).toBe("2".padStart(64, "0"));
  const [first, second] = await all(client.events("a/b"));
  expect(first).toMatchObject({ kind: 130, codec: "cbor", stamp: [1, 0], seq: 1 });
  expect(first.payload).toEqual(Buffer.from([0, 255]));
  expect(fromUtf8(first.key as Uint8Array)).toBe("k");
  expect(second.payload).toHaveLength(0);
  expect(second).not.toHaveProperty("key");
});

test("appends are under way together, without waiting for one another", async () => {
  let open = () => {};
  peer.gate = new Promise((resolve) => {
    open = resolve;
  });
  const receipts = Array.from({ length: 50 }, (_, index) => client.append("a", lines(index + 1)));
  await vi.waitFor(() => expect(peer.appended.length).toBe(50));
  open();
  expect((await Promise.all(receipts)).map((receipt) => receipt.count)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
});

test("the peer's errors keep code and fix; a bug becomes an internal error", async () => {
  expect(await failure(client.append("full", lines(1)))).toMatchObject({ code: "disk-full", fix: "Make room." });
  expect(await failure(client.append("broken", lines(1)))).toMatchObject({ code: "internal", message: "a bug" });
  expect(await failure(all(client.events("broken")))).toMatchObject({ code: "internal" });
});

test("a proof comes as the peer made it, of the event that was asked for", async () => {
  await peer.append("a/b", lines(2));
  const said = async (what: ProofOf) => JSON.parse(fromUtf8(await client.prove("a/b", what)));
  expect(await said({ author: "aa", seq: 2 })).toEqual(["a/b", "aa", 2, 0, "", "shown"]);
  expect(await said({ author: "a", seq: 1, epoch: 3, nonce: "07", payload: "hash" })).toEqual(["a/b", "a", 1, 3, "07", "hash"]);
  expect(await failure(client.prove("a/b", { author: "aa", seq: 3 }))).toMatchObject({ code: "not-found", fix: "Name another." });
  peer.prove = async () => new Uint8Array(3_000_000).fill(7);
  expect((await client.prove("a/b", { author: "aa", seq: 1 })).length).toBe(3_000_000);
});

test("forks are listed and proofs handed over, to the byte", async () => {
  expect(await client.forks()).toEqual([peer.fork]);
  expect(await client.forks("elsewhere")).toEqual([]);
  const proof = Uint8Array.of(0, 255, 7);
  expect(await client.accuse(proof)).toEqual({ news: "frozen", fork: { ...peer.fork, proof } });
});

test("who follows is told of what counts no more", async () => {
  await peer.append("forked", lines(3));
  const stop = new AbortController();
  const told = new Promise<Withdrawal>((resolve) => {
    void all(client.events("forked", { follow: true, signal: stop.signal, withdrawn: resolve }));
  });
  expect(await told).toEqual({ author: "aa", epoch: 0, nonce: "00", from: 2, to: 3 });
  stop.abort();
});

test("a redaction and the want-list go to the peer and come back", async () => {
  await client.append("a/b", lines(2));
  const receipt = await client.redact("a/b", { seq: 2, epoch: 1, nonce: "07" });
  expect([receipt.seq(0), fromUtf8(peer.appended.at(-1)?.events[0].payload as Uint8Array)]).toEqual([3, JSON.stringify([2, 1, "07"])]);
  expect(await failure(client.redact("full", { seq: 1 }))).toMatchObject({ code: "disk-full" });
  const first = await client.wanted();
  const second = await client.wanted("a/b", { after: first.next ?? "" });
  expect([first.wanted[0].seq, second.wanted[0].seq, second.wanted[0].subject, second.next]).toEqual([1, 2, "a/b", undefined]);
});

test("an event without its payload comes as one", async () => {
  await peer.append("a/b", lines(2));
  const [whole, other] = peer.records.get("a/b") ?? [];
  peer.records.set("a/b", [
    { ...whole, payload: undefined, absent: "redacted" },
    { ...other, payload: undefined, absent: "wanted" },
  ]);
  const found = await all(client.events("a/b"));
  expect(found.map(({ payload, absent }) => [payload, absent])).toEqual([
    [undefined, "redacted"],
    [undefined, "wanted"],
  ]);
});

test("a long subject is read whole and in order, from and to heeded", async () => {
  await peer.append("a", lines(5_000));
  const found = await all(client.events("a"));
  expect(found.map((event) => event.seq)).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  expect(fromUtf8(found[4_999].payload ?? new Uint8Array(0))).toBe("line 4999");
  const part = await all(client.events("a", { from: [10, 0], to: [12, 0] }));
  expect(part.map((event) => event.seq)).toEqual([10, 11]);
});

test("a reader that stops taking holds the source back", async () => {
  await peer.append("a", lines(50_000));
  const reader = client.events("a")[Symbol.asyncIterator]();
  await reader.next();
  const status = () => client.status();
  for (let round = 0; round < 20; round++) await status();
  const ahead = controlBatchEventsMax * (controlBatchesAheadMax + 2);
  expect(peer.given).toBeGreaterThan(controlBatchEventsMax);
  expect(peer.given).toBeLessThanOrEqual(ahead);
  await reader.return?.();
});

test("a follower is given what comes, and its signal ends it quietly, here and at the holder", async () => {
  await peer.append("a", lines(2));
  const stop = new AbortController();
  const found: number[] = [];
  const reading = (async () => {
    for await (const event of client.events("a", { follow: true, signal: stop.signal })) found.push(event.seq);
  })();
  await vi.waitFor(() => expect(found).toEqual([1, 2]));
  await client.append("a", lines(1));
  await vi.waitFor(() => expect(found).toEqual([1, 2, 3]));
  stop.abort();
  await reading;
  const given = peer.given;
  await client.append("a", lines(1));
  await client.status();
  expect(peer.given).toBe(given);
  expect(await all(client.events("a", { signal: stop.signal }))).toEqual([]);
});

test("feeds, status and audit with its progress are the peer's", async () => {
  await peer.append("a", lines(2));
  await peer.append("b", lines(1));
  expect(await client.feeds()).toEqual(await peer.feeds());
  expect(await client.feeds("b")).toHaveLength(1);
  expect(await client.status()).toEqual(await peer.status());
  const progress: unknown[] = [];
  const report = await client.audit({ progress: (done) => progress.push(done) });
  expect(report).toMatchObject({ ok: false, problems: [{ what: "chain" }] });
  expect(progress).toEqual([{ events: 1, total: 2 }]);
});

test("an audit can be stopped though the peer does not heed the signal", async () => {
  await peer.append("endless", lines(1));
  const stop = new AbortController();
  const audit = failure(client.audit({ signal: stop.signal, progress: () => stop.abort() }));
  expect(await audit).toMatchObject({ code: "aborted" });
});

test("a backup is made by the holder, at the path the caller means", async () => {
  const progress: unknown[] = [];
  const report = await client.backup("a/backup", { keys: "leave out", progress: (done) => progress.push(done) });
  expect(report).toEqual(await peer.backup(resolve("a/backup"), { keys: "leave out" }));
  expect(progress).toEqual([{ bytes: 1, total: 2 }]);
  expect((await client.backup("/b")).keys).toBe("included");
});

test("a backup called off is answered once it is cleared away", async () => {
  let open = () => {};
  peer.gate = new Promise((done) => {
    open = done;
  });
  const stop = new AbortController();
  let answered = false;
  const backup = failure(client.backup("/endless", { signal: stop.signal, progress: () => stop.abort() })).finally(() => {
    answered = true;
  });
  await vi.waitFor(() => expect(stop.signal.aborted).toBe(true));
  // Asked after the call was called off, and answered in order.
  await client.status();
  expect(answered).toBe(false);
  open();
  expect(await backup).toMatchObject({ code: "aborted" });
  expect(peer.cleared).toBe(true);
});

test("a holder that closes clears a backup away before it lets its caller go", async () => {
  let begun = false;
  const backup = failure(
    client.backup("/endless", {
      progress: () => {
        begun = true;
      },
    }),
  );
  await vi.waitFor(() => expect(begun).toBe(true));
  await server.close();
  expect(await backup).toMatchObject({ code: "holder-lost" });
  expect(peer.cleared).toBe(true);
});

test("an export and an import are made by the holder, with places made absolute and progress told", async () => {
  const told: unknown[] = [];
  const options = { progress: (done: unknown) => void told.push(done) };
  expect(await client.export("a/b", "some/where", options)).toEqual(await peer.export("a/b", resolve("some/where")));
  expect(await client.import("some/where", options)).toEqual(await peer.import(resolve("some/where")));
  expect(told).toEqual([
    { events: 1, total: 2 },
    { events: 1, total: 2 },
  ]);
});

test("an export or import that is called off has ended at the holder before the caller hears of it", async () => {
  for (const begin of [
    (options: ExportOptions) => client.export("a", join(dir, "endless"), options),
    (options: ExportOptions) => client.import(join(dir, "endless"), options),
  ]) {
    const stop = new AbortController();
    peer.cleared = false;
    expect(await failure(begin({ signal: stop.signal, progress: () => stop.abort() }))).toMatchObject({ code: "aborted" });
    expect(peer.cleared).toBe(true);
  }
});

test("an answer longer than a line may be comes in parts", async () => {
  expect(await client.describe()).toEqual(await peer.describe());
});

test("a closing holder answers what is under way and refuses what is new", async () => {
  let open = () => {};
  peer.gate = new Promise((resolve) => {
    open = resolve;
  });
  const underWay = client.append("a", lines(1));
  await vi.waitFor(() => expect(peer.appended.length).toBe(1));
  const following = failure(all(client.events("a", { follow: true })));
  await client.status();
  const closed = server.close();
  expect(await following).toMatchObject({ code: "holder-lost" });
  const late = failure(client.append("a", lines(1)));
  expect(await late).toMatchObject({ code: "holder-lost" });
  open();
  expect((await underWay).seq(0)).toBe(1);
  await closed;
  await client.lost;
  expect(peer.appended.length).toBe(1);
  expect(await failure(client.status())).toMatchObject({ code: "holder-lost" });
});

test("the last that a closing holder says is that it has begun nothing else", async () => {
  const socket = connect(server.path);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write('{"say":"hello","version":2}\n{"say":"call","id":1,"call":"status"}\n');
  await vi.waitFor(() => expect(text).toContain('"say":"done","id":1'));
  await server.close();
  await closed;
  expect(text.endsWith('\n{"say":"end"}\n')).toBe(true);
});

test("many appends into a closing holder: each is stored and acknowledged, or refused and not stored", async () => {
  const receipts = Array.from({ length: 200 }, () =>
    client.append("a", lines(1)).then(
      () => "stored",
      (error) => error.code as string,
    ),
  );
  await receipts[0];
  await server.close();
  const outcomes = await Promise.all(receipts);
  expect(new Set(outcomes)).not.toContain("unknown-outcome");
  expect(outcomes.filter((outcome) => outcome === "stored").length).toBe(peer.records.get("a")?.length);
});

test("more connections than the bound are turned away with a reason", async () => {
  const clients: ControlClient[] = [];
  while (clients.length < controlConnectionsMax - 1) clients.push((await connectControl({ dir })) as ControlClient);
  const outcome = failure(connectControl({ dir }).then((late) => late?.status()));
  expect(await outcome).toMatchObject({ code: "busy" });
  await Promise.all(clients.map((one) => one.close()));
});

test("a path too long for a socket leads to a short one, recorded in the store", async () => {
  const deep = join(dir, "d".repeat(controlPathBytesMax));
  mkdirSync(deep);
  const far = await serveControl({ dir: deep, peer: peer as PeerApi, holder: "peer" });
  expect(Buffer.byteLength(far.path)).toBeLessThanOrEqual(controlPathBytesMax);
  expect(statSync(join(far.path, "..")).mode & 0o777).toBe(0o700);
  expect(statSync(join(deep, "control.path")).mode & 0o777).toBe(0o600);
  const caller = (await connectControl({ dir: deep })) as ControlClient;
  expect((await caller.status()).peer).toBe("bb");
  await caller.close();
  await far.close();
  expect(readdirSync(deep)).toEqual([]);
  expect(existsSync(join(far.path, ".."))).toBe(false);
});

test("a socket left by a holder that died is replaced", async () => {
  await client.close();
  await server.close();
  writeFileSync(join(dir, "control.sock"), "");
  expect(await connectControl({ dir })).toBeUndefined();
  server = await serveControl({ dir, peer, holder: "peer" });
  client = (await connectControl({ dir })) as ControlClient;
  expect(client.holder.kind).toBe("peer");
});
