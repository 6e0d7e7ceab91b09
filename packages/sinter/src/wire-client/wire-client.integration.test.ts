import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "@sinter/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { open } from "../open.js";
import { hex } from "./bytes.suite.js";
import { WireClient } from "./client.suite.js";
import { type Lane, newLane, rangeOf, takeRange } from "./ranges.suite.js";

// docs/wire.md is enough: a client written from that page alone, with no code of ours, and a peer of ours come to hold the same.

const network = "the page alone";
const secret = "a secret for the page alone";
const payload = (said: string) => ({ payload: new TextEncoder().encode(said) });

let dir: string;
let peer: Peer;
let address: { readonly host: string; readonly port: number };
const clients: WireClient[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "wire-client-"));
  peer = await open({ dir: join(dir, "peer"), network, secret, listen: ["127.0.0.1:0"], control: "none", signatures: "ed25519" });
  address = { host: "127.0.0.1", port: portOf(await peer.invite()) };
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await peer.close();
  rmSync(dir, { recursive: true });
});

/** The first address of an invite is HOST:PORT, prefixed. */
function portOf(invite: string): number {
  const bytes = Buffer.from(invite.slice("sinter1.".length), "base64url");
  return Number(
    bytes
      .subarray(2, 2 + (bytes[1] as number))
      .toString()
      .split(":")
      .at(-1),
  );
}

async function client(seed?: Uint8Array): Promise<WireClient> {
  const made = await WireClient.to({ network, secret, ...address, ...(seed && { seed }) });
  clients.push(made);
  return made;
}

const patience = { timeout: 20_000 };

async function heldByPeer(): Promise<string[]> {
  const all: string[] = [];
  for (const { path } of (await peer.status()).subjects) {
    for await (const { seq, id, kind, payload: said } of peer.events(path, { system: true }))
      all.push(`${path} ${seq} ${id} ${kind} ${said === undefined ? "absent" : hex(said)}`);
  }
  return all.sort();
}

const heldBy = (of: WireClient): string[] =>
  [...of.lanes.values()]
    .flatMap(({ path, events }) =>
      events.map(({ seq, id, kind, payload: said }) => `${path} ${seq} ${hex(id)} ${kind} ${said === undefined ? "absent" : hex(said)}`),
    )
    .sort();

test("a client of the page alone links, asks, verifies, and holds exactly what the peer holds", async () => {
  for (let at = 0; at < 700; at++) await peer.append("team/log", [payload(`event ${at}`)]);
  await peer.append("team/large", [{ payload: Uint8Array.from(randomBytes(300_000)) }, payload("behind it")]);
  const one = await client();
  await vi.waitFor(() => expect([one.closed, one.agreed]).toEqual([undefined, 1]), patience);
  expect(heldBy(one)).toEqual(await heldByPeer());
  expect(heldBy(one).length).toBeGreaterThanOrEqual(702);
});

test("what such a client writes the peer takes in, keeps, and proves; what follows is told and wanted at once", async () => {
  const one = await client();
  const said = Array.from({ length: 600 }, (_, at) => `said by the page ${at}`);
  one.append("other/log", ...said.slice(0, 300));
  const read = async () => {
    const all: string[] = [];
    for await (const event of peer.events("other/log")) all.push(Buffer.from(event.payload ?? []).toString());
    return all;
  };
  await vi.waitFor(async () => expect(await read()).toEqual(said.slice(0, 300)), patience);
  // It goes on within a block that the peer has the beginning of.
  one.append("other/log", ...said.slice(300));
  await vi.waitFor(async () => expect(await read()).toEqual(said), patience);
  expect(heldBy(one)).toEqual(await heldByPeer());
  await vi.waitFor(() => expect([...one.reached.values()]).toEqual([600]), patience);
  expect((await peer.audit()).problems).toEqual([]);
  const author = hex(one.author.public);
  expect(await peer.prove("other/log", { author, seq: 450 })).toBeDefined();
});

test.each([0, 255])("either side may begin, whichever key is the smaller (%i), and both come to the same roots", async (first) => {
  const one = await client(Uint8Array.of(first, ...randomBytes(31)));
  // Several feeds under one seal: its tree has siblings.
  await Promise.all(Array.from({ length: 7 }, (_, at) => peer.append(`team/part ${at}`, [payload(`of ${at}`), payload("more")])));
  for (const path of ["other/a", "other/b/c"]) one.append(path, "one", "two", "three");
  const report = await peer.sync(hex(one.peer) === peer.id ? hex(one.keys.public) : "");
  expect(report).toMatchObject({ converged: true });
  one.exchange();
  await vi.waitFor(() => expect(one.agreed).toBeGreaterThan(0), patience);
  await vi.waitFor(async () => expect(heldBy(one)).toEqual(await heldByPeer()), patience);
  expect(one.lanes.size).toBe(9);
  // What is written now is pushed, or told and wanted.
  await peer.append("team/part 3", [payload("later")]);
  await vi.waitFor(async () => expect(heldBy(one)).toEqual(await heldByPeer()), patience);
  expect(one.closed).toBeUndefined();
});

test("digests of buckets and symbols of a sketch are what the client makes of the same rows by itself", async () => {
  const paths = Array.from({ length: 90 }, (_, at) => `team/part ${at}`);
  await Promise.all(paths.map((path) => peer.append(path, [payload(path)])));
  const one = await client();
  await vi.waitFor(() => expect(one.agreed).toBe(1), patience);
  expect(await one.bucketsThere(16)).toEqual(one.buckets(16));
  const symbols = await one.symbolsThere(75);
  expect(symbols).toEqual(one.symbols(75));
  expect(symbols[0]?.count).toBe(90);
});

test("the client has no code of ours in it", () => {
  const folder = new URL("./", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".suite.ts"));
  expect(files).toContain("client.suite.ts");
  for (const name of files) {
    const text = readFileSync(new URL(name, folder), "utf8");
    const from = [...text.matchAll(/from "([^"]+)"|import\("([^"]+)"\)/g)].map(([, plain, called]) => plain ?? called ?? "");
    expect(
      from.filter((each) => !/^(node:|@noble\/hashes\/|\.\/[a-z]+\.suite\.js$)/.test(each)),
      name,
    ).toEqual([]);
  }
});

test("who has another secret is turned away, and told so", async () => {
  await expect(WireClient.to({ network, secret: "another secret altogether", ...address })).rejects.toThrow("code 3");
});

test("what does not hold is found by the client's own code: any bit of a range that is not as it was", async () => {
  await peer.append("team/log", [payload("one"), payload("two"), payload("three")]);
  const one = await client();
  await vi.waitFor(() => expect(one.agreed).toBe(1), patience);
  const [lane] = [...one.lanes.values()];
  const range = rangeOf(lane as Lane, 1);
  const taken = newLane("team/log", (lane as Lane).place);
  takeRange(range, one.network, taken);
  expect(taken.events).toEqual((lane as Lane).events);
  for (let bit = 0; bit < 8 * range.length; bit++) {
    const wrong = range.slice();
    (wrong[bit >> 3] as number) ^= 1 << (bit % 8);
    expect(() => takeRange(wrong, one.network, newLane("team/log", (lane as Lane).place)), `bit ${bit}`).toThrow();
  }
});
