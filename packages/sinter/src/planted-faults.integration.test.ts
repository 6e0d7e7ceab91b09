import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildWallMs,
  encodeSyncMessage,
  networkId,
  offeredRange,
  orSet,
  type Peer,
  type PeerId,
  pnCounter,
  type RangeOffer,
  type SubjectCause,
  type SubjectStatus,
  subjectCauses,
  type TraceLine,
  tableRange,
  text,
} from "@sinter/core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { LinksOptions } from "./links/links.js";
import { end } from "./links/links.suite.js";
import { parseSecrets } from "./links/secrets.js";
import { LmdbStore } from "./lmdb-store.js";
import { createNodeHasher } from "./node-hasher.js";
import { type OpenOptions, open } from "./open.js";
import { repair } from "./repair.js";
import { dataFileName } from "./store-lock.js";
import { SystemClock } from "./system-clock.js";

// Every cause of being stuck, planted between peers over loopback: the status of the right one names it within two heartbeats, says
// what to do, and no longer does once it is mended. Eviction is not there yet, and so is no cause; payloads that are absent are the
// nearest to it.

const HEARTBEAT_MS = 250;
/** Of frames of sync: docs/wire.md. */
const SYNC_TAG = 6;
const network = "planted";
const secret = "a secret of these tests";
const path = "team/votes";
const hasher = createNodeHasher();
const sync = { heartbeatMs: HEARTBEAT_MS, suspectMs: 2 * HEARTBEAT_MS, retransMs: 2 * HEARTBEAT_MS, intervalMs: 4 * HEARTBEAT_MS };

let dir: string;
let clockDir: string;
const opened: Peer[] = [];
const clockwork: Peer[] = [];
const ends: (() => unknown)[] = [];
const named = new Set<SubjectCause>();
/** Of a link that nothing is wrong with, in this same process. */
let beats = 0;

type Options = Omit<OpenOptions, "dir">;

async function peerIn(folder: string, name: string, options: Options): Promise<Peer> {
  const more = { control: "none", signatures: "ed25519", network, secret, sync } as const;
  return await open({ dir: join(folder, name), ...more, ...options });
}

async function peer(name: string, options: Options = {}): Promise<Peer> {
  const made = await peerIn(dir, name, options);
  opened.push(made);
  return made;
}

beforeAll(async () => {
  clockDir = mkdtempSync(join(tmpdir(), "beats-"));
  const port = await freePort();
  const trace = ({ protocol, input }: TraceLine) => {
    if (protocol === "sync" && (input as { readonly timer?: string }).timer === "beat") beats++;
  };
  clockwork.push(await peerIn(clockDir, "one", { listen: [at(port)], trace }), await peerIn(clockDir, "other", { join: [at(port)] }));
  await vi.waitFor(() => expect(beats).toBeGreaterThan(0), { timeout: 10_000 });
});

afterAll(async () => {
  for (const each of clockwork) await each.close();
  rmSync(clockDir, { recursive: true });
});

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "planted-"));
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const each of opened.splice(0)) await each.close();
  for (const each of ends.splice(0)) await each();
  rmSync(dir, { recursive: true });
});

