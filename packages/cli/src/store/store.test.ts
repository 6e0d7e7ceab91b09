import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventRecord, type NewEvent, type PeerApi, type Receipt, SinterError } from "@sinter/core";
import { dataFileName } from "sinter";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, type Session, type Setting, start } from "../harness.suite.js";
import { MemoryStores } from "../memory-stores.suite.js";
import type { OpenStore } from "../terminal/io.js";
import { AppendWindow } from "./append-window.js";
import { resumedEvents } from "./resumed-events.js";
import { type StoreOptions, withStore } from "./store-link.js";

// Commands that run at once on one store, each as if in a process of its own: they meet at the control socket alone.

let dir: string;
let setting: Setting;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  writeFileSync(join(dir, dataFileName), "x");
  setting = { stores: new MemoryStores(), env: { SINTER_DATA: dir } };
});

afterEach(() => rmSync(dir, { recursive: true }));

const held = () => vi.waitFor(() => expect(setting.stores.at(dir).held).toBe(true));
const seqs = (session: Session) => session.stdout.json.map((line) => line["seq"]);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("every command speaks to a peer that is up", async () => {
  const peer = start(setting, ["up", "--json"]);
  await vi.waitFor(() => expect(peer.stdout.lines.length).toBe(1));
  expect((await finish(setting, ["append", "s", "x", "--json"])).stdout.json).toMatchObject([{ seq: 1 }]);
  expect((await finish(setting, ["cat", "s", "--json"])).stdout.json).toMatchObject([{ payload: "x" }]);
  for (const command of ["feeds", "status", "keys", "audit"]) expect((await finish(setting, [command])).code).toBe(0);
  expect(setting.stores.opened).toBe(1);
  peer.interrupt();
  expect(await peer.done).toBe(0);
  expect(setting.stores.at(dir).held).toBe(false);
});

test("a follower takes the store over when its holder leaves, and neither loses nor repeats an event", async () => {
  const first = start(setting, ["cat", "s", "-f", "--json"]);
  await held();
  const others = [1, 2, 3].map(() => start(setting, ["cat", "s", "-f", "--json"]));
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 20; index++) expect((await finish(setting, ["append", "s", `${round} ${index}`])).code).toBe(0);
    const session = round === 0 ? first : others.pop();
    const stays = others[0];
    await vi.waitFor(() => expect(session?.stdout.lines.length).toBe((round + 1) * 20));
    session?.interrupt();
    expect(await session?.done).toBe(0);
    await vi.waitFor(() => expect(stays.stdout.lines.length).toBe((round + 1) * 20));
  }
  const last = others[0];
  expect(seqs(last)).toEqual(upTo(60));
  last.interrupt();
  expect(await last.done).toBe(0);
  expect(last.stderr.text).toBe("");
});

test("an append goes on over a change of holders: each event once, in order, acknowledged", async () => {
  const count = 300;
  const holders = [start(setting, ["up", "--json"])];
  await held();
  const writer = start(setting, ["append", "s", "--json"]);
  for (let index = 1; index <= count; index++) {
    writer.stdin.feed(`${index}\n`);
    if (index % 100 !== 0) continue;
    const holder = holders.pop();
    await vi.waitFor(() => expect(writer.stdout.lines.length).toBeGreaterThan(index - 100));
    holder?.interrupt();
    if (index === 100) holders.push(start(setting, ["cat", "other", "-f"]));
    expect((await holder?.done) ?? 0).toBe(0);
  }
  writer.stdin.end();
  expect(await writer.done).toBe(0);
  expect(seqs(writer)).toEqual(upTo(count));
  const texts = (setting.stores.at(dir).subjects.get("s") ?? []).map((event) => Buffer.from(event.payload ?? []).toString());
  expect(texts).toEqual(upTo(count).map(String));
});

test("many commands that start at once all get through", async () => {
  const runs = await Promise.all(upTo(20).map((index) => finish(setting, ["append", "s", String(index), "--json"])));
  expect(runs.map((run) => [run.code, run.stderr])).toEqual(runs.map(() => [0, ""]));
  expect(runs.flatMap((run) => run.stdout.json.map((line) => line["seq"] as number)).sort((a, b) => a - b)).toEqual(upTo(20));
});