const at = (port: number) => `127.0.0.1:${port}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Told {
  status(): Promise<SubjectStatus>;
}

const votesOf = (of: Peer) => of.subject(path, pnCounter());

async function isNamed(subject: Told, cause: SubjectCause, { within = 2 } = {}): Promise<void> {
  const from = beats;
  await vi.waitFor(
    async () => {
      const { state, troubles } = await subject.status();
      expect([state, troubles.map((trouble) => trouble.cause)]).toEqual(["stuck", expect.arrayContaining([cause])]);
      expect(troubles.find((trouble) => trouble.cause === cause)?.fix).toMatch(/^[A-Z].*\.$/);
    },
    { timeout: 20_000, interval: 5 },
  );
  expect(beats - from).toBeLessThanOrEqual(within);
  named.add(cause);
}

async function isMended(...subjects: Told[]): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const subject of subjects) expect(await subject.status()).toMatchObject({ state: "in sync", behind: 0, ahead: 0, troubles: [] });
    },
    { timeout: 20_000, interval: 20 },
  );
}

/** Listens at a port, and says of itself whatever is wanted. */
async function odd(port: number, options: Partial<LinksOptions>, greeting?: Uint8Array): Promise<() => Promise<void>> {
  const opened = (peer: PeerId) => greeting && links.send(peer, greeting, "control");
  const { links } = end({ network: networkId(hasher, network), secrets: parseSecrets(secret), ...options }, { opened });
  await links.listenOn({ way: "tls", host: "127.0.0.1", port });
  const gone = () => links.shutDown();
  ends.push(gone);
  return gone;
}

test("unreachable: nobody is there, and then somebody is", async () => {
  const port = await freePort();
  const one = await peer("one", { join: [at(port)] });
  const votes = await votesOf(one);
  await isNamed(votes, "unreachable");
  expect((await votes.status()).troubles[0]).toMatchObject({ address: at(port) });
  await peer("other", { listen: [at(port)] });
  await isMended(votes);
});

test("wrong secret: on the side that dials, until it is given the right one", async () => {
  const port = await freePort();
  await peer("one", { listen: [at(port)] });
  const stranger = await peer("stranger", { join: [at(port)], secret: "another secret altogether" });
  await isNamed(await votesOf(stranger), "wrong secret");
  await stranger.close();
  await isMended(await votesOf(await peer("stranger", { join: [at(port)] })));
});

test("wrong key: another peer answers where one was known, until that one is back", async () => {
  const port = await freePort();
  const known = await peer("known", { listen: [at(port)] });
  let one = await peer("one", { join: [at(port)] });
  await isMended(await votesOf(one));
  await known.close();
  const other = await peer("other", { listen: [at(port)] });
  // Who lost a link tries again after a moment.
  await vi.waitFor(async () => expect((await one.status()).links[0]?.cause).not.toBe("unreachable"), { timeout: 20_000, interval: 5 });
  await isNamed(await votesOf(one), "wrong key");
  await one.close();
  await other.close();
  await peer("known", { listen: [at(port)] });
  one = await peer("one", { join: [at(port)] });
  await isMended(await votesOf(one));
});

test("version: the other speaks none of ours", async () => {
  const port = await freePort();
  const gone = await odd(port, { versions: { least: 9, most: 9 } });
  let one = await peer("one", { join: [at(port)] });
  await isNamed(await votesOf(one), "version");
  await gone();
  await one.close();
  await peer("other", { listen: [at(port)] });
  one = await peer("one", { join: [at(port)] });
  await isMended(await votesOf(one));
});

test("version: the link is of one that both speak, and what is said of sync on it is not", async () => {
  const port = await freePort();
  const versions = { from: 2, to: 3, number: 0, nonce: new Uint8Array(16), syncs: "yes", wallMs: buildWallMs } as const;
  const hello = encodeSyncMessage({ kind: "hello", ...versions, interest: { kind: "all" }, salt: new Uint8Array(16) });
  const gone = await odd(port, {}, Uint8Array.of(SYNC_TAG, ...hello));
  const one = await peer("one", { join: [at(port)] });
  const votes = await votesOf(one);
  await isNamed(votes, "version");
  const detail = expect.stringMatching(/versions 2 to 3 of sync, and this peer 1/);
  expect((await votes.status()).troubles).toMatchObject([{ cause: "version", detail, address: at(port) }]);
  await gone();
});

test("refused: the other has as many links as it may, until it may have more", async () => {
  const port = await freePort();
  const gone = await odd(port, { limits: { linksPerAddress: 0 } });
  const one = await peer("one", { join: [at(port)] });
  await isNamed(await votesOf(one), "refused");
  await gone();
  await peer("other", { listen: [at(port)] });
  await isMended(await votesOf(one));
});

/** A way through which a test may let nothing pass. */
class Gate {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async before(port: number): Promise<Gate> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const gate = new Gate(server);
    server.on("connection", (from) => {
      const to = connect(port, "127.0.0.1");
      gate.#passes(from, to);
      gate.#passes(to, from);
    });
    ends.push(() => gate.close());
    return gate;
  }

  #passes(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on("data", (bytes) => to.write(bytes));
    from.on("error", () => to.destroy()).on("close", () => to.destroy());
  }

  shut(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  open(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

test("silent: on both sides of a way that lets nothing pass, until it does", async () => {
  const port = await freePort();
  const one = await peer("one", { listen: [at(port)] });
  const gate = await Gate.before(port);
  const other = await peer("other", { join: [at(gate.port)] });
  const [votes, theirs] = [await votesOf(one), await votesOf(other)];
  await isMended(votes, theirs);
  gate.shut();
  // As long as it takes to be suspected, and two.
  await Promise.all([isNamed(votes, "silent", { within: 4 }), isNamed(theirs, "silent", { within: 4 })]);
  gate.open();
  await isMended(votes, theirs);
});

/** Two that are linked, and hold the same. */
async function pair(options: { readonly one?: Options; readonly other?: Options } = {}) {
  const port = await freePort();
  const one = await peer("one", { listen: [at(port)], ...options.one });
  const other = await peer("other", { join: [at(port)], ...options.other });
  return { port, one, other, votes: await votesOf(one), theirs: await votesOf(other) };
}

test("paused here, and paused there", async () => {
  const { one, votes, theirs } = await pair();
  await isMended(votes, theirs);
  one.pace("pause");
  await Promise.all([isNamed(votes, "paused here"), isNamed(theirs, "paused there")]);
  await theirs.increment();
  one.pace("resume");
  await isMended(votes, theirs);
  expect(votes.value).toBe(1);
});

/** The clocks, or the stores, that a peer has while it opens: whoever asks them first. */
async function ofWhom<T>(seen: Set<T>, opening: () => Promise<Peer>): Promise<{ readonly peer: Peer; readonly its: ReadonlySet<T> }> {
  const before = new Set(seen);
  const made = await opening();
  await made.status();
  return { peer: made, its: new Set([...seen].filter((each) => !before.has(each))) };
}

test("clock and held: what is written ahead of the clock here waits, until the clock is set", async () => {
  const seen = new Set<SystemClock>();
  let slow: ReadonlySet<SystemClock> = new Set();
  const wallMs = SystemClock.prototype.wallMs;
  vi.spyOn(SystemClock.prototype, "wallMs").mockImplementation(function (this: SystemClock) {
    seen.add(this);
    return wallMs.call(this) - (slow.has(this) ? 90_000 : 0);
  });
  const port = await freePort();
  const one = await peer("one", { listen: [at(port)] });
  await one.status();
  for (const each of clockwork) await each.status();
  const { peer: late, its } = await ofWhom(seen, () => peer("late"));
  await late.close();
  slow = its;
  const reopened = await ofWhom(seen, () => peer("late", { join: [at(port)] }));
  slow = reopened.its;
  const [votes, theirs] = [await votesOf(one), await votesOf(reopened.peer)];
  await Promise.all([isNamed(votes, "clock"), isNamed(theirs, "clock")]);
  await votes.increment(2);
  await isNamed(theirs, "held");
  expect(theirs.value).toBe(0);
  slow = new Set();
  await votes.increment(3);
  await isMended(votes, theirs);
  expect(theirs.value).toBe(5);
});

test("disk full: what comes is not taken, until there is room", async () => {
  const seen = new Set<LmdbStore>();
  let full: ReadonlySet<LmdbStore> = new Set();
  const roomBytes = LmdbStore.prototype.roomBytes;
  vi.spyOn(LmdbStore.prototype, "roomBytes").mockImplementation(function (this: LmdbStore) {
    seen.add(this);
    return full.has(this) ? 0 : roomBytes.call(this);
  });
  const port = await freePort();
  const one = await peer("one", { listen: [at(port)] });
  for (const each of [one, ...clockwork]) await each.status();
  const { peer: other, its } = await ofWhom(seen, () => peer("other", { join: [at(port)] }));
  const [votes, theirs] = [await votesOf(one), await votesOf(other)];
  await isMended(votes, theirs);
  full = its;
  await votes.increment(2);
  await isNamed(theirs, "disk full");
  expect(await votes.status()).toMatchObject({ state: "behind", ahead: 1, troubles: [] });
  full = new Set();
  await isMended(votes, theirs);
  expect(theirs.value).toBe(2);
});

test("interest not mutual: on both sides, until both want it", async () => {
  const { port, other, votes, theirs } = await pair({ other: { spaces: ["team/notes"] } });
  await Promise.all([isNamed(votes, "interest not mutual"), isNamed(theirs, "interest not mutual")]);
  await votes.increment();
  await other.close();
  const wider = await peer("other", { join: [at(port)], spaces: ["team/notes", path] });
  await isMended(votes, await votesOf(wider));
});

test("differs: a table that was damaged makes roots differ where rows do not, until it is repaired", async () => {
  const { port, one, other, votes, theirs } = await pair();
  await votes.increment();
  await isMended(votes, theirs);
  const { root } = await other.status();
  await other.close();
  await damaged(join(dir, "other"), "meta", Buffer.from(root, "hex"));
  const hurt = await peer("other", { join: [at(port)] });
  // One compares, finds nothing, compares again in another way, and finds nothing.
  await Promise.all([isNamed(await votesOf(hurt), "differs"), isNamed(votes, "differs")]);
  await hurt.close();
  await repair({ dir: join(dir, "other") });
  const whole = await peer("other", { join: [at(port)] });
  await isMended(await votesOf(one), await votesOf(whole));
});

test("damaged: what the disk has lost of an event, until somebody who has it is linked", async () => {
  const note = new TextEncoder().encode("a note that will be damaged");
  const port = await freePort();
  const other = await peer("other", { listen: [at(port)] });
  const author = await peer("author", { join: [at(port)] });
  await author.append("team/notes", [{ payload: note }]);
  await isMended(await author.subject("team/notes", pnCounter()));
  await author.close();
  await other.close();
  await damaged(join(dir, "other"), "block", note);
  const hurt = await peer("other", { listen: [at(port)] });
  const votes = await votesOf(hurt);
  const empty = await peer("empty", { join: [at(port)], spaces: ["elsewhere"] });
  expect((await hurt.audit()).ok).toBe(false);
  await isNamed(votes, "damaged");
  await empty.close();
  await peer("author", { join: [at(port)] });
  await isMended(votes);
  expect((await hurt.audit()).problems).toEqual([]);
});

/** Flips a bit of what is kept somewhere in a table. */
async function damaged(folder: string, table: Parameters<typeof tableRange>[0], bytes: Uint8Array): Promise<void> {
  const store = new LmdbStore(join(folder, dataFileName));
  const kept = [...store.keys.range(tableRange(table))].flatMap(([key, value]) => {
    const place = Buffer.from(value).indexOf(bytes);
    if (place < 0) return [];
    const changed = value.slice();
    changed[place] = (changed[place] as number) ^ 1;
    return [[key, changed] as const];
  });
  expect(kept).toHaveLength(1);
  await new Promise<void>((done) => store.commit(kept, () => done()));
  await store.close();
}

function offerOf(from: Peer, without: (seq: number) => boolean = () => false): RangeOffer {
  const [named] = [...from.view.subjects(path)];
  const [lane] = named === undefined ? [] : [...from.view.lanes(named.id)];
  const offer = offeredRange(from.view, hasher, { lane: lane?.number ?? 0, from: 1, bytes: Number.POSITIVE_INFINITY, without });
  if (offer === undefined) throw new Error("nothing to offer");
  return { ...offer, blocks: offer.blocks.map((block) => new Uint8Array(block)) };
}

test("absent: a payload that is not here, until somebody who has it is linked", async () => {
  const author = await peer("author");
  const written = await votesOf(author);
  for (let count = 0; count < 3; count++) await written.increment();
  const offer = offerOf(author, (seq) => seq === 3);
  await author.close();
  const { port, one, votes, theirs } = await pair();
  await one.take(offer);
  await Promise.all([isNamed(votes, "absent"), isNamed(theirs, "absent")]);
  await peer("author", { join: [at(port)] });
  await isMended(votes, theirs);
  expect([votes.value, theirs.value]).toEqual([3, 3]);
});

test("frozen: an author's store was put back and wrote another history, until it knows of that and writes on", async () => {
  const own = join(dir, "author");
  const author = await peer("author");
  await (await votesOf(author)).increment();
  await author.close();
  const before = readFileSync(join(own, dataFileName));
  const offers: RangeOffer[] = [];
  for (const times of [1, 2]) {
    writeFileSync(join(own, dataFileName), before);
    const again = await peer("author");
    const written = await votesOf(again);
    for (let count = 0; count < times; count++) await written.increment();
    offers.push(offerOf(again));
    await again.close();
  }
  const { port, one, votes, theirs } = await pair();
  for (const offer of offers) await one.take(offer);
  await Promise.all([isNamed(votes, "frozen"), isNamed(theirs, "frozen")]);
  const back = await votesOf(await peer("author", { join: [at(port)] }));
  await isMended(votes, theirs, back);
  expect([votes.value, theirs.value]).toEqual([back.value, back.value]);
});

test("quarantined: an event that the type it is read through has no meaning for, until it is read through the right one", async () => {
  const { one, other, theirs } = await pair();
  const tags = await one.subject(path, orSet(text));
  await tags.add("red");
  await isNamed(theirs, "quarantined");
  await isMended(tags, await other.subject(path, orSet(text)));
});

test("each cause there is was one of these", () => {
  expect([...named].toSorted()).toEqual([...subjectCauses].toSorted());
});