test("an append whose holder vanished says that its outcome is unknown", async () => {
  const dying = createServer((socket) => {
    socket.write('{"say":"hello","version":2,"pid":7,"holder":"peer"}\n');
    socket.on("data", (chunk) => {
      if (chunk.includes("append")) socket.destroy();
    });
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => dying.listen(join(dir, "control.sock"), resolve));
  const { code, stderr } = await finish(setting, ["append", "s", "x"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^sinter: the process that held the store went away before .*\. Read the subject's last events.*\n$/);
  dying.close();
});

test("a store held by a process that serves no socket is waited for, and an interrupt ends the waiting", async () => {
  setting.stores.at(dir).held = true;
  const waiting = start(setting, ["append", "s", "x"]);
  const given = start(setting, ["cat", "s", "-f"]);
  await new Promise((resolve) => setImmediate(resolve));
  given.interrupt();
  expect(await given.done).toBe(0);
  setting.stores.at(dir).held = false;
  expect(await waiting.done).toBe(0);
});

const options = (open: OpenStore): StoreOptions => {
  return { dir, open, ifMissing: "create", holder: { kind: "command", what: "a test" }, signal: new AbortController().signal };
};

/** Peers that are opened one after the other on one store, each with its own way to behave. */
function succession(...peers: Partial<PeerApi>[]): OpenStore {
  return async () => ({ close: async () => {}, ...peers.shift() }) as PeerApi;
}

const lost = new SinterError("holder-lost", "gone", "Try again.");

function eventOf(author: string, seq: number, more: Partial<EventRecord> = {}): EventRecord {
  const payload = new Uint8Array();
  return { author, epoch: 0, nonce: "0", seq, id: `${author}${seq}`, stamp: [seq, 0], kind: 128, codec: "raw", payload, ...more };
}

async function* given(events: readonly EventRecord[], end?: SinterError): AsyncGenerator<EventRecord, void> {
  yield* events;
  if (end !== undefined) throw end;
}

test("an event that arrived during the change of holders is given wherever it stands in the order", async () => {
  const before = [eventOf("a", 1), eventOf("b", 1), eventOf("a", 2)];
  const after = [eventOf("c", 1), eventOf("a", 1), eventOf("b", 1), eventOf("b", 2), eventOf("a", 2), eventOf("a", 3)];
  const open = succession({ events: () => given(before, lost) }, { events: () => given(after) });
  const ids = await withStore(options(open), async (store) => {
    const found: string[] = [];
    for await (const event of resumedEvents(store, "s", {})) found.push(event.id);
    return found;
  });
  expect(ids).toEqual(["a1", "b1", "a2", "c1", "b2", "a3"]);
});

test("across a change of holders, sibling epochs and events that were appended again are told apart", async () => {
  const sibling = (seq: number) => eventOf("a", seq, { nonce: "1", id: `sibling ${seq}` });
  const again = (seq: number) =>
    eventOf("a", seq, { id: `again ${seq}`, origin: { epoch: 0, nonce: "2", seq: 1, id: `first ${seq}`, stamp: [1, 0] } });
  const before = [eventOf("a", 1), again(4), eventOf("a", 2), sibling(1)];
  const after = [eventOf("a", 1), again(5), again(4), eventOf("a", 2), sibling(1), sibling(2), eventOf("a", 3)];
  const open = succession({ events: () => given(before, lost) }, { events: () => given(after) });
  const ids = await withStore(options(open), async (store) => {
    const found: string[] = [];
    for await (const event of resumedEvents(store, "s", {})) found.push(event.id);
    return found;
  });
  expect(ids).toEqual(["a1", "again 4", "a2", "sibling 1", "again 5", "sibling 2", "a3"]);
});

test("what a leaving holder refused goes to the next in order, even if it fell silent on the batches behind", async () => {
  const stored: string[] = [];
  const receipt = (events: readonly NewEvent[]): Receipt => ({
    author: "a",
    epoch: 0,
    count: events.length,
    seq: (index) => index + 1,
    id: () => "",
  });
  let calls = 0;
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const leaving: PeerApi["append"] = async () => {
    calls += 1;
    const refused = calls === 1;
    await left;
    throw refused ? lost : new SinterError("unknown-outcome", "silent", "See.");
  };
  const next: PeerApi["append"] = async (_, events) => {
    stored.push(...events.map((event) => Buffer.from(event.payload ?? []).toString()));
    return receipt(events);
  };
  let counted = 0;
  await withStore(options(succession({ append: leaving }, { append: next })), async (store) => {
    const window = new AppendWindow(store, "s", async ({ count }) => {
      counted += count;
    });
    for (const text of ["1", "2", "3"]) {
      await window.add({ payload: Buffer.from(text) });
      await window.pause();
    }
    leave();
    await window.finish();
  });
  expect([stored, counted, calls]).toEqual([["1", "2", "3"], 3, 3]);
});
